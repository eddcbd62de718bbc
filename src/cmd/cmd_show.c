/* SPDX-License-Identifier: MIT
 * callstep show: the time line of one call. */
#include "base/array.h"
#include "base/time_text.h"
#include "call/call_json.h"
#include "cmd/cmd.h"
#include "cmd/output.h"

#define STEP_MEMORY_MAX ((size_t)1 << 30)
#define LINE_INDENT	29 /* columns before a step's line */
#define CLASS_COLUMNS	7

static enum style class_style(struct text class_name)
{
	static const struct {
		const char *name;
		enum style style;
	} styles[] = {{"info", STYLE_BLUE}, {"event", STYLE_GREEN}, {"prompt", STYLE_CYAN},
		{"debug", STYLE_DIM}, {"error", STYLE_RED}};

	for (size_t i = 0; i < COUNT_OF(styles); i++) {
		if (text_equal_string(class_name, styles[i].name)) {
			return styles[i].style;
		}
	}
	return STYLE_YELLOW;
}

static void write_field(const struct view *view, const char *name, struct text value)
{
	fprintf(view->stream, "  %s%-9s%s", terminal_style(view->color, STYLE_DIM), name,
		terminal_style(view->color, STYLE_PLAIN));
	text_write_clean(view->stream, value);
	fputc('\n', view->stream);
}

static void write_header(const struct view *view, const struct call *call)
{
	char time[TIME_TEXT_SIZE], duration[NUMBER_SIZE], number[NUMBER_SIZE];

	fprintf(view->stream, "%sCall ", terminal_style(view->color, STYLE_BOLD));
	text_write_clean(view->stream, call->session_id);
	fprintf(view->stream, "%s\n", terminal_style(view->color, STYLE_PLAIN));
	write_field(view, "From", call->src);
	write_field(view, "To", call->dest);
	write_field(view, "Type", text_of(call_type_name(call->type)));
	write_field(view, "Started", text_of(time_text_format(call->start, view->utc, time)));
	write_field(view, "Ended", text_of(time_text_format(call->end, view->utc, time)));
	write_field(view, "Length", text_of(duration_format(call->end - call->start, duration)));
	write_field(view, "Steps",
		call->has_detail ? text_of(number_format(call->steps, number))
				 : TEXT("the detail of this call is not held"));
}

/* The date when it is another than before, so that the time of day is never ambiguous. */
static void write_date(const struct view *view, const char *time, char date[TIME_TEXT_SIZE])
{
	if (strncmp(time, date, 10) != 0) {
		snprintf(date, TIME_TEXT_SIZE, "%.10s", time);
		fprintf(view->stream, "\n  %s%s%s\n", terminal_style(view->color, STYLE_DIM), date,
			terminal_style(view->color, STYLE_PLAIN));
	}
}

static const char *format_delta(int64_t delta, bool first, char buffer[NUMBER_SIZE])
{
	if (first) {
		return "";
	}
	snprintf(buffer, NUMBER_SIZE, "%+lld s", (long long)delta);
	return buffer;
}

static void write_origin(const struct view *view, struct text module, struct text variable)
{
	if (module.size == 0 && variable.size == 0) {
		return;
	}
	fprintf(view->stream, "%*s%s", LINE_INDENT, "", terminal_style(view->color, STYLE_DIM));
	text_write_clean(view->stream, module);
	fputs(module.size > 0 && variable.size > 0 ? " → " : "", view->stream);
	text_write_clean(view->stream, variable);
	fprintf(view->stream, "%s\n", terminal_style(view->color, STYLE_PLAIN));
}

struct step_texts {
	const char *time;  /* as time_text_format() wrote it */
	const char *delta; /* "+6 s" */
};

static void write_step_pretty(
	const struct view *view, const struct call_step *step, const struct step_texts *texts)
{
	size_t columns = text_columns(step->class_name);

	fprintf(view->stream, "  %.8s  %7s  %s", texts->time + 11, texts->delta,
		terminal_style(view->color, class_style(step->class_name)));
	text_write_clean(view->stream, step->class_name);
	fprintf(view->stream, "%s%*s", terminal_style(view->color, STYLE_PLAIN),
		columns < CLASS_COLUMNS ? (int)(CLASS_COLUMNS - columns) : 1, "");
	fputs(" ", view->stream);
	text_write_wrapped(view->stream, step->line, LINE_INDENT, view->width);
	write_origin(view, step->module, step->variable);
}

static void write_step_plain(
	const struct view *view, const struct call_step *step, const struct step_texts *texts)
{
	struct text cells[] = {text_of(texts->time), text_of(texts->delta), step->class_name,
		step->line, step->module, step->variable};

	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		text_write_clean(view->stream, cells[i]);
		fputc(i + 1 < COUNT_OF(cells) ? '\t' : '\n', view->stream);
	}
}

static int write_steps(const struct view *view, struct text detail, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	char date[TIME_TEXT_SIZE] = "", time[TIME_TEXT_SIZE], delta[NUMBER_SIZE];
	struct call_step step;
	int64_t before = 0;
	size_t cursor = 0;
	bool first = true;
	int more;

	arena_init(&arena, STEP_MEMORY_MAX);
	while ((more = call_json_next_step(detail, &cursor, &arena, &step, err)) > 0) {
		struct step_texts texts = {
			.time = time_text_format(step.timestamp, view->utc, time),
			.delta = format_delta(step.timestamp - before, first, delta),
		};

		if (view->pretty) {
			write_date(view, time, date);
			write_step_pretty(view, &step, &texts);
		} else {
			write_step_plain(view, &step, &texts);
		}
		before = step.timestamp;
		first = false;
		arena_deinit(&arena);
	}
	return more;
}

static int write_call(
	struct cmd_run *run, const struct call *call, struct text json, struct error *err)
{
	if (run->settings->json) {
		buffer_append(&run->out, json);
		return cmd_write_document(run, err);
	}
	write_header(&run->view, call);
	if (!run->view.pretty) {
		fputc('\n', stdout);
	}
	return call->has_detail ? write_steps(&run->view, call_json_detail(json), err) : CMD_DONE;
}

static int show_run(struct cmd_run *run, struct error *err)
{
	struct text json, session_id = text_of(run->argv[0]);
	struct store_call call;
	int found =
		store_find(run->store, run->owner.account_id, session_id, &run->arena, &call, err);

	if (found > 0) {
		found = retention_show(&run->owner.retention, &call);
	}
	if (found >= 0) {
		cmd_record_read(run->store, run->owner.account_id, "read-call", session_id, found);
	}
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND, "the account has no call '%.*s'",
			TEXT_ARG(session_id));
	}
	if (found < 0 || cmd_unpack_call(run, &call, &json, err) < 0) {
		return -1;
	}
	return write_call(run, &call.call, json, err);
}

static const char *const settings[] = {OWNER_OPTIONS, "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_show = {
	.name = "show",
	.summary = "show one call step by step",
	.arguments = "[OPTION]… SESSION_ID",
	.settings = settings,
	.description =
	"Shows a call's header and its steps: when each was, how long after the one before, its "
	"class, its line, and the module and variable that it belongs to.\n\n"
	"In a pipe a step is a line with tabs between time, delta, class, line, module and "
	"variable. --json writes the call as the API has it.",
	.examples = "callstep show '100035;000;1575898377'",
	.needs = CMD_NEEDS_OWNER,
	.operands = 1,
	.operands_wrong = "name one session",
	.run = show_run,
};
/* clang-format on */
