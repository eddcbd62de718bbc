/* SPDX-License-Identifier: MIT
 * Counting visits and their lengths. Lengths are counted by place and length, so percentiles are
 * exact (docs/decisions/0002). A place's number is that of its pair of names. */
#include "find/places.h"

#include "base/intern.h"
#include "call/call_steps.h"
#include "find/pairs.h"
#include "find/reading.h"

#define NO_PLACE UINT32_MAX

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
	struct arena scratch; /* of one call */
	struct intern names;
	struct pairs places;  /* module, variable */
	struct pairs lengths; /* place, seconds: visits */
	struct count *counts; /* by place */
	size_t counts_size;
	int64_t calls;
};

/* Where the call is. */
struct visit {
	const struct call *call;
	uint32_t place;
	int64_t from;
	struct text module; /* as the last step's are written */
	struct text variable;
};

static void counting_deinit(struct counting *counting)
{
	arena_deinit(&counting->arena);
	arena_deinit(&counting->scratch);
}

static int no_room(const struct counting *counting, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
		"there are too many different places to count in %zu MB: ask for a shorter window",
		counting->arena.ceiling_bytes >> 20);
}

/* ---- places ---- */

static bool add_place(struct counting *counting, uint32_t place)
{
	struct count *counts;

	if (place < counting->counts_size) {
		return true;
	}
	counts = arena_list_grow(
		&counting->arena, counting->counts, counting->counts_size, sizeof(*counts));
	if (!counts) {
		return false;
	}
	counting->counts = counts;
	counts[counting->counts_size++] = (struct count){.last = -1};
	return true;
}

/* The place of a step; NO_PLACE: it is not at one. */
static bool find_place(
	struct counting *counting, const struct call_step_look *step, uint32_t *ret_place)
{
	struct text module = call_string_text(&step->module, &counting->scratch);
	struct text variable = call_string_text(&step->variable, &counting->scratch);
	uint32_t a, b;
	const struct pair *pair;

	if ((step->module.escaped && !module.data) || (step->variable.escaped && !variable.data)) {
		return false;
	}
	if (!filter_is_place(module)) {
		*ret_place = NO_PLACE;
		return true;
	}
	if (!intern_number(&counting->names, module, &a) ||
		!intern_number(&counting->names, variable, &b)) {
		return false;
	}
	pair = pairs_at(&counting->places, a, b);
	if (!pair) {
		return false;
	}
	*ret_place = (uint32_t)(pair - counting->places.items);
	return add_place(counting, *ret_place);
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

static int64_t add_up(int64_t sum, int64_t more)
{
	return __builtin_add_overflow(sum, more, &sum) ? INT64_MAX : sum;
}

/* The visit, where there is one, lasted until @time. */
static bool end_visit(struct counting *counting, const struct visit *visit, int64_t time)
{
	int64_t seconds = time > visit->from ? time - visit->from : 0;
	struct count *count;
	struct pair *length;

	if (visit->place == NO_PLACE) {
		return true;
	}
	count = &counting->counts[visit->place];
	length = pairs_at(&counting->lengths, visit->place, seconds);
	if (!length) {
		return false;
	}
	length->count++;
	count->seconds = add_up(count->seconds, seconds);
	note_slow(counting, count, visit->call, seconds);
	return true;
}

static bool begin_visit(
	struct counting *counting, struct visit *visit, uint32_t place, int64_t time)
{
	struct count *count = &counting->counts[place];

	if (!end_visit(counting, visit, time)) {
		return false;
	}
	visit->place = place;
	visit->from = time;
	count->visits++;
	if (count->last != counting->calls) {
		count->last = counting->calls;
		count->calls++;
	}
	return true;
}

static bool take_step(
	struct counting *counting, struct visit *visit, const struct call_step_look *step)
{
	enum call_input input = call_step_input(step);
	uint32_t place = visit->place;

