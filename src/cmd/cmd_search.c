/* SPDX-License-Identifier: MIT
 * callstep search: calls, and the lines for which they were found. */
#include "base/time_text.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "cmd/highlight.h"
#include "cmd/output.h"
#include "json/json_writer.h"

#define STEP_MEMORY_MAX ((size_t)1 << 30)
#define LINES_MAX	10 /* of a call on a terminal; further ones are counted */

struct finding {
	struct cmd_run *run;
	struct store_page page;
	struct arena steps; /* of the step that is looked at */
	int64_t lines;	    /* of the call that is looked at, so far */
};

/* A step that is a reason why its call was found. */
struct reason {
	int64_t index; /* from 1 */
	struct call_step step;
};

static void finding_deinit(struct finding *finding)
{
	arena_deinit(&finding->steps);
}

/* ---- the words ---- */

/* "search" and the operands, with spaces between. Its data is NULL when memory is short. */
static struct text command_words(struct cmd_run *run)
{
	struct text words = TEXT("search");

	for (int i = 0; i < run->argc && words.data; i++) {
		words = arena_printf(&run->arena, "%.*s %s", TEXT_ARG(words), run->argv[i]);
	}
	return words;
}

/* The operands are what --text would be. */
static int search_check(struct cmd_run *run, struct error *err)
{
	struct text words = command_words(run);

	if (run->argc == 0) {
		return CMD_DONE;
	}
	if (run->filter.text.count > 0) {
		return cmd_wrong_usage(
			run->cmd, "give the words as operands or by --text, not both");
	}
	if (!words.data) {
		return error_no_memory(err);
	}
	return words_query_read(
		text_tail(words, sizeof("search")), &run->arena, &run->filter.text, err);
}

/* ---- reasons ---- */

static bool is_reason(const struct filter *filter, const struct reason *reason)
{
	return highlight_finds(&filter->text, reason->step.line) ||
	       (filter_asks_for_step(filter) &&
		       filter_step_matches(filter, reason->step.class_name, reason->step.module,
			       reason->step.variable));
}

/* Gives each reason of the call to @each. */
static int each_reason(struct finding *finding, const struct store_call *call,
	void (*each)(struct finding *finding, const struct reason *reason), struct error *err)
{
	struct reason reason = {0};
	struct text json, detail;
	size_t cursor = 0;
	int more = 0;

	finding->lines = 0;
	if (!call->call.has_detail) {
		return 0;
	}
	if (cmd_unpack_call(finding->run, call, &json, err) < 0) {
		return -1;
	}
	detail = call_json_detail(json);
	while ((more = call_json_next_step(detail, &cursor, &finding->steps, &reason.step, err)) >
		0) {
		reason.index++;
		if (is_reason(&finding->run->filter, &reason)) {
			each(finding, &reason);
			finding->lines++;
		}
		arena_deinit(&finding->steps);
	}
	return more;
}

/* ---- the listing ---- */

static void write_pretty(struct finding *finding, const struct reason *reason)
{
	const struct view *view = &finding->run->view;
	char time[TIME_TEXT_SIZE];

	if (finding->lines >= LINES_MAX) {
		return;
	}
	time_text_format(reason->step.timestamp, view->utc, time);
	printf("    %.8s  ", time + 11);
	highlight_write(stdout, &finding->run->filter.text, reason->step.line, view->color);
	printf("  %s", terminal_style(view->color, STYLE_DIM));
	text_write_clean(stdout, reason->step.module);
	fputs(reason->step.module.size > 0 && reason->step.variable.size > 0 ? " → " : "", stdout);
	text_write_clean(stdout, reason->step.variable);
	printf("%s\n", terminal_style(view->color, STYLE_PLAIN));
}

static void write_plain(struct finding *finding, const struct reason *reason)
{
	const struct view *view = &finding->run->view;
	char time[TIME_TEXT_SIZE];

	printf("\t%s\t", time_text_format(reason->step.timestamp, view->utc, time));
	text_write_clean(stdout, reason->step.class_name);
	fputc('\t', stdout);
	highlight_write(stdout, &finding->run->filter.text, reason->step.line, view->color);
	fputc('\t', stdout);
	text_write_clean(stdout, reason->step.module);
	fputc('\t', stdout);
	text_write_clean(stdout, reason->step.variable);
	fputc('\n', stdout);
}

