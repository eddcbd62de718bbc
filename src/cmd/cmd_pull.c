/* SPDX-License-Identifier: MIT
 * callstep pull: calls from a server that answers as this one does. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/stop_signals.h"
#include "base/time_text.h"
#include "cmd/cmd.h"
#include "cmd/pull_store.h"
#include "cmd/redact_options.h"
#include "collect/fetch.h"
#include "collect/post.h"
#include "collect/pull.h"
#include "collect/pull_state.h"
#include "collect/secret_file.h"

struct pull_run {
	struct cmd_run *run;
	struct text url; /* without a slash at its end; a NUL follows */
	struct text to;	 /* the same of --to; empty: into the store */
	struct text secret;
	struct text key;
	const char *folder;
	char state_path[PATH_MAX];
	struct text whose;
	int stop_fd;
	int lock_fd;
	struct pull_store *store;
	struct post *post;
	struct pull_taken sum;
	uint64_t bare;
	uint64_t short_windows;
};

static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;

static void pull_run_close(struct pull_run *pull)
{
	pull_store_destroy(pull->store);
	post_destroy(pull->post);
	file_close(&pull->lock_fd);
	file_close(&pull->stop_fd);
}

/* ---- telling ---- */

static void tell(void *context, const char *sentence)
{
	(void)context;
	pthread_mutex_lock(&telling);
	fputs("callstep pull: ", stderr);
	text_write_clean(stderr, text_of(sentence));
	fputc('\n', stderr);
	pthread_mutex_unlock(&telling);
}

static void tell_bare(struct pull_run *pull, const struct pull_report *report, struct buffer *said)
{
	bool utc = pull->run->settings->utc;
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	buffer_printf(said, "calls from %s to %s came without detail: %llu",
		time_text_format(report->bare_from, utc, from),
		time_text_format(report->bare_to, utc, to), (unsigned long long)report->bare);
	buffer_append_byte(said, '\0');
	if (!said->failed) {
		tell(pull, said->data);
		said->size--;
	}
}

static int record(struct pull_run *pull, struct text subject, enum store_outcome outcome,
	int64_t calls, struct error *err)
{
	if (!pull->store) {
		return 0; /* the server that it goes to records it */
	}
	return cmd_record(pull->run->store, pull->run->owner.account_id, "pull-calls", subject,
		outcome, calls, err);
}

static int record_pass(struct pull_run *pull, const struct pull_report *report, struct error *err)
{
	AUTO(buffer_deinit) struct buffer subject;
	const char *number = pull->run->settings->number;

	buffer_init(&subject, 4096);
	buffer_append(&subject, pull->url);
	if (report->from >= 0) {
		buffer_printf(
			&subject, " %lld..%lld", (long long)report->from, (long long)report->to);
	}
	if (number) {
		buffer_printf(&subject, " to %s", number);
	}
	return record(
		pull, buffer_text(&subject), STORE_DONE, (int64_t)report->taken.accepted, err);
}

static int record_bare(struct pull_run *pull, const struct pull_report *report, struct error *err)
{
	AUTO(buffer_deinit) struct buffer said;

	buffer_init(&said, 4096);
	tell_bare(pull, report, &said);
	return record(pull, buffer_text(&said), STORE_FAILED, (int64_t)report->bare, err);
}

static int take_report(void *context, const struct pull_report *report, struct error *err)
{
	struct pull_run *pull = context;
	bool is_pass = report->from >= 0;

	pull->sum.accepted += report->taken.accepted;
	pull->sum.replaced += report->taken.replaced;
	pull->sum.rejected += report->taken.rejected;
	pull->sum.old += report->taken.old;
	pull->bare += report->bare;
	pull->short_windows += report->short_windows;
	if ((is_pass || report->taken.accepted > 0) && record_pass(pull, report, err) < 0) {
		return -1;
	}
	return report->bare > 0 ? record_bare(pull, report, err) : 0;
}

