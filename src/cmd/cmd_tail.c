/* SPDX-License-Identifier: MIT
 * callstep tail: the newest calls, and those that come. */
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stop_signals.h"
#include "base/time_text.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "cmd/following.h"
#include "cmd/output.h"
#include "find/follow.h"

#define MEMORY_MAX	((size_t)4 << 30)
#define CHANGES_AT_ONCE 200

struct tail {
	struct cmd_run *run;
	struct arena arena;   /* of the calls that are taken */
	struct arena scratch; /* of the step that is written */
	struct follow follow;
	struct listing listing;	  /* its columns grow as wide as what came so far */
	struct store_page newest; /* what was shown first */
	int64_t after;		  /* the change that was seen last */
};

static void tail_deinit(struct tail *tail)
{
	arena_deinit(&tail->arena);
	arena_deinit(&tail->scratch);
	follow_deinit(&tail->follow);
}

/* ---- writing ---- */

static int take_call(struct tail *tail, const struct call *call, struct error *err)
{
	struct buffer *out = &tail->run->out;

	if (!tail->run->settings->json) {
		call_listing_add(&tail->listing, call);
		return 0;
	}
	call_document_write(out, call);
	return cmd_write_document(tail->run, err);
}

static void write_step_pretty(const struct tail *tail, const struct call *call, int64_t place,
	const struct call_step *step)
{
	const struct view *view = &tail->run->view;
	char time[TIME_TEXT_SIZE];

	time_text_format(step->timestamp, view->utc, time);
	printf("    %.8s  ", time + 11);
	text_write_clean(stdout, call->session_id);
	printf("  %lld  ", (long long)place + 1);
	text_write_clean(stdout, step->class_name);
	fputs("  ", stdout);
	text_write_clean(stdout, step->line);
	printf("  %s", terminal_style(view->color, STYLE_DIM));
	text_write_clean(stdout, step->module);
	fputs(step->module.size > 0 && step->variable.size > 0 ? " → " : "", stdout);
	text_write_clean(stdout, step->variable);
	printf("%s\n", terminal_style(view->color, STYLE_PLAIN));
}

static void write_step_plain(const struct tail *tail, const struct call *call, int64_t place,
	const struct call_step *step)
{
	struct text cells[] = {
		call->session_id, {0}, step->class_name, step->line, step->module, step->variable};
	char time[TIME_TEXT_SIZE], number[NUMBER_SIZE];

	snprintf(number, sizeof(number), "%lld", (long long)place + 1);
	cells[1] = text_of(number);
	printf("\t%s", time_text_format(step->timestamp, tail->run->view.utc, time));
	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		putchar('\t');
		text_write_clean(stdout, cells[i]);
	}
	putchar('\n');
}

/* A line for each step that is new. */
static int write_step_lines(struct tail *tail, const struct call *call,
	const struct follow_news *news, struct error *err)
{
	struct call_step step;
	int64_t place = 0;
	size_t cursor = 0;
	int more;

	if (news->first == call->steps) {
		following_tell_replaced(call->session_id, news->first);
	}
	while ((more = call_json_next_step(news->detail, &cursor, &tail->scratch, &step, err)) >
		0) {
		if (place >= news->first) {
			(tail->run->view.pretty ? write_step_pretty : write_step_plain)(
				tail, call, place, &step);
		}
		place++;
		arena_deinit(&tail->scratch);
	}
	return more;
}

/* Writes the steps that are new behind the calls that were taken. */
static int write_steps(struct tail *tail, const struct call *call, const struct follow_news *news,
	struct error *err)
{
	if (tail->run->settings->json) {
		follow_write_steps(&tail->run->out, call, news->first, news->changed);
		return cmd_write_document(tail->run, err);
	}
	return listing_flush(&tail->listing, err) < 0 ? -1
						      : write_step_lines(tail, call, news, err);
}

/* Writes the rows that were taken, and lets go of their memory. */
static int write_taken(struct tail *tail, struct error *err)
{
	if (listing_flush(&tail->listing, err) < 0) {
		return -1;
	}
	arena_deinit(&tail->arena);
	if (fflush(stdout) != 0) {
		return error_set_errno(err, errno, "cannot write to standard output");
	}
	return 0;
}

/* ---- what has come ---- */

/* Whether @call was among the newest and has not changed since. */
static bool is_shown(const struct tail *tail, const struct call *call)
{
	for (size_t i = 0; i < tail->newest.count; i++) {
		const struct call *shown = &tail->newest.calls[i].call;

		if (text_equal(shown->session_id, call->session_id)) {
			return shown->start == call->start && shown->end == call->end &&
			       shown->steps == call->steps;
		}
	}
	return false;
}

/* Without --steps each change shows the call; with it, those of its header. */
static int take_change(struct tail *tail, const struct store_change *change, struct error *err)
{
	bool with_steps = tail->run->settings->steps;
	struct store_call call = change->call;
	struct follow_news news;
	int meant = 0;

	if (retention_show(&tail->run->owner.retention, &call)) {
		meant = follow_look(
			&tail->follow, &tail->run->filter, change, &call, false, &news, err);
	}
	if (meant <= 0) {
		return meant;
	}
	if ((news.header || !with_steps) && !is_shown(tail, &call.call) &&
		take_call(tail, &call.call, err) < 0) {
		return -1;
	}
	return with_steps && news.steps ? write_steps(tail, &call.call, &news, err) : 0;
}

