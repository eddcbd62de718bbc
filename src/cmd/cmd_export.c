/* SPDX-License-Identifier: MIT
 * callstep export: the whole result, however large, in bounded memory. */
#include <stdio.h>

#include "call/call_csv.h"
#include "call/call_json.h"
#include "call/call_xml.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"

#define FILTER_MEMORY_MAX ((size_t)256 << 20)

struct export;

/* A format: how a call is written, from export.json to export.text, and what stands around the
 * calls. */
struct shape {
	const char *name;
	int (*write)(struct export *export, const struct call *call, struct error *err);
	const char *begin;
	const char *between;
	const char *after_calls; /* total_calls goes behind it */
	const char *end;
	bool total;
};

struct export
{
	const struct shape *shape;
	bool detail;	  /* csv: a row a step */
	bool spreadsheet; /* csv: for one */
	struct store *store;
	int64_t account_id;
	struct retention retention; /* of detail: the filter has no others */
	struct arena memory;	    /* of the filter */
	struct arena arena;	    /* of the call at hand, as are json and text */
	struct filter filter;
	struct output output;
	struct unpacker *unpacker;
	struct buffer json;
	struct buffer text;
	struct progress progress;
	int64_t calls;
};

static void export_init(struct export *export, const struct settings *settings)
{
	*export = (struct export){
		.unpacker = unpacker_create(),
		.detail = settings->detail,
		.spreadsheet = settings->spreadsheet,
	};
	arena_init(&export->memory, FILTER_MEMORY_MAX);
	arena_init(&export->arena, CALL_MEMORY_MAX);
	buffer_init(&export->json, CALL_MEMORY_MAX);
	buffer_init(&export->text, CALL_MEMORY_MAX);
}

static void export_close(struct export *export)
{
	progress_clear(&export->progress);
	output_close(&export->output);
	unpacker_destroy(export->unpacker);
	arena_deinit(&export->memory);
	arena_deinit(&export->arena);
	buffer_deinit(&export->json);
	buffer_deinit(&export->text);
}

/* ---- formats ---- */

static int write_json(struct export *export, const struct call *call, struct error *err)
{
	(void)call;
	(void)err;
	buffer_append(&export->text, buffer_text(&export->json));
	return 0;
}

static int write_xml(struct export *export, const struct call *call, struct error *err)
{
	(void)call;
	(void)err;
	buffer_append(&export->text, TEXT("<item>"));
	call_xml_write(&export->text, buffer_text(&export->json));
	buffer_append(&export->text, TEXT("</item>"));
	return 0;
}

static int write_csv(struct export *export, const struct call *call, struct error *err)
{
	if (!export->detail) {
		call_csv_write_call(&export->text, call, export->spreadsheet);
		return 0;
	}
	return call_csv_write_steps(&export->text, call,
		call_json_detail(buffer_text(&export->json)), export->spreadsheet, &export->arena,
		err);
}

static const struct shape shapes[] = {
	{.name = "ndjson",
		.write = write_json,
		.begin = "",
		.between = "\n",
		.after_calls = "",
		.end = "\n"},
	{.name = "json",
		.write = write_json,
		.begin = "{\"calls\":[",
		.between = ",",
		.after_calls = "],\"total_calls\":",
		.end = "}\n",
		.total = true},
	{.name = "xml",
		.write = write_xml,
		.begin = "<?xml version=\"1.0\"?><result><calls>",
		.between = "",
		.after_calls = "</calls><total_calls>",
		.end = "</total_calls></result>\n",
		.total = true},
	{.name = "csv",
		.write = write_csv,
		.begin = "",
		.between = "",
		.after_calls = "",
		.end = ""},
};

static const struct shape *find_shape(const char *name)
{
	size_t i = 0;

	/* The settings table lets no other name pass. */
	while (strcmp(shapes[i].name, name) != 0) {
		i++;
	}
	return &shapes[i];
}

static void write_beginning(struct export *export)
{
	fputs(export->shape->begin, export->output.stream);
	if (export->shape->write == write_csv) {
		buffer_clear(&export->text);
		call_csv_write_header(&export->text, export->detail, export->spreadsheet);
		output_text(
			export->output.stream, export->output.terminal, buffer_text(&export->text));
	}
}

static void write_ending(struct export *export)
{
	FILE *stream = export->output.stream;

	fputs(export->shape->after_calls, stream);
	if (export->shape->total) {
		fprintf(stream, "%lld", (long long)export->calls);
	}
	if (export->shape->total || export->calls > 0) {
		fputs(export->shape->end, stream);
	}
}

