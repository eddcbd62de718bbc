/* SPDX-License-Identifier: MIT
 * Counting the ways of calls. Times are counted by way and length, so percentiles are exact
 * (docs/decisions/0002). */
#include "find/flow.h"

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

static bool go_to_place(void *context, const struct visit *visit)
{
	struct flow *flow = context;

	if (flow->before == FLOW_NODE_BEGIN) {
		flow->before_seconds =
			visit->from > flow->call->start ? visit->from - flow->call->start : 0;
	}
	if (!go(flow, FLOW_NODE_PLACES + visit->place)) {
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

static int count_window(struct flow *flow, struct store *store, const struct store_search *search,
	const struct flow_span *span, struct error *err)
{
	struct filter filter = *search->filter;
	struct store_search asked = *search;

	filter.start = span->start;
	filter.end = span->end;
	asked.filter = &filter;
	return reading_walk(
		store, &asked, count_call, flow, &flow->windows[flow->window].steps, err);
}

int flow_find(struct store *store, const struct store_search *search,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err)
{
	const struct flow_span span = {search->filter->start, search->filter->end};
	AUTO(flow_deinit) struct flow flow = {0};

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