/* Returns how many changes there were, at most CHANGES_AT_ONCE. */
static int take_changes(struct tail *tail, struct error *err)
{
	struct cmd_run *run = tail->run;
	struct store_changes changes;

	if (cmd_find_owner(run, err) < 0 ||
		store_changes(run->store, run->owner.account_id, tail->after, CHANGES_AT_ONCE,
			run->owner.retention.detail_after, &tail->arena, &changes, err) < 0) {
		return -1;
	}
	if (changes.gap) {
		fputs("callstep: calls came faster than they could be shown: "
		      "some are missing here\n",
			stderr);
	}
	for (size_t i = 0; i < changes.count; i++) {
		if (take_change(tail, &changes.items[i], err) < 0) {
			return -1;
		}
	}
	tail->after = changes.last;
	return write_taken(tail, err) < 0 ? -1 : (int)changes.count;
}

/* Shows all that came since the last look. */
static int look(struct tail *tail, struct error *err)
{
	int64_t newest;
	int count;

	if (store_change_newest(tail->run->store, &newest, err) < 0) {
		return -1;
	}
	if (newest == tail->after) {
		return 0;
	}
	do {
		count = take_changes(tail, err);
	} while (count == CHANGES_AT_ONCE);
	return count;
}

/* ---- following ---- */

static int follow(struct tail *tail, struct error *err)
{
	AUTO(file_close) int signals = -1;
	int more;

	if (stop_signals_open(&signals, err) < 0) {
		return -1;
	}
	do {
		if (look(tail, err) < 0) {
			return -1;
		}
		/* Only what came while the newest were read can be among them. */
		tail->newest.count = 0;
		more = following_wait(signals, err);
	} while (more > 0);
	return more;
}

/* ---- the command ---- */

/* The newest calls, the oldest of them first. */
static int show_newest(struct tail *tail, struct error *err)
{
	struct cmd_run *run = tail->run;
	size_t count;

	run->search.limit = run->settings->limit;
	run->search.with_total = !run->settings->follow;
	if (store_search(run->store, &run->search, &run->arena, &tail->newest, err) < 0) {
		return -1;
	}
	count = tail->newest.count;
	for (size_t i = 0; i < count; i++) {
		if (take_call(tail, &tail->newest.calls[count - 1 - i].call, err) < 0) {
			return -1;
		}
	}
	if (!run->settings->json) {
		listing_write_titles(&tail->listing);
	}
	return write_taken(tail, err);
}

static int tail_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	return run->settings->steps && !run->settings->follow
		       ? cmd_wrong_usage(run->cmd, "--steps goes with --follow")
		       : CMD_DONE;
}

static int tail_run(struct cmd_run *run, struct error *err)
{
	AUTO(tail_deinit) struct tail tail = {.run = run};
	bool follows = run->settings->follow;
	const char *words = run->settings->steps ? "tail --follow --steps" : "tail --follow";

	arena_init(&tail.arena, MEMORY_MAX);
	arena_init(&tail.scratch, MEMORY_MAX);
	if (follow_init(&tail.follow, MEMORY_MAX, err) < 0) {
		return -1;
	}
	call_listing_init(&tail.listing, &run->view, &tail.arena);
	/* Before the newest calls are read: what comes between is seen twice rather than never. */
	if (store_change_newest(run->store, &tail.after, err) < 0) {
		return -1;
	}
	filter_options_record(run, "follow-calls", follows ? words : "tail", -1);
	if (show_newest(&tail, err) < 0) {
		return -1;
	}
	if (follows) {
		return follow(&tail, err);
	}
	if (!run->settings->json) {
		call_listing_count(
			&run->view, 0, tail.newest.count, tail.newest.total_calls, "calls\n");
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	"follow", "steps", FILTER_OPTIONS, "limit", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_tail = {
	.name = "tail",
	.summary = "show the newest calls, and those that come",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows the newest of the calls to which all options apply, the newest last. With --follow "
	"it goes on and shows each such call when it is stored or changes, by whichever process, "
	"until it is interrupted. A call that is live changes with each of its steps. With --steps "
	"it shows instead each step as it comes, and the call only when it begins, ends or has "
	"another header. A step whose number was shown before takes that one's place and the place "
	"of all behind it.\n\n"
	"In a pipe tabs separate the columns, there is no header, and the count goes to standard "
	"error. --follow does not tell a count. A step is a line that begins with a tab: time, "
	"session, number, class, line, module and variable. --json writes a call of GET /v1/calls "
	"a line, and what has come of a call's steps as the event step of GET /v1/tail has it.",
	.examples =
	"callstep tail -f\n"
	"callstep tail -f --class error --limit 0 --json\n"
	"callstep tail -f --steps --dest '*3001'",
	.needs = CMD_NEEDS_FILTER,
	.check = tail_check,
	.run = tail_run,
};
/* clang-format on */
