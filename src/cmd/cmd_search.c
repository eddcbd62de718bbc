/* SPDX-License-Identifier: MIT
 * callstep search: calls, and the lines for which they were found. */
#include <stdio.h>

#include "base/time_text.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "cmd/call_table.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/highlight.h"
#include "cmd/output.h"
#include "cmd/terminal.h"
#include "json/json_writer.h"

#define PAGE_SIZE_MAX	((size_t)4 << 30)
#define STEP_MEMORY_MAX ((size_t)1 << 30)
#define LINES_MAX	10 /* of a call on a terminal; further ones are counted */

/* One run of the command. */
struct finding {
	const struct settings *settings;
	const char *words; /* the command with its operands, for the audit trail */
	struct arena arena;
	struct filter filter;
	struct store_page page;
	struct unpacker *unpacker;
	struct buffer json; /* the call at hand */
	struct arena steps; /* the step at hand */
	struct buffer out;  /* --json */
	struct table table;
	bool pretty;
	bool color;
	int64_t lines; /* of the call at hand, so far */
};

/* A step that is a reason why its call was found. */
struct reason {
	int64_t index; /* from 1 */
	struct call_step step;
	struct text module;
	struct text variable;
};

static void finding_init(struct finding *finding, const struct settings *settings)
{
	*finding = (struct finding){
		.settings = settings,
		.words = "search",
		.unpacker = unpacker_create(),
		.pretty = terminal_is(stdout),
		.color = terminal_color(stdout, settings),
	};
	arena_init(&finding->arena, PAGE_SIZE_MAX);
	arena_init(&finding->steps, STEP_MEMORY_MAX);
	buffer_init(&finding->json, CALL_MEMORY_MAX);
	buffer_init(&finding->out, CALL_MEMORY_MAX);
}

static void finding_deinit(struct finding *finding)
{
	arena_deinit(&finding->arena);
	arena_deinit(&finding->steps);
	buffer_deinit(&finding->json);
	buffer_deinit(&finding->out);
	unpacker_destroy(finding->unpacker);
}

/* ---- the words ---- */

/* The operands, with spaces between, are what --text would be. */
static int read_words(struct finding *finding, int argc, char **argv, struct error *err)
{
	AUTO(buffer_deinit) struct buffer words;

	buffer_init(&words, STEP_MEMORY_MAX);
	for (int i = 0; i < argc; i++) {
		buffer_append(&words, i > 0 ? TEXT(" ") : TEXT(""));
		buffer_append(&words, text_of(argv[i]));
	}
	if (words.failed) {
		return error_no_memory(err);
	}
	finding->words =
		arena_printf(&finding->arena, "search %.*s", TEXT_ARG(buffer_text(&words))).data;
	if (!finding->words) {
		return error_no_memory(err);
	}
	return words_query_read(buffer_text(&words), &finding->arena, &finding->filter.text, err);
}

/* ---- reasons ---- */

static bool is_any_of(const struct filter_names *names, struct text name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_equal(names->items[i], name)) {
			return true;
		}
	}
	return names->count == 0;
}

static bool has_kind(const struct filter *filter, const struct reason *reason)
{
	bool asked = filter->classes.count > 0 || filter->modules.count > 0 ||
		     filter->variables.count > 0;

	return asked && is_any_of(&filter->classes, reason->step.class_name) &&
	       is_any_of(&filter->modules, reason->module) &&
	       is_any_of(&filter->variables, reason->variable);
}

static bool is_reason(const struct filter *filter, const struct reason *reason)
{
	return highlight_finds(&filter->text, reason->step.line) || has_kind(filter, reason);
}

