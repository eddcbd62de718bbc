/* SPDX-License-Identifier: MIT
 * From counts to nodes and edges: which places have a node, and what goes together in the others.
 */
#include "find/flow.h"

struct finishing {
	struct flow *flow;
	struct arena *arena; /* of the result */
	struct flow_result result;
	uint32_t *places; /* their numbers, those with most visits first */
	size_t places_count;
	size_t shown;	      /* of them have a node */
	uint32_t *nodes;      /* by the node that was counted: the result's */
	struct pairs edges;   /* from, to: of the result's nodes; count: how often */
	struct pairs lengths; /* 2 * edge + window, seconds: how often */
};

static int64_t times_of(const struct flow_count *count)
{
	return count->tallies[0].times + count->tallies[1].times;
}

/* ---- nodes ---- */

static int most_visits_first(const void *left, const void *right, void *context)
{
	const struct flow *flow = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int64_t times_a = times_of(&flow->nodes[FLOW_NODE_PLACES + a]);
	int64_t times_b = times_of(&flow->nodes[FLOW_NODE_PLACES + b]);

	if (times_a != times_b) {
		return times_a > times_b ? -1 : 1;
	}
	return visits_compare(&flow->visits, a, b);
}

/* Adds the node that was counted as @counted to the result. */
static struct flow_node *add_node(
	struct finishing *finishing, size_t counted, struct flow_node node)
{
	struct flow_result *result = &finishing->result;
	struct flow_node *added = &result->nodes[result->nodes_count];

	*added = node;
	for (size_t i = 0; i < 2; i++) {
		const struct flow_tally *tally = &finishing->flow->nodes[counted].tallies[i];

		added->counts[i] = (struct flow_node_counts){tally->calls, tally->times};
	}
	finishing->nodes[counted] = (uint32_t)result->nodes_count++;
	return added;
}

static bool add_place(struct finishing *finishing, uint32_t place)
{
	const struct visits *visits = &finishing->flow->visits;
	const struct flow_node *node = add_node(finishing, FLOW_NODE_PLACES + place,
		(struct flow_node){
			.kind = FLOW_PLACE,
			.module = arena_copy(finishing->arena, visits_module(visits, place)),
			.variable = arena_copy(finishing->arena, visits_variable(visits, place)),
		});

	return node->module.data && node->variable.data;
}

static void add_others(struct finishing *finishing)
{
	size_t places = finishing->places_count - finishing->shown;
	struct flow_node *others = NULL;

	for (size_t i = finishing->shown; i < finishing->places_count; i++) {
		size_t counted = FLOW_NODE_PLACES + finishing->places[i];

		if (!others) {
			others = add_node(finishing, counted,
				(struct flow_node){.kind = FLOW_OTHERS, .places = (int64_t)places});
			continue;
		}
		for (size_t j = 0; j < 2; j++) {
			others->counts[j].visits +=
				finishing->flow->nodes[counted].tallies[j].times;
		}
		finishing->nodes[counted] = (uint32_t)(others - finishing->result.nodes);
	}
	for (size_t j = 0; others && places > 1 && j < 2; j++) {
		others->counts[j].calls = -1;
	}
}

static bool add_nodes(struct finishing *finishing)
{
	struct flow *flow = finishing->flow;

	add_node(finishing, FLOW_NODE_BEGIN, (struct flow_node){.kind = FLOW_BEGIN});
	for (size_t i = 0; i < finishing->shown; i++) {
		if (!add_place(finishing, finishing->places[i])) {
			return false;
		}
	}
	add_others(finishing);
	for (size_t i = 0; i <= CALL_COMPLETED; i++) {
		if (times_of(&flow->nodes[FLOW_NODE_END + i]) > 0) {
			add_node(finishing, FLOW_NODE_END + i,
				(struct flow_node){
					.kind = FLOW_END, .outcome = (enum call_outcome)i});
		}
	}
	return true;
}

/* ---- edges ---- */

