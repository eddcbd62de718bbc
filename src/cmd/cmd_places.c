/* SPDX-License-Identifier: MIT
 * callstep places: how long calls stay where. */
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "find/places.h"

/* The call of the longest visit. */
static struct text slowest_of(const struct places_entry *entry)
{
	return entry->slowest_count > 0 ? entry->slowest[0].session_id : TEXT("");
}

static void add_row(struct listing *listing, const struct places_result *result,
	const struct places_entry *entry)
{
	bool pretty = listing->view->pretty;

	listing_cell(listing, pretty && entry->module.size == 0 ? TEXT("-") : entry->module);
	listing_cell(listing, entry->variable);
	listing_grouped(listing, entry->visits);
	listing_duration(listing, entry->seconds);
	listing_printf(listing, "%.1f", 100 * places_share(result, entry));
	listing_duration(listing, entry->p50);
	listing_duration(listing, entry->p95);
	listing_grouped(listing, entry->no_input);
	listing_grouped(listing, entry->wrong_input);
	listing_cell(listing, slowest_of(entry));
}

static int write_listing(struct cmd_run *run, const struct places_result *result, struct error *err)
{
	static const struct listing_column columns[] = {{"MODULE", false}, {"VARIABLE", false},
		{"VISITS", true}, {"TIME", true}, {"TIME %", true}, {"MEDIAN", true}, {"95%", true},
		{"NO INPUT", true}, {"WRONG", true}, {"SLOWEST", false}};
	struct listing listing;

	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < result->count; i++) {
		add_row(&listing, result, &result->entries[i]);
	}
	if (listing_write(&listing, err) < 0) {
		return -1;
	}
	call_listing_count(&run->view, 0, result->count, result->places_total, "places");
	call_listing_steps(&run->view, result->total_calls, &result->steps);
	return CMD_DONE;
}

static int places_run(struct cmd_run *run, struct error *err)
{
	struct places_result result = {0};

	if (places_find(run->store, &run->search, (size_t)run->settings->limit, &run->arena,
		    &result, err) < 0) {
		return -1;
	}
	filter_options_record(run, "count-calls", "places", -1);
	if (run->settings->json) {
		places_write(&run->out, &result);
		return cmd_write_document(run, err);
	}
	return write_listing(run, &result, err);
}

static const char *const settings[] = {FILTER_OPTIONS, "limit", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_places = {
	.name = "places",
	.summary = "show how long calls stay where, and where input goes wrong",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows how long the calls to which all options apply stayed at each place. A place is a "
	"module with its result variable; the module hangup is not one. A visit begins with its "
	"first step and lasts until the next place's first step, the last one until the call "
	"ends. For each place: the visits, their time all together and as a part of all time, the "
	"median, what 95% of them do not exceed, how often there was no input or a wrong one, and "
	"the call with the longest visit. The places that took the most time come first.\n\n"
	"No input is a step whose line begins with 'No input' or 'Timeout', wrong input one that "
	"begins with 'Invalid input' or 'Wrong input', in letters of either case. Prompts are not "
	"looked at.\n\n"
	"All steps of these calls are read, so that it takes longer than 'callstep dropoff'. In a "
	"pipe tabs separate the columns, there is no header, and the count goes to standard "
	"error. --json writes what GET /v1/places answers.",
	.examples =
	"callstep places --start -1d --dest 6177123001\n"
	"callstep show \"$(callstep places --limit 1 | cut -f 10)\"",
	.needs = CMD_NEEDS_FILTER,
	.run = places_run,
};
/* clang-format on */
