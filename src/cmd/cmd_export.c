/* SPDX-License-Identifier: MIT
 * callstep export: the whole result, however large, in bounded memory. */
#include "call/call_csv.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "call/call_xml.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"

#define SUBJECT_SIZE_MAX ((size_t)256 << 20)

struct export
{
	struct cmd_run *run;
	const struct shape *shape;
	/* Of detail: the filter has no others. */
	struct retention retention;
	struct output output;
	/* Of the call that is written, as is text. */
	struct arena arena;
	struct buffer text;
	struct buffer whole; /* its JSON, for XML */
	int64_t calls;
	struct call_csv_form form;
	struct zone zone;
};

/* A format: how a call is written to export.text, and what stands around the calls. */
struct shape {
	const char *name;
	int (*write)(struct export *export, const struct call *call, struct text json,
		struct error *err);
	const char *begin;
	const char *between;
	/* total_calls goes behind it. */
	const char *after_calls;
	const char *end;
	bool total;
};

static void export_close(struct export *export)
{
	progress_clear(&export->run->progress);
	output_close(&export->output);
	arena_deinit(&export->arena);
	buffer_deinit(&export->text);
	buffer_deinit(&export->whole);
}

/* ---- formats ---- */

static int write_json(
	struct export *export, const struct call *call, struct text json, struct error *err)
{
	(void)err;
	call_document_write_whole(&export->text, call, json);
	return 0;
}

static int write_xml(
	struct export *export, const struct call *call, struct text json, struct error *err)
{
	buffer_clear(&export->whole);
	call_document_write_whole(&export->whole, call, json);
	if (export->whole.failed) {
		return error_no_memory(err);
	}
	buffer_append(&export->text, TEXT("<item>"));
	call_xml_write(&export->text, buffer_text(&export->whole));
	buffer_append(&export->text, TEXT("</item>"));
	return 0;
}

static int write_csv(
	struct export *export, const struct call *call, struct text json, struct error *err)
{
	if (!export->run->settings->detail) {
		call_csv_write_call(&export->text, call, &export->form);
		return 0;
	}
	return call_csv_write_steps(
		&export->text, call, call_json_detail(json), &export->form, &export->arena, err);
}

/* clang-format off */
static const struct shape shapes[] = {
	{.name = "ndjson", .write = write_json, .begin = "", .between = "\n", .after_calls = "",
	 .end = "\n"},
	{.name = "json", .write = write_json, .begin = "{\"calls\":[", .between = ",",
	 .after_calls = "],\"total_calls\":", .end = "}\n", .total = true},
	{.name = "xml", .write = write_xml, .begin = "<?xml version=\"1.0\"?><result><calls>",
	 .between = "", .after_calls = "</calls><total_calls>", .end = "</total_calls></result>\n",
	 .total = true},
	{.name = "csv", .write = write_csv, .begin = "", .between = "", .after_calls = "",
	 .end = ""},
};
/* clang-format on */

static const struct shape *find_shape(const char *name)
{
	size_t i = 0;

	/* The settings table lets no other name pass. */
	while (strcmp(shapes[i].name, name) != 0) {
		i++;
	}
	return &shapes[i];
}

static int export_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (run->settings->spreadsheet && strcmp(run->settings->format, "csv") != 0) {
		return cmd_wrong_usage(run->cmd, "--spreadsheet goes with --format csv");
	}
	if (run->settings->zone && strcmp(run->settings->format, "csv") != 0) {
		return cmd_wrong_usage(run->cmd, "--zone goes with --format csv");
	}
	return CMD_DONE;
}

/* ---- calls ---- */

static void write_text(struct export *export)
{
	output_text(export->output.stream, export->output.terminal, buffer_text(&export->text));
	buffer_clear(&export->text);
}

