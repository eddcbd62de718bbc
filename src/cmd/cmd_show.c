/* SPDX-License-Identifier: MIT
 * callstep show: the time line of one call. */
#include "base/array.h"
#include "base/file.h"
#include "base/stop_signals.h"
#include "base/time_text.h"
#include "call/call_json.h"
#include "call/call_steps.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/following.h"
#include "cmd/output.h"
#include "find/follow.h"

#define STEP_MEMORY_MAX ((size_t)1 << 30)
#define LINE_INDENT	29 /* columns before a step's line */
#define CLASS_COLUMNS	7

/* What begins like fewer characters is not looked for: a number that was mistyped opens no call. */
#define BEGINNING_MIN 4
/* Calls that are listed where several have the beginning. */
#define LISTED 10

/* What is shown, and what was shown of it so far. */
struct showing {
	struct cmd_run *run;
	struct text session_id;
	struct arena arena;   /* of the call as it is now */
	struct buffer header; /* as canonical JSON, but for the end of a live call */
	struct buffer detail; /* `[…]` */
	bool begun;	      /* something was shown */
	bool live;
};

static void showing_deinit(struct showing *showing)
{
	arena_deinit(&showing->arena);
	buffer_deinit(&showing->header);
	buffer_deinit(&showing->detail);
}

/* ---- the header ---- */

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

/* What is known of how it went. */
static void write_outcome(const struct view *view, const struct call *call)
{
	char time[TIME_TEXT_SIZE], talk[NUMBER_SIZE], words[64];
	struct text outcome = call_outcome_names.items[call->outcome];
	struct text side = call_ended_by_names.items[call->ended_by];

	if (outcome.size + side.size > 0) {
		snprintf(words, sizeof(words), "%s%s%s",
			outcome.size > 0 ? outcome.data : "not known",
			side.size > 0 ? ", ended by " : "", side.data);
		write_field(view, "Outcome", text_of(words));
	}
	if (call->answered > 0) {
		write_field(view, "Answered",
			text_of(time_text_format(call->answered, view->utc, time)));
	}
	if (call_knows_talk(call)) {
		write_field(view, "Talk", text_of(duration_format(call->talk, talk)));
	}
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
	write_field(view, "Ended",
		call->state == CALL_LIVE ? TEXT("not yet")
					 : text_of(time_text_format(call->end, view->utc, time)));
	write_field(view, "Length", text_of(duration_format(call->end - call->start, duration)));
	write_outcome(view, call);
	write_field(view, "Steps",
		call->has_detail ? text_of(number_format(call->steps, number))
				 : TEXT("the detail of this call is not held"));
}

/* ---- the steps ---- */

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

/* Those from the one at @from on. */
static int write_steps(const struct view *view, struct text detail, int64_t from, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	char date[TIME_TEXT_SIZE] = "", time[TIME_TEXT_SIZE], delta[NUMBER_SIZE];
	struct call_step step;
	int64_t before = 0, place = 0;
	size_t cursor = 0;
	int more;

	arena_init(&arena, STEP_MEMORY_MAX);
	while ((more = call_json_next_step(detail, &cursor, &arena, &step, err)) > 0) {
		struct step_texts texts = {
			.time = time_text_format(step.timestamp, view->utc, time),
			.delta = format_delta(step.timestamp - before, place == 0, delta),
		};

		if (place < from) {
			snprintf(date, sizeof(date), "%.10s", time);
		} else if (view->pretty) {
			write_date(view, time, date);
			write_step_pretty(view, &step, &texts);
		} else {
			write_step_plain(view, &step, &texts);
		}
		before = step.timestamp;
		place++;
		arena_deinit(&arena);
	}
	return more;
}

/* The first step of @detail that is not the one of @shown at its place, and where it begins, or the
 * place behind the last one. */
static int find_new(struct text shown, struct text detail, int64_t *ret_first, size_t *ret_at,
	struct error *err)
{
	struct call_step_look old, look;
	struct call_steps olds, steps;
	int64_t first = 0;
	int more, more_old;

	call_steps_init(&olds, shown);
	call_steps_init(&steps, detail);
	for (;;) {
		more = call_steps_next(&steps, &look, err);
		more_old = more > 0 ? call_steps_next(&olds, &old, err) : 0;
		if (more <= 0 || more_old <= 0 || !text_equal(look.json, old.json)) {
			break;
		}
		first++;
	}
	if (more < 0 || more_old < 0) {
		return -1;
	}
	*ret_first = first;
	*ret_at = more > 0 ? (size_t)(look.json.data - detail.data) : detail.size - 1;
	return 0;
}