/* ---- calls ---- */

static int write_call(void *context, const struct store_call *held, struct error *err)
{
	struct export *export = context;
	struct store_call call = *held;

	retention_show(&export->retention, &call);
	buffer_clear(&export->json);
	buffer_clear(&export->text);
	if (cmd_unpack_call(export->unpacker, &call, &export->json, err) < 0) {
		return -1;
	}
	if (export->calls > 0) {
		buffer_append(&export->text, text_of(export->shape->between));
	}
	if (export->shape->write(export, &call.call, err) < 0) {
		return -1;
	}
	if (export->text.failed) {
		return error_no_memory(err);
	}
	output_text(export->output.stream, export->output.terminal, buffer_text(&export->text));
	export->calls++;
	progress_update(&export->progress, export->calls, export->calls);
	return output_check(&export->output, err);
}

/* How many calls will come, for the progress bar. */
static int count_calls(struct store *store, const struct store_search *search, int64_t *ret_count,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_search one = *search;
	struct store_page page;

	arena_init(&arena, FILTER_MEMORY_MAX);
	one.limit = 1;
	one.with_total = true;
	if (store_search(store, &one, &arena, &page, err) < 0) {
		return -1;
	}
	*ret_count = page.total_calls;
	return 0;
}

static int record(const struct export *export, const struct settings *settings, struct error *err)
{
	AUTO(buffer_deinit) struct buffer subject;

	buffer_init(&subject, FILTER_MEMORY_MAX);
	buffer_append(&subject, text_of(settings->format));
	filter_options_write(settings, &subject);
	if (subject.failed) {
		return error_no_memory(err);
	}
	return cmd_record(export->store, export->account_id, "export", buffer_text(&subject),
		STORE_DONE, export->calls, err);
}

static int export_calls(struct export *export, const struct settings *settings, struct error *err)
{
	struct store_search search;
	int64_t count;

	if (!export->unpacker) {
		return error_no_memory(err);
	}
	if (filter_options_search(export->store, settings, &export->filter, &search, err) < 0 ||
		count_calls(export->store, &search, &count, err) < 0 ||
		output_open(&export->output, settings->output, err) < 0) {
		return -1;
	}
	progress_begin(&export->progress, settings, "export", "calls", count);
	write_beginning(export);
	export->account_id = search.account_id;
	export->retention = (struct retention){search.detail_after, INT64_MIN};
	if (filter_options_walk(export->store, &search, write_call, export, err) < 0) {
		return -1;
	}
	write_ending(export);
	if (output_commit(&export->output, err) < 0) {
		return -1;
	}
	return record(export, settings, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(export_close) struct export export;
	char number[NUMBER_SIZE];
	struct error err;

	export_init(&export, settings);
	export.shape = find_shape(settings->format);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_export, "'%s' is too much", argv[0]);
	}
	if (settings->spreadsheet && export.shape->write != write_csv) {
		return cmd_wrong_usage(&cmd_export, "--spreadsheet goes with --format csv");
	}
	if (filter_options_read(settings, &export.memory, &export.filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0) {
		return cmd_fail(&err);
	}
	export.store = store;
	if (export_calls(&export, settings, &err) < 0) {
		progress_clear(&export.progress);
		return cmd_fail(&err);
	}
	progress_clear(&export.progress);
	if (!settings->quiet) {
		fprintf(stderr, "wrote %s calls\n", number_format(export.calls, number));
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	FILTER_OPTIONS, "format", "detail", "spreadsheet", "output", "quiet", NULL};

const struct cmd cmd_export = {
	.name = "export",
	.summary = "write calls with their detail",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Writes all calls to which the options apply, newest first, each with its detail. "
		"What is over its days ('callstep retention') is left out. "
		"The result, except csv, can be imported again.\n"
		"\n"
		"csv has a header row and times as UNIX seconds and in UTC. A cell that a "
		"spreadsheet "
		"would run, one that begins with = + - or @, gets an apostrophe before it; a "
		"number "
		"with a country code, + and digits only, stays as it is. With --spreadsheet a byte "
		"order mark comes first, and what a spreadsheet would make a number or a date of "
		"is a formula that gives the text: leading zeros and the end of 1795510000.10 "
		"stay.",
	.examples = "callstep export --start -5d --output calls.ndjson\n"
		    "callstep export --number 6177123001 --format xml | xmllint --format -\n"
		    "callstep export --class error --format csv --detail --output errors.csv\n"
		    "callstep export --start -1d --format csv --spreadsheet --output today.csv",
	.run = run,
};
