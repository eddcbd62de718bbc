/* SPDX-License-Identifier: MIT
 * Which way a question is counted, and what the ways share. */
#include "column/count/stats.h"

#include "column/count/private.h"

static void take_longest(int64_t seconds, int64_t *longest)
{
	*longest = seconds > *longest ? seconds : *longest;
}

int stats_longest(struct stats *stats, int64_t *ret_longest, struct error *err)
{
	struct column_walk heads = stats->walk;
	const struct column_range *range;
	int64_t longest = 0;

	while (!stats->question->calls_only && (range = column_walk_range(&heads))) {
		struct column_block block;

		if (column_block_open(&block, &stats->calls->loader,
			    (size_t)(range - stats->calls->blocks), range->number, err) < 0) {
			return -1;
		}
		take_longest(block.longest, &longest);
	}
	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		take_longest(stats_seconds(stats, &stats->calls->fresh[i]), &longest);
	}
	*ret_longest = longest;
	return 0;
}

int64_t stats_seconds(const struct stats *stats, const struct column_row *row)
{
	return stats->question->calls_only ? 0 : row->call.end - row->call.start;
}

uint32_t stats_steps(const struct stats *stats, const struct column_row *row)
{
	return row->call.start > stats->question->base.detail_after ? row->call.steps : 0;
}

int stats_open_durations(
	struct stats *stats, struct stats_durations *ret_durations, struct error *err)
{
	ret_durations->known = !stats->question->calls_only;
	return ret_durations->known
		       ? column_block_durations(&stats->walk.block, &ret_durations->durations, err)
		       : 0;
}

int stats_open_steps(struct stats *stats, struct stats_block_steps *steps, struct error *err)
{
	struct column_block *block = &stats->walk.block;
	struct column_paths paths;

	if (stats->question->calls_only) {
		return 0;
	}
	if (column_block_paths(block, &paths, err) < 0 ||
		column_block_array(block, COLUMN_PATH, 2, &steps->codes, err) < 0) {
		return -1;
	}
	memset(steps->steps, 0, COLUMN_CALLS_MAX * sizeof(*steps->steps));
	for (uint32_t i = 0; i < paths.count; i++) {
		steps->steps[i] = (uint32_t)column_array_at(&paths.steps, i);
	}
	return 0;
}

static int most_calls_first(const void *left, const void *right)
{
	const struct stats_group *a = left, *b = right;

	if (a->calls != b->calls) {
		return a->calls > b->calls ? -1 : 1;
	}
	return text_compare(a->key, b->key);
}

size_t stats_order(const struct stats *stats, struct stats_group *groups, size_t count)
{
	if (count > 0) {
		qsort(groups, count, sizeof(*groups), most_calls_first);
	}
	return count < stats->question->limit ? count : stats->question->limit;
}

static int count(struct stats *stats, struct error *err)
{
	switch (stats->question->group) {
	case COLUMN_BY_TIME:
		return stats_by_time(stats, err);
	case COLUMN_BY_DEST:
	case COLUMN_BY_SRC:
		return stats_by_number(stats, err);
	case COLUMN_BY_TYPE:
		return stats_by_choice(stats, &call_type_names, err);
	case COLUMN_BY_OUTCOME:
		return stats_by_choice(stats, &call_outcome_names, err);
	case COLUMN_BY_ENDED_BY:
		return stats_by_choice(stats, &call_ended_by_names, err);
	default:
		return stats_by_steps(stats, err);
	}
}

int column_stats(const struct column_calls *calls, const struct column_stats_question *question,
	size_t memory_max, struct arena *arena, struct column_stats *ret_stats, struct error *err)
{
	struct stats stats = {
		.calls = calls, .question = question, .memory_max = memory_max, .arena = arena};
	int status = column_walk_init(&stats.walk, calls, &question->base, err);

	status = status < 0 ? status : count(&stats, err);
	column_walk_deinit(&stats.walk);
	if (status == 0) {
		*ret_stats = stats.result;
	}
	return status;
}
