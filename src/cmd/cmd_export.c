/* SPDX-License-Identifier: MIT
 * callstep export: the whole result, however large, in bounded memory. */
#include <stdio.h>

#include "call/call_json.h"
#include "call/call_xml.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"

#define CALL_MEMORY_MAX	 ((size_t)4 << 30)
#define COUNT_MEMORY_MAX ((size_t)256 << 20)
#define ALL_DETAIL	 (-1) /* every call started after it */

/* What stands around the calls in a format. */
struct shape {
	const char *name;
	const char *begin;
	const char *between;
	const char *after_calls; /* total_calls goes behind it */
	const char *end;
	bool xml;
	bool total;
};

static const struct shape shapes[] = {
	{.name = "ndjson", .begin = "", .between = "\n", .after_calls = "", .end = "\n"},
	{.name = "json",
		.begin = "{\"calls\":[",
		.between = ",",
		.after_calls = "],\"total_calls\":",
		.end = "}\n",
		.total = true},
	{.name = "xml",
		.begin = "<?xml version=\"1.0\"?><result><calls>",
		.between = "",
		.after_calls = "</calls><total_calls>",
		.end = "</total_calls></result>\n",
		.xml = true,
		.total = true},
};

struct export
{
	const struct shape *shape;
	struct output output;
	struct unpacker *unpacker;
	struct buffer json;
	struct buffer xml;
	struct progress progress;
	int64_t calls;
};

static void export_close(struct export *export)
{
	progress_clear(&export->progress);
	output_close(&export->output);
	unpacker_destroy(export->unpacker);
	buffer_deinit(&export->json);
	buffer_deinit(&export->xml);
}

static const struct shape *find_shape(const char *name)
{
	size_t i = 0;

	/* The settings table lets no other name pass. */
	while (strcmp(shapes[i].name, name) != 0) {
		i++;
	}
	return &shapes[i];
}

static int write_xml_call(struct export *export, struct error *err)
{
	buffer_clear(&export->xml);
	buffer_append(&export->xml, TEXT("<item>"));
	call_xml_write(&export->xml, buffer_text(&export->json));
	buffer_append(&export->xml, TEXT("</item>"));
	if (export->xml.failed) {
		return error_no_memory(err);
	}
	fwrite(export->xml.data, 1, export->xml.size, export->output.stream);
	return 0;
}

static int write_call(void *context, const struct store_call *call, struct error *err)
{
	struct export *export = context;

	buffer_clear(&export->json);
	if (cmd_unpack_call(export->unpacker, call, &export->json, err) < 0) {
		return -1;
	}
	if (export->calls > 0) {
		fputs(export->shape->between, export->output.stream);
	}
	if (export->shape->xml) {
		if (write_xml_call(export, err) < 0) {
			return -1;
		}
	} else {
		fwrite(export->json.data, 1, export->json.size, export->output.stream);
	}
	export->calls++;
	progress_update(&export->progress, export->calls, export->calls);
	return output_check(&export->output, err);
}

static int write_all(struct export *export, struct store *store, const struct store_query *query,
	struct error *err)
{
	FILE *stream = export->output.stream;

	fputs(export->shape->begin, stream);
	if (store_walk(store, query, write_call, export, err) < 0) {
		return -1;
	}
	fputs(export->shape->after_calls, stream);
	if (export->shape->total) {
		fprintf(stream, "%lld", (long long)export->calls);
	}
	if (export->shape->total || export->calls > 0) {
		fputs(export->shape->end, stream);
	}
	return output_commit(&export->output, err);
}

/* How many calls will come, for the progress bar. */
static int count_calls(
	struct store *store, const struct store_query *query, int64_t *ret_count, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_query one = *query;
	struct store_page page;

	arena_init(&arena, COUNT_MEMORY_MAX);
	one.limit = 1;
	one.detail_after = INT64_MAX;
	if (store_page(store, &one, &arena, &page, err) < 0) {
		return -1;
	}
	*ret_count = page.total_calls;
	return 0;
}

static int export_calls(struct export *export, struct store *store, const struct settings *settings,
	struct error *err)
{
	struct store_query query = {.limit = INT64_MAX, .detail_after = ALL_DETAIL};
	int64_t count;

	if (!export->unpacker) {
		return error_no_memory(err);
	}
	if (cmd_fill_query(&query, store, settings, err) < 0 ||
		count_calls(store, &query, &count, err) < 0 ||
		output_open(&export->output, settings->output, err) < 0) {
		return -1;
	}
	progress_begin(&export->progress, settings, "export", "calls", count);
	return write_all(export, store, &query, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(export_close)
	struct export export = {
		.shape = find_shape(settings->format), .unpacker = unpacker_create()};
	char number[NUMBER_SIZE];
	struct error err;

	buffer_init(&export.json, CALL_MEMORY_MAX);
	buffer_init(&export.xml, CALL_MEMORY_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_export, "'%s' is too much", argv[0]);
	}
	if (cmd_open_store(&store, settings, true, &err) < 0 ||
		export_calls(&export, store, settings, &err) < 0) {
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
	"account", "start", "end", "number", "format", "output", "quiet", NULL};

const struct cmd cmd_export = {
	.name = "export",
	.summary = "write calls with their detail",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description = "Writes all calls of the window, newest first, each with its detail "
		       "whenever that is held, however old it is. The result can be imported "
		       "again.",
	.examples = "callstep export --start -5d --output calls.ndjson\n"
		    "callstep export --number 6177123001 --format xml | xmllint --format -",
	.run = run,
};