static int write_lines(struct finding *finding, const struct store_call *call, struct error *err)
{
	bool pretty = finding->run->view.pretty;
	char number[NUMBER_SIZE];

	if (each_reason(finding, call, pretty ? write_pretty : write_plain, err) < 0) {
		return -1;
	}
	if (pretty && finding->lines > LINES_MAX) {
		printf("    … and %s more\n", number_format(finding->lines - LINES_MAX, number));
	}
	return 0;
}

static int write_listing(struct finding *finding, struct error *err)
{
	const struct store_page *page = &finding->page;
	struct cmd_run *run = finding->run;
	struct listing listing;

	call_listing_init(&listing, &run->view, &run->arena);
	for (size_t i = 0; i < page->count; i++) {
		call_listing_add(&listing, &page->calls[i].call);
	}
	if (listing.failed) {
		return error_no_memory(err);
	}
	listing_write_titles(&listing);
	for (size_t i = 0; i < page->count; i++) {
		listing_write_row(&listing, i);
		fputc('\n', stdout);
		if (write_lines(finding, &page->calls[i], err) < 0) {
			return -1;
		}
	}
	call_listing_count(
		&run->view, run->settings->offset, page->count, page->total_calls, "calls\n");
	return CMD_DONE;
}

/* ---- JSON ---- */

static void write_json_reason(struct finding *finding, const struct reason *reason)
{
	struct buffer *out = &finding->run->out;

	json_write_comma(out);
	buffer_append_byte(out, '{');
	json_add_number(out, "index", reason->index);
	json_add_number(out, "timestamp", reason->step.timestamp);
	json_add_string(out, "class", reason->step.class_name);
	json_add_string(out, "module", reason->step.module);
	json_add_string(out, "variable", reason->step.variable);
	json_add_string(out, "line", reason->step.line);
	buffer_append_byte(out, '}');
}

static int write_json_call(
	struct finding *finding, const struct store_call *call, struct error *err)
{
	struct buffer *out = &finding->run->out;

	buffer_clear(out);
	call_document_write(out, &call->call);
	if (!out->failed) {
		out->size--; /* the brace: one more member */
	}
	buffer_append(out, TEXT(",\"matches\":["));
	if (each_reason(finding, call, write_json_reason, err) < 0) {
		return -1;
	}
	buffer_append(out, TEXT("]}"));
	return output_buffer(out, err);
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
	return CMD_DONE;
}

static int search_run(struct cmd_run *run, struct error *err)
{
	AUTO(finding_deinit) struct finding finding = {.run = run};
	struct text words = command_words(run);

	arena_init(&finding.steps, STEP_MEMORY_MAX);
	run->search.with_packed = true;
	if (!words.data) {
		return error_no_memory(err);
	}
	if (filter_options_page(run, &finding.page, err) < 0) {
		return -1;
	}
	filter_options_record(run, "read-calls", words.data, (int64_t)finding.page.count);
	return run->settings->json ? write_json(&finding, err) : write_listing(&finding, err);
}

static const char *const settings[] = {
	FILTER_OPTIONS, "offset", "limit", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_search = {
	.name = "search",
	.summary = "find calls by words in their lines and by what they are",
	.arguments = "[OPTION]… [WORD]…",
	.settings = settings,
	.description =
	"Finds the calls whose lines have all WORDs and to which all options apply, newest first. "
	"Under each call stand the lines that were asked for: those with one of the words, and "
	"those of the class, module and variable. A WORD may be the beginning of one: confir*. "
	"Words in double quotes follow each other; the shell must leave the quotes there: "
	"'\"wrong input\"'. Case and accents do not matter.\n\n"
	"In a pipe a call is a row with tabs as of callstep calls. A line of it is a row whose "
	"first cell is empty: then time, class, line, module and variable. The count goes to "
	"standard error. --json writes calls as GET /v1/calls does, each with its matches.",
	.examples =
	"callstep search invalid --start -1d\n"
	"callstep search '\"no input\"' transf* --dest '*3001'\n"
	"callstep search --class error --last-module menu --min-duration 60",
	.needs = CMD_NEEDS_FILTER,
	.operands = CMD_ANY_OPERANDS,
	.check = search_check,
	.run = search_run,
};
/* clang-format on */
