/* SPDX-License-Identifier: MIT
 * Statistics by time. Calls lie in the order of time, so each bucket is a range of a block, and is
 * done with when an older one begins. */
#include "column/count/private.h"

struct timing {
	struct stats *stats;
	struct stats_block_steps steps;
	struct stats_values second; /* of the block's calls */
	size_t fresh;		    /* the next fresh row */
	struct column_entry *entries;
	size_t count;

	/* The bucket that is being counted, by the values of the second group. */
	bool open;
	int64_t bucket;
	size_t buckets;
	struct cells cells;
	int64_t calls[STATS_VALUES];
	int64_t step_sums[STATS_VALUES];
};

static int64_t bucket_start(const struct timing *timing, int64_t time)
{
	const struct column_stats_question *question = timing->stats->question;

	return zone_floor(question->zone, time, question->bucket_seconds);
}

static int add_entry(struct timing *timing, uint32_t value, struct error *err)
{
	struct stats *stats = timing->stats;
	struct column_entry *entries =
		arena_list_grow(stats->arena, timing->entries, timing->count, sizeof(*entries));
	struct column_entry *entry;

	if (!entries) {
		return error_no_memory(err);
	}
	timing->entries = entries;
	entry = &entries[timing->count++];
	*entry = (struct column_entry){.time = timing->bucket,
		.second = stats_second_key(stats, value),
		.calls = timing->calls[value],
		.steps = timing->step_sums[value]};
	if (!stats->question->calls_only) {
		cells_fill(&timing->cells, value, entry);
	}
	return 0;
}

static int close_bucket(struct timing *timing, struct error *err)
{
	if (!timing->open) {
		return 0;
	}
	cells_finish(&timing->cells);
	for (uint32_t value = 0; value < stats_second_values(timing->stats); value++) {
		if (timing->calls[value] > 0 && add_entry(timing, value, err) < 0) {
			return -1;
		}
	}
	cells_clear(&timing->cells);
	memset(timing->calls, 0, sizeof(timing->calls));
	memset(timing->step_sums, 0, sizeof(timing->step_sums));
	timing->open = false;
	return 0;
}

/* Makes @time the bucket that is being counted: the one that is, or an older one. */
static int open_bucket(struct timing *timing, int64_t time, struct error *err)
{
	if (timing->open && timing->bucket == time) {
		return 0;
	}
	if (close_bucket(timing, err) < 0) {
		return -1;
	}
	if (timing->buckets == timing->stats->question->buckets_max) {
		return error_set(err, ERROR_INVALID,
			"bucket: there are more than %zu of them: take larger ones or a shorter "
			"window",
			timing->stats->question->buckets_max);
	}
	timing->buckets++;
	timing->bucket = time;
	timing->open = true;
	return 0;
}

/* Counts the fresh rows that started at @from or later. */
static int add_fresh(struct timing *timing, int64_t from, struct error *err)
{
	struct stats *stats = timing->stats;

	for (; timing->fresh < stats->calls->fresh_count; timing->fresh++) {
		const struct column_row *row = &stats->calls->fresh[timing->fresh];
		uint32_t value = stats_second_of(stats, &row->call);

		if (row->call.start < from) {
			break;
		}
		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		if (open_bucket(timing, bucket_start(timing, row->call.start), err) < 0 ||
			cells_add(&timing->cells, value, stats_seconds(stats, row), err) < 0) {
			return -1;
		}
		timing->calls[value]++;
		timing->step_sums[value] +=
			stats->question->calls_only ? 0 : stats_steps(stats, row);
		stats->result.calls++;
	}
	return 0;
}

static uint32_t steps_at(const struct timing *timing, uint32_t at)
{
	return timing->steps.steps[column_array_at(&timing->steps.codes, at)];
}

static void add_steps(struct timing *timing, uint32_t low, uint32_t high)
{
	const struct column_match *match = &timing->stats->walk.match;
	const struct column_array *codes = &timing->steps.codes;
	int64_t steps = 0;

	low = low > match->detail ? low : match->detail;
	if (timing->second.mask != 0) {
		for (uint32_t i = low; i < high; i++) {
			timing->step_sums[stats_value(&timing->second, i)] +=
				(int64_t)steps_at(timing, i) * match->set[i];
		}
		return;
	}
	if (codes->width == 2) {
		for (uint32_t i = low; i < high; i++) {
			steps += (int64_t)timing->steps
					 .steps[column_get16(codes->at + (size_t)i * 2)] *
				 match->set[i];
		}
	} else {
		for (uint32_t i = low; i < high; i++) {
			steps += (int64_t)timing->steps.steps[(unsigned char)codes->at[i]] *
				 match->set[i];
		}
	}
	timing->step_sums[0] += steps;
}

