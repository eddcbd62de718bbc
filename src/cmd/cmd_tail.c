/* SPDX-License-Identifier: MIT
 * callstep tail: the newest calls, and those that come. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "cmd/call_table.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/terminal.h"

#define MEMORY_MAX	((size_t)4 << 30)
#define CHANGES_AT_ONCE 200
#define POLL_MS		200 /* a look for changes is one row of the database */

struct tail {
	const struct settings *settings;
	struct store *store;
	struct arena memory; /* of the filter */
	struct arena arena;  /* of the calls at hand */
	struct arena scratch;
	struct filter filter;
	struct store_search search;
	struct unpacker *unpacker;
	struct buffer json; /* the call at hand */
	struct table table; /* its columns grow as wide as what came so far */
	bool pretty;
	struct store_page newest; /* what was shown first */
	int64_t after;		  /* the change that was seen last */
};

static void tail_init(struct tail *tail, const struct settings *settings)
{
	*tail = (struct tail){
		.settings = settings,
		.unpacker = unpacker_create(),
		.pretty = terminal_is(stdout),
	};
	arena_init(&tail->memory, MEMORY_MAX);
	arena_init(&tail->arena, MEMORY_MAX);
	arena_init(&tail->scratch, MEMORY_MAX);
	buffer_init(&tail->json, MEMORY_MAX);
	call_table_init(&tail->table, &tail->arena);
}

static void tail_deinit(struct tail *tail)
{
	arena_deinit(&tail->memory);
	arena_deinit(&tail->arena);
	arena_deinit(&tail->scratch);
	buffer_deinit(&tail->json);
	unpacker_destroy(tail->unpacker);
}

/* ---- writing ---- */

static int write_json(struct tail *tail, const struct call *call, struct error *err)
{
	buffer_clear(&tail->json);
	call_document_write(&tail->json, call);
	buffer_append_byte(&tail->json, '\n');
	if (tail->json.failed) {
		return error_no_memory(err);
	}
	output_text(stdout, tail->pretty, buffer_text(&tail->json));
	return 0;
}

static int take_call(struct tail *tail, const struct call *call, struct error *err)
{
	if (tail->settings->json) {
		return write_json(tail, call, err);
	}
	call_table_add(&tail->table, call, tail->settings->utc);
	return tail->table.failed ? error_no_memory(err) : 0;
}

/* Writes the rows that were taken, and lets go of their memory. */
static int write_taken(struct tail *tail, struct error *err)
{
	for (size_t i = 0; i < table_rows(&tail->table); i++) {
		table_write_row(&tail->table, i, stdout, tail->pretty);
		fputc('\n', stdout);
	}
	table_clear(&tail->table);
	arena_deinit(&tail->arena);
	if (fflush(stdout) != 0) {
		return error_set_errno(err, errno, "cannot write to standard output");
	}
	return 0;
}

/* ---- what has come ---- */

static int matches(struct tail *tail, const struct store_call *call, struct error *err)
{
	struct text detail = {0};
	int match;

	buffer_clear(&tail->json);
	if (filter_needs_detail(&tail->filter) && call->call.has_detail) {
		if (cmd_unpack_call(tail->unpacker, call, &tail->json, err) < 0) {
			return -1;
		}
		detail = call_json_detail(buffer_text(&tail->json));
	}
	match = filter_matches(&tail->filter, &call->call, detail, &tail->scratch, err);
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

static int take_change(struct tail *tail, const struct retention *retention,
	const struct store_call *held, struct error *err)
{
	struct store_call call = *held;
	int match = retention_show(retention, &call) ? matches(tail, &call, err) : 0;

	if (match <= 0 || is_shown(tail, &call.call)) {
		return match < 0 ? -1 : 0;
	}
	return take_call(tail, &call.call, err);
}

/* Returns how many changes there were, at most CHANGES_AT_ONCE. */
static int take_changes(struct tail *tail, struct error *err)
{
	struct store_changes changes;
	struct cmd_owner owner;

	if (cmd_find_owner(tail->store, tail->settings, &owner, err) < 0 ||
		store_changes(tail->store, owner.account_id, tail->after, CHANGES_AT_ONCE,
			owner.retention.detail_after, &tail->arena, &changes, err) < 0) {
		return -1;
	}
	if (changes.gap) {
		fputs("callstep: calls came faster than they could be shown: some are missing "
		      "here\n",
			stderr);
	}
	for (size_t i = 0; i < changes.count; i++) {
		if (take_change(tail, &owner.retention, &changes.items[i].call, err) < 0) {
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

	if (store_change_newest(tail->store, &newest, err) < 0) {
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

/* Waits a moment. False when it is time to end: by a signal, or because nobody reads any more. */
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
	size_t count;

	tail->search.limit = tail->settings->limit;
	tail->search.with_total = !tail->settings->follow;
	if (store_search(tail->store, &tail->search, &tail->memory, &tail->newest, err) < 0) {
		return -1;
	}
	count = tail->newest.count;
	for (size_t i = 0; i < count; i++) {
		if (take_call(tail, &tail->newest.calls[count - 1 - i].call, err) < 0) {
			return -1;
		}
	}
	if (tail->pretty && !tail->settings->json) {
		table_write_titles(&tail->table, stdout, terminal_color(stdout, tail->settings));
	}
	return write_taken(tail, err);
}

static int show(struct tail *tail, struct error *err)
{
	if (!tail->unpacker) {
		return error_no_memory(err);
	}
	/* Before the newest calls are read: what comes between is seen twice rather than never. */
	if (filter_options_search(tail->store, tail->settings, &tail->filter, &tail->search, err) <
			0 ||
		store_change_newest(tail->store, &tail->after, err) < 0) {
		return -1;
	}
	filter_options_record(tail->store, tail->settings, tail->search.account_id, "follow-calls",
		tail->settings->follow ? "tail --follow" : "tail", -1);
	if (show_newest(tail, err) < 0) {
		return -1;
	}
	if (tail->settings->follow) {
		return follow(tail, err);
	}
	if (!tail->settings->json) {
		call_table_count(tail->pretty ? stdout : stderr, 0, tail->newest.count,
			tail->newest.total_calls, "calls\n");
	}
	return 0;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(tail_deinit) struct tail tail;
	struct error err;

	tail_init(&tail, settings);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_tail, "'%s' is too much", argv[0]);
	}
	if (filter_options_read(settings, &tail.memory, &tail.filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0) {
		return cmd_fail(&err);
	}
	tail.store = store;
	return show(&tail, &err) < 0 ? cmd_fail(&err) : CMD_DONE;
}

static const char *const settings[] = {
	"follow", FILTER_OPTIONS, "limit", "utc", "json", "color", NULL};

const struct cmd cmd_tail = {
	.name = "tail",
	.summary = "show the newest calls, and those that come",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Shows the newest of the calls to which all options apply, the newest last. With "
		"--follow it goes on and shows each such call when it is stored or changes, by "
		"whichever process, until it is interrupted.\n"
		"\n"
		"In a pipe the columns are parted by tabs, without a header, and the count, which "
		"--follow does not tell, goes to standard error. --json writes a call "
		"of "
		"GET /v1/calls a line.",
	.examples = "callstep tail -f\n"
		    "callstep tail -f --class error --limit 0 --json",
	.run = run,
};