/* ---- the call ---- */

/* Whether the header is another than before. What a live call's end is, its steps say. */
static bool note_header(struct showing *showing, const struct call *call)
{
	AUTO(buffer_deinit) struct buffer header;
	struct call now = *call;
	bool again;

	now.end = call->state == CALL_LIVE ? call->start : call->end;
	buffer_init(&header, CALL_MEMORY_MAX);
	call_json_write_header(&header, &now);
	again = !showing->begun || showing->live != (call->state == CALL_LIVE) ||
		!text_equal(buffer_text(&header), buffer_text(&showing->header));
	buffer_clear(&showing->header);
	buffer_append(&showing->header, buffer_text(&header));
	showing->live = call->state == CALL_LIVE;
	return again;
}

/* A call as it came, its steps, and which of them are new. */
struct shown {
	const struct call *call;
	struct text json, detail;
	bool header; /* is new */
	int64_t first;
	size_t at;
};

static bool has_new_steps(const struct showing *showing, const struct shown *shown)
{
	return shown->detail.size != showing->detail.size || shown->at + 1 < shown->detail.size;
}

static int write_json(struct showing *showing, const struct shown *shown, struct error *err)
{
	struct buffer *out = &showing->run->out;

	if (shown->header) {
		buffer_append(out, shown->json);
	} else {
		follow_write_steps(
			out, shown->call, shown->first, text_tail(shown->detail, shown->at));
	}
	return cmd_write_document(showing->run, err);
}

static void write_header_apart(const struct showing *showing, const struct shown *shown)
{
	const struct view *view = &showing->run->view;

	if (showing->begun) {
		fputc('\n', stdout);
	}
	write_header(view, shown->call);
	if (!view->pretty) {
		fputc('\n', stdout);
	}
}

/* The header stands above the steps; that of a call that has ended meanwhile, below. */
static int write_text(struct showing *showing, const struct shown *shown, struct error *err)
{
	bool below = showing->begun && !showing->live;

	if (shown->header && !below) {
		write_header_apart(showing, shown);
	}
	if (shown->at + 1 < showing->detail.size) {
		following_tell_replaced(showing->session_id, shown->first);
	}
	if (write_steps(&showing->run->view, shown->detail, shown->first, err) < 0) {
		return -1;
	}
	if (shown->header && below) {
		write_header_apart(showing, shown);
	}
	return CMD_DONE;
}

/* Shows what is new of @call. */
static int show(struct showing *showing, const struct store_call *call, struct error *err)
{
	struct shown shown = {.call = &call->call, .detail = TEXT("[]")};
	int status = CMD_DONE;

	if (cmd_unpack_call(showing->run, call, &shown.json, err) < 0) {
		return -1;
	}
	if (call->call.has_detail) {
		shown.detail = call_json_detail(shown.json);
	}
	if (find_new(buffer_text(&showing->detail), shown.detail, &shown.first, &shown.at, err) <
		0) {
		return -1;
	}
	shown.header = note_header(showing, &call->call);
	if (shown.header || has_new_steps(showing, &shown)) {
		status = showing->run->settings->json ? write_json(showing, &shown, err)
						      : write_text(showing, &shown, err);
	}
	buffer_clear(&showing->detail);
	buffer_append(&showing->detail, shown.detail);
	showing->begun = true;
	return showing->detail.failed || showing->header.failed ? error_no_memory(err) : status;
}

/* Standard output is for a call. */
static int list_beginnings(struct cmd_run *run, const struct store_page *page, struct error *err)
{
	char number[NUMBER_SIZE], time[TIME_TEXT_SIZE];

	for (size_t i = 0; i < page->count; i++) {
		const struct call *call = &page->calls[i].call;

		text_write_clean(stderr, call->session_id);
		fprintf(stderr, "\t%s\n", time_text_format(call->start, run->view.utc, time));
	}
	return error_set(err, ERROR_INVALID, "%s calls begin with '%s'%s: name one of them",
		number_format(page->total_calls, number), run->argv[0],
		page->total_calls > LISTED ? ", the newest of them above" : "");
}

/* Takes the session that begins with what was given, where one alone does. 1 it did, 0 none does.
 */
