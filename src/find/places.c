/* SPDX-License-Identifier: MIT
 * Counting visits and their lengths. Lengths are counted by place and length, so percentiles are
 * exact (docs/decisions/0002). */
#include "find/places.h"

#include "find/columns.h"
#include "find/reading.h"
#include "find/visits.h"

/* A slow call; its session is copied, for the call is gone when the next one comes. */
struct slow {
	int64_t seconds;
	int64_t call;
	size_t session_size;
	char session_id[CALL_SESSION_ID_MAX];
};

struct count {
	int64_t calls;
	int64_t visits;
	int64_t seconds;
	int64_t no_input;
	int64_t wrong_input;
	int64_t last; /* the call that was counted last */
	struct slow slowest[PLACES_SLOWEST];
	size_t slowest_count;
};

struct counting {
	struct arena arena;
	struct visits visits;
	struct pairs lengths; /* place, seconds: visits */
	struct count *counts; /* by place */
	size_t counts_size;
	const struct call *call; /* whose visits come */
	int64_t calls;
};

static void counting_deinit(struct counting *counting)
{
	visits_deinit(&counting->visits);
	arena_deinit(&counting->arena);
}

/* ---- places ---- */

static struct count *count_of(struct counting *counting, uint32_t place)
{
	struct count *counts = counting->counts;

	if (place == counting->counts_size) {
		counts = arena_list_grow(
			&counting->arena, counts, counting->counts_size, sizeof(*counts));
		if (!counts) {
			return NULL;
		}
		counting->counts = counts;
		counts[counting->counts_size++] = (struct count){.last = -1};
	}
	return &counts[place];
}

/* ---- visits ---- */

/* Where @call belongs among the slowest, which it is in once; behind one that is as slow. */
static void note_slow(
	struct counting *counting, struct count *count, const struct call *call, int64_t seconds)
{
	size_t at = 0, end = count->slowest_count;

	for (size_t i = 0; i < end; i++) {
		if (count->slowest[i].call == counting->calls) {
			if (count->slowest[i].seconds >= seconds) {
				return;
			}
			end = i;
			count->slowest_count--;
			memmove(&count->slowest[i], &count->slowest[i + 1],
				(count->slowest_count - i) * sizeof(count->slowest[0]));
		}
	}
	while (at < count->slowest_count && count->slowest[at].seconds >= seconds) {
		at++;
	}
	if (at == PLACES_SLOWEST) {
		return;
	}
	end = count->slowest_count < PLACES_SLOWEST ? count->slowest_count : PLACES_SLOWEST - 1;
	memmove(&count->slowest[at + 1], &count->slowest[at],
		(end - at) * sizeof(count->slowest[0]));
	count->slowest_count = end + 1;
	count->slowest[at] = (struct slow){
		.seconds = seconds, .call = counting->calls, .session_size = call->session_id.size};
	memcpy(count->slowest[at].session_id, call->session_id.data, call->session_id.size);
}

static bool count_visit(void *context, uint32_t place, const struct path_visit *visit)
{
	struct counting *counting = context;
	struct count *count = count_of(counting, place);
	struct pair *length = pairs_at(&counting->lengths, place, visit->seconds);

	if (!count || !length) {
		return false;
	}
	length->count++;
	count->visits++;
	count->seconds = pairs_add_up(count->seconds, visit->seconds);
	count->no_input += visit->no_input;
	count->wrong_input += visit->wrong_input;
	if (count->last != counting->calls) {
		count->last = counting->calls;
		count->calls++;
	}
	note_slow(counting, count, counting->call, visit->seconds);
	return true;
}

static int count_call(void *context, const struct call *call, struct text detail, struct error *err)
{
	struct counting *counting = context;

	counting->call = call;
	if (detail.data &&
		visits_walk(&counting->visits, call, detail, count_visit, counting, err) < 0) {
		return -1;
	}
	counting->calls++;
	return 0;
}

/* ---- what columns counted ---- */

