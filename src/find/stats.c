/* SPDX-License-Identifier: MIT
 * Counting calls by groups. Durations are counted by group and duration, not kept call by call. So
 * percentiles are exact, in memory that grows with what is different, not with what is there. / */
#include "find/stats.h"

#include <assert.h>

#include "find/columns.h"

static const char *const group_names[] = {
	"time", "dest", "type", "class", "module", "variable", "outcome", "ended_by"};

bool stats_group_parse(struct text name, enum stats_group *ret_group)
{
	for (size_t i = 0; i < COUNT_OF(group_names); i++) {
		if (text_equal_string(name, group_names[i])) {
			*ret_group = (enum stats_group)i;
			return true;
		}
	}
	return false;
}

const char *stats_group_name(enum stats_group group)
{
	return group_names[group];
}

bool stats_bucket_parse(struct text name, int64_t *ret_seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} buckets[] = {{"minute", 60}, {"hour", 3600}, {"day", 86400}};

	for (size_t i = 0; i < COUNT_OF(buckets); i++) {
		if (text_equal_string(name, buckets[i].name)) {
			*ret_seconds = buckets[i].seconds;
			return true;
		}
	}
	return false;
}

void stats_init(struct stats *stats, const struct stats_question *question, size_t memory_max)
{
	*stats = (struct stats){.question = *question};
	arena_init(&stats->arena, memory_max);
	intern_init(&stats->keys, &stats->arena);
	pairs_init(&stats->durations, &stats->arena);
	stats->groups.arena = &stats->arena;
}

void stats_deinit(struct stats *stats)
{
	arena_deinit(&stats->arena);
}

int stats_no_room(const struct stats *stats, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
		"there are too many different groups to count in %zu MB: ask for a shorter window",
		stats->arena.ceiling_bytes >> 20);
}

bool stats_is_of_steps(enum stats_group group)
{
	return group == STATS_CLASS || group == STATS_MODULE || group == STATS_VARIABLE;
}

static bool is_of_steps(const struct stats *stats)
{
	return stats_is_of_steps(stats->question.group);
}

/* Makes @number, which is at most the one after the last, a group. */
static bool make_group(struct stats *stats, uint32_t number, int64_t time)
{
	struct stats_counts *counts;

	if (number < stats->count) {
		return true;
	}
	counts = arena_list_grow(&stats->arena, stats->counts, stats->count, sizeof(*counts));
	if (!counts) {
		return false;
	}
	stats->counts = counts;
	stats->counts[stats->count++] = (struct stats_counts){.time = time, .last = -1};
	return true;
}

static bool find_group(struct stats *stats, struct text key, uint32_t *ret_number)
{
	return intern_number(&stats->keys, key, ret_number) && make_group(stats, *ret_number, 0);
}

static struct text kind_key(const struct stats *stats, const struct store_kind *kind)
{
	switch (stats->question.group) {
	case STATS_CLASS:
		return kind->class_name;
	case STATS_MODULE:
		return kind->module;
	default:
		return kind->variable;
	}
}

int stats_kinds(void *counter, const struct store_kind *kinds, size_t count, struct error *err)
{
	struct stats *stats = counter;

	if (!is_of_steps(stats)) {
		return 0;
	}
	if (!kind_map_reserve(&stats->groups, kinds, count)) {
		return stats_no_room(stats, err);
	}
	for (size_t i = 0; i < count; i++) {
		struct text key = kind_key(stats, &kinds[i]);
		uint32_t number = KIND_MAP_NONE;

		if (key.size > 0 && !find_group(stats, key, &number)) {
			return stats_no_room(stats, err);
		}
		kind_map_set(&stats->groups, kinds[i].id, number);
	}
	return 0;
}

/* Counts the call @row in @number, however often it is given. */
static bool count_call(struct stats *stats, uint32_t number, const struct store_row *row)
{
	struct stats_counts *counts = &stats->counts[number];
	int64_t duration = row->call.end - row->call.start;
	struct pair *pair;

	if (counts->last == stats->calls) {
		return true;
	}
	counts->last = stats->calls;
	counts->calls++;
	if (stats->question.calls_only) {
		return true;
	}
	if (__builtin_add_overflow(counts->duration_sum, duration, &counts->duration_sum)) {
		counts->duration_sum = INT64_MAX;
	}
	pair = pairs_at(&stats->durations, number, duration);
	if (pair) {
		pair->count++;
	}
	return pair != NULL;
}

