/* SPDX-License-Identifier: MIT
 * What columns count, in the order and the words of answers. */
#include "find/columns.h"

#include "column/count/stats.h"
#include "column/count/visits.h"
#include "store/find.h"

struct scan_steps columns_steps_of(const struct column_steps *steps)
{
	return (struct scan_steps){.with_steps = steps->with_steps,
		.over_days = steps->over_days,
		.without_steps = steps->without_steps};
}

/* ---- statistics ---- */

_Static_assert((int)STATS_ENDED_BY == (int)COLUMN_BY_ENDED_BY &&
		       (int)STATS_OUTCOME == (int)COLUMN_BY_OUTCOME &&
		       (int)STATS_VARIABLE == (int)COLUMN_BY_VARIABLE &&
		       (int)STATS_CLASS == (int)COLUMN_BY_CLASS &&
		       (int)STATS_TYPE == (int)COLUMN_BY_TYPE &&
		       (int)STATS_SRC == (int)COLUMN_BY_SRC,
	"groups have the same numbers");

struct stats_use {
	const struct store_search *search;
	const struct stats_question *question;
	struct arena *arena;
	struct stats_result result;
};

static bool is_choice(enum stats_group group)
{
	return group == STATS_TYPE || group == STATS_OUTCOME || group == STATS_ENDED_BY;
}

static bool is_course(enum stats_group group)
{
	return group == STATS_OUTCOME || group == STATS_ENDED_BY;
}

/* Of two groups columns count a choice second. */
static bool is_swapped(const struct stats_question *question)
{
	return question->by_two && !is_choice(question->second);
}

/* Columns count two groups only where one is a choice, and none is of steps. */
static bool can_count(const struct stats_question *question)
{
	return !question->by_two ||
	       (!stats_is_of_steps(question) &&
		       (is_choice(question->group) || is_choice(question->second)));
}

static int copy_entries(
	struct stats_use *use, const struct column_stats *counted, struct error *err)
{
	struct stats_entry *entries =
		arena_calloc(use->arena, counted->count > 0 ? counted->count : 1, sizeof(*entries));

	if (!entries) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < counted->count; i++) {
		const struct column_entry *entry = &counted->entries[i];
		bool swapped = is_swapped(use->question);

		entries[i] = (struct stats_entry){
			.key = arena_copy(use->arena, swapped ? entry->second : entry->key),
			.second = arena_copy(use->arena, swapped ? entry->key : entry->second),
			.time = entry->time,
			.calls = entry->calls,
			.steps = entry->steps,
			.duration_sum = entry->duration_sum,
			.p50 = entry->p50,
			.p95 = entry->p95,
		};
		if (!entries[i].key.data || !entries[i].second.data) {
			return error_no_memory(err);
		}
	}
	use->result.entries = entries;
	return 0;
}

static int count_stats(void *context, const struct column_calls *calls, struct error *err)
{
	struct stats_use *use = context;
	const struct stats_question *question = use->question;
	bool swapped = is_swapped(question);
	const struct column_stats_question asked = {
		.base = store_find_column_question(use->search),
		.group = (enum column_group)(swapped ? question->second : question->group),
		.by_two = question->by_two,
		.second = (enum column_group)(swapped ? question->group : question->second),
		.second_first = swapped,
		.bucket_seconds = question->bucket_seconds,
		.zone = question->zone,
		.buckets_max = STATS_BUCKETS_MAX,
		.calls_only = question->calls_only,
		.limit = question->limit,
	};
	AUTO(arena_deinit) struct arena arena;
	struct column_stats counted;

	arena_init(&arena, COLUMNS_MEMORY_MAX);
	if (column_stats(calls, &asked, COLUMNS_MEMORY_MAX, &arena, &counted, err) < 0 ||
		copy_entries(use, &counted, err) < 0) {
		return -1;
	}
	use->result.question = *question;
	use->result.count = counted.count;
	use->result.entries_total = counted.entries_total;
	use->result.total_calls = counted.calls;
	if (stats_is_of_steps(question)) {
		use->result.steps = columns_steps_of(&counted.steps);
	}
	return 0;
}

int columns_stats(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	struct stats_use use = {.search = search, .question = question, .arena = arena};
	const struct store_columns_use columns = {
		.answer = count_stats,
		.context = &use,
		.course = is_course(question->group) ||
			  (question->by_two && is_course(question->second)),
	};
	int answered = can_count(question) ? store_columns(store, search, &columns, err) : 0;

	if (answered > 0) {
		*ret_result = use.result;
	}
	return answered;
}

/* ---- drop-off ---- */

struct dropoff_use {
	const struct store_search *search;
	size_t limit;
	struct arena *arena;
	struct arena own;
	struct column_dropoff counted;
	uint32_t *order; /* places that were reached, in the order of the answer */
	size_t reached;
	struct dropoff_result result;
};

