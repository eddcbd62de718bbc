/* SPDX-License-Identifier: MIT
 * Statistics by a choice: the type, how a call went, which side ended it. */
#include "column/count/private.h"

#define VALUES 16 /* that a choice may have */
_Static_assert(CALL_TRANSFER <= COLUMN_FLAG_TYPE && CALL_COMPLETED < VALUES &&
		       CALL_ENDED_BY_SYSTEM < VALUES,
	"each value has its place");

struct choosing {
	struct stats *stats;
	const struct call_names *names; /* of the values */
	struct cells cells;
	struct stats_block_steps steps;
	int64_t calls[VALUES];
	int64_t step_sums[VALUES];
};

/* The values of a block's calls. */
struct values {
	const unsigned char *bytes;
	unsigned char mask;
};

static inline uint32_t value_of(const struct values *values, uint32_t at)
{
	return values->bytes[at] & values->mask;
}

static int open_values(struct choosing *choosing, struct values *ret_values, struct error *err)
{
	struct column_block *block = &choosing->stats->walk.block;
	enum column_group group = choosing->stats->question->group;
	struct column_array array;

	if (group == COLUMN_BY_TYPE) {
		ret_values->mask = COLUMN_FLAG_TYPE;
		return column_block_flags(block, &ret_values->bytes, err);
	}
	if (column_block_course(block,
		    group == COLUMN_BY_OUTCOME ? COLUMN_OUTCOME : COLUMN_ENDED_BY, &array,
		    err) < 0) {
		return -1;
	}
	*ret_values = (struct values){.bytes = (const unsigned char *)array.at, .mask = VALUES - 1};
	return 0;
}

static int add_durations(struct choosing *choosing, const struct stats_durations *durations,
	const struct values *values, struct error *err)
{
	const struct column_match *match = &choosing->stats->walk.match;
	int64_t seconds;

	for (uint32_t i = match->low; i < match->high; i++) {
		uint32_t value = value_of(values, i);
		uint32_t duration = stats_short(durations, i);

		if (duration < choosing->cells.width && value < choosing->names->count) {
			choosing->cells.counts[value * choosing->cells.width + duration] +=
				match->set[i];
		} else if (value < choosing->names->count && match->set[i] &&
			   (column_durations_at(&durations->durations, i, &seconds, err) < 0 ||
				   cells_add(&choosing->cells, value, seconds, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

static void add_steps(struct choosing *choosing, const struct values *values)
{
	const struct column_match *match = &choosing->stats->walk.match;
	uint32_t from = match->detail > match->low ? match->detail : match->low;

	for (uint32_t i = from; i < match->high; i++) {
		uint64_t path = column_array_at(&choosing->steps.codes, i);

		choosing->step_sums[value_of(values, i)] +=
			(int64_t)choosing->steps.steps[path] * match->set[i];
	}
}

static int add_block(struct choosing *choosing, struct error *err)
{
	struct stats *stats = choosing->stats;
	const struct column_match *match = &stats->walk.match;
	struct stats_durations durations;
	struct values values;

	if (open_values(choosing, &values, err) < 0 ||
		stats_open_durations(stats, &durations, err) < 0 ||
		stats_open_steps(stats, &choosing->steps, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		choosing->calls[value_of(&values, i)] += match->set[i];
	}
	stats->result.calls += match->calls;
	if (!durations.known) {
		return 0;
	}
	add_steps(choosing, &values);
	return add_durations(choosing, &durations, &values, err);
}

static uint32_t value_of_row(const struct choosing *choosing, const struct call *call)
{
	switch (choosing->stats->question->group) {
	case COLUMN_BY_OUTCOME:
		return call->outcome;
	case COLUMN_BY_ENDED_BY:
		return call->ended_by;
	default:
		return call->type;
	}
}

static int add_fresh(struct choosing *choosing, struct error *err)
{
	struct stats *stats = choosing->stats;

	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];
		uint32_t value = value_of_row(choosing, &row->call);

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		choosing->calls[value]++;
		choosing->step_sums[value] += stats_steps(stats, row);
		stats->result.calls++;
		if (cells_add(&choosing->cells, value, stats_seconds(stats, row), err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill(struct choosing *choosing, struct error *err)
{
	struct stats *stats = choosing->stats;
	struct stats_group groups[VALUES];
	size_t count = 0;

	for (uint32_t value = 0; value < choosing->names->count; value++) {
		if (choosing->calls[value] > 0) {
			groups[count++] = (struct stats_group){.number = value,
				.calls = choosing->calls[value],
				.key = choosing->names->items[value]};
		}
	}
	stats->result.entries_total = (int64_t)count;
	stats->result.count = stats_order(stats, groups, count);
	stats->result.entries =
		arena_calloc(stats->arena, stats->result.count, sizeof(*stats->result.entries));
	if (!stats->result.entries) {
		return error_no_memory(err);
	}
	cells_finish(&choosing->cells);
	for (size_t i = 0; i < stats->result.count; i++) {
		struct column_entry *entry = &stats->result.entries[i];

		entry->key = groups[i].key;
		entry->calls = groups[i].calls;
		if (!stats->question->calls_only) {
			entry->steps = choosing->step_sums[groups[i].number];
			cells_fill(&choosing->cells, groups[i].number, entry);
		}
	}
	return 0;
}

static int count_all(struct choosing *choosing, struct error *err)
{
	struct stats *stats = choosing->stats;
	int64_t longest;
	int more;

	choosing->steps.steps = arena_calloc(stats->arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	if (!choosing->steps.steps) {
		return error_no_memory(err);
	}
	if (stats_longest(stats, &longest, err) < 0 ||
		cells_init(&choosing->cells, VALUES, longest, stats->memory_max, err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(choosing, err) < 0) {
			return -1;
		}
	}
	return more < 0 || add_fresh(choosing, err) < 0 ? -1 : fill(choosing, err);
}

int stats_by_choice(struct stats *stats, const struct call_names *names, struct error *err)
{
	struct choosing choosing = {.stats = stats, .names = names};
	int status = count_all(&choosing, err);

	cells_deinit(&choosing.cells);
	return status;
}
