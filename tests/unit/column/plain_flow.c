/* SPDX-License-Identifier: MIT
 * Each way of each call is written down, then they are sorted and compared way by way. */
#include "plain_flow.h"

#include <assert.h>
#include <stdlib.h>

#define PLACES 16
#define NODES  (WAYS_PLACES + PLACES)

/* One way of one call. */
struct gone {
	uint32_t from, to; /* nodes; a place is as fixture_place() has it */
	int64_t seconds;
	size_t call;
};

struct plain {
	struct gone *items;
	size_t count;
	int64_t no_input[PLACES], wrong_input[PLACES];
};

static void add(struct plain *plain, struct gone gone)
{
	plain->items = realloc(plain->items, (plain->count + 1) * sizeof(*plain->items));
	assert(plain->items);
	plain->items[plain->count++] = gone;
}

static void add_call(struct plain *plain, const struct column_row *row, size_t call)
{
	struct gone gone = {.from = WAYS_BEGIN, .call = call};
	uint32_t visits = 0;

	gone.seconds = row->call.end - row->call.start;
	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t place = fixture_place(row->kinds[i]);

		if (place == FIXTURE_NO_PLACE || WAYS_PLACES + place == gone.from) {
			continue;
		}
		gone.seconds = visits == 0 ? row->stays->wait : gone.seconds;
		gone.to = WAYS_PLACES + place;
		add(plain, gone);
		gone.from = gone.to;
		gone.seconds = row->stays->visits[visits].seconds;
		plain->no_input[place] += row->stays->visits[visits].no_input;
		plain->wrong_input[place] += row->stays->visits[visits].wrong_input;
		visits++;
	}
	gone.to = WAYS_END + row->call.outcome;
	add(plain, gone);
}

static int in_order(const void *left, const void *right)
{
	const struct gone *a = left, *b = right;

	if (a->from != b->from) {
		return a->from < b->from ? -1 : 1;
	}
	if (a->to != b->to) {
		return a->to < b->to ? -1 : 1;
	}
	if (a->seconds != b->seconds) {
		return a->seconds < b->seconds ? -1 : 1;
	}
	return a->call < b->call ? -1 : a->call > b->call;
}

/* ---- comparing ---- */

/* The node of the model with the number of @node. */
static uint32_t node_of(const struct column_flow *flow, uint32_t node)
{
	const struct column_place *place;

	if (node < WAYS_PLACES) {
		return node;
	}
	place = &flow->ways.places[node - WAYS_PLACES];
	for (size_t i = 0; i < fixture_kinds.count; i++) {
		const struct column_kind *kind = &fixture_kinds.items[i];

		if (text_equal(kind->module, place->module) &&
			text_equal(kind->variable, place->variable)) {
			return WAYS_PLACES + fixture_place(kind->id);
		}
	}
	return UINT32_MAX;
}

struct comparing {
	const struct gone *at, *end; /* those of the way */
	bool same;
};

static bool expect_stay(void *context, int64_t seconds, int64_t times)
{
	struct comparing *comparing = context;

	for (; times > 0; times--) {
		comparing->same = comparing->same && comparing->at < comparing->end &&
				  comparing->at->seconds == seconds;
		comparing->at++;
	}
	return comparing->same;
}

static int by_seconds(const void *left, const void *right)
{
	const struct flow_long *a = left, *b = right;

	return a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
}

static const char *way_differs(const struct column_flow *flow, size_t number,
	const struct gone *first, const struct gone *end)
{
	const struct column_way *way = &flow->ways.items[number];
	struct comparing comparing = {first, end, true};
	bool seen[8192] = {false};
	int64_t calls = 0;

	for (const struct gone *gone = first; gone < end; gone++) {
		assert(gone->call < sizeof(seen));
		calls += !seen[gone->call];
		seen[gone->call] = true;
	}
	if (way->times != end - first || way->calls != calls) {
		return "counts of ways";
	}
	if (flow->longer_count > 0) {
		qsort(flow->longer, flow->longer_count, sizeof(*flow->longer), by_seconds);
	}
	if (!column_flow_stays(way, expect_stay, &comparing)) {
		return "stays";
	}
	for (size_t i = 0; i < flow->longer_count; i++) {
		if (flow->longer[i].way == number &&
			!expect_stay(&comparing, flow->longer[i].seconds, 1)) {
			return "long stays";
		}
	}
	return comparing.at == end ? NULL : "numbers of stays";
}