	if (place == NO_PLACE || !text_equal(step->module.raw, visit->module) ||
		!text_equal(step->variable.raw, visit->variable)) {
		if (!find_place(counting, step, &place)) {
			return false;
		}
		if (place == NO_PLACE) {
			return true;
		}
		if (place != visit->place &&
			!begin_visit(counting, visit, place, step->timestamp)) {
			return false;
		}
		visit->module = step->module.raw;
		visit->variable = step->variable.raw;
	}
	counting->counts[place].no_input += input == CALL_INPUT_NONE;
	counting->counts[place].wrong_input += input == CALL_INPUT_WRONG;
	return true;
}

static int count_call(void *context, const struct call *call, struct text detail, struct error *err)
{
	struct counting *counting = context;
	struct visit visit = {.call = call, .place = NO_PLACE};
	struct call_steps steps;
	struct call_step_look step;
	int more = 0;

	if (detail.data) {
		call_steps_init(&steps, detail);
		while ((more = call_steps_next(&steps, &step, err)) > 0) {
			if (!take_step(counting, &visit, &step)) {
				return no_room(counting, err);
			}
		}
	}
	arena_deinit(&counting->scratch);
	if (more < 0) {
		return -1;
	}
	if (!end_visit(counting, &visit, call->end)) {
		return no_room(counting, err);
	}
	counting->calls++;
	return 0;
}

/* ---- the result ---- */

static struct text name_of(const struct counting *counting, uint32_t place, bool variable)
{
	const struct pair *pair = &counting->places.items[place];

	return counting->names.texts[variable ? (size_t)pair->b : pair->a];
}

/* Numbers of places. */
static int most_time_first(const void *left, const void *right, void *context)
{
	const struct counting *counting = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct count *count_a = &counting->counts[a], *count_b = &counting->counts[b];
	int order = text_compare(name_of(counting, a, false), name_of(counting, b, false));

	if (count_a->seconds != count_b->seconds) {
		return count_a->seconds > count_b->seconds ? -1 : 1;
	}
	if (count_a->visits != count_b->visits) {
		return count_a->visits > count_b->visits ? -1 : 1;
	}
	return order != 0 ? order
			  : text_compare(name_of(counting, a, true), name_of(counting, b, true));
}

/* Where the sorted lengths of @place begin. */
static const struct pair *lengths_of(const struct counting *counting, uint32_t place)
{
	size_t low = 0, high = counting->lengths.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (counting->lengths.items[middle].a < place) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return &counting->lengths.items[low];
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
	const struct pair *lengths = lengths_of(counting, place);

	*ret_entry = (struct places_entry){
		.module = arena_copy(arena, name_of(counting, place, false)),
		.variable = arena_copy(arena, name_of(counting, place, true)),
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
		return no_room(counting, err);
	}
	for (uint32_t i = 0; i < all; i++) {
		order[i] = i;
		seconds = add_up(seconds, counting->counts[i].seconds);
	}
	if (all > 0) {
		qsort_r(order, all, sizeof(*order), most_time_first, counting);
		pairs_sort(&counting->lengths);
	}
	for (size_t i = 0; i < count; i++) {
		if (!fill_entry(counting, order[i], arena, &entries[i])) {
			return no_room(counting, err);
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

int places_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err)
{
	AUTO(counting_deinit) struct counting counting = {0};
	struct filter filter = *search->filter;
	struct store_search asked = *search;
	struct scan_steps steps;

	arena_init(&counting.arena, PLACES_MEMORY_MAX);
	arena_init(&counting.scratch, PLACES_MEMORY_MAX);
	intern_init(&counting.names, &counting.arena);
	pairs_init(&counting.places, &counting.arena);
	pairs_init(&counting.lengths, &counting.arena);
	if (filter.state == FILTER_ANY_STATE) {
		filter.state = FILTER_ENDED;
	}
	asked.filter = &filter;
	if (reading_walk(store, &asked, count_call, &counting, &steps, err) < 0 ||
		finish(&counting, limit, arena, ret_result, err) < 0) {
		return -1;
	}
	ret_result->steps = steps;
	return 0;
}