static int compare_names(const struct column_place *a, const struct column_place *b)
{
	int order = text_compare(a->module, b->module);

	return order != 0 ? order : text_compare(a->variable, b->variable);
}

static int compare_places(const void *left, const void *right, void *context)
{
	const struct column_place *places = context;
	const struct column_place *a = &places[*(const uint32_t *)left];
	const struct column_place *b = &places[*(const uint32_t *)right];

	return a->calls != b->calls ? (a->calls > b->calls ? -1 : 1) : compare_names(a, b);
}

static int compare_ways(const void *left, const void *right, void *context)
{
	const struct column_place *places = context;
	const struct column_way *a = left, *b = right;

	if (a->from != b->from) {
		return a->from < b->from ? -1 : 1;
	}
	return a->calls != b->calls
		       ? (a->calls > b->calls ? -1 : 1)
		       : compare_names(&places[a->to - WAYS_PLACES], &places[b->to - WAYS_PLACES]);
}

static bool sort_all(struct dropoff_use *use)
{
	struct ways *counted = &use->counted.ways;

	use->order = arena_calloc(&use->own, counted->places_count + 1, sizeof(*use->order));
	if (!use->order) {
		return false;
	}
	for (uint32_t i = 0; i < counted->places_count; i++) {
		if (counted->places[i].calls > 0) {
			use->order[use->reached++] = i;
		}
	}
	if (use->reached > 0) {
		qsort_r(use->order, use->reached, sizeof(*use->order), compare_places,
			counted->places);
	}
	if (counted->count > 0) {
		qsort_r(counted->items, counted->count, sizeof(*counted->items), compare_ways,
			counted->places);
	}
	return true;
}

static bool copy_names(const struct dropoff_use *use, const struct column_place *place,
	struct text *ret_module, struct text *ret_variable)
{
	*ret_module = arena_copy(use->arena, place->module);
	*ret_variable = arena_copy(use->arena, place->variable);
	return ret_module->data && ret_variable->data;
}

/* Where the sorted ways from @place begin. */
static size_t find_ways(const struct ways *counted, uint32_t place)
{
	size_t low = 0, high = counted->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (counted->items[middle].from < WAYS_PLACES + place) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool fill_place(
	const struct dropoff_use *use, uint32_t number, struct dropoff_place *ret_place)
{
	const struct ways *counted = &use->counted.ways;
	const struct column_place *place = &counted->places[number];
	size_t first = find_ways(counted, number), count = 0;

	while (first + count < counted->count &&
		counted->items[first + count].from == WAYS_PLACES + number) {
		count++;
	}
	*ret_place = (struct dropoff_place){.reached = place->calls,
		.ended = use->counted.ended[number],
		.next = arena_calloc(use->arena, count + 1, sizeof(*ret_place->next)),
		.next_count = count};
	if (!ret_place->next || !copy_names(use, place, &ret_place->module, &ret_place->variable)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct column_way *way = &counted->items[first + i];
		struct dropoff_next *next = &ret_place->next[i];

		next->calls = way->calls;
		if (!copy_names(use, &counted->places[way->to - WAYS_PLACES], &next->module,
			    &next->variable)) {
			return false;
		}
	}
	return true;
}

static int fill(struct dropoff_use *use, struct error *err)
{
	size_t count;

	if (!sort_all(use)) {
		return error_no_memory(err);
	}
	count = use->reached < use->limit ? use->reached : use->limit;
	use->result.places = arena_calloc(use->arena, count + 1, sizeof(*use->result.places));
	if (!use->result.places) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		if (!fill_place(use, use->order[i], &use->result.places[i])) {
			return error_no_memory(err);
		}
	}
	use->result.count = count;
	use->result.places_total = (int64_t)use->reached;
	use->result.total_calls = use->counted.calls;
	use->result.steps = columns_steps_of(&use->counted.steps);
	return 0;
}

static int count_dropoff(void *context, const struct column_calls *calls, struct error *err)
{
	struct dropoff_use *use = context;
	const struct column_question question = store_find_column_question(use->search);

	return column_dropoff(calls, &question, &use->own, &use->counted, err) < 0 ? -1
										   : fill(use, err);
}

int columns_dropoff(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err)
{
	struct dropoff_use use = {.search = search, .limit = limit, .arena = arena};
	const struct store_columns_use columns = {.answer = count_dropoff, .context = &use};
	int answered;

	arena_init(&use.own, COLUMNS_MEMORY_MAX);
	answered = store_columns(store, search, &columns, err);
	arena_deinit(&use.own);
	if (answered > 0) {
		*ret_result = use.result;
	}
	return answered;
}
