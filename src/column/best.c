/* SPDX-License-Identifier: MIT
 * A heap with the last of the first calls on top, which the next better one replaces. Of a block
 * the column alone that orders is read of most calls. */
#include "column/best.h"

#include "base/array.h"
#include "column/rows.h"

/* ---- the order ---- */

static const struct {
	const char *name;
	enum column_order_by by;
} names[] = {
	{"duration", COLUMN_ORDER_DURATION},
	{"talk", COLUMN_ORDER_TALK},
	{"steps", COLUMN_ORDER_STEPS},
};

int column_order_parse(struct text name, struct column_order *ret_order, struct error *err)
{
	bool ascending = !text_starts_with(name, TEXT("-"));
	struct text rest = ascending ? name : text_tail(name, 1);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (text_equal_string(rest, names[i].name)) {
			*ret_order = (struct column_order){names[i].by, ascending};
			return 0;
		}
	}
	return error_set(err, ERROR_INVALID, "expected is " COLUMN_ORDER_NAMES);
}

int64_t column_order_value(const struct column_order *order, const struct call *call)
{
	switch (order->by) {
	case COLUMN_ORDER_DURATION:
		return call->end - call->start;
	case COLUMN_ORDER_TALK:
		return call->talk;
	case COLUMN_ORDER_STEPS:
		return call->steps;
	default:
		return 0;
	}
}

int column_order_compare(
	const struct column_order *order, const struct call *a, const struct call *b)
{
	int64_t value_a = column_order_value(order, a), value_b = column_order_value(order, b);

	if (value_a != value_b) {
		return (value_a < value_b) == order->ascending ? -1 : 1;
	}
	if (a->start != b->start) {
		return a->start > b->start ? -1 : 1;
	}
	return text_compare(b->session_id, a->session_id);
}

/* ---- the heap ---- */

void column_best_init(struct column_best *best, const struct column_order *order, size_t limit)
{
	*best = (struct column_best){.order = order, .limit = limit};
}

void column_best_deinit(struct column_best *best)
{
	for (size_t i = 0; i < best->count; i++) {
		free(best->items[i].texts);
	}
	free(best->items);
}

static bool is_before(const struct column_best *best, size_t a, size_t b)
{
	return column_order_compare(best->order, &best->items[a].call, &best->items[b].call) < 0;
}

static void swap(struct column_best *best, size_t a, size_t b)
{
	struct column_best_item item = best->items[a];

	best->items[a] = best->items[b];
	best->items[b] = item;
}

