/* SPDX-License-Identifier: MIT
 * callstep calls: the table of calls, newest first. */
#include <stdio.h>

#include "call/call_json.h"
#include "cmd/call_table.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/terminal.h"

#define PAGE_SIZE_MAX ((size_t)256 << 20)
#define JSON_SIZE_MAX ((size_t)256 << 20)

static int read_page(struct store *store, const struct settings *settings, struct filter *filter,
	struct arena *arena, struct store_page *ret_page, struct error *err)
{
	struct store_search search;

	if (filter_options_search(store, settings, filter, &search, err) < 0) {
		return -1;
	}
	search.offset = settings->offset;
	search.limit = settings->limit;
	search.with_total = true;
	if (store_search(store, &search, arena, ret_page, err) < 0) {
		return -1;
	}
	filter_options_record(store, settings, search.account_id, "read-calls", "calls",
		(int64_t)ret_page->count);
	return 0;
}

static int write_table(const struct store_page *page, const struct settings *settings,
	struct arena *arena, struct error *err)
{
	bool pretty = terminal_is(stdout);
	FILE *told = pretty ? stdout : stderr;
	struct table table;

	call_table_init(&table, arena);
	for (size_t i = 0; i < page->count; i++) {
		call_table_add(&table, &page->calls[i].call, settings->utc);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	table_write(&table, stdout, pretty, terminal_color(stdout, settings));
	fflush(stdout);
	call_table_count(told, settings->offset, page->count, page->total_calls, "calls\n");
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
	return output_buffer(&buffer, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(arena_deinit) struct arena arena;
	struct store_page page = {0};
	struct filter filter;
	struct error err;
	int status;

	arena_init(&arena, PAGE_SIZE_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_calls, "'%s' is too much", argv[0]);
	}
	if (filter_options_read(settings, &arena, &filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0 ||
		read_page(store, settings, &filter, &arena, &page, &err) < 0) {
		return cmd_fail(&err);
	}
	status = settings->json ? write_json(&page, &err)
				: write_table(&page, settings, &arena, &err);
	return status < 0 ? cmd_fail(&err) : CMD_DONE;
}

static const char *const settings[] = {
	FILTER_OPTIONS, "offset", "limit", "utc", "json", "color", NULL};

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
		    "callstep calls --dest '*3001' --type inbound --limit 100\n"
		    "callstep calls --start 2026-01-31 --end 2026-02-01 --json",
	.run = run,
};
