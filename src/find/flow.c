/* SPDX-License-Identifier: MIT
 * Counting the ways of calls. Times are counted by way and length, so percentiles are exact
 * (docs/decisions/0002). */
#include "find/flow.h"

#include "find/columns.h"
#include "find/reading.h"

static void flow_deinit(struct flow *flow)
{
	visits_deinit(&flow->visits);
	arena_deinit(&flow->arena);
}

/* Makes room for @wanted entries. */
static bool reserve(struct flow *flow, struct flow_count **counts, size_t *count, size_t wanted)
{
	while (*count < wanted) {
		struct flow_count *longer =
			arena_list_grow(&flow->arena, *counts, *count, sizeof(*longer));

		if (!longer) {
			return false;
		}
		longer[(*count)++] = (struct flow_count){{{.last = -1}, {.last = -1}}};
		*counts = longer;
	}
	return true;
}

static void count(struct flow *flow, struct flow_count *counts, int64_t seconds)
{
	struct flow_tally *tally = &counts->tallies[flow->window];

	tally->times++;
	tally->seconds = pairs_add_up(tally->seconds, seconds);
	if (tally->last != flow->calls) {
		tally->last = flow->calls;
		tally->calls++;
	}
}

/* The call is at @node, and was at flow->before until now. */
static bool go(struct flow *flow, uint32_t node)
{
	const struct pair *edge = pairs_at(&flow->edges, flow->before, node);
	struct pair *length;
	uint32_t at;

	if (!edge) {
		return false;
	}
	at = (uint32_t)(edge - flow->edges.items);
	if (!reserve(flow, &flow->edge_counts, &flow->edges_count, (size_t)at + 1) ||
		!reserve(flow, &flow->nodes, &flow->nodes_count, (size_t)node + 1)) {
		return false;
	}
	length = pairs_at(&flow->lengths, 2 * at + (uint32_t)flow->window, flow->before_seconds);
	if (!length) {
		return false;
	}
	length->count++;
	count(flow, &flow->edge_counts[at], flow->before_seconds);
	count(flow, &flow->nodes[node], 0);
	flow->before = node;
	return true;
}

static bool go_to_place(void *context, uint32_t place, const struct path_visit *visit)
{
	struct flow *flow = context;

	if (flow->before == FLOW_NODE_BEGIN) {
		flow->before_seconds =
			visit->from > flow->call->start ? visit->from - flow->call->start : 0;
	}
	if (!go(flow, FLOW_NODE_PLACES + place)) {
		return false;
	}
	flow->before_seconds = visit->seconds;
	return true;
}

static int count_call(void *context, const struct call *call, struct text detail, struct error *err)
{
	struct flow *flow = context;

	flow->windows[flow->window].total_calls++;
	if (!detail.data || call->steps == 0) {
		return 0;
	}
	flow->call = call;
	flow->before = FLOW_NODE_BEGIN;
	flow->before_seconds = call->end - call->start; /* where it is at no place */
	count(flow, &flow->nodes[FLOW_NODE_BEGIN], 0);
	if (visits_walk(&flow->visits, call, detail, go_to_place, flow, err) < 0) {
		return -1;
	}
	if (!go(flow, FLOW_NODE_END + (uint32_t)call->outcome)) {
		return pairs_no_room(&flow->visits.places, err);
	}
	flow->calls++;
	return 0;
}

/* ---- what columns counted ---- */

/* Ways that columns counted, while they are added. */
struct adding {
	struct flow *flow;
	const struct column_flow *counted;
	uint32_t *nodes; /* by the node of columns: the flow's */
	uint32_t *edges; /* by the way of columns */
	uint32_t edge;	 /* whose stays are added */
};

static int add_nodes(struct adding *adding, struct error *err)
{
	const struct ways *ways = &adding->counted->ways;
	struct flow *flow = adding->flow;
	struct visits *visits = &flow->visits;

	adding->nodes = arena_calloc(
		&flow->arena, WAYS_PLACES + ways->places_count, sizeof(*adding->nodes));
	adding->edges = arena_calloc(&flow->arena, ways->count + 1, sizeof(*adding->edges));
	if (!adding->nodes || !adding->edges) {
		return pairs_no_room(&visits->places, err);
	}
	for (uint32_t i = 0; i < WAYS_PLACES; i++) {
		adding->nodes[i] = i;
	}
	for (size_t i = 0; i < ways->places_count; i++) {
		const struct column_place *place = &ways->places[i];
		uint32_t number;

		if (place->calls == 0) {
			continue;
		}
		if (visits_place(visits, place->module, place->variable, &number, err) < 0) {
			return -1;
		}
		adding->nodes[WAYS_PLACES + i] = FLOW_NODE_PLACES + number;
		if (!reserve(flow, &flow->nodes, &flow->nodes_count,
			    (size_t)FLOW_NODE_PLACES + number + 1)) {
			return pairs_no_room(&visits->places, err);
		}
		flow->nodes[FLOW_NODE_PLACES + number].tallies[flow->window].calls = place->calls;
	}
	return 0;
}