/* Gives each reason of the call to @each. */
static int each_reason(struct finding *finding, const struct store_call *call,
	void (*each)(struct finding *finding, const struct reason *reason), struct error *err)
{
	struct reason reason = {0};
	struct text detail;
	size_t cursor = 0;
	int more = 0;

	finding->lines = 0;
	buffer_clear(&finding->json);
	if (!call->call.has_detail) {
		return 0;
	}
	if (cmd_unpack_call(finding->unpacker, call, &finding->json, err) < 0) {
		return -1;
	}
	detail = call_json_detail(buffer_text(&finding->json));
	while ((more = call_json_next_step(detail, &cursor, &finding->steps, &reason.step, err)) >
		0) {
		struct text data = reason.step.data;

		reason.index++;
		reason.module = call_json_data_member(data, "module_type", &finding->steps);
		reason.variable = call_json_data_member(data, "result_variable", &finding->steps);
		if (is_reason(&finding->filter, &reason)) {
			each(finding, &reason);
			finding->lines++;
		}
		arena_deinit(&finding->steps);
	}
	return more;
}

/* ---- the table ---- */

static void write_origin(const struct reason *reason)
{
	text_write_clean(stdout, reason->module);
	fputs(reason->module.size > 0 && reason->variable.size > 0 ? " → " : "", stdout);
	text_write_clean(stdout, reason->variable);
}

static void write_pretty(struct finding *finding, const struct reason *reason)
{
	char time[TIME_TEXT_SIZE];

	if (finding->lines >= LINES_MAX) {
		return;
	}
	time_text_format(reason->step.timestamp, finding->settings->utc, time);
	fprintf(stdout, "    %.8s  ", time + 11);
	highlight_write(stdout, &finding->filter.text, reason->step.line, finding->color);
	fprintf(stdout, "  %s", terminal_style(finding->color, STYLE_DIM));
	write_origin(reason);
	fprintf(stdout, "%s\n", terminal_style(finding->color, STYLE_PLAIN));
}

static void write_plain(struct finding *finding, const struct reason *reason)
{
	char time[TIME_TEXT_SIZE];

	time_text_format(reason->step.timestamp, finding->settings->utc, time);
	fprintf(stdout, "\t%s\t", time);
	text_write_clean(stdout, reason->step.class_name);
	fputc('\t', stdout);
	highlight_write(stdout, &finding->filter.text, reason->step.line, finding->color);
	fputc('\t', stdout);
	text_write_clean(stdout, reason->module);
	fputc('\t', stdout);
	text_write_clean(stdout, reason->variable);
	fputc('\n', stdout);
}

static void write_rest(const struct finding *finding)
{
	char number[NUMBER_SIZE];

	if (finding->pretty && finding->lines > LINES_MAX) {
		fprintf(stdout, "    … and %s more\n",
			number_format(finding->lines - LINES_MAX, number));
	}
}

static int write_table(struct finding *finding, struct error *err)
{
	const struct store_page *page = &finding->page;
	const struct settings *settings = finding->settings;

	call_table_init(&finding->table, &finding->arena);
	for (size_t i = 0; i < page->count; i++) {
		call_table_add(&finding->table, &page->calls[i].call, settings->utc);
	}
	if (finding->table.failed) {
		return error_no_memory(err);
	}
	if (finding->pretty) {
		table_write_titles(&finding->table, stdout, finding->color);
	}
	for (size_t i = 0; i < page->count; i++) {
		table_write_row(&finding->table, i, stdout, finding->pretty);
		fputc('\n', stdout);
		if (each_reason(finding, &page->calls[i],
			    finding->pretty ? write_pretty : write_plain, err) < 0) {
			return -1;
		}
		write_rest(finding);
	}
	fflush(stdout);
	call_table_count(finding->pretty ? stdout : stderr, settings->offset, page->count,
		page->total_calls, "calls\n");
	return 0;
}

/* ---- JSON ---- */