static int summarise(const struct pull_run *pull)
{
	char taken[NUMBER_SIZE], replaced[NUMBER_SIZE], rejected[NUMBER_SIZE], old[NUMBER_SIZE];

	if (!pull->run->settings->quiet) {
		fprintf(stderr, "took %s calls (%s replaced), rejected %s\n",
			number_format((int64_t)pull->sum.accepted, taken),
			number_format((int64_t)pull->sum.replaced, replaced),
			number_format((int64_t)pull->sum.rejected, rejected));
	}
	if (pull->sum.old > 0) {
		fprintf(stderr,
			"%s of them are over the days for which the store keeps them or their "
			"steps ('callstep retention'): these are dropped\n",
			number_format((int64_t)pull->sum.old, old));
	}
	return pull->bare + pull->short_windows + pull->sum.rejected > 0 ? CMD_REJECTED : CMD_DONE;
}

/* ---- making ready ---- */

/* A secret from @path or else from the variable @name of the environment. */
static int take_secret(const char *path, const char *option, const char *name, struct arena *arena,
	struct text *ret_secret, struct error *err)
{
	const char *value = getenv(name);

	if (path) {
		return secret_file_read(path, arena, ret_secret, err);
	}
	if (!value || value[0] == '\0') {
		return error_set(err, ERROR_INVALID,
			"there is no key: name its file by --%s, or set %s", option, name);
	}
	*ret_secret = text_of(value);
	return 0;
}

static void warn_clear(const char *url)
{
	if (fetch_url_is_clear(url)) {
		fprintf(stderr,
			"callstep pull: '%s': the key and the calls go over the network in clear; "
			"use https\n",
			url);
	}
}

/* Where the state lies, when the settings do not say it. */
static const char *choose_folder(struct cmd_run *run, struct error *err)
{
	const char *systemd = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	struct text folder = {0};

	if (run->settings->spool) {
		return run->settings->spool;
	}
	if (systemd && systemd[0] == '/') {
		return systemd;
	}
	if (state && state[0] == '/') {
		folder = arena_printf(&run->arena, "%s/callstep", state);
	} else if (home && home[0] == '/') {
		folder = arena_printf(&run->arena, "%s/.local/state/callstep", home);
	}
	if (!folder.data) {
		error_set(err, ERROR_INVALID,
			"there is no place to remember how far it is: name one by --spool DIR");
	}
	return folder.data;
}

/* What the state is for: from where, and to where. A key there stands for its account. */
static int say_whose(struct pull_run *pull, struct error *err)
{
	static const struct hash_key key = {{0}};
	const struct settings *settings = pull->run->settings;
	char location[PATH_MAX], shown[PATH_MAX];
	const char *number = settings->number ? settings->number : "";
	const char *user = settings->user ? settings->user : "";

	if (pull->to.size > 0) {
		pull->whose = arena_printf(&pull->run->arena, "%s %s %s to %s %016llx",
			pull->url.data, user, number, pull->to.data,
			(unsigned long long)hash_text(&key, pull->key));
	} else {
		const char *data = realpath(settings->data, location) ? location : settings->data;

		pull->whose = arena_printf(&pull->run->arena, "%s %s %s into %s %s", pull->url.data,
			user, number, cmd_shown_location(data, shown, sizeof(shown)),
			pull->run->owner.email);
	}
	if (!pull->whose.data) {
		return error_no_memory(err);
	}
	return text_has_control(pull->whose)
		       ? error_set(err, ERROR_INVALID, "user and number are single lines")
		       : 0;
}

static int open_state(struct pull_run *pull, struct error *err)
{
	pull->folder = choose_folder(pull->run, err);
	if (!pull->folder || file_make_folder(pull->folder, err) < 0 || say_whose(pull, err) < 0 ||
		pull_state_path(pull->state_path, sizeof(pull->state_path), pull->folder,
			pull->whose, err) < 0) {
		return -1;
	}
	return pull_state_lock(&pull->lock_fd, pull->state_path, err);
}

static int open_store(struct pull_run *pull, struct error *err)
{
	if (pull->to.size > 0) {
		return 0;
	}
	if (cmd_open_store(pull->run, true, err) < 0 || cmd_find_owner(pull->run, err) < 0) {
		return -1;
	}
	return pull_store_create(&pull->store, pull->run, tell, pull, err);
}

static int open_post(struct pull_run *pull, struct error *err)
{
	const struct post_options options = {
		.url = pull->to.data,
		.key = pull->key.data,
		.folder = pull->folder,
		.pace_ms = pull->run->settings->pace_ms,
		.for_ever = pull->run->settings->follow,
		.stop_fd = pull->stop_fd,
		.tell = tell,
		.context = pull,
	};

	return pull->to.size > 0 ? post_create(&pull->post, &options, err) : 0;
}