static bool add_stay(void *context, int64_t seconds, int64_t times)
{
	struct adding *adding = context;
	struct flow *flow = adding->flow;
	struct flow_tally *tally = &flow->edge_counts[adding->edge].tallies[flow->window];

	return pairs_add_stays(&flow->lengths, 2 * adding->edge + (uint32_t)flow->window, seconds,
		times, &tally->seconds);
}

static bool add_way(struct adding *adding, const struct column_way *way, uint32_t number)
{
	struct flow *flow = adding->flow;
	uint32_t to = adding->nodes[way->to];
	const struct pair *edge = pairs_at(&flow->edges, adding->nodes[way->from], to);
	struct flow_tally *tally;

	if (!edge) {
		return false;
	}
	adding->edge = (uint32_t)(edge - flow->edges.items);
	if (!reserve(flow, &flow->edge_counts, &flow->edges_count, (size_t)adding->edge + 1)) {
		return false;
	}
	tally = &flow->edge_counts[adding->edge].tallies[flow->window];
	tally->calls = way->calls;
	tally->times = way->times;
	flow->nodes[to].tallies[flow->window].times += way->times;
	if (to < FLOW_NODE_PLACES) {
		flow->nodes[to].tallies[flow->window].calls += way->calls;
	}
	adding->edges[number] = adding->edge;
	return column_flow_stays(way, add_stay, adding);
}

static int add_counted(struct flow *flow, const struct column_flow *counted, struct error *err)
{
	struct adding adding = {.flow = flow, .counted = counted};
	struct flow_tally *begin;
	struct flow_window *window = &flow->windows[flow->window];

	if (add_nodes(&adding, err) < 0) {
		return -1;
	}
	begin = &flow->nodes[FLOW_NODE_BEGIN].tallies[flow->window];
	begin->calls = counted->steps.with_steps;
	begin->times = counted->steps.with_steps;
	for (uint32_t i = 0; i < counted->ways.count; i++) {
		if (!add_way(&adding, &counted->ways.items[i], i)) {
			return pairs_no_room(&flow->visits.places, err);
		}
	}
	for (size_t i = 0; i < counted->longer_count; i++) {
		adding.edge = adding.edges[counted->longer[i].way];
		if (!add_stay(&adding, counted->longer[i].seconds, 1)) {
			return pairs_no_room(&flow->visits.places, err);
		}
	}
	*window = (struct flow_window){
		.total_calls = counted->calls, .steps = columns_steps_of(&counted->steps)};
	return 0;
}

/* 1 it is counted, 0 the calls themselves are to be read. */
static int count_columns(struct flow *flow, struct store *store, const struct store_search *search,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct column_flow counted;
	int answered;

	arena_init(&arena, COLUMNS_MEMORY_MAX);
	answered = columns_flow(store, search, false, &arena, &counted, err);
	if (answered <= 0) {
		return answered;
	}
	return add_counted(flow, &counted, err) < 0 ? -1 : 1;
}

static int count_window(struct flow *flow, struct store *store, const struct store_search *search,
	const struct flow_span *span, struct error *err)
{
	struct filter filter = *search->filter;
	struct store_search asked = *search;
	int answered;

	filter.start = span->start;
	filter.end = span->end;
	asked.filter = &filter;
	scan_leave_out_live(&filter);
	answered = flow->columns ? count_columns(flow, store, &asked, err) : 0;
	if (answered != 0) {
		return answered < 0 ? -1 : 0;
	}
	return reading_walk(
		store, &asked, count_call, flow, &flow->windows[flow->window].steps, err);
}

static int find(struct store *store, const struct store_search *search, bool columns,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err)
{
	const struct flow_span span = {search->filter->start, search->filter->end};
	AUTO(flow_deinit) struct flow flow = {.columns = columns};

	arena_init(&flow.arena, FLOW_MEMORY_MAX);
	visits_init(&flow.visits, &flow.arena);
	pairs_init(&flow.edges, &flow.arena);
	pairs_init(&flow.lengths, &flow.arena);
	if (!reserve(&flow, &flow.nodes, &flow.nodes_count, FLOW_NODE_PLACES)) {
		return pairs_no_room(&flow.visits.places, err);
	}
	if (count_window(&flow, store, search, &span, err) < 0) {
		return -1;
	}
	if (compared) {
		flow.window = 1;
		if (count_window(&flow, store, search, compared, err) < 0) {
			return -1;
		}
	}
	return flow_finish(&flow, limit, arena, ret_result, err);
}

int flow_find(struct store *store, const struct store_search *search,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err)
{
	return find(store, search, true, compared, limit, arena, ret_result, err);
}

int flow_read(struct store *store, const struct store_search *search,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err)
{
	return find(store, search, false, compared, limit, arena, ret_result, err);
}
