/* SPDX-License-Identifier: MIT
 * Statistics by a choice: the type, how a call went, which side ended it. */
#include "column/count/private.h"

/* Groups: each value with each of the second choice. */
#define GROUPS (STATS_VALUES * STATS_VALUES)

struct choosing {
	struct stats *stats;
	uint32_t second_values;
	struct cells cells;
	struct stats_block_steps steps;
	int64_t calls[GROUPS];
	int64_t step_sums[GROUPS];
};

/* What the calls of a block are. */
struct values {
	struct stats_values first, second;
	uint32_t second_values;
};

static inline uint32_t group_at(const struct values *values, uint32_t at)
{
	return stats_value(&values->first, at) * values->second_values +
	       stats_value(&values->second, at);
}

static int open_values(struct choosing *choosing, struct values *ret_values, struct error *err)
{
	struct stats *stats = choosing->stats;

	ret_values->second_values = choosing->second_values;
	return stats_open_values(stats, stats->question->group, &ret_values->first, err) < 0
		       ? -1
		       : stats_open_second(stats, &ret_values->second, err);
}

static int add_durations(struct choosing *choosing, const struct stats_durations *durations,
	const struct values *values, struct error *err)
{
	const struct column_match *match = &choosing->stats->walk.match;
	int64_t seconds;

	for (uint32_t i = match->low; i < match->high; i++) {
		uint32_t group = group_at(values, i);
		uint32_t duration = stats_short(durations, i);

		if (duration < choosing->cells.width) {
			choosing->cells.counts[group * choosing->cells.width + duration] +=
				match->set[i];
		} else if (match->set[i] &&
			   (column_durations_at(&durations->durations, i, &seconds, err) < 0 ||
				   cells_add(&choosing->cells, group, seconds, err) < 0)) {
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

		choosing->step_sums[group_at(values, i)] +=
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
		choosing->calls[group_at(&values, i)] += match->set[i];
	}
	stats->result.calls += match->calls;
	if (!durations.known) {
		return 0;
	}
	add_steps(choosing, &values);
	return add_durations(choosing, &durations, &values, err);
}

static int add_fresh(struct choosing *choosing, struct error *err)
{
	struct stats *stats = choosing->stats;

	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];
		uint32_t group = stats_value_of(stats->question->group, &row->call) *
					 choosing->second_values +
				 stats_second_of(stats, &row->call);

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		choosing->calls[group]++;
		choosing->step_sums[group] += stats_steps(stats, row);
		stats->result.calls++;
		if (cells_add(&choosing->cells, group, stats_seconds(stats, row), err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill(struct choosing *choosing, struct error *err)
{
	const struct call_names *names = stats_names(choosing->stats->question->group);
	struct stats_group groups[GROUPS];
	size_t count = 0;

	for (uint32_t group = 0; group < GROUPS; group++) {
		uint32_t value = group / choosing->second_values;

		if (choosing->calls[group] > 0 && value < names->count) {
			groups[count++] = (struct stats_group){.number = group,
				.entry = {.calls = choosing->calls[group],
					.key = names->items[value],
					.second = stats_second_key(
						choosing->stats, group % choosing->second_values)}};
		}
	}
	return stats_fill(
		choosing->stats, groups, count, &choosing->cells, choosing->step_sums, err);
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
		cells_init(&choosing->cells, (size_t)STATS_VALUES * choosing->second_values,
			longest, stats->memory_max, err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(choosing, err) < 0) {
			return -1;
		}
	}
	return more < 0 || add_fresh(choosing, err) < 0 ? -1 : fill(choosing, err);
}

int stats_by_choice(struct stats *stats, struct error *err)
{
	struct choosing choosing = {.stats = stats, .second_values = stats_second_values(stats)};
	int status = count_all(&choosing, err);

	cells_deinit(&choosing.cells);
	return status;
}
