/* SPDX-License-Identifier: MIT
 * Pages: blocks and fresh rows are merged by (start, session). Of a block's calls only those that
 * are shown are read whole. */
#include "column/search.h"

#include "column/rows.h"

/* ---- walking ---- */

int column_walk_init(struct column_walk *walk, const struct column_calls *calls,
	const struct column_question *question, struct error *err)
{
	*walk = (struct column_walk){
		.calls = calls, .question = question, .left = calls->blocks_count};
	return column_matcher_init(
		&walk->matcher, question->filter, question->detail_after, calls->kinds, err);
}

void column_walk_deinit(struct column_walk *walk)
{
	column_matcher_deinit(&walk->matcher);
}

const struct column_range *column_walk_range(struct column_walk *walk)
{
	const struct filter *filter = walk->question->filter;

	while (walk->left > 0) {
		const struct column_range *range = &walk->calls->blocks[--walk->left];

		if (range->last_start < filter->start) {
			walk->left = 0;
		} else if (range->first_start < filter->end && range->gone < range->calls) {
			return range;
		}
	}
	return NULL;
}

int column_walk_open(struct column_walk *walk, const struct column_range *range, struct error *err)
{
	const struct column_question *question = walk->question;

	if (question->check && question->check(question->check_context, err) < 0) {
		return -1;
	}
	return column_block_open(&walk->block, &walk->calls->loader,
		       (size_t)(range - walk->calls->blocks), range->number, err) < 0
		       ? -1
		       : column_match(&walk->matcher, &walk->block, &walk->match, err);
}

int column_walk_next(struct column_walk *walk, struct error *err)
{
	const struct column_range *range;

	while ((range = column_walk_range(walk))) {
		if (column_walk_open(walk, range, err) < 0) {
			return -1;
		}
		if (walk->match.calls > 0) {
			return 1;
		}
	}
	return 0;
}

/* ---- a page ---- */

struct paging {
	const struct column_page_question *question;
	const struct column_calls *calls;
	struct column_walk walk;
	struct arena *arena;
	struct column_page page;
	int64_t passed; /* of the offset */
	size_t fresh;	/* the next fresh row to be looked at */
	bool found;	/* it is one that the page may have */
};

static bool is_full(const struct paging *paging)
{
	return (int64_t)paging->page.count >= paging->question->limit;
}

/* Whether a call comes behind the place where the page begins. */
static bool is_behind(const struct paging *paging, const struct call *call)
{
	const struct call place = {.start = paging->question->after_start,
		.session_id = paging->question->after_session_id};

	return !place.session_id.data || column_compare(call, &place) < 0;
}

/* Whether the next call that matches is shown, and not passed over. */
static bool take(struct paging *paging)
{
	if (paging->passed < paging->question->offset) {
		paging->passed++;
		return false;
	}
	return true;
}

static int add(struct paging *paging, const struct column_row *row, struct error *err)
{
	struct column_page *page = &paging->page;
	struct column_row *rows =
		arena_list_grow(paging->arena, page->rows, page->count, sizeof(*rows));

	if (!rows) {
		return error_no_memory(err);
	}
	page->rows = rows;
	rows[page->count] = *row;
	rows[page->count].kinds = NULL;
	rows[page->count].stays = NULL;
	if (row->call.start <= paging->question->base.detail_after) {
		column_row_strip(&rows[page->count]);
	}
	page->count++;
	return 0;
}

/* ---- fresh rows ---- */

static int add_fresh(struct paging *paging, const struct column_row *fresh, struct error *err)
{
	struct column_row row = *fresh;

	row.call.dest = arena_copy(paging->arena, row.call.dest);
	row.call.src = arena_copy(paging->arena, row.call.src);
	row.call.session_id = arena_copy(paging->arena, row.call.session_id);
	if (!row.call.dest.data || !row.call.src.data || !row.call.session_id.data) {
		return error_no_memory(err);
	}
	return add(paging, &row, err);
}

/* The next fresh row that the page may have; NULL: there is none. */
static const struct column_row *next_fresh(struct paging *paging)
{
	for (; paging->fresh < paging->calls->fresh_count; paging->fresh++) {
		const struct column_row *row = &paging->calls->fresh[paging->fresh];

		paging->found =
			paging->found || (is_behind(paging, &row->call) &&
						 column_match_row(&paging->walk.matcher, row));
		if (paging->found) {
			return row;
		}
	}
	return NULL;
}

static int take_fresh(struct paging *paging, const struct column_row *row, struct error *err)
{
	paging->fresh++;
	paging->found = false;
	return take(paging) ? add_fresh(paging, row, err) : 0;
}

static int64_t count_fresh(const struct paging *paging)
{
	int64_t count = 0;

	for (size_t i = 0; i < paging->calls->fresh_count; i++) {
		count += column_match_row(&paging->walk.matcher, &paging->calls->fresh[i]);
	}
	return count;
}

/* ---- calls of blocks ---- */

/* Compares the call @at of the block with @other. Sessions are read only where the starts are the
 * same. */
