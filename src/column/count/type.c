/* SPDX-License-Identifier: MIT
 * Statistics by type, of which there are three. */
#include "column/count/private.h"

#define TYPES (CALL_TRANSFER + 1)

struct typing {
	struct stats *stats;
	struct cells cells;
	struct stats_block_steps steps;
	int64_t calls[COLUMN_FLAG_TYPE + 1];
	int64_t step_sums[COLUMN_FLAG_TYPE + 1];
};

static int add_durations(struct typing *typing, const struct stats_durations *durations,
	const unsigned char *flags, struct error *err)
{
	const struct column_match *match = &typing->stats->walk.match;
	int64_t seconds;

	for (uint32_t i = match->low; i < match->high; i++) {
		uint32_t type = flags[i] & COLUMN_FLAG_TYPE;
		uint32_t duration = stats_short(durations, i);

		if (duration < typing->cells.width && type < TYPES) {
			typing->cells.counts[type * typing->cells.width + duration] +=
				match->set[i];
		} else if (type < TYPES && match->set[i] &&
			   (column_durations_at(&durations->durations, i, &seconds, err) < 0 ||
				   cells_add(&typing->cells, type, seconds, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

static void add_steps(struct typing *typing, const unsigned char *flags)
{
	const struct column_match *match = &typing->stats->walk.match;
	uint32_t from = match->detail > match->low ? match->detail : match->low;

	for (uint32_t i = from; i < match->high; i++) {
		uint64_t path = column_array_at(&typing->steps.codes, i);

		typing->step_sums[flags[i] & COLUMN_FLAG_TYPE] +=
			(int64_t)typing->steps.steps[path] * match->set[i];
	}
}

static int add_block(struct typing *typing, struct error *err)
{
	struct stats *stats = typing->stats;
	const struct column_match *match = &stats->walk.match;
	struct stats_durations durations;
	const unsigned char *flags;

	if (column_block_flags(&stats->walk.block, &flags, err) < 0 ||
		stats_open_durations(stats, &durations, err) < 0 ||
		stats_open_steps(stats, &typing->steps, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		typing->calls[flags[i] & COLUMN_FLAG_TYPE] += match->set[i];
	}
	stats->result.calls += match->calls;
	if (!durations.known) {
		return 0;
	}
	add_steps(typing, flags);
	return add_durations(typing, &durations, flags, err);
}

static int add_fresh(struct typing *typing, struct error *err)
{
	struct stats *stats = typing->stats;

	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		typing->calls[row->call.type]++;
		typing->step_sums[row->call.type] += stats_steps(stats, row);
		stats->result.calls++;
		if (cells_add(&typing->cells, row->call.type, stats_seconds(stats, row), err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill(struct typing *typing, struct error *err)
{
	struct stats *stats = typing->stats;
	struct stats_group groups[TYPES];
	size_t count = 0;

	for (uint32_t type = 0; type < TYPES; type++) {
		if (typing->calls[type] > 0) {
			groups[count++] = (struct stats_group){.number = type,
				.calls = typing->calls[type],
				.key = text_of(call_type_name((enum call_type)type))};
		}
	}
	stats->result.entries_total = (int64_t)count;
	stats->result.count = stats_order(stats, groups, count);
	stats->result.entries =
		arena_calloc(stats->arena, stats->result.count, sizeof(*stats->result.entries));
	if (!stats->result.entries) {
		return error_no_memory(err);
	}
	cells_finish(&typing->cells);
	for (size_t i = 0; i < stats->result.count; i++) {
		struct column_entry *entry = &stats->result.entries[i];

		entry->key = groups[i].key;
		entry->calls = groups[i].calls;
		if (!stats->question->calls_only) {
			entry->steps = typing->step_sums[groups[i].number];
			cells_fill(&typing->cells, groups[i].number, entry);
		}
	}
	return 0;
}

static int count_all(struct typing *typing, struct error *err)
{
	struct stats *stats = typing->stats;
	int64_t longest;
	int more;

	typing->steps.steps = arena_calloc(stats->arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	if (!typing->steps.steps) {
		return error_no_memory(err);
	}
	if (stats_longest(stats, &longest, err) < 0 ||
		cells_init(&typing->cells, TYPES, longest, stats->memory_max, err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(typing, err) < 0) {
			return -1;
		}
	}
	return more < 0 || add_fresh(typing, err) < 0 ? -1 : fill(typing, err);
}

int stats_by_type(struct stats *stats, struct error *err)
{
	struct typing typing = {.stats = stats};
	int status = count_all(&typing, err);

	cells_deinit(&typing.cells);
	return status;
}
