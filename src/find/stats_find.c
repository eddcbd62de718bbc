/* SPDX-License-Identifier: MIT
 * Statistics of what is in a store. */
#include "find/scan.h"
#include "find/stats.h"

#define BUCKETS_MEMORY_MAX ((size_t)256 << 20)

static int take_row(void *counter, const struct store_row *row, struct error *err)
{
	return stats_row(counter, row, err);
}

static int take_kinds(
	void *counter, const struct store_kind *kinds, size_t count, struct error *err)
{
	return stats_kinds(counter, kinds, count, err);
}

static int scan_store(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	static const struct scan_counter counter = {.row = take_row, .kinds = take_kinds};
	AUTO(stats_deinit) struct stats stats;
	struct scan_steps steps;

	stats_init(&stats, question, STATS_MEMORY_MAX);
	stats.prefixes = search->filter->prefixes;
	if (scan_count(store, search, &counter, &stats, &steps, err) < 0 ||
		stats_finish(&stats, arena, ret_result, err) < 0) {
		return -1;
	}
	if (stats_is_of_steps(question->group)) {
		ret_result->steps = steps;
	}
	return 0;
}

/* How long the tallies' buckets are that those of the question are made of; 0: the tallies cannot
 * tell them. */
static int64_t tallied_seconds(const struct stats_question *question)
{
	int64_t seconds = question->bucket_seconds;

	if (!question->zone || question->zone->grain_s >= seconds) {
		return seconds;
	}
	return question->zone->grain_s >= 60 ? question->zone->grain_s : 0;
}

/* Brings the tallies' buckets, newest first, together to those of the question, oldest first. */
static size_t gather(const struct stats_question *question, const struct store_bucket *buckets,
	size_t count, struct stats_entry *entries)
{
	size_t gathered = 0;

	for (size_t i = count; i > 0; i--) {
		const struct store_bucket *bucket = &buckets[i - 1];
		int64_t time = stats_bucket_start(question, bucket->start);

		if (gathered == 0 || entries[gathered - 1].time != time) {
			entries[gathered++] = (struct stats_entry){.time = time};
		}
		entries[gathered - 1].calls += bucket->calls;
	}
	return gathered;
}

static int count_tallies(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	AUTO(arena_deinit) struct arena memory;
	struct store_bucket *buckets = NULL;
	struct stats_entry *entries;
	int64_t calls = 0;
	size_t count = 0;

	arena_init(&memory, BUCKETS_MEMORY_MAX);
	if (store_count_buckets(store, search->account_id, search->filter,
		    tallied_seconds(question), &memory, &buckets, &count, err) < 0) {
		return -1;
	}
	entries = arena_calloc(arena, count, sizeof(*entries));
	if (!entries) {
		return error_no_memory(err);
	}
	count = gather(question, buckets, count, entries);
	if (count > STATS_BUCKETS_MAX) {
		return stats_too_many_buckets(err);
	}
	for (size_t i = 0; i < count; i++) {
		calls += entries[i].calls;
	}
	*ret_result = (struct stats_result){
		.question = *question,
		.entries = entries,
		.count = count,
		.entries_total = (int64_t)count,
		.total_calls = calls,
	};
	return 0;
}

int stats_find(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	bool tallied = question->group == STATS_TIME && question->calls_only &&
		       filter_is_window(search->filter) && tallied_seconds(question) > 0;

	return tallied ? count_tallies(store, search, question, arena, ret_result, err)
		       : scan_store(store, search, question, arena, ret_result, err);
}