/* Stays that columns counted, while they are added to those of a place. */
struct adding {
	struct counting *counting;
	uint32_t *places; /* by the place of columns: its number */
	uint32_t place;	  /* that calls stayed at */
};

static int add_place(struct adding *adding, const struct column_place *place, struct error *err)
{
	struct counting *counting = adding->counting;
	struct count *count;

	if (visits_place(&counting->visits, place->module, place->variable, &adding->place, err) <
		0) {
		return -1;
	}
	count = count_of(counting, adding->place);
	if (!count) {
		return pairs_no_room(&counting->visits.places, err);
	}
	count->calls = place->calls;
	count->no_input = place->no_input;
	count->wrong_input = place->wrong_input;
	for (uint32_t i = 0; i < place->slowest_count; i++) {
		const struct ways_slow *from = &place->slowest[i];
		struct slow *slow = &count->slowest[count->slowest_count++];

		*slow = (struct slow){
			.seconds = from->seconds, .session_size = from->session_id.size};
		memcpy(slow->session_id, from->session_id.data, from->session_id.size);
	}
	return 0;
}

static bool add_stay(void *context, int64_t seconds, int64_t times)
{
	const struct adding *adding = context;
	struct counting *counting = adding->counting;

	return pairs_add_stays(&counting->lengths, adding->place, seconds, times,
		&counting->counts[adding->place].seconds);
}

/* A call that leaves a place stayed there before. */
static bool add_ways(struct adding *adding, const struct column_flow *counted)
{
	for (size_t i = 0; i < counted->ways.count; i++) {
		const struct column_way *way = &counted->ways.items[i];

		if (way->from >= WAYS_PLACES) {
			adding->place = adding->places[way->from - WAYS_PLACES];
			adding->counting->counts[adding->place].visits += way->times;
			if (!column_flow_stays(way, add_stay, adding)) {
				return false;
			}
		}
	}
	for (size_t i = 0; i < counted->longer_count; i++) {
		uint32_t from = counted->ways.items[counted->longer[i].way].from;

		if (from >= WAYS_PLACES) {
			adding->place = adding->places[from - WAYS_PLACES];
			if (!add_stay(adding, counted->longer[i].seconds, 1)) {
				return false;
			}
		}
	}
	return true;
}

static int add_counted(
	struct counting *counting, const struct column_flow *counted, struct error *err)
{
	const struct ways *ways = &counted->ways;
	struct adding adding = {.counting = counting,
		.places = arena_calloc(
			&counting->arena, ways->places_count + 1, sizeof(*adding.places))};

	if (!adding.places) {
		return pairs_no_room(&counting->visits.places, err);
	}
	for (size_t i = 0; i < ways->places_count; i++) {
		if (ways->places[i].calls > 0) {
			if (add_place(&adding, &ways->places[i], err) < 0) {
				return -1;
			}
			adding.places[i] = adding.place;
		}
	}
	counting->calls = counted->calls;
	return add_ways(&adding, counted) ? 0 : pairs_no_room(&counting->visits.places, err);
}

/* 1 it is counted, 0 the calls themselves are to be read. */
static int count_columns(struct counting *counting, struct store *store,
	const struct store_search *search, struct scan_steps *ret_steps, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_search asked = *search;
	struct filter filter = *search->filter;
	struct column_flow counted;
	int answered;

	scan_leave_out_live(&filter);
	asked.filter = &filter;
	arena_init(&arena, COLUMNS_MEMORY_MAX);
	answered = columns_flow(store, &asked, true, &arena, &counted, err);
	if (answered <= 0) {
		return answered;
	}
	*ret_steps = columns_steps_of(&counted.steps);
	return add_counted(counting, &counted, err) < 0 ? -1 : 1;
}

/* ---- the result ---- */

/* Numbers of places. */
static int most_time_first(const void *left, const void *right, void *context)
{
	const struct counting *counting = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct count *count_a = &counting->counts[a], *count_b = &counting->counts[b];

	if (count_a->seconds != count_b->seconds) {
		return count_a->seconds > count_b->seconds ? -1 : 1;
	}
	if (count_a->visits != count_b->visits) {
		return count_a->visits > count_b->visits ? -1 : 1;
	}
	return visits_compare(&counting->visits, a, b);
}