static int complete(struct showing *showing, struct error *err)
{
	struct cmd_run *run = showing->run;
	struct text given = text_of(run->argv[0]);
	struct store_page page;

	if (showing->begun || given.size < BEGINNING_MIN || given.size > CALL_SESSION_ID_MAX ||
		!text_utf8_valid(given, NULL)) {
		return 0;
	}
	filter_init(&run->filter);
	run->filter.session = (struct filter_session){given, .open = true};
	filter_options_search(run);
	run->search.limit = LISTED;
	run->search.with_total = true;
	if (store_search(run->store, &run->search, &run->arena, &page, err) < 0) {
		return -1;
	}
	if (page.total_calls > 1) {
		filter_options_record(run, "read-calls", given.data, (int64_t)page.count);
		return list_beginnings(run, &page, err);
	}
	if (page.count == 0) {
		return 0;
	}
	showing->session_id = page.calls[0].call.session_id;
	return 1;
}

static int look_up(struct showing *showing, struct store_call *ret_call, struct error *err)
{
	const struct cmd_owner *owner = &showing->run->owner;
	int found = store_find(showing->run->store, owner->account_id, showing->session_id,
		&showing->arena, ret_call, err);

	return found > 0 ? retention_show(&owner->retention, ret_call) : found;
}

static int find(struct showing *showing, struct store_call *ret_call, struct error *err)
{
	struct cmd_run *run = showing->run;
	int found;

	arena_deinit(&showing->arena);
	found = look_up(showing, ret_call, err);
	if (found == 0) {
		found = complete(showing, err);
		found = found > 0 ? look_up(showing, ret_call, err) : found;
	}
	if (found >= 0 && !showing->begun) {
		cmd_record_read(
			run->store, run->owner.account_id, "read-call", showing->session_id, found);
	}
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND, "the account has no call '%.*s'%s",
			TEXT_ARG(showing->session_id), showing->begun ? " any more" : "");
	}
	return found < 0 ? -1 : 0;
}

static int follow(struct showing *showing, struct error *err)
{
	AUTO(file_close) int signals = -1;
	struct store_call call;
	int more;

	if (stop_signals_open(&signals, err) < 0) {
		return -1;
	}
	while ((more = following_wait(signals, err)) > 0 && showing->live) {
		if (cmd_find_owner(showing->run, err) < 0 || find(showing, &call, err) < 0 ||
			show(showing, &call, err) < 0) {
			return -1;
		}
	}
	return more < 0 ? -1 : CMD_DONE;
}

static int show_run(struct cmd_run *run, struct error *err)
{
	AUTO(showing_deinit)
	struct showing showing = {.run = run, .session_id = text_of(run->argv[0])};
	struct store_call call;

	arena_init(&showing.arena, CALL_MEMORY_MAX);
	buffer_init(&showing.header, CALL_MEMORY_MAX);
	buffer_init(&showing.detail, CALL_MEMORY_MAX);
	buffer_append(&showing.detail, TEXT("[]"));
	if (find(&showing, &call, err) < 0 || show(&showing, &call, err) < 0) {
		return -1;
	}
	return run->settings->follow && showing.live ? follow(&showing, err) : CMD_DONE;
}

static const char *const settings[] = {"follow", OWNER_OPTIONS, "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_show = {
	.name = "show",
	.summary = "show one call step by step",
	.arguments = "[OPTION]… SESSION_ID",
	.settings = settings,
	.description =
	"Shows a call's header and its steps: when each was, how long after the one before, its "
	"class, its line, and the module and variable that it belongs to.\n\n"
	"Four characters or more that one session alone begins with do as well. Where several "
	"begin so, they are listed on standard error, and none is shown.\n\n"
	"In a pipe a step is a line with tabs between time, delta, class, line, module and "
	"variable. --json writes the call as the API has it.\n\n"
	"With --follow the steps of a live call follow as they come. The header is shown again "
	"when it changes, and when the call has ended; then the command ends. Where steps take the "
	"place of earlier ones, standard error says from which number on. --json writes the call "
	"again where the header is shown again, and else what has come as the event step of GET "
	"/v1/tail has it.",
	.examples =
	"callstep show '100035;000;1575898377'\n"
	"callstep show pbx-17954\n"
	"callstep show -f pbx-1795459158.2",
	.completes = "sessions",
	.needs = CMD_NEEDS_OWNER,
	.operands = 1,
	.operands_wrong = "name one session",
	.run = show_run,
};
/* clang-format on */
