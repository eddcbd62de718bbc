/* SPDX-License-Identifier: MIT
 * callstep tail: the newest calls, and those that come. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"

#define MEMORY_MAX	((size_t)4 << 30)
#define CHANGES_AT_ONCE 200
#define POLL_MS		200 /* a look for changes is one row of the database */

struct tail {
	struct cmd_run *run;
	struct arena arena; /* of the calls that are taken */
	struct arena scratch;
	struct listing listing;	  /* its columns grow as wide as what came so far */
	struct store_page newest; /* what was shown first */
	int64_t after;		  /* the change that was seen last */
};

static void tail_deinit(struct tail *tail)
{
	arena_deinit(&tail->arena);
	arena_deinit(&tail->scratch);
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

static int matches(struct tail *tail, const struct store_call *call, struct error *err)
{
	const struct filter *filter = &tail->run->filter;
	struct text json, detail = {0};
	int match;

	if (filter_needs_detail(filter) && call->call.has_detail) {
		if (cmd_unpack_call(tail->run, call, &json, err) < 0) {
			return -1;
		}
		detail = call_json_detail(json);
	}
	match = filter_matches(filter, &call->call, detail, &tail->scratch, err);
	arena_deinit(&tail->scratch);
	return match;
}

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

static int take_change(struct tail *tail, const struct store_call *held, struct error *err)
{
	struct store_call call = *held;
	int match =
		retention_show(&tail->run->owner.retention, &call) ? matches(tail, &call, err) : 0;

	if (match <= 0 || is_shown(tail, &call.call)) {
		return match < 0 ? -1 : 0;
	}
	return take_call(tail, &call.call, err);
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
		if (take_change(tail, &changes.items[i].call, err) < 0) {
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

static int open_signals(int *ret_fd, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return *ret_fd < 0 ? error_set_errno(err, errno, "cannot wait for signals") : 0;
}

/* Waits a moment. False when it is time to end: by a signal, or because its output is not read any
 * more. */
static bool wait_for_more(int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN}, {.fd = fileno(stdout), .events = 0}};

	if (poll(fds, 2, POLL_MS) <= 0) {
		return true;
	}
	return fds[0].revents == 0 && (fds[1].revents & (POLLERR | POLLHUP)) == 0;
}

static int follow(struct tail *tail, struct error *err)
{
	AUTO(file_close) int signals = -1;

	if (open_signals(&signals, err) < 0) {
		return -1;
	}
	do {
		if (look(tail, err) < 0) {
			return -1;
		}
		/* Only what came while the newest were read can be among them. */
		tail->newest.count = 0;
	} while (wait_for_more(signals));
	return 0;
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

static int tail_run(struct cmd_run *run, struct error *err)
{
	AUTO(tail_deinit) struct tail tail = {.run = run};
	bool follows = run->settings->follow;

	arena_init(&tail.arena, MEMORY_MAX);
	arena_init(&tail.scratch, MEMORY_MAX);
	call_listing_init(&tail.listing, &run->view, &tail.arena);
	/* Before the newest calls are read: what comes between is seen twice rather than never. */
	if (store_change_newest(run->store, &tail.after, err) < 0) {
		return -1;
	}
	filter_options_record(run, "follow-calls", follows ? "tail --follow" : "tail", -1);
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
	"follow", FILTER_OPTIONS, "limit", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_tail = {
	.name = "tail",
	.summary = "show the newest calls, and those that come",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows the newest of the calls to which all options apply, the newest last. With --follow "
	"it goes on and shows each such call when it is stored or changes, by whichever process, "
	"until it is interrupted.\n\n"
	"In a pipe tabs separate the columns, there is no header, and the count goes to standard "
	"error. --follow does not tell a count. --json writes a call of GET /v1/calls a line.",
	.examples =
	"callstep tail -f\n"
	"callstep tail -f --class error --limit 0 --json",
	.needs = CMD_NEEDS_FILTER,
	.run = tail_run,
};
/* clang-format on */