static int add_durations(struct timing *timing, const struct column_durations *durations,
	uint32_t low, uint32_t high, struct error *err)
{
	const unsigned char *set = timing->stats->walk.match.set;
	uint64_t *counts = timing->cells.counts;
	uint32_t width = timing->cells.width, longest = 0;
	int64_t seconds;

	for (uint32_t i = low; i < high; i++) {
		uint32_t value = stats_value(&timing->second, i);
		uint32_t duration = column_durations_short(durations, i);

		if (duration < width) {
			counts[value * width + duration] += set[i];
			longest = duration > longest ? duration : longest;
		} else if (set[i] && (column_durations_at(durations, i, &seconds, err) < 0 ||
					     cells_add(&timing->cells, value, seconds, err) < 0)) {
			return -1;
		}
	}
	timing->cells.top = timing->cells.top > longest ? timing->cells.top : longest + 1;
	return 0;
}

/* How many of the calls from @low up to @high match, by value. */
static uint32_t add_calls(struct timing *timing, uint32_t low, uint32_t high)
{
	const unsigned char *set = timing->stats->walk.match.set;
	uint32_t calls = 0;

	for (uint32_t i = low; i < high; i++) {
		calls += set[i];
	}
	if (timing->second.mask == 0) {
		timing->calls[0] += calls;
	} else if (calls > 0) {
		for (uint32_t i = low; i < high; i++) {
			timing->calls[stats_value(&timing->second, i)] += set[i];
		}
	}
	return calls;
}

/* Counts the matching calls from @low up to @high, which are all of one bucket. */
static int add_range(struct timing *timing, const struct stats_durations *durations, uint32_t low,
	uint32_t high, int64_t bucket, struct error *err)
{
	const unsigned char *set = timing->stats->walk.match.set;

	if (!memchr(set + low, 1, high - low)) {
		return 0;
	}
	if (open_bucket(timing, bucket, err) < 0) {
		return -1;
	}
	timing->stats->result.calls += add_calls(timing, low, high);
	if (!durations->known) {
		return 0;
	}
	add_steps(timing, low, high);
	return add_durations(timing, &durations->durations, low, high, err);
}

static int add_block(struct timing *timing, struct error *err)
{
	struct stats *stats = timing->stats;
	const struct column_match *match = &stats->walk.match;
	struct stats_durations durations;
	struct column_spans starts;

	if (column_block_spans(&stats->walk.block, COLUMN_START, &starts, err) < 0 ||
		stats_open_second(stats, &timing->second, err) < 0 ||
		stats_open_durations(stats, &durations, err) < 0 ||
		stats_open_steps(stats, &timing->steps, err) < 0) {
		return -1;
	}
	for (uint32_t high = match->high, low; high > match->low; high = low) {
		int64_t bucket = bucket_start(timing, column_spans_at(&starts, high - 1));

		low = column_spans_below(&starts, bucket);
		low = low > match->low ? low : match->low;
		if (low >= high) {
			struct column_reader reader = {
				.column = COLUMN_START, .block = stats->walk.block.number};

			return column_damaged(&reader, "calls are not in the order of time", err);
		}
		if (add_fresh(timing, bucket, err) < 0 ||
			add_range(timing, &durations, low, high, bucket, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int count_all(struct timing *timing, struct error *err)
{
	struct stats *stats = timing->stats;
	int64_t longest;
	int more;

	timing->steps.steps = arena_calloc(stats->arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	if (!timing->steps.steps) {
		return error_no_memory(err);
	}
	if (stats_longest(stats, &longest, err) < 0 ||
		cells_init(&timing->cells, stats_second_values(stats), longest, stats->memory_max,
			err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(timing, err) < 0) {
			return -1;
		}
	}
	return more < 0 || add_fresh(timing, INT64_MIN, err) < 0 ? -1 : close_bucket(timing, err);
}

static int compare_times(const void *left, const void *right, void *context)
{
	const struct column_entry *a = left, *b = right;

	return a->time != b->time ? (a->time < b->time ? -1 : 1)
				  : stats_compare(left, right, context);
}

/* Of two groups the largest are taken, and come by their time. */
static void order_pairs(struct timing *timing)
{
	struct stats *stats = timing->stats;
	size_t limit = stats->question->limit;

	if (timing->count > limit) {
		qsort_r(timing->entries, timing->count, sizeof(*timing->entries), stats_compare,
			stats);
		timing->count = limit;
	}
	if (timing->count > 0) {
		qsort_r(timing->entries, timing->count, sizeof(*timing->entries), compare_times,
			stats);
	}
}

/* They came newest first. */
static void turn_round(struct timing *timing)
{
	for (size_t i = 0; i < timing->count / 2; i++) {
		struct column_entry entry = timing->entries[i];

		timing->entries[i] = timing->entries[timing->count - 1 - i];
		timing->entries[timing->count - 1 - i] = entry;
	}
}

static void timing_deinit(struct timing *timing)
{
	cells_deinit(&timing->cells);
}

int stats_by_time(struct stats *stats, struct error *err)
{
	AUTO(timing_deinit) struct timing timing = {.stats = stats};

	if (count_all(&timing, err) < 0) {
		return -1;
	}
	stats->result.entries_total = (int64_t)timing.count;
	if (stats->question->by_two) {
		order_pairs(&timing);
	} else {
		turn_round(&timing);
	}
	stats->result.entries = timing.entries;
	stats->result.count = timing.count;
	return 0;
}
