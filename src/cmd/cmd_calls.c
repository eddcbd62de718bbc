/* SPDX-License-Identifier: MIT
 * callstep calls: the table of calls, newest first. */
#include <stdio.h>

#include "base/time_text.h"
#include "call/call_json.h"
#include "cmd/cmd.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

#define PAGE_SIZE_MAX ((size_t)256 << 20)
#define JSON_SIZE_MAX ((size_t)256 << 20)

static int read_page(struct store *store, const struct settings *settings, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct store_query query = {
		.offset = settings->offset, .limit = settings->limit, .detail_after = INT64_MAX};

	if (cmd_fill_query(&query, store, settings, err) < 0) {
		return -1;
	}
	return store_page(store, &query, arena, ret_page, err);
}

static void add_row(struct table *table, const struct call *call, bool utc)
{
	char time[TIME_TEXT_SIZE], duration[NUMBER_SIZE];

	table_cell(table, text_of(time_text_format(call->start, utc, time)));
	table_cell(table, text_of(duration_format(call->end - call->start, duration)));
	table_cell(table, text_of(call_type_name(call->type)));
	table_cell(table, call->src);
	table_cell(table, call->dest);
	if (call->has_detail) {
		table_cell_printf(table, "%u", call->steps);
	} else {
		table_cell(table, TEXT("-"));
	}
	table_cell(table, call->session_id);
}

/* "1–20 of 12,431 calls": never a cut that is not told. */
static void write_count(
	FILE *stream, const struct store_page *page, const struct settings *settings)
{
	char first[NUMBER_SIZE], last[NUMBER_SIZE], all[NUMBER_SIZE];
	int64_t offset = settings->offset;

	number_format(page->total_calls, all);
	if (page->count == 0) {
		fprintf(stream, "none of %s calls\n", all);
		return;
	}
	fprintf(stream, "%s–%s of %s calls\n", number_format(offset + 1, first),
		number_format(offset + (int64_t)page->count, last), all);
}

static int write_table(const struct store_page *page, const struct settings *settings,
	struct arena *arena, struct error *err)
{
	static const struct table_column columns[] = {{"START", false}, {"LENGTH", true},
		{"TYPE", false}, {"FROM", false}, {"TO", false}, {"STEPS", true},
		{"SESSION", false}};
	bool pretty = terminal_is(stdout);
	struct table table;

	table_init(&table, arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < page->count; i++) {
		add_row(&table, &page->calls[i].call, settings->utc);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	table_write(&table, stdout, pretty, terminal_color(stdout, settings));
	fflush(stdout);
	write_count(pretty ? stdout : stderr, page, settings);
	return 0;
}

static int write_json(const struct store_page *page, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, JSON_SIZE_MAX);
	buffer_append(&buffer, TEXT("{\"calls\":["));
	for (size_t i = 0; i < page->count; i++) {
		const struct call *call = &page->calls[i].call;

		if (i > 0) {
			buffer_append_byte(&buffer, ',');
		}
		call_json_write_summary(&buffer, call, call->has_detail);
	}
	buffer_append(&buffer, TEXT("],\"total_calls\":"));
	buffer_append_int64(&buffer, page->total_calls);
	buffer_append(&buffer, TEXT("}\n"));
	if (buffer.failed) {
		return error_no_memory(err);
	}
	fwrite(buffer.data, 1, buffer.size, stdout);
	return 0;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(arena_deinit) struct arena arena;
	struct store_page page = {0};
	struct error err;
	int status;

	arena_init(&arena, PAGE_SIZE_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_calls, "'%s' is too much", argv[0]);
	}
	if (cmd_open_store(&store, settings, true, &err) < 0 ||
		read_page(store, settings, &arena, &page, &err) < 0) {
		return cmd_fail(&err);
	}
	status = settings->json ? write_json(&page, &err)
				: write_table(&page, settings, &arena, &err);
	return status < 0 ? cmd_fail(&err) : CMD_DONE;
}

static const char *const settings[] = {
	"account", "start", "end", "number", "offset", "limit", "utc", "json", "color", NULL};

const struct cmd cmd_calls = {
	.name = "calls",
	.summary = "list calls, newest first",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Lists calls with their start, length, type, numbers, steps and session, newest "
		"first, and says which part of all matching calls that is.\n"
		"\n"
		"In a pipe the columns are parted by tabs, without a header, and the count goes "
		"to standard error.",
	.examples = "callstep calls --start -2h\n"
		    "callstep calls --number '(617) 712-3001' --limit 100\n"
		    "callstep calls --start 2026-01-31 --end 2026-02-01 --json",
	.run = run,
};
