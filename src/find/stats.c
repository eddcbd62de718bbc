/* SPDX-License-Identifier: MIT
 * Counting calls by groups. Durations are counted by group and duration, not kept call by call. So
 * percentiles are exact, in memory that grows with what is different, not with what is there. / */
#include "find/stats.h"

#include <assert.h>

#include "find/columns.h"

static const char *const group_names[] = {
	"time", "dest", "type", "class", "module", "variable", "outcome", "ended_by", "src"};

static const struct {
	const char *name;
	int64_t seconds;
} bucket_names[] = {{"minute", 60}, {"hour", 3600}, {"day", ZONE_DAY_S}, {"week", ZONE_WEEK_S},
	{"month", ZONE_MONTH_S}};

static bool parse_group(struct text name, enum stats_group *ret_group)
{
	for (size_t i = 0; i < COUNT_OF(group_names); i++) {
		if (text_equal_string(name, group_names[i])) {
			*ret_group = (enum stats_group)i;
			return true;
		}
	}
	return false;
}

int stats_groups_parse(struct text names, struct stats_question *question, struct error *err)
{
	struct text rest = names, name;
	bool two = text_split(&rest, ',', &name) && rest.data;

	if (!parse_group(name, &question->group) ||
		(two && (!parse_group(rest, &question->second) ||
				question->second == question->group))) {
		return error_set(err, ERROR_INVALID,
			"expected is time, dest, src, type, class, module, variable, outcome or "
			"ended_by, or two of them with a comma between");
	}
	question->by_two = two;
	return 0;
}

const char *stats_group_name(enum stats_group group)
{
	return group_names[group];
}

bool stats_bucket_parse(struct text name, int64_t *ret_seconds)
{
	for (size_t i = 0; i < COUNT_OF(bucket_names); i++) {
		if (text_equal_string(name, bucket_names[i].name)) {
			*ret_seconds = bucket_names[i].seconds;
			return true;
		}
	}
	return false;
}

const char *stats_bucket_name(int64_t seconds)
{
	size_t i = 0;

	while (bucket_names[i].seconds != seconds) {
		i++;
	}
	return bucket_names[i].name;
}

static bool counts_steps(enum stats_group group)
{
	return group == STATS_CLASS || group == STATS_MODULE || group == STATS_VARIABLE;
}

bool stats_is_of_steps(const struct stats_question *question)
{
	return counts_steps(question->group) ||
	       (question->by_two && counts_steps(question->second));
}

bool stats_is_of_time(const struct stats_question *question)
{
	return question->group == STATS_TIME ||
	       (question->by_two && question->second == STATS_TIME);
}

