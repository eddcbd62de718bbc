/* SPDX-License-Identifier: MIT
 * callstep diff: the steps of two calls, side by side. */
#include <stdio.h>

#include "base/time_text.h"
#include "call/call_json.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/terminal.h"
#include "find/diff.h"

#define WIDTH_MIN    60
#define TIME_COLUMNS 8 /* "+1:02:03" */
#define BETWEEN	     3 /* " | " */

/* One of the two calls. */
struct subject {
	struct text session_id;
	struct store_call call;
	struct buffer json;
};

struct comparison {
	const struct settings *settings;
	struct arena arena;
	struct subject a;
	struct subject b;
	struct diff diff;
};

/* How a pair is written. */
struct view {
	bool color;
	size_t width; /* of one side */
};

static void comparison_init(struct comparison *comparison, const struct settings *settings)
{
	*comparison = (struct comparison){.settings = settings};
	arena_init(&comparison->arena, CALL_MEMORY_MAX);
	buffer_init(&comparison->a.json, CALL_MEMORY_MAX);
	buffer_init(&comparison->b.json, CALL_MEMORY_MAX);
}

static void comparison_deinit(struct comparison *comparison)
{
	arena_deinit(&comparison->arena);
	buffer_deinit(&comparison->a.json);
	buffer_deinit(&comparison->b.json);
}

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

static void write_header(const struct view *view, const struct comparison *comparison)
{
	const struct call *a = &comparison->diff.a, *b = &comparison->diff.b;
	char time_a[TIME_TEXT_SIZE], time_b[TIME_TEXT_SIZE];
	char length_a[NUMBER_SIZE], length_b[NUMBER_SIZE];
	bool utc = comparison->settings->utc;

	write_heads(view, a->session_id, b->session_id, true);
	write_heads(view, text_of(time_text_format(a->start, utc, time_a)),
		text_of(time_text_format(b->start, utc, time_b)), false);
	write_heads(view, text_of(duration_format(a->end - a->start, length_a)),
		text_of(duration_format(b->end - b->start, length_b)), false);
	fputc('\n', stdout);
}

static void write_pretty(const struct comparison *comparison)
{
	size_t width = terminal_width(stdout);
	struct view view = {
		.color = terminal_color(stdout, comparison->settings),
		.width = ((width < WIDTH_MIN ? WIDTH_MIN : width) - BETWEEN) / 2,
	};

	write_header(&view, comparison);
	for (size_t i = 0; i < comparison->diff.count; i++) {
		write_pair(&view, &comparison->diff.pairs[i]);
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

static void write_plain(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->diff.count; i++) {
		const struct diff_pair *pair = &comparison->diff.pairs[i];
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

static int write_json(const struct diff *diff, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, CALL_MEMORY_MAX);
	diff_write(&buffer, diff);
	buffer_append_byte(&buffer, '\n');
	return output_buffer(&buffer, err);
}

static int write_diff(const struct comparison *comparison, struct error *err)
{
	const size_t *changes = comparison->diff.changes;
	bool pretty = terminal_is(stdout);

	if (comparison->settings->json) {
		return write_json(&comparison->diff, err);
	}
	if (pretty) {
		write_pretty(comparison);
	} else {
		write_plain(comparison);
	}
	fflush(stdout);
	fprintf(pretty ? stdout : stderr,
		"%s%zu same, %zu changed, %zu only in the first, %zu only in the second\n",
		pretty ? "\n" : "", changes[DIFF_SAME], changes[DIFF_CHANGED], changes[DIFF_ONLY_A],
		changes[DIFF_ONLY_B]);
	return 0;
}

static int load(struct subject *subject, struct store *store, const struct cmd_owner *owner,
	struct unpacker *unpacker, struct arena *arena, struct error *err)
{
	int found = store_find(
		store, owner->account_id, subject->session_id, arena, &subject->call, err);

	if (found < 0) {
		return -1;
	}
	if (found == 0 || !retention_show(&owner->retention, &subject->call)) {
		return error_set(err, ERROR_NOT_FOUND, "the account has no call '%.*s'",
			TEXT_ARG(subject->session_id));
	}
	if (!subject->call.call.has_detail) {
		return error_set(err, ERROR_NOT_FOUND, "the detail of call '%.*s' is not held",
			TEXT_ARG(subject->session_id));
	}
	return cmd_unpack_call(unpacker, &subject->call, &subject->json, err);
}

static void record(const struct comparison *comparison, struct store *store, int64_t account_id)
{
	char subject[STORE_SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "diff %.*s %.*s", TEXT_ARG(comparison->a.session_id),
		TEXT_ARG(comparison->b.session_id));
	cmd_record_read(store, account_id, "compare-calls", text_of(subject), -1);
}

static int compare(struct comparison *comparison, struct store *store, struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	struct subject *a = &comparison->a, *b = &comparison->b;
	struct arena *arena = &comparison->arena;
	struct cmd_owner owner;

	if (!unpacker) {
		return error_no_memory(err);
	}
	if (cmd_find_owner(store, comparison->settings, &owner, err) < 0) {
		return -1;
	}
	record(comparison, store, owner.account_id);
	if (load(a, store, &owner, unpacker, arena, err) < 0 ||
		load(b, store, &owner, unpacker, arena, err) < 0 ||
		diff_make(&a->call.call, call_json_detail(buffer_text(&a->json)), &b->call.call,
			call_json_detail(buffer_text(&b->json)), arena, &comparison->diff,
			err) < 0) {
		return -1;
	}
	return write_diff(comparison, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(comparison_deinit) struct comparison comparison;
	struct error err;

	comparison_init(&comparison, settings);
	if (argc != 2) {
		return cmd_wrong_usage(&cmd_diff, "name two sessions");
	}
	comparison.a.session_id = text_of(argv[0]);
	comparison.b.session_id = text_of(argv[1]);
	if (cmd_open_store(&store, settings, true, &err) < 0 ||
		compare(&comparison, store, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {OWNER_OPTIONS, "utc", "json", "color", NULL};

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "compare two calls step by step",
	.arguments = "[OPTION]… SESSION_ID SESSION_ID",
	.settings = settings,
	.description =
		"Shows two calls' steps side by side, each with its time since the call's start: "
		"those "
		"that are the same beside each other, '|' between two that differ in their line "
		"only, '<' beside a step that only the first call has, '>' beside one that only "
		"the "
		"second has. Times do not make a step another one.\n"
		"\n"
		"In a pipe a pair is a row with tabs between what it is (same, changed, only_a, "
		"only_b), then number, offset and duration of the first call's step, the same of "
		"the "
		"second's, class, module, variable, and both lines. The counts go to standard "
		"error. "
		"--json writes what GET /v1/diff answers.",
	.examples = "callstep diff '100035;000;1575898377' '100035;000;1575898612'",
	.run = run,
};