static int count_steps(struct stats *stats, const struct store_row *row, struct error *err)
{
	for (uint32_t i = 0; row->kinds && i < row->call.steps; i++) {
		uint32_t number = kind_map_get(&stats->groups, row->kinds[i]);

		if (number == KIND_MAP_NONE) {
			continue;
		}
		if (!count_call(stats, number, row)) {
			return stats_no_room(stats, err);
		}
		stats->counts[number].steps++;
	}
	return 0;
}

int stats_too_many_buckets(struct error *err)
{
	return error_set(err, ERROR_INVALID,
		"bucket: there are more than %d of them: take larger ones or a shorter window",
		STATS_BUCKETS_MAX);
}

int64_t stats_bucket_start(const struct stats_question *question, int64_t time)
{
	return question->zone ? zone_floor(question->zone, time, question->bucket_seconds)
			      : time - time % question->bucket_seconds;
}

/* The calls come newest first, so their buckets do: the last one is the only one that may go on. */
static int find_bucket(struct stats *stats, int64_t start, uint32_t *ret_number, struct error *err)
{
	int64_t time = stats_bucket_start(&stats->question, start);
	bool goes_on = stats->count > 0 && stats->counts[stats->count - 1].time == time;

	assert(stats->count == 0 || stats->counts[stats->count - 1].time >= time);
	if (!goes_on && stats->count == STATS_BUCKETS_MAX) {
		return stats_too_many_buckets(err);
	}
	*ret_number = (uint32_t)stats->count - (goes_on ? 1 : 0);
	return make_group(stats, *ret_number, time) ? 0 : stats_no_room(stats, err);
}

static int find_call_group(
	struct stats *stats, const struct call *call, uint32_t *ret_number, struct error *err)
{
	char number[CALL_NUMBER_MAX];
	struct text key;

	switch (stats->question.group) {
	case STATS_TIME:
		return find_bucket(stats, call->start, ret_number, err);
	case STATS_DEST:
		key = call_number_undialled(stats->prefixes, call_number_key(call->dest, number));
		break;
	case STATS_OUTCOME:
		key = call_outcome_names.items[call->outcome];
		break;
	case STATS_ENDED_BY:
		key = call_ended_by_names.items[call->ended_by];
		break;
	default:
		key = text_of(call_type_name(call->type));
		break;
	}
	return find_group(stats, key, ret_number) ? 0 : stats_no_room(stats, err);
}

static int count_one(struct stats *stats, const struct store_row *row, struct error *err)
{
	uint32_t number;

	if (is_of_steps(stats)) {
		return count_steps(stats, row, err);
	}
	if (find_call_group(stats, &row->call, &number, err) < 0) {
		return -1;
	}
	stats->counts[number].steps += row->call.steps;
	return count_call(stats, number, row) ? 0 : stats_no_room(stats, err);
}

int stats_row(void *counter, const struct store_row *row, struct error *err)
{
	struct stats *stats = counter;

	if (is_of_steps(stats) && !kind_map_knows(&stats->groups, row)) {
		return 0;
	}
	if (count_one(stats, row, err) < 0) {
		return -1;
	}
	stats->calls++;
	return 1;
}

/* ---- what is in a store ---- */

#define BUCKETS_MEMORY_MAX ((size_t)256 << 20)

static int scan_store(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	static const struct scan_counter counter = {.row = stats_row, .kinds = stats_kinds};
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
	int answered;

	if (tallied) {
		return count_tallies(store, search, question, arena, ret_result, err);
	}
	answered = columns_stats(store, search, question, arena, ret_result, err);
	if (answered != 0) {
		return answered < 0 ? -1 : 0;
	}
	return scan_store(store, search, question, arena, ret_result, err);
}
