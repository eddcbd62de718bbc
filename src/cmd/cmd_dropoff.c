/* SPDX-License-Identifier: MIT
 * callstep dropoff: where callers get to, and where they end. */
#include <stdio.h>

#include "cmd/call_table.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/terminal.h"
#include "find/dropoff.h"

#define RESULT_SIZE_MAX ((size_t)512 << 20)
#define NEXT_MAX	3 /* on a terminal; further ones are counted */

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

static int add_row(
	struct table *table, const struct dropoff_place *place, bool pretty, struct error *err)
{
	AUTO(buffer_deinit) struct buffer next;

	buffer_init(&next, RESULT_SIZE_MAX);
	append_all_next(&next, place, pretty);
	if (next.failed) {
		return error_no_memory(err);
	}
	table_cell(table, pretty && place->module.size == 0 ? TEXT("-") : place->module);
	table_cell(table, place->variable);
	table_number(table, place->reached, pretty);
	table_number(table, place->reached - place->ended, pretty);
	table_number(table, place->ended, pretty);
	table_cell_printf(table, "%.1f", (double)place->ended * 100 / (double)place->reached);
	table_cell(table, buffer_text(&next));
	return table->failed ? error_no_memory(err) : 0;
}

static int write_table(const struct dropoff_result *result, const struct settings *settings,
	struct arena *arena, struct error *err)
{
	static const struct table_column columns[] = {{"MODULE", false}, {"VARIABLE", false},
		{"REACHED", true}, {"WENT ON", true}, {"ENDED", true}, {"ENDED %", true},
		{"NEXT", false}};
	bool pretty = terminal_is(stdout);
	FILE *told = pretty ? stdout : stderr;
	struct table table;

	table_init(&table, arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < result->count; i++) {
		if (add_row(&table, &result->places[i], pretty, err) < 0) {
			return -1;
		}
	}
	table_write(&table, stdout, pretty, terminal_color(stdout, settings));
	fflush(stdout);
	call_table_count(told, 0, result->count, result->places_total, "places");
	call_table_steps(told, result->total_calls, &result->steps);
	return 0;
}

static int write_json(const struct dropoff_result *result, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, RESULT_SIZE_MAX);
	dropoff_write(&buffer, result);
	buffer_append_byte(&buffer, '\n');
	return output_buffer(&buffer, err);
}

static int find(struct store *store, const struct settings *settings, struct filter *filter,
	struct arena *arena, struct error *err)
{
	struct dropoff_result result = {0};
	struct store_search search;

	if (filter_options_search(store, settings, filter, &search, err) < 0 ||
		dropoff_find(store, &search, (size_t)settings->limit, arena, &result, err) < 0) {
		return -1;
	}
	filter_options_record(store, settings, search.account_id, "count-calls", "dropoff", -1);
	return settings->json ? write_json(&result, err)
			      : write_table(&result, settings, arena, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;
	struct error err;

	arena_init(&arena, RESULT_SIZE_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_dropoff, "'%s' is too much", argv[0]);
	}
	if (filter_options_read(settings, &arena, &filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0 ||
		find(store, settings, &filter, &arena, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {FILTER_OPTIONS, "limit", "json", "color", NULL};

const struct cmd cmd_dropoff = {
	.name = "dropoff",
	.summary = "show where callers get to, where they end, and where they go next",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Shows for each place, a module with its result variable, how many of the calls to "
		"which all options apply reached it, went on from it, and ended there, and which "
		"places followed directly in how many calls. A call ends at the place of its "
		"last step; the module hangup is no place. The places that most calls reached come "
		"first.\n"
		"\n"
		"In a pipe the columns are parted by tabs, without a header, and the count goes to "
		"standard error. --json writes what GET /v1/dropoff answers.",
	.examples = "callstep dropoff --start -1d --dest 6177123001\n"
		    "callstep calls --last-module menu --last-variable LANGUAGE",
	.run = run,
};