static int compare_place(struct column_rows *rows, uint32_t at, const struct call *other,
	int *ret_order, struct error *err)
{
	struct call call = {.start = column_spans_at(&rows->starts, at)};

	if (call.start != other->start) {
		*ret_order = call.start < other->start ? -1 : 1;
		return 0;
	}
	if (column_rows_place(rows, at, &call.start, &call.session_id, err) < 0) {
		return -1;
	}
	*ret_order = column_compare(&call, other);
	return 0;
}

/* Takes the fresh rows that are newer than the call @at. */
static int take_newer(
	struct paging *paging, struct column_rows *rows, uint32_t at, struct error *err)
{
	const struct column_row *fresh;

	while (!is_full(paging) && (fresh = next_fresh(paging))) {
		int order;

		if (compare_place(rows, at, &fresh->call, &order, err) < 0) {
			return -1;
		}
		if (order > 0) {
			break;
		}
		if (take_fresh(paging, fresh, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int show(struct paging *paging, struct column_rows *rows, uint32_t at, struct error *err)
{
	struct column_row row;

	if (take_newer(paging, rows, at, err) < 0) {
		return -1;
	}
	if (is_full(paging) || !take(paging)) {
		return 0;
	}
	return column_rows_at(rows, at, paging->arena, &row, err) < 0 ? -1 : add(paging, &row, err);
}

/* How many calls of the block are behind the place, as far as their start tells; the others of that
 * second are told by their session. */
static int find_top(
	const struct paging *paging, struct column_rows *rows, uint32_t *ret_top, struct error *err)
{
	const struct call place = {.start = paging->question->after_start,
		.session_id = paging->question->after_session_id};
	uint32_t top = rows->block->count;
	int order = 0;

	if (place.session_id.data) {
		top = place.start == INT64_MAX ? top
					       : column_spans_below(&rows->starts, place.start + 1);
		while (top > 0 && column_spans_at(&rows->starts, top - 1) == place.start) {
			if (compare_place(rows, top - 1, &place, &order, err) < 0) {
				return -1;
			}
			if (order < 0) {
				break;
			}
			top--;
		}
	}
	*ret_top = top;
	return 0;
}

static int show_block(struct paging *paging, struct error *err)
{
	const struct column_match *match = &paging->walk.match;
	AUTO(column_rows_deinit) struct column_rows rows;
	uint32_t top;

	if (column_rows_open(&rows, &paging->walk.block, false, err) < 0 ||
		find_top(paging, &rows, &top, err) < 0) {
		return -1;
	}
	for (uint32_t at = top < match->high ? top : match->high;
		at > match->low && !is_full(paging); at--) {
		if (match->set[at - 1] && show(paging, &rows, at - 1, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Whether all calls of the block match, which its range tells. */
static bool matches_whole(const struct paging *paging, const struct column_range *range)
{
	const struct filter *filter = paging->question->base.filter;

	return filter_is_window(filter) && !filter_numbers_ask(&filter->dest) &&
	       filter->start <= range->first_start && filter->end > range->last_start;
}

/* Passes over the whole block where all of it is within the offset, and no fresh row between. */
static bool pass_over(struct paging *paging, const struct column_range *range)
{
	const struct column_page_question *question = paging->question;
	uint32_t calls = range->calls - range->gone;
	const struct column_row *fresh = next_fresh(paging);

	if (question->offset - paging->passed < calls ||
		(question->after_session_id.data && range->last_start >= question->after_start) ||
		(fresh && fresh->call.start >= range->first_start)) {
		return false;
	}
	paging->passed += calls;
	return true;
}

static int look_at_blocks(struct paging *paging, struct error *err)
{
	const struct column_page_question *question = paging->question;
	const struct column_range *range;

	while ((question->with_total || !is_full(paging)) &&
		(range = column_walk_range(&paging->walk))) {
		bool may_show =
			!is_full(paging) && (!question->after_session_id.data ||
						    range->first_start <= question->after_start);

		if (matches_whole(paging, range) && (!may_show || pass_over(paging, range))) {
			paging->page.total += range->calls - range->gone;
			continue;
		}
		if (column_walk_open(&paging->walk, range, err) < 0) {
			return -1;
		}
		paging->page.total += paging->walk.match.calls;
		if (may_show && paging->walk.match.calls > 0 && show_block(paging, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill(struct paging *paging, struct error *err)
{
	const struct column_row *fresh;

	if (look_at_blocks(paging, err) < 0) {
		return -1;
	}
	while (!is_full(paging) && (fresh = next_fresh(paging))) {
		if (take_fresh(paging, fresh, err) < 0) {
			return -1;
		}
	}
	paging->page.total =
		paging->question->with_total ? paging->page.total + count_fresh(paging) : -1;
	return 0;
}

int column_search(const struct column_calls *calls, const struct column_page_question *question,
	struct arena *arena, struct column_page *ret_page, struct error *err)
{
	struct paging paging = {.question = question, .calls = calls, .arena = arena};
	int status = column_walk_init(&paging.walk, calls, &question->base, err);

	status = status < 0 ? status : fill(&paging, err);
	column_walk_deinit(&paging.walk);
	if (status == 0) {
		*ret_page = paging.page;
	}
	return status;
}