static bool fill_slowest(
	const struct count *count, struct arena *arena, struct places_entry *ret_entry)
{
	struct places_slow *slowest = arena_calloc(arena, PLACES_SLOWEST, sizeof(*slowest));

	for (size_t i = 0; slowest && i < count->slowest_count; i++) {
		const struct slow *slow = &count->slowest[i];

		slowest[i].seconds = slow->seconds;
		slowest[i].session_id =
			arena_copy(arena, (struct text){slow->session_id, slow->session_size});
		if (!slowest[i].session_id.data) {
			return false;
		}
	}
	ret_entry->slowest = slowest;
	ret_entry->slowest_count = count->slowest_count;
	return slowest != NULL;
}

static bool fill_entry(const struct counting *counting, uint32_t place, struct arena *arena,
	struct places_entry *ret_entry)
{
	const struct count *count = &counting->counts[place];
	const struct pair *lengths = pairs_of(&counting->lengths, place);

	*ret_entry = (struct places_entry){
		.module = arena_copy(arena, visits_module(&counting->visits, place)),
		.variable = arena_copy(arena, visits_variable(&counting->visits, place)),
		.calls = count->calls,
		.visits = count->visits,
		.seconds = count->seconds,
		.p50 = pairs_percentile(lengths, count->visits, 50),
		.p95 = pairs_percentile(lengths, count->visits, 95),
		.most = count->slowest[0].seconds,
		.no_input = count->no_input,
		.wrong_input = count->wrong_input,
	};
	return ret_entry->module.data && ret_entry->variable.data &&
	       fill_slowest(count, arena, ret_entry);
}

static int finish(struct counting *counting, size_t limit, struct arena *arena,
	struct places_result *ret_result, struct error *err)
{
	size_t all = counting->counts_size, count = all < limit ? all : limit;
	uint32_t *order = arena_calloc(&counting->arena, all, sizeof(*order));
	struct places_entry *entries = arena_calloc(arena, count, sizeof(*entries));
	int64_t seconds = 0;

	if (!order || !entries) {
		return pairs_no_room(&counting->visits.places, err);
	}
	for (uint32_t i = 0; i < all; i++) {
		order[i] = i;
		seconds = pairs_add_up(seconds, counting->counts[i].seconds);
	}
	if (all > 0) {
		qsort_r(order, all, sizeof(*order), most_time_first, counting);
		pairs_sort(&counting->lengths);
	}
	for (size_t i = 0; i < count; i++) {
		if (!fill_entry(counting, order[i], arena, &entries[i])) {
			return pairs_no_room(&counting->visits.places, err);
		}
	}
	*ret_result = (struct places_result){
		.entries = entries,
		.count = count,
		.places_total = (int64_t)all,
		.seconds_total = seconds,
		.total_calls = counting->calls,
	};
	return 0;
}

static int find(struct store *store, const struct store_search *search, bool columns, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err)
{
	AUTO(counting_deinit) struct counting counting = {0};
	struct scan_steps steps;
	int answered;

	arena_init(&counting.arena, PLACES_MEMORY_MAX);
	visits_init(&counting.visits, &counting.arena);
	pairs_init(&counting.lengths, &counting.arena);
	answered = columns ? count_columns(&counting, store, search, &steps, err) : 0;
	if (answered < 0 || (answered == 0 && reading_walk(store, search, count_call, &counting,
						      &steps, err) < 0)) {
		return -1;
	}
	if (finish(&counting, limit, arena, ret_result, err) < 0) {
		return -1;
	}
	ret_result->steps = steps;
	return 0;
}

int places_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err)
{
	return find(store, search, true, limit, arena, ret_result, err);
}

int places_read(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err)
{
	return find(store, search, false, limit, arena, ret_result, err);
}
