/* SPDX-License-Identifier: MIT
 * callstep calls: the calls that options name, newest first. */
#include "call/call_json.h"
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "json/json_writer.h"

static int write_listing(struct cmd_run *run, const struct store_page *page, struct error *err)
{
	struct listing listing;

	call_listing_init(&listing, &run->view, &run->arena);
	for (size_t i = 0; i < page->count; i++) {
		call_listing_add(&listing, &page->calls[i].call);
	}
	if (listing_write(&listing, err) < 0) {
		return -1;
	}
	call_listing_count(
		&run->view, run->settings->offset, page->count, page->total_calls, "calls\n");
	return CMD_DONE;
}

static int write_json(struct cmd_run *run, const struct store_page *page, struct error *err)
{
	buffer_append(&run->out, TEXT("{\"calls\":["));
	for (size_t i = 0; i < page->count; i++) {
		const struct call *call = &page->calls[i].call;

		json_write_comma(&run->out);
		call_json_write_summary(&run->out, call, call->has_detail);
	}
	buffer_printf(&run->out, "],\"total_calls\":%lld}", (long long)page->total_calls);
	return cmd_write_document(run, err);
}

static int calls_run(struct cmd_run *run, struct error *err)
{
	struct store_page page;

	if (filter_options_page(run, &page, err) < 0) {
		return -1;
	}
	filter_options_record(run, "read-calls", "calls", (int64_t)page.count);
	return run->settings->json ? write_json(run, &page, err) : write_listing(run, &page, err);
}

static const char *const settings[] = {
	FILTER_OPTIONS, "offset", "limit", "order", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_calls = {
	.name = "calls",
	.summary = "list calls, newest first",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Lists calls with their start, length, type, numbers, steps and session, newest first, "
	"and says which part of all matching calls that is.\n\n"
	"In a pipe tabs separate the columns, there is no header, and the count goes to standard "
	"error.",
	.examples =
	"callstep calls --start -2h\n"
	"callstep calls --start -1d --order -talk\n"
	"callstep calls --dest '*3001' --type inbound --limit 100\n"
	"callstep calls --start 2026-01-31 --end 2026-02-01 --json",
	.needs = CMD_NEEDS_FILTER,
	.run = calls_run,
};
/* clang-format on */