static const char *ways_differ(const struct column_flow *flow, const struct plain *plain)
{
	size_t matched = 0;

	for (size_t i = 0; i < flow->ways.count; i++) {
		uint32_t from = node_of(flow, flow->ways.items[i].from);
		uint32_t to = node_of(flow, flow->ways.items[i].to);
		size_t first = 0, end;
		const char *differs;

		while (first < plain->count &&
			(plain->items[first].from != from || plain->items[first].to != to)) {
			first++;
		}
		for (end = first; end < plain->count && plain->items[end].from == from &&
				  plain->items[end].to == to;
			end++) {
		}
		differs = way_differs(flow, i, plain->items + first, plain->items + end);
		if (differs) {
			return differs;
		}
		matched += end - first;
	}
	return matched == plain->count ? NULL : "ways that were not found";
}

struct longest {
	int64_t seconds;
	size_t call;
};

static int slowest_first(const void *left, const void *right)
{
	const struct longest *a = left, *b = right;

	if (a->seconds != b->seconds) {
		return a->seconds > b->seconds ? -1 : 1;
	}
	return a->call < b->call ? -1 : a->call > b->call;
}

static const char *place_differs(const struct column_flow *flow, const struct plain *plain,
	size_t number, const struct held *const *calls, size_t count)
{
	const struct column_place *place = &flow->ways.places[number];
	uint32_t node = node_of(flow, (uint32_t)(WAYS_PLACES + number));
	struct longest *all = calloc(count + 1, sizeof(*all));
	const char *differs = NULL;
	int64_t reached = 0;

	assert(all && node < NODES);
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct longest){-1, i};
	}
	for (size_t i = 0; i < plain->count; i++) {
		const struct gone *gone = &plain->items[i];

		if (gone->from == node && gone->seconds > all[gone->call].seconds) {
			reached += all[gone->call].seconds < 0;
			all[gone->call].seconds = gone->seconds;
		}
	}
	qsort(all, count, sizeof(*all), slowest_first);
	if (place->calls != reached) {
		differs = "calls of places";
	}
	if (place->no_input != plain->no_input[node - WAYS_PLACES] ||
		place->wrong_input != plain->wrong_input[node - WAYS_PLACES]) {
		differs = "inputs";
	}
	if (place->slowest_count != (reached < WAYS_SLOWEST ? reached : WAYS_SLOWEST)) {
		differs = "numbers of the slowest";
	}
	for (uint32_t i = 0; !differs && i < place->slowest_count; i++) {
		if (place->slowest[i].seconds != all[i].seconds ||
			!text_equal(place->slowest[i].session_id,
				calls[all[i].call]->row.call.session_id)) {
			differs = "the slowest";
		}
	}
	free(all);
	return differs;
}

const char *plain_flow_differs(const struct column_flow *flow, const struct held *const *calls,
	size_t count, int64_t detail_after)
{
	struct plain plain = {0};
	const char *differs;

	for (size_t i = 0; i < count; i++) {
		const struct column_row *row = &calls[i]->row;

		if (row->call.start > detail_after && row->call.steps > 0) {
			add_call(&plain, row, i);
		}
	}
	if (plain.count > 0) {
		qsort(plain.items, plain.count, sizeof(*plain.items), in_order);
	}
	differs = ways_differ(flow, &plain);
	for (size_t i = 0; !differs && i < flow->ways.places_count; i++) {
		differs = place_differs(flow, &plain, i, calls, count);
	}
	free(plain.items);
	return differs;
}