static int make_ready(struct pull_run *pull, struct error *err)
{
	struct cmd_run *run = pull->run;
	const struct settings *settings = run->settings;

	if (fetch_url_take(run->argv[0], &run->arena, &pull->url, err) < 0 ||
		(settings->to && fetch_url_take(settings->to, &run->arena, &pull->to, err) < 0) ||
		take_secret(settings->secret_file, "secret-file", "CALLSTEP_SECRET", &run->arena,
			&pull->secret, err) < 0 ||
		(settings->to && take_secret(settings->key_file, "key-file", "CALLSTEP_KEY",
					 &run->arena, &pull->key, err) < 0)) {
		return -1;
	}
	warn_clear(pull->url.data);
	if (settings->to) {
		warn_clear(pull->to.data);
	}
	/* Threads begin with the signals blocked. */
	signal(SIGPIPE, SIG_IGN); /* a server that goes away fails its request alone */
	if (stop_signals_open(&pull->stop_fd, err) < 0 || open_store(pull, err) < 0 ||
		open_state(pull, err) < 0) {
		return -1;
	}
	return open_post(pull, err);
}

static int run_pull(struct cmd_run *run, struct error *err)
{
	AUTO(pull_run_close)
	struct pull_run pull = {.run = run, .stop_fd = -1, .lock_fd = -1};
	const struct settings *settings = run->settings;
	struct pull_options options = {
		.user = settings->user,
		.number = settings->number,
		.since = settings->since,
		.overlap_s = settings->overlap_s,
		.every_s = settings->every_s,
		.pace_ms = settings->pace_ms,
		.follow = settings->follow,
		.call_size_max = (size_t)settings->call_size_max,
		.tell = tell,
		.passed = take_report,
		.context = &pull,
	};
	int status;

	if (make_ready(&pull, err) < 0) {
		return -1;
	}
	options.url = pull.url.data;
	options.secret = pull.secret.data;
	options.state_path = pull.state_path;
	options.whose = pull.whose;
	options.stop_fd = pull.stop_fd;
	options.sink = pull.post ? post_sink(pull.post) : pull_store_sink(pull.store);
	if (pull_run(&options, err) < 0) {
		cmd_fail(err);
		(void)summarise(&pull);
		return CMD_FAILED;
	}
	status = summarise(&pull);
	return status;
}

static const char *const settings[] = {OWNER_OPTIONS, "user", "secret-file", "to", "key-file",
	"number", "since", "overlap", "follow", "every", "pace", "spool", "utc", "quiet", "threads",
	"call-size-max", "intake-memory-max", REDACT_OPTIONS, NULL};

/* clang-format off */
const struct cmd cmd_pull = {
	.name = "pull",
	.summary = "fetch calls from Plum Fuse or another callstep",
	.arguments = "[OPTION]… URL",
	.settings = settings,
	.description =
	"Fetches the calls of an account, with their steps, from the server at URL: Plum Fuse, or "
	"another callstep. It stores them, or sends them to a third one by --to. One request is "
	"under way at a time.\n\n"
	"It asks for windows of time, the oldest first, because their steps are gone first. Plum "
	"Fuse serves steps for 5 days. A window with more calls than one answer holds is halved. "
	"Calls that started in the last minute are left to the next run.\n\n"
	"How far it is outlives it: another run goes on there, whatever ended the last one. Once "
	"a day a run asks for all 5 days again. A call that is there already is stored once; steps "
	"that are there stay where the call comes again without them.\n\n"
	"Calls whose steps were over their days are told, on standard error and in the audit "
	"trail; then, and when a call was rejected or a window did not come whole, the exit status "
	"is 3. Status 401 ends it at once.\n\n"
	"Another callstep is asked by its own endpoints. It gives steps for as long as it keeps "
	"them, and --follow takes over each call within a second.",
	.examples =
	"callstep pull https://fuse.plumvoice.com --user ann@example.org \\\n"
	"  --secret-file fuse.key\n"
	"callstep pull --follow https://calls.example --secret-file key\n"
	"callstep pull https://fuse.plumvoice.com --user ann@example.org \\\n"
	"  --secret-file fuse.key --to https://calls.example --key-file key",
	.operands = 1,
	.operands_wrong = "name one address: callstep pull https://HOST",
	.run = run_pull,
};
/* clang-format on */