static void write_beginning(struct export *export)
{
	const struct settings *settings = export->run->settings;

	fputs(export->shape->begin, export->output.stream);
	if (export->shape->write == write_csv) {
		call_csv_write_header(&export->text, settings->detail, &export->form);
		write_text(export);
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

static int write_call(void *context, const struct store_call *held, struct error *err)
{
	struct export *export = context;
	struct store_call call = *held;
	struct text json;

	retention_show(&export->retention, &call);
	if (cmd_unpack_call(export->run, &call, &json, err) < 0) {
		return -1;
	}
	if (export->calls > 0) {
		buffer_append(&export->text, text_of(export->shape->between));
	}
	if (export->shape->write(export, &call.call, json, err) < 0) {
		return -1;
	}
	if (export->text.failed) {
		return error_no_memory(err);
	}
	write_text(export);
	export->calls++;
	progress_update(&export->run->progress, export->calls, export->calls);
	return output_check(&export->output, err);
}

/* How many calls will come, for the progress bar. */
static int count_calls(struct cmd_run *run, int64_t *ret_count, struct error *err)
{
	struct store_search one = run->search;
	struct store_page page;

	one.limit = 1;
	one.with_total = true;
	if (store_search(run->store, &one, &run->arena, &page, err) < 0) {
		return -1;
	}
	*ret_count = page.total_calls;
	return 0;
}

static int record(const struct export *export, struct error *err)
{
	AUTO(buffer_deinit) struct buffer subject;
	struct cmd_run *run = export->run;

	buffer_init(&subject, SUBJECT_SIZE_MAX);
	buffer_append(&subject, text_of(run->settings->format));
	filter_options_write(run->settings, &subject);
	if (subject.failed) {
		return error_no_memory(err);
	}
	return cmd_record(run->store, run->owner.account_id, "export", buffer_text(&subject),
		STORE_DONE, export->calls, err);
}

/* Whose clock the times of csv are of. */
static int take_zone(struct export *export, struct error *err)
{
	const char *name = export->run->settings->zone;

	if (!name) {
		return 0;
	}
	if (zone_load(&export->zone, text_of(name), &export->run->arena, err) < 0) {
		return error_prefix(err, "--zone");
	}
	export->form.zone = &export->zone;
	return 0;
}

static int export_run(struct cmd_run *run, struct error *err)
{
	AUTO(export_close)
	struct export export = {
		.run = run,
		.shape = find_shape(run->settings->format),
		.retention = {run->search.detail_after, INT64_MIN},
		.form.spreadsheet = run->settings->spreadsheet,
	};
	char number[NUMBER_SIZE];
	int64_t count;

	arena_init(&export.arena, CALL_MEMORY_MAX);
	buffer_init(&export.text, CALL_MEMORY_MAX);
	buffer_init(&export.whole, CALL_MEMORY_MAX);
	if (take_zone(&export, err) < 0 || count_calls(run, &count, err) < 0 ||
		output_open(&export.output, run->settings->output, err) < 0) {
		return -1;
	}
	progress_begin(&run->progress, run->settings, "export", "calls", count);
	write_beginning(&export);
	if (filter_options_walk(run, write_call, &export, err) < 0) {
		return -1;
	}
	write_ending(&export);
	if (output_commit(&export.output, err) < 0 || record(&export, err) < 0) {
		return -1;
	}
	progress_clear(&run->progress);
	if (!run->settings->quiet) {
		fprintf(stderr, "wrote %s calls\n", number_format(export.calls, number));
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	FILTER_OPTIONS, "format", "detail", "spreadsheet", "zone", "output", "quiet", NULL};

/* clang-format off */
const struct cmd cmd_export = {
	.name = "export",
	.summary = "write calls with their detail",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Writes all calls to which the options apply, newest first, each with its detail. What is "
	"over its days ('callstep retention') is left out. The result, except csv, can be "
	"imported again.\n\n"
	"csv has a header row and times as UNIX seconds and in UTC, or with --zone by the clock "
	"of a zone, with how far that is ahead. A cell that a spreadsheet "
	"would run, one that begins with = + - or @, gets an apostrophe before it. A number with "
	"a country code, + and digits only, stays as it is.\n\n"
	"With --spreadsheet a byte order mark comes first. What a spreadsheet would make a number "
	"or a date of is a formula that gives the text: leading zeros and the end of "
	"1795510000.10 stay.",
	.examples =
	"callstep export --start -5d --output calls.ndjson\n"
	"callstep export --number 6177123001 --format xml | xmllint --format -\n"
	"callstep export --class error --format csv --detail --output errors.csv\n"
	"callstep export --start -1d --format csv --spreadsheet --output today.csv",
	.needs = CMD_NEEDS_FILTER,
	.check = export_check,
	.run = export_run,
};
/* clang-format on */