void stats_init(struct stats *stats, const struct stats_question *question, size_t memory_max)
{
	*stats = (struct stats){.question = *question, .axes_count = question->by_two ? 2 : 1};
	arena_init(&stats->arena, memory_max);
	stats->axes[0].group = question->group;
	stats->axes[1].group = question->second;
	for (size_t i = 0; i < stats->axes_count; i++) {
		intern_init(&stats->axes[i].keys, &stats->arena);
		stats->axes[i].kinds.arena = &stats->arena;
	}
	pairs_init(&stats->groups, &stats->arena);
	pairs_init(&stats->durations, &stats->arena);
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

/* The group that has these @numbers on the axes. */
static bool find_group(struct stats *stats, const uint32_t *numbers, uint32_t *ret_group)
{
	uint32_t group = numbers[0];

	if (stats->axes_count > 1) {
		const struct pair *pair = pairs_at(&stats->groups, numbers[0], numbers[1]);

		if (!pair) {
			return false;
		}
		group = (uint32_t)(pair - stats->groups.items);
	}
	while (stats->count <= group) {
		struct stats_counts *counts = arena_list_grow(
			&stats->arena, stats->counts, stats->count, sizeof(*counts));

		if (!counts) {
			return false;
		}
		stats->counts = counts;
		stats->counts[stats->count++] = (struct stats_counts){.last = -1};
	}
	*ret_group = group;
	return true;
}

static struct text kind_key(enum stats_group group, const struct store_kind *kind)
{
	switch (group) {
	case STATS_CLASS:
		return kind->class_name;
	case STATS_MODULE:
		return kind->module;
	default:
		return kind->variable;
	}
}

static bool map_kinds(struct stats_axis *axis, const struct store_kind *kinds, size_t count)
{
	if (!kind_map_reserve(&axis->kinds, kinds, count)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		struct text key = kind_key(axis->group, &kinds[i]);
		uint32_t number = KIND_MAP_NONE;

		if (key.size > 0 && !intern_number(&axis->keys, key, &number)) {
			return false;
		}
		kind_map_set(&axis->kinds, kinds[i].id, number);
	}
	return true;
}

int stats_kinds(void *counter, const struct store_kind *kinds, size_t count, struct error *err)
{
	struct stats *stats = counter;

	for (size_t i = 0; i < stats->axes_count; i++) {
		if (counts_steps(stats->axes[i].group) &&
			!map_kinds(&stats->axes[i], kinds, count)) {
			return stats_no_room(stats, err);
		}
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
	counts->duration_sum = pairs_add_up(counts->duration_sum, duration);
	pair = pairs_at(&stats->durations, number, duration);
	if (pair) {
		pair->count++;
	}
	return pair != NULL;
}

/* What the step of @kind is on the axes that are of steps. */
static bool place_step(const struct stats *stats, uint32_t kind, uint32_t *numbers)
{
	for (size_t i = 0; i < stats->axes_count; i++) {
		if (counts_steps(stats->axes[i].group)) {
			numbers[i] = kind_map_get(&stats->axes[i].kinds, kind);
			if (numbers[i] == KIND_MAP_NONE) {
				return false;
			}
		}
	}
	return true;
}

static int count_steps(
	struct stats *stats, const struct store_row *row, uint32_t *numbers, struct error *err)
{
	uint32_t group;

	for (uint32_t i = 0; row->kinds && i < row->call.steps; i++) {
		if (!place_step(stats, row->kinds[i], numbers)) {
			continue;
		}
		if (!find_group(stats, numbers, &group) || !count_call(stats, group, row)) {
			return stats_no_room(stats, err);
		}
		stats->counts[group].steps++;
	}
	return 0;
}

int stats_too_many_buckets(struct error *err)
{
	return error_set(err, ERROR_INVALID,
		"bucket: there are more than %d of them: take larger ones or a shorter window",
		STATS_BUCKETS_MAX);
}

/* The calls come newest first, so their buckets do: the last one is the only one that may go on. */
static int find_bucket(struct stats *stats, struct stats_axis *axis, int64_t start,
	uint32_t *ret_number, struct error *err)
{
	const struct stats_question *question = &stats->question;
	int64_t time = zone_floor(question->zone, start, question->bucket_seconds);
	uint32_t count = axis->times_count;
	int64_t *times;

	assert(count == 0 || axis->times[count - 1] >= time);
	if (count > 0 && axis->times[count - 1] == time) {
		*ret_number = count - 1;
		return 0;
	}
	if (count == STATS_BUCKETS_MAX) {
		return stats_too_many_buckets(err);
	}
	times = arena_list_grow(&stats->arena, axis->times, count, sizeof(*times));
	if (!times) {
		return stats_no_room(stats, err);
	}
	axis->times = times;
	times[count] = time;
	axis->times_count++;
	*ret_number = count;
	return 0;
}

/* @buffer has room for a number as it is compared. */
static struct text call_key(const struct stats *stats, enum stats_group group,
	const struct call *call, char buffer[CALL_NUMBER_MAX])
{
	switch (group) {
	case STATS_DEST:
		return call_number_undialled(stats->prefixes, call_number_key(call->dest, buffer));
	case STATS_SRC:
		return call_number_undialled(stats->prefixes, call_number_key(call->src, buffer));
	case STATS_OUTCOME:
		return call_outcome_names.items[call->outcome];
	case STATS_ENDED_BY:
		return call_ended_by_names.items[call->ended_by];
	default:
		return text_of(call_type_name(call->type));
	}
}

/* What @call is on the axes that are not of steps. */
static int place_call(
	struct stats *stats, const struct call *call, uint32_t *numbers, struct error *err)
{
	for (size_t i = 0; i < stats->axes_count; i++) {
		struct stats_axis *axis = &stats->axes[i];
		char buffer[CALL_NUMBER_MAX];

		if (axis->group == STATS_TIME) {
			if (find_bucket(stats, axis, call->start, &numbers[i], err) < 0) {
				return -1;
			}
		} else if (!counts_steps(axis->group) &&
			   !intern_number(&axis->keys, call_key(stats, axis->group, call, buffer),
				   &numbers[i])) {
			return stats_no_room(stats, err);
		}
	}
	return 0;
}

static int count_one(struct stats *stats, const struct store_row *row, struct error *err)
{
	uint32_t numbers[STATS_GROUPS_MAX] = {0}, group;

	if (place_call(stats, &row->call, numbers, err) < 0) {
		return -1;
	}
	if (stats_is_of_steps(&stats->question)) {
		return count_steps(stats, row, numbers, err);
	}
	if (!find_group(stats, numbers, &group) || !count_call(stats, group, row)) {
		return stats_no_room(stats, err);
	}
	stats->counts[group].steps += row->call.steps;
	return 0;
}

/* Whether all kinds of @row are known where they matter. */
static bool knows_kinds(const struct stats *stats, const struct store_row *row)
{
	for (size_t i = 0; i < stats->axes_count; i++) {
		if (counts_steps(stats->axes[i].group) &&
			!kind_map_knows(&stats->axes[i].kinds, row)) {
			return false;
		}
	}
	return true;
}

int stats_row(void *counter, const struct store_row *row, struct error *err)
{
	struct stats *stats = counter;

	if (!knows_kinds(stats, row)) {
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
	if (stats_is_of_steps(question)) {
		ret_result->steps = steps;
	}
	return 0;
}

/* How long the tallies' buckets are that those of the question are made of; 0: the tallies cannot
 * tell them. */
static int64_t tallied_seconds(const struct stats_question *question)
{
	int64_t seconds =
		question->bucket_seconds < ZONE_DAY_S ? question->bucket_seconds : ZONE_DAY_S;

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
		int64_t time = zone_floor(question->zone, bucket->start, question->bucket_seconds);

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
	STORE_COST(search->cost, tallies, (int64_t)count);
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
	bool tallied = question->group == STATS_TIME && !question->by_two && question->calls_only &&
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