static void rise(struct column_best *best, size_t at)
{
	while (at > 0 && is_before(best, (at - 1) / 2, at)) {
		swap(best, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sink(struct column_best *best)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < best->count) {
		if (child + 1 < best->count && is_before(best, child, child + 1)) {
			child++;
		}
		if (!is_before(best, at, child)) {
			return;
		}
		swap(best, at, child);
		at = child;
	}
}

static int keep(struct column_best_item *item, const struct call *call, struct error *err)
{
	size_t size = call->dest.size + call->src.size + call->session_id.size;
	char *to;

	if (!ARRAY_RESERVE(item->texts, item->texts_size, size + 1)) {
		return error_no_memory(err);
	}
	to = item->texts;
	item->call = *call;
	text_move(&item->call.dest, &to);
	text_move(&item->call.src, &to);
	text_move(&item->call.session_id, &to);
	return 0;
}

static bool is_full(const struct column_best *best)
{
	return best->count == best->limit;
}

static int take(struct column_best *best, const struct call *call, struct error *err)
{
	if (best->limit == 0) {
		return 0;
	}
	if (is_full(best)) {
		if (column_order_compare(best->order, call, &best->items[0].call) >= 0) {
			return 0;
		}
		if (keep(&best->items[0], call, err) < 0) {
			return -1;
		}
		sink(best);
		return 0;
	}
	if (!ARRAY_RESERVE(best->items, best->room, best->count + 1)) {
		return error_no_memory(err);
	}
	best->items[best->count] = (struct column_best_item){0};
	if (keep(&best->items[best->count], call, err) < 0) {
		free(best->items[best->count].texts);
		return -1;
	}
	rise(best, best->count++);
	return 0;
}

int column_best_offer(struct column_best *best, const struct call *call, struct error *err)
{
	best->total++;
	return take(best, call, err);
}

static int in_order(const void *left, const void *right, void *context)
{
	const struct column_best_item *a = left, *b = right;

	return column_order_compare(context, &a->call, &b->call);
}

void column_best_finish(struct column_best *best)
{
	if (best->count > 0) {
		qsort_r(best->items, best->count, sizeof(*best->items), in_order,
			(void *)(uintptr_t)best->order);
	}
}

/* ---- of a block ---- */

struct looking {
	struct column_best *best;
	struct column_block *block;
	const struct column_match *match;
	struct column_spans starts;
	struct column_durations durations; /* these are what orders, one of them */
	struct column_array talk, path;
	struct column_paths paths;
	bool opened; /* rows: from the first call on that may be one of the first */
	struct column_rows rows;
	struct arena arena; /* of one call */
};

static void looking_end(struct looking *looking)
{
	if (looking->opened) {
		column_rows_deinit(&looking->rows);
	}
	arena_deinit(&looking->arena);
}

static int open_values(struct looking *looking, struct error *err)
{
	struct column_block *block = looking->block;

	switch (looking->best->order->by) {
	case COLUMN_ORDER_DURATION:
		return column_block_durations(block, &looking->durations, err);
	case COLUMN_ORDER_TALK:
		return column_block_course(block, COLUMN_TALK, &looking->talk, err);
	case COLUMN_ORDER_STEPS:
		return column_block_array(block, COLUMN_PATH, 2, &looking->path, err) < 0
			       ? -1
			       : column_block_paths(block, &looking->paths, err);
	default:
		return 0;
	}
}

static int steps_at(struct looking *looking, uint32_t at, int64_t *ret_steps, struct error *err)
{
	uint64_t path = column_array_at(&looking->path, at);

	if (path >= looking->paths.count) {
		return column_paths_damaged(looking->block, at, err);
	}
	*ret_steps = at < looking->match->detail
			     ? 0
			     : (int64_t)column_array_at(&looking->paths.steps, (uint32_t)path);
	return 0;
}

static int value_at(struct looking *looking, uint32_t at, int64_t *ret_value, struct error *err)
{
	switch (looking->best->order->by) {
	case COLUMN_ORDER_DURATION:
		return column_durations_at(&looking->durations, at, ret_value, err);
	case COLUMN_ORDER_TALK:
		*ret_value = (int64_t)column_array_at(&looking->talk, at);
		return 0;
	case COLUMN_ORDER_STEPS:
		return steps_at(looking, at, ret_value, err);
	default:
		*ret_value = 0;
		return 0;
	}
}

/* Whether a call with that value, which started at @start or before, can be one of the first. */
static bool may_be_first(const struct column_best *best, int64_t value, int64_t start)
{
	const struct call *last;
	int64_t last_value;

	if (!is_full(best)) {
		return true;
	}
	last = &best->items[0].call;
	last_value = column_order_value(best->order, last);
	if (value == last_value) {
		return start >= last->start;
	}
	return (value < last_value) == best->order->ascending;
}

static int take_row(struct looking *looking, uint32_t at, struct error *err)
{
	struct column_row row;

	if (!looking->opened) {
		looking->opened = true;
		if (column_rows_open(&looking->rows, looking->block, false, err) < 0) {
			return -1;
		}
	}
	arena_deinit(&looking->arena);
	if (column_rows_at(&looking->rows, at, &looking->arena, &row, err) < 0) {
		return -1;
	}
	if (at < looking->match->detail) {
		column_row_strip(&row);
	}
	return take(looking->best, &row.call, err);
}

/* Whether any call of the block may be one of the first, as far as its head tells. */
static bool may_have_first(const struct column_best *best, const struct column_block *block)
{
	int64_t value = best->order->ascending ? block->shortest : block->longest;

	return best->limit > 0 && (best->order->by != COLUMN_ORDER_DURATION ||
					  may_be_first(best, value, block->last_start));
}

static int look_at_block(struct column_best *best, struct column_walk *walk, struct error *err)
{
	AUTO(looking_end)
	struct looking looking = {.best = best, .block = &walk->block, .match = &walk->match};
	int64_t value;

	arena_init(&looking.arena, SIZE_MAX);
	best->total += walk->match.calls;
	if (!may_have_first(best, &walk->block)) {
		return 0;
	}
	if (column_block_spans(&walk->block, COLUMN_START, &looking.starts, err) < 0 ||
		open_values(&looking, err) < 0) {
		return -1;
	}
	for (uint32_t at = walk->match.high; at > walk->match.low; at--) {
		if (!walk->match.set[at - 1]) {
			continue;
		}
		if (value_at(&looking, at - 1, &value, err) < 0 ||
			(may_be_first(best, value, column_spans_at(&looking.starts, at - 1)) &&
				take_row(&looking, at - 1, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

static int look_at_fresh(struct column_best *best, const struct column_walk *walk,
	const struct column_row *fresh, struct error *err)
{
	struct column_row row = *fresh;

	if (!column_match_row(&walk->matcher, fresh)) {
		return 0;
	}
	if (row.call.start <= walk->question->detail_after) {
		column_row_strip(&row);
	}
	return column_best_offer(best, &row.call, err);
}

static int look_at_all(struct column_best *best, struct column_walk *walk, struct error *err)
{
	int more;

	for (size_t i = 0; i < walk->calls->fresh_count; i++) {
		if (look_at_fresh(best, walk, &walk->calls->fresh[i], err) < 0) {
			return -1;
		}
	}
	while ((more = column_walk_next(walk, err)) > 0) {
		if (look_at_block(best, walk, err) < 0) {
			return -1;
		}
	}
	return more;
}

int column_best_find(struct column_best *best, const struct column_calls *calls,
	const struct column_question *question, struct error *err)
{
	AUTO(column_walk_deinit) struct column_walk walk;

	return column_walk_init(&walk, calls, question, err) < 0 ? -1
								 : look_at_all(best, &walk, err);
}
