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

/* ---- choices ---- */

_Static_assert(CALL_TRANSFER <= COLUMN_FLAG_TYPE && CALL_COMPLETED < STATS_VALUES &&
		       CALL_ENDED_BY_SYSTEM < STATS_VALUES,
	"each value has its place");

const struct call_names *stats_names(enum column_group group)
{
	switch (group) {
	case COLUMN_BY_TYPE:
		return &call_type_names;
	case COLUMN_BY_OUTCOME:
		return &call_outcome_names;
	case COLUMN_BY_ENDED_BY:
		return &call_ended_by_names;
	default:
		return NULL;
	}
}

int stats_open_values(struct stats *stats, enum column_group group, struct stats_values *ret_values,
	struct error *err)
{
	struct column_block *block = &stats->walk.block;
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
	*ret_values = (struct stats_values){
		.bytes = (const unsigned char *)array.at, .mask = STATS_VALUES - 1};
	return 0;
}

uint32_t stats_value_of(enum column_group group, const struct call *call)
{
	switch (group) {
	case COLUMN_BY_OUTCOME:
		return call->outcome;
	case COLUMN_BY_ENDED_BY:
		return call->ended_by;
	default:
		return call->type;
	}
}

uint32_t stats_second_values(const struct stats *stats)
{
	return stats->question->by_two ? STATS_VALUES : 1;
}

int stats_open_second(struct stats *stats, struct stats_values *ret_values, struct error *err)
{
	if (stats->question->by_two) {
		return stats_open_values(stats, stats->question->second, ret_values, err);
	}
	/* Any bytes do. */
	*ret_values = (struct stats_values){.bytes = stats->walk.match.set, .mask = 0};
	return 0;
}

uint32_t stats_second_of(const struct stats *stats, const struct call *call)
{
	return stats->question->by_two ? stats_value_of(stats->question->second, call) : 0;
}

struct text stats_second_key(const struct stats *stats, uint32_t value)
{
	const struct call_names *names =
		stats->question->by_two ? stats_names(stats->question->second) : NULL;

	return names && value < names->count ? names->items[value] : TEXT("");
}

/* ---- the result ---- */

int stats_compare(const void *left, const void *right, void *context)
{
	const struct stats *stats = context;
	const struct column_entry *a = left, *b = right;
	int first, second;

	if (a->calls != b->calls) {
		return a->calls > b->calls ? -1 : 1;
	}
	if (a->time != b->time) {
		return a->time < b->time ? -1 : 1;
	}
	first = text_compare(a->key, b->key);
	second = text_compare(a->second, b->second);
	if (stats->question->second_first) {
		return second != 0 ? second : first;
	}
	return first != 0 ? first : second;
}

int stats_fill(struct stats *stats, struct stats_group *groups, size_t count, struct cells *cells,
	const int64_t *step_sums, struct error *err)
{
	struct column_stats *result = &stats->result;

	if (count > 0) {
		qsort_r(groups, count, sizeof(*groups), stats_compare, stats);
	}
	result->entries_total = (int64_t)count;
	result->count = count < stats->question->limit ? count : stats->question->limit;
	result->entries = arena_calloc(stats->arena, result->count, sizeof(*result->entries));
	if (!result->entries) {
		return error_no_memory(err);
	}
	cells_finish(cells);
	for (size_t i = 0; i < result->count; i++) {
		result->entries[i] = groups[i].entry;
		if (!stats->question->calls_only) {
			result->entries[i].steps = step_sums[groups[i].number];
			cells_fill(cells, groups[i].number, &result->entries[i]);
		}
	}
	return 0;
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
	case COLUMN_BY_OUTCOME:
	case COLUMN_BY_ENDED_BY:
		return stats_by_choice(stats, err);
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