static void write_json_reason(struct finding *finding, const struct reason *reason)
{
	struct buffer *out = &finding->out;

	json_write_comma(out);
	buffer_printf(out, "{\"index\":%lld,\"timestamp\":%lld", (long long)reason->index,
		(long long)reason->step.timestamp);
	json_add_string(out, "class", reason->step.class_name);
	json_add_string(out, "module", reason->module);
	json_add_string(out, "variable", reason->variable);
	json_add_string(out, "line", reason->step.line);
	buffer_append_byte(out, '}');
}

static int write_json_call(
	struct finding *finding, const struct store_call *call, struct error *err)
{
	struct buffer *out = &finding->out;

	call_document_write(out, &call->call);
	if (!out->failed) {
		out->size--; /* the brace: one more member */
	}
	buffer_append(out, TEXT(",\"matches\":["));
	if (each_reason(finding, call, write_json_reason, err) < 0) {
		return -1;
	}
	buffer_append(out, TEXT("]}"));
	if (out->failed) {
		return error_no_memory(err);
	}
	output_text(stdout, finding->pretty, buffer_text(out));
	buffer_clear(out);
	return 0;
}

static int write_json(struct finding *finding, struct error *err)
{
	fputs("{\"calls\":[", stdout);
	for (size_t i = 0; i < finding->page.count; i++) {
		fputs(i > 0 ? "," : "", stdout);
		if (write_json_call(finding, &finding->page.calls[i], err) < 0) {
			return -1;
		}
	}
	printf("],\"total_calls\":%lld}\n", (long long)finding->page.total_calls);
	return 0;
}

/* ---- the command ---- */

static int find(struct finding *finding, struct store *store, struct error *err)
{
	struct store_search search;

	if (!finding->unpacker) {
		return error_no_memory(err);
	}
	if (filter_options_search(store, finding->settings, &finding->filter, &search, err) < 0) {
		return -1;
	}
	search.offset = finding->settings->offset;
	search.limit = finding->settings->limit;
	search.with_packed = true;
	search.with_total = true;
	if (store_search(store, &search, &finding->arena, &finding->page, err) < 0) {
		return -1;
	}
	filter_options_record(store, finding->settings, search.account_id, "read-calls",
		finding->words, (int64_t)finding->page.count);
	return finding->settings->json ? write_json(finding, err) : write_table(finding, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(finding_deinit) struct finding finding;
	struct error err;

	finding_init(&finding, settings);
	if (filter_options_read(settings, &finding.arena, &finding.filter, &err) < 0) {
		return cmd_fail(&err);
	}
	if (argc > 0 && finding.filter.text.count > 0) {
		return cmd_wrong_usage(&cmd_search, "give the words as operands or by --text, not "
						    "both");
	}
	if ((argc > 0 && read_words(&finding, argc, argv, &err) < 0) ||
		cmd_open_store(&store, settings, true, &err) < 0 ||
		find(&finding, store, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	FILTER_OPTIONS, "offset", "limit", "utc", "json", "color", NULL};

const struct cmd cmd_search = {
	.name = "search",
	.summary = "find calls by words in their lines and by what they are",
	.arguments = "[OPTION]… [WORD]…",
	.settings = settings,
	.description =
		"Finds the calls in whose lines all WORDs stand and to which all options apply, "
		"newest "
		"first. Under each call stand the lines that were asked for: those with one of "
		"the words, and those of the class, module and variable. A WORD may be the "
		"beginning of one, confir*, and words in double quotes, which the shell must "
		"leave there, follow each other: '\"wrong input\"'. Case and accents do not "
		"matter.\n"
		"\n"
		"In a pipe a call is a row with tabs as of callstep calls, and a line of it is a "
		"row "
		"whose first cell is empty: then time, class, line, module and variable. The count "
		"goes to standard error. --json writes calls as GET /v1/calls does, each with its "
		"matches.",
	.examples = "callstep search invalid --start -1d\n"
		    "callstep search '\"no input\"' transf* --dest '*3001'\n"
		    "callstep search --class error --last-module menu --min-duration 60",
	.run = run,
};
