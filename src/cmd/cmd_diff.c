/* SPDX-License-Identifier: MIT
 * callstep diff: the steps of two calls, side by side. */
#include "base/time_text.h"
#include "call/call_json.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "find/diff.h"

#define WIDTH_MIN    60
#define TIME_COLUMNS 8 /* "+1:02:03" */
#define BETWEEN	     3 /* " | " */

/* ---- side by side ---- */

static const struct {
	char mark;
	enum style style;
} looks[] = {
	[DIFF_SAME] = {' ', STYLE_PLAIN},
	[DIFF_CHANGED] = {'|', STYLE_YELLOW},
	[DIFF_ONLY_A] = {'<', STYLE_RED},
	[DIFF_ONLY_B] = {'>', STYLE_GREEN},
};

/* What a side still has to show of its step. */
struct cell {
	char time[NUMBER_SIZE + 1];
	struct text rest;
};

static struct cell make_cell(const struct diff_step *step)
{
	struct cell cell = {0};
	char offset[NUMBER_SIZE];

	if (step) {
		duration_format(step->offset < 0 ? -step->offset : step->offset, offset);
		snprintf(
			cell.time, sizeof(cell.time), "%c%s", step->offset < 0 ? '-' : '+', offset);
		cell.rest = step->line;
	}
	return cell;
}

static void write_cell(const struct view *view, struct cell *cell, bool last)
{
	size_t columns = view->width - TIME_COLUMNS - 2;
	struct text line = {0};

	printf("%*s  ", TIME_COLUMNS, cell->time);
	cell->time[0] = '\0';
	text_wrap(&cell->rest, columns, &line);
	text_write_clean(stdout, line);
	if (!last) {
		printf("%*s", (int)(columns - text_columns(line)), "");
	}
}

static void write_pair(const struct view *view, const struct diff_pair *pair)
{
	struct cell a = make_cell(pair->a);
	struct cell b = make_cell(pair->b);

	do {
		fputs(looks[pair->change].style == STYLE_PLAIN
				? ""
				: terminal_style(view->color, looks[pair->change].style),
			stdout);
		write_cell(view, &a, false);
		printf(" %c ", looks[pair->change].mark);
		if (b.time[0] || b.rest.size > 0) {
			write_cell(view, &b, true);
		}
		fputs(looks[pair->change].style == STYLE_PLAIN
				? ""
				: terminal_style(view->color, STYLE_PLAIN),
			stdout);
		fputc('\n', stdout);
	} while (a.rest.size > 0 || b.rest.size > 0);
}

/* @left and @right in the two columns, however many lines that takes. */
static void write_heads(const struct view *view, struct text left, struct text right, bool bold)
{
	do {
		struct text a = {0}, b = {0};

		text_wrap(&left, view->width, &a);
		text_wrap(&right, view->width, &b);
		fputs(terminal_style(view->color && bold, STYLE_BOLD), stdout);
		text_write_clean(stdout, a);
		printf("%*s", (int)(view->width - text_columns(a)) + BETWEEN, "");
		text_write_clean(stdout, b);
		fprintf(stdout, "%s\n", terminal_style(view->color && bold, STYLE_PLAIN));
	} while (left.size > 0 || right.size > 0);
}

static void write_header(const struct view *view, const struct diff *diff)
{
	const struct call *a = &diff->a, *b = &diff->b;
	char time_a[TIME_TEXT_SIZE], time_b[TIME_TEXT_SIZE];
	char length_a[NUMBER_SIZE], length_b[NUMBER_SIZE];
	bool utc = view->utc;

	write_heads(view, a->session_id, b->session_id, true);
	write_heads(view, text_of(time_text_format(a->start, utc, time_a)),
		text_of(time_text_format(b->start, utc, time_b)), false);
	write_heads(view, text_of(duration_format(a->end - a->start, length_a)),
		text_of(duration_format(b->end - b->start, length_b)), false);
	fputc('\n', stdout);
}

static void write_pretty(const struct view *view, const struct diff *diff)
{
	struct view side = *view;

	side.width = ((view->width < WIDTH_MIN ? WIDTH_MIN : view->width) - BETWEEN) / 2;
	write_header(&side, diff);
	for (size_t i = 0; i < diff->count; i++) {
		write_pair(&side, &diff->pairs[i]);
	}
}

/* ---- in a pipe ---- */