/* Adds the way that was counted as @counted to the result's edge that it belongs to. */
static bool add_edge(struct finishing *finishing, uint32_t counted, uint32_t *ret_edge)
{
	const struct pair *way = &finishing->flow->edges.items[counted];
	struct pair *pair = pairs_at(
		&finishing->edges, finishing->nodes[way->a], finishing->nodes[(size_t)way->b]);
	struct flow_edge *edge;

	if (!pair) {
		return false;
	}
	*ret_edge = (uint32_t)(pair - finishing->edges.items);
	edge = &finishing->result.edges[*ret_edge];
	edge->from = pair->a;
	edge->to = (uint32_t)pair->b;
	for (size_t i = 0; i < 2; i++) {
		const struct flow_tally *tally = &finishing->flow->edge_counts[counted].tallies[i];
		struct flow_edge_counts *counts = &edge->counts[i];

		counts->calls = pair->count == 0 ? tally->calls : -1;
		counts->times += tally->times;
		counts->seconds = pairs_add_up(counts->seconds, tally->seconds);
	}
	pair->count++;
	return true;
}

static bool add_edges(struct finishing *finishing)
{
	struct flow *flow = finishing->flow;
	uint32_t *edges = arena_calloc(&flow->arena, flow->edges.count, sizeof(*edges));

	finishing->result.edges =
		arena_calloc(finishing->arena, flow->edges.count, sizeof(struct flow_edge));
	if (!edges || !finishing->result.edges) {
		return false;
	}
	for (uint32_t i = 0; i < flow->edges.count; i++) {
		if (!add_edge(finishing, i, &edges[i])) {
			return false;
		}
	}
	finishing->result.edges_count = finishing->edges.count;
	for (uint32_t i = 0; i < flow->lengths.count; i++) {
		const struct pair *length = &flow->lengths.items[i];
		struct pair *sum = pairs_at(
			&finishing->lengths, 2 * edges[length->a / 2] + length->a % 2, length->b);

		if (!sum) {
			return false;
		}
		sum->count += length->count;
	}
	return true;
}

static void fill_percentiles(struct finishing *finishing)
{
	pairs_sort(&finishing->lengths);
	for (uint32_t i = 0; i < finishing->result.edges_count; i++) {
		for (uint32_t j = 0; j < 2; j++) {
			struct flow_edge_counts *counts = &finishing->result.edges[i].counts[j];
			const struct pair *lengths = pairs_of(&finishing->lengths, 2 * i + j);

			if (counts->times > 0) {
				counts->p50 = pairs_percentile(lengths, counts->times, 50);
				counts->p95 = pairs_percentile(lengths, counts->times, 95);
			}
		}
	}
}

static int most_times_first(const void *left, const void *right)
{
	const struct flow_edge *a = left, *b = right;
	int64_t times_a = a->counts[0].times + a->counts[1].times;
	int64_t times_b = b->counts[0].times + b->counts[1].times;

	if (times_a != times_b) {
		return times_a > times_b ? -1 : 1;
	}
	if (a->from != b->from) {
		return a->from < b->from ? -1 : 1;
	}
	return a->to < b->to ? -1 : a->to > b->to;
}

/* ---- all ---- */

static bool begin(struct finishing *finishing, size_t limit)
{
	struct flow *flow = finishing->flow;
	size_t places = flow->visits.places.count;

	finishing->places_count = places;
	finishing->shown = places < limit ? places : limit;
	finishing->places = arena_calloc(&flow->arena, places + 1, sizeof(uint32_t));
	finishing->nodes = arena_calloc(&flow->arena, flow->nodes_count, sizeof(uint32_t));
	finishing->result.nodes = arena_calloc(finishing->arena,
		FLOW_NODE_PLACES + finishing->shown + 1, sizeof(struct flow_node));
	if (!finishing->places || !finishing->nodes || !finishing->result.nodes) {
		return false;
	}
	for (uint32_t i = 0; i < places; i++) {
		finishing->places[i] = i;
	}
	qsort_r(finishing->places, places, sizeof(uint32_t), most_visits_first, flow);
	return true;
}

int flow_finish(struct flow *flow, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err)
{
	struct finishing finishing = {.flow = flow, .arena = arena};
	struct flow_result *result = &finishing.result;

	pairs_init(&finishing.edges, &flow->arena);
	pairs_init(&finishing.lengths, &flow->arena);
	if (!begin(&finishing, limit) || !add_nodes(&finishing) || !add_edges(&finishing)) {
		return pairs_no_room(&flow->visits.places, err);
	}
	fill_percentiles(&finishing);
	if (result->edges_count > 0) {
		qsort(result->edges, result->edges_count, sizeof(*result->edges), most_times_first);
	}
	result->places_total = (int64_t)finishing.places_count;
	result->windows_count = flow->window + 1;
	memcpy(result->windows, flow->windows, sizeof(result->windows));
	*ret_result = *result;
	return 0;
}
