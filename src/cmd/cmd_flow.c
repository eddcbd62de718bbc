/* SPDX-License-Identifier: MIT
 * callstep flow: how calls go from place to place. */
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "find/flow.h"

#define COLUMNS		 6
#define COLUMNS_COMPARED 9

/* module/variable of a place; the others and the two ends of the way stand in brackets. */
static void add_node(struct listing *listing, const struct flow_node *node)
{
	struct text outcome = call_outcome_names.items[node->outcome];

	switch (node->kind) {
	case FLOW_BEGIN:
		listing_cell(listing, TEXT("[begin]"));
		break;
	case FLOW_PLACE:
		listing_printf(listing, "%.*s%s%.*s", TEXT_ARG(node->module),
			node->variable.size > 0 ? "/" : "", TEXT_ARG(node->variable));
		break;
	case FLOW_OTHERS:
		listing_printf(listing, "[%lld others]", (long long)node->places);
		break;
	case FLOW_END:
		listing_printf(
			listing, "[end%s%.*s]", outcome.size > 0 ? ": " : "", TEXT_ARG(outcome));
		break;
	}
}

static void add_counts(struct listing *listing, const struct flow_edge_counts *counts)
{
	listing_grouped(listing, counts->times);
	listing_duration(listing, counts->p50);
	listing_duration(listing, counts->p95);
}

static void add_row(
	struct listing *listing, const struct flow_result *result, const struct flow_edge *edge)
{
	add_node(listing, &result->nodes[edge->from]);
	add_node(listing, &result->nodes[edge->to]);
	if (edge->counts[0].calls < 0) {
		listing_cell(listing, TEXT("-"));
	} else {
		listing_grouped(listing, edge->counts[0].calls);
	}
	for (size_t i = 0; i < result->windows_count; i++) {
		add_counts(listing, &edge->counts[i]);
	}
}

static int write_listing(struct cmd_run *run, const struct flow_result *result, struct error *err)
{
	static const struct listing_column columns[COLUMNS_COMPARED] = {{"FROM", false},
		{"TO", false}, {"CALLS", true}, {"TIMES", true}, {"MEDIAN", true}, {"95%", true},
		{"COMPARED", true}, {"MEDIAN", true}, {"95%", true}};
	bool compared = result->windows_count > 1;
	struct listing listing;

	listing_init(
		&listing, &run->view, &run->arena, columns, compared ? COLUMNS_COMPARED : COLUMNS);
	for (size_t i = 0; i < result->edges_count; i++) {
		add_row(&listing, result, &result->edges[i]);
	}
	if (listing_write(&listing, err) < 0) {
		return -1;
	}
	call_listing_count(
		&run->view, 0, result->edges_count, (int64_t)result->edges_count, "ways");
	call_listing_steps(&run->view, result->windows[0].total_calls, &result->windows[0].steps);
	if (compared) {
		fputs("compared with others", listing_beside(&run->view));
		call_listing_steps(
			&run->view, result->windows[1].total_calls, &result->windows[1].steps);
	}
	return CMD_DONE;
}

static int flow_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct flow_span compared = {settings->compare_start, settings->compare_end};
	struct flow_result result = {0};

	if (settings->compare_start > 0 && settings->compare_end == 0) {
		return cmd_wrong_usage(run->cmd, "--compare-start needs --compare-end");
	}
	if (compared.end < compared.start) {
		return cmd_wrong_usage(run->cmd, "--compare-end is before --compare-start");
	}
	compared.start = retention_start(&run->owner.retention, compared.start);
	if (flow_find(run->store, &run->search, compared.end > 0 ? &compared : NULL,
		    (size_t)settings->limit, &run->arena, &result, err) < 0) {
		return -1;
	}
	filter_options_record(run, "count-calls", "flow", -1);
	if (settings->json) {
		flow_write(&run->out, &result);
		return cmd_write_document(run, err);
	}
	return write_listing(run, &result, err);
}

static const char *const settings[] = {
	FILTER_OPTIONS, "compare-start", "compare-end", "limit", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_flow = {
	.name = "flow",
	.summary = "show how calls go from place to place, and how they end",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows the ways of the calls to which all options apply. A way leads from one place to "
	"the next, from the begin of a call to its first place, or from its last place to its "
	"end, by outcome. Places and visits are those of 'callstep places'. For each way: the "
	"calls that went it, how often they did, and how long they were at the place before, the "
	"median and what 95% do not exceed. The ways that were gone most often come first.\n\n"
	"With --compare-start and --compare-end, other calls stand beside them: those that "
	"started in that time, and to which the other options apply too.\n\n"
	"The N places with most visits stand for themselves. All others stand together, without "
	"a number of calls. Calls without steps go no way. In a pipe tabs separate the columns, "
	"there is no header, and the count goes to standard error. --json writes what GET "
	"/v1/flow answers.",
	.examples =
	"callstep flow --start -1d --dest 6177123001\n"
	"callstep flow --start -7d --compare-start -14d --compare-end -7d",
	.needs = CMD_NEEDS_FILTER,
	.run = flow_run,
};
/* clang-format on */
