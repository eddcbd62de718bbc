/* SPDX-License-Identifier: MIT
 * Flow: how calls go from place to place, from where they begin to how they end, with counts and
 * times, in one window or in two that are compared (GET /v1/flow). What a visit is says
 * find/visits.h. */
#ifndef FIND_FLOW_H
#define FIND_FLOW_H

#include "find/scan.h"
#include "find/visits.h"

/* Counting takes at most so much memory: about 200 bytes a place, 150 a way from one to another,
 * and 80 for each different time that a way took. */
#define FLOW_MEMORY_MAX	   ((size_t)256 << 20)
#define FLOW_LIMIT_DEFAULT 30
#define FLOW_LIMIT_MAX	   200

enum flow_kind {
	FLOW_BEGIN, /* every call begins here */
	FLOW_PLACE,
	FLOW_OTHERS, /* the places behind the limit, together */
	FLOW_END,    /* of the calls with one outcome */
};

struct flow_node_counts {
	int64_t calls; /* that were there; -1: not counted, as these are several places */
	int64_t visits;
};

struct flow_node {
	enum flow_kind kind;
	struct text module; /* of a place */
	struct text variable;
	enum call_outcome outcome; /* of an end */
	int64_t places;		   /* of the others: how many they are */
	struct flow_node_counts counts[2];
};

/* A call goes this way each time that one node follows the other directly. */
struct flow_edge_counts {
	int64_t calls; /* that went this way; -1: not counted, as it is the way of several places */
	int64_t times;
	int64_t seconds; /* in the node before, all together; INT64_MAX when it is more */
	int64_t p50;	 /* nearest rank */
	int64_t p95;
};

struct flow_edge {
	uint32_t from; /* places in flow_result.nodes */
	uint32_t to;
	struct flow_edge_counts counts[2];
};

struct flow_window {
	int64_t total_calls;
	struct scan_steps steps;
};

struct flow_result {
	/* The begin, places by visits in both windows descending and then by name, the others, ends
	 * in the order of enum call_outcome. */
	struct flow_node *nodes;
	size_t nodes_count;
	struct flow_edge *edges; /* by times in both windows descending, then from, then to */
	size_t edges_count;
	int64_t places_total;
	size_t windows_count;
	struct flow_window windows[2];
};

/* Calls that started at @start or later and before @end. */
struct flow_span {
	int64_t start;
	int64_t end;
};

/* The flow of the calls that @search finds; where @compared is not NULL, also of those that match
 * the same filter in that span instead. At most @limit places have an own node.
 * Calls without steps go no way: they are counted in flow_window alone. Of @search only
 * account_id, filter, detail_after and the deadline matter. A call that goes on is counted only
 * where the filter asks for a state. The result is in @arena. ERROR_TOO_LARGE when FLOW_MEMORY_MAX
 * does not do, ERROR_TIMEOUT when the deadline has passed; beside them the store's errors. */
int flow_find(struct store *store, const struct store_search *search,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err) CHECK_RESULT;

/* The same, out of the calls themselves, whatever columns the store has. */
int flow_read(struct store *store, const struct store_search *search,
	const struct flow_span *compared, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err) CHECK_RESULT;

/* Writes the document of GET /v1/flow. */
void flow_write(struct buffer *buffer, const struct flow_result *result);

/* ---- counting ---- */

/* Nodes while they are counted: the begin, an end for each outcome, then places. */
#define FLOW_NODE_BEGIN	 0
#define FLOW_NODE_END	 1
#define FLOW_NODE_PLACES (FLOW_NODE_END + CALL_COMPLETED + 1)

struct flow_tally {
	int64_t calls;
	int64_t times;
	int64_t seconds;
	int64_t last; /* the call that was counted last */
};

struct flow_count {
	struct flow_tally tallies[2]; /* by window */
};

struct flow {
	struct arena arena;
	struct visits visits;
	struct pairs edges;   /* from, to */
	struct pairs lengths; /* 2 * edge + window, seconds: how often */
	struct flow_count *nodes;
	size_t nodes_count;
	struct flow_count *edge_counts; /* by edge */
	size_t edges_count;
	bool columns;  /* may be asked */
	size_t window; /* that is counted */
	int64_t calls;
	struct flow_window windows[2];
	/* the call that is counted: where it was before, and for how long */
	const struct call *call;
	uint32_t before;
	int64_t before_seconds;
};

/* Puts @flow's counts into *@ret_result. Its pairs are sorted after that. */
int flow_finish(struct flow *flow, size_t limit, struct arena *arena,
	struct flow_result *ret_result, struct error *err) CHECK_RESULT;

#endif