static void write_times(const struct diff_step *step)
{
	if (step) {
		printf("\t%u\t%lld\t%lld", step->index, (long long)step->offset,
			(long long)step->duration);
	} else {
		fputs("\t\t\t", stdout);
	}
}

static void write_plain_text(struct text text)
{
	fputc('\t', stdout);
	text_write_clean(stdout, text);
}

static void write_plain(const struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_pair *pair = &diff->pairs[i];
		const struct diff_step *step = pair->a ? pair->a : pair->b;

		fputs(diff_change_name(pair->change), stdout);
		write_times(pair->a);
		write_times(pair->b);
		write_plain_text(step->class_name);
		write_plain_text(step->module);
		write_plain_text(step->variable);
		write_plain_text(pair->a ? pair->a->line : (struct text){0});
		write_plain_text(pair->b ? pair->b->line : (struct text){0});
		fputc('\n', stdout);
	}
}

/* ---- the command ---- */

static int write_diff(struct cmd_run *run, const struct diff *diff, struct error *err)
{
	const size_t *changes = diff->changes;
	bool pretty = run->view.pretty;

	if (run->settings->json) {
		diff_write(&run->out, diff);
		return cmd_write_document(run, err);
	}
	if (pretty) {
		write_pretty(&run->view, diff);
	} else {
		write_plain(diff);
	}
	fprintf(listing_beside(&run->view),
		"%s%zu same, %zu changed, %zu only in the first, %zu only in the second\n",
		pretty ? "\n" : "", changes[DIFF_SAME], changes[DIFF_CHANGED], changes[DIFF_ONLY_A],
		changes[DIFF_ONLY_B]);
	return CMD_DONE;
}

/* Finds a call and the JSON of its steps, which must be there. */
static int load(struct cmd_run *run, struct text session_id, struct store_call *ret_call,
	struct text *ret_detail, struct error *err)
{
	int found = store_find(
		run->store, run->owner.account_id, session_id, &run->arena, ret_call, err);
	struct text json;

	if (found < 0) {
		return -1;
	}
	if (found == 0 || !retention_show(&run->owner.retention, ret_call)) {
		return error_set(err, ERROR_NOT_FOUND, "the account has no call '%.*s'",
			TEXT_ARG(session_id));
	}
	if (!ret_call->call.has_detail) {
		return error_set(err, ERROR_NOT_FOUND, "the detail of call '%.*s' is not held",
			TEXT_ARG(session_id));
	}
	if (cmd_unpack_call(run, ret_call, &json, err) < 0) {
		return -1;
	}
	*ret_detail = arena_copy(&run->arena, call_json_detail(json));
	return ret_detail->data ? 0 : error_no_memory(err);
}

static int diff_run(struct cmd_run *run, struct error *err)
{
	struct text detail_a, detail_b;
	struct store_call a, b;
	char subject[STORE_SUBJECT_MAX];
	struct diff diff;

	snprintf(subject, sizeof(subject), "diff %s %s", run->argv[0], run->argv[1]);
	cmd_record_read(run->store, run->owner.account_id, "compare-calls", text_of(subject), -1);
	if (load(run, text_of(run->argv[0]), &a, &detail_a, err) < 0 ||
		load(run, text_of(run->argv[1]), &b, &detail_b, err) < 0 ||
		diff_make(&a.call, detail_a, &b.call, detail_b, &run->arena, &diff, err) < 0) {
		return -1;
	}
	return write_diff(run, &diff, err);
}

static const char *const settings[] = {OWNER_OPTIONS, "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "compare two calls step by step",
	.arguments = "[OPTION]… SESSION_ID SESSION_ID",
	.settings = settings,
	.description =
	"Shows two calls' steps side by side, each with its time since the call's start. Steps "
	"that are the same stand beside each other. '|' stands between two that differ in their "
	"line only, '<' beside a step that only the first call has, '>' beside one that only the "
	"second has. Times do not make a step another one.\n\n"
	"In a pipe a pair is a row with tabs: what it is (same, changed, only_a, only_b), then "
	"number, offset and duration of the first call's step, the same of the second's, class, "
	"module, variable, and both lines. The counts go to standard error. --json writes what "
	"GET /v1/diff answers.",
	.examples = "callstep diff '100035;000;1575898377' '100035;000;1575898612'",
	.completes = "sessions",
	.needs = CMD_NEEDS_OWNER,
	.operands = 2,
	.operands_wrong = "name two sessions",
	.run = diff_run,
};
/* clang-format on */
