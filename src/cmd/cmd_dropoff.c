/* SPDX-License-Identifier: MIT
 * callstep dropoff: where callers get to, and where they end. */
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "find/dropoff.h"

#define NEXT_MAX 3 /* on a terminal; further ones are counted */

static void append_next(struct buffer *text, const struct dropoff_next *next, bool pretty)
{
	char number[NUMBER_SIZE];

	buffer_append(text, next->module.size > 0 ? next->module : TEXT("-"));
	if (next->variable.size > 0) {
		buffer_append_byte(text, ' ');
		buffer_append(text, next->variable);
	}
	buffer_append_byte(text, ' ');
	if (pretty) {
		buffer_append(text, text_of(number_format(next->calls, number)));
	} else {
		buffer_append_int64(text, next->calls);
	}
}

/* "menu X 1,234, queue 12, and 2 more" */
static void append_all_next(struct buffer *text, const struct dropoff_place *place, bool pretty)
{
	size_t shown = pretty && place->next_count > NEXT_MAX ? NEXT_MAX : place->next_count;

	for (size_t i = 0; i < shown; i++) {
		buffer_append(text, i > 0 ? TEXT(", ") : TEXT(""));
		append_next(text, &place->next[i], pretty);
	}
	if (shown < place->next_count) {
		buffer_printf(text, " and %zu more", place->next_count - shown);
	}
}

static int add_row(struct cmd_run *run, struct listing *listing, const struct dropoff_place *place,
	struct error *err)
{
	bool pretty = run->view.pretty;

	buffer_clear(&run->out);
	append_all_next(&run->out, place, pretty);
	if (run->out.failed) {
		return error_no_memory(err);
	}
	listing_cell(listing, pretty && place->module.size == 0 ? TEXT("-") : place->module);
	listing_cell(listing, place->variable);
	listing_grouped(listing, place->reached);
	listing_grouped(listing, place->reached - place->ended);
	listing_grouped(listing, place->ended);
	listing_printf(listing, "%.1f", (double)place->ended * 100 / (double)place->reached);
	listing_cell(listing, buffer_text(&run->out));
	return 0;
}

static int write_listing(
	struct cmd_run *run, const struct dropoff_result *result, struct error *err)
{
	static const struct listing_column columns[] = {{"MODULE", false}, {"VARIABLE", false},
		{"REACHED", true}, {"WENT ON", true}, {"ENDED", true}, {"ENDED %", true},
		{"NEXT", false}};
	struct listing listing;

	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < result->count; i++) {
		if (add_row(run, &listing, &result->places[i], err) < 0) {
			return -1;
		}
	}
	if (listing_write(&listing, err) < 0) {
		return -1;
	}
	call_listing_count(&run->view, 0, result->count, result->places_total, "places");
	call_listing_steps(&run->view, result->total_calls, &result->steps);
	return CMD_DONE;
}

static int dropoff_run(struct cmd_run *run, struct error *err)
{
	struct dropoff_result result = {0};

	if (dropoff_find(run->store, &run->search, (size_t)run->settings->limit, &run->arena,
		    &result, err) < 0) {
		return -1;
	}
	filter_options_record(run, "count-calls", "dropoff", -1);
	if (run->settings->json) {
		dropoff_write(&run->out, &result);
		return cmd_write_document(run, err);
	}
	return write_listing(run, &result, err);
}

static const char *const settings[] = {FILTER_OPTIONS, "limit", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_dropoff = {
	.name = "dropoff",
	.summary = "show where callers get to, where they end, and where they go next",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows where the calls to which all options apply got to. A place is a module with its "
	"result variable. For each place: how many calls reached it, went on from it, and ended "
	"there, and which places followed directly in how many calls. A call ends at the place of "
	"its last step; the module hangup is not a place. The places that most calls reached come "
	"first.\n\n"
	"In a pipe tabs separate the columns, there is no header, and the count goes to standard "
	"error. --json writes what GET /v1/dropoff answers.",
	.examples =
	"callstep dropoff --start -1d --dest 6177123001\n"
	"callstep calls --last-module menu --last-variable LANGUAGE",
	.needs = CMD_NEEDS_FILTER,
	.run = dropoff_run,
};
/* clang-format on */
