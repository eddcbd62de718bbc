/* SPDX-License-Identifier: MIT
 * callstep hook: who is told of calls. */
#include <sodium.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/listing.h"
#include "hook/hook.h"

#define FAILURES_AT_ONCE 1000

static int record(
	struct cmd_run *run, const char *action, int64_t id, const char *what, struct error *err)
{
	char subject[128];

	snprintf(subject, sizeof(subject), "hook %lld%s%s", (long long)id, what[0] ? ", " : "",
		what);
	return cmd_record(
		run->store, run->owner.account_id, action, text_of(subject), STORE_DONE, -1, err);
}

/* The id that is the first operand behind the action; negative: it is not one. */
static int64_t id_of(struct cmd_run *run, struct error *err)
{
	int64_t id;

	if (!text_to_int64(text_of(run->argv[1]), &id) || id == 0) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the id of a hook: 'callstep hook list' shows them",
			run->argv[1]);
	}
	return id;
}

static int no_hook(struct cmd_run *run, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
		"the account has no hook %s: 'callstep hook list' shows them", run->argv[1]);
}

static int find(struct cmd_run *run, struct store_hook **ret_hook, struct error *err)
{
	int64_t id = id_of(run, err);
	size_t count;

	if (id < 0 || store_hook_list(run->store, run->owner.account_id, id, &run->arena, ret_hook,
			      &count, err) < 0) {
		return -1;
	}
	return count > 0 ? 0 : no_hook(run, err);
}

/* ---- add ---- */

static struct text given(const char *value)
{
	return value ? text_of(value) : TEXT("");
}

static int read_hook(struct cmd_run *run, struct store_hook *hook, struct error *err)
{
	const struct settings *settings = run->settings;
	struct call_prefixes prefixes;

	hook->name = given(settings->hook_name);
	hook->url = given(settings->url);
	hook->filter = given(settings->hook_filter);
	hook->event = hook_event_find(text_of(settings->event));
	hook->more_than = settings->more_than;
	hook->window_s = settings->within_s;
	hook->times = settings->times;
	return filter_options_prefixes(settings, &prefixes, err) < 0
		       ? -1
		       : hook_check(hook, &prefixes, true, hook->created, err);
}

static int add(struct cmd_run *run, struct error *err)
{
	char secret[HOOK_SECRET_TEXT_SIZE];
	struct store_hook hook;
	int64_t place;
	int done;

	if (store_change_newest(run->store, &place, err) < 0 ||
		hook_make(&hook, run->owner.account_id, place, clock_now_s(), err) < 0 ||
		read_hook(run, &hook, err) < 0) {
		return -1;
	}
	done = store_hook_add(run->store, &hook, &hook.id, err);
	if (done <= 0) {
		return done < 0 ? -1
				: error_set(err, ERROR_EXISTS,
					  "the account has %d hooks already: remove one first",
					  STORE_HOOKS_MAX);
	}
	printf("%s\n", hook_secret_format(&hook, secret));
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(hook.secret, sizeof(hook.secret));
	fprintf(stderr, "callstep: this is the secret of hook %lld, shown this once\n",
		(long long)hook.id);
	return record(run, "make-hook", hook.id, hook_event_names[hook.event], err);
}

/* ---- showing ---- */

static void time_cell(struct listing *listing, int64_t time_s)
{
	if (time_s == 0) {
		listing_cell(listing, TEXT("-"));
	} else {
		listing_time(listing, time_s);
	}
}

static int write_json(
	struct cmd_run *run, const struct store_hook *hooks, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		hook_write(&run->out, &hooks[i], false);
		if (cmd_write_document(run, err) < 0) {
			return -1;
		}
	}
	return CMD_DONE;
}

static int list(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {{"ID", true}, {"STATE", false},
		{"EVENT", false}, {"TOLD", true}, {"FAILURES", true}, {"FAILING SINCE", false},
		{"NAME", false}, {"URL", false}, {"FILTER", false}};
	struct store_hook *hooks;
	struct listing listing;
	size_t count;

	if (store_hook_list(
		    run->store, run->owner.account_id, 0, &run->arena, &hooks, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, run->owner.account_id, "list-hooks", TEXT("hook list"), -1);
	if (run->settings->json) {
		return write_json(run, hooks, count, err);
	}
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct store_hook *hook = &hooks[i];

		listing_number(&listing, hook->id);
		listing_cell(&listing, text_of(hook_state_names[hook->state & 3]));
		listing_cell(&listing, text_of(hook_event_names[hook->event & 3]));
		listing_number(&listing, hook->course.told);
		listing_number(&listing, hook->failures);
		time_cell(&listing, hook->course.failing);
		listing_cell(&listing, hook->name);
		listing_cell(&listing, hook->url);
		listing_cell(&listing, hook->filter);
	}
	return listing_write(&listing, err);
}

static int show(struct cmd_run *run, struct error *err)
{
	struct store_hook *hook;

	if (find(run, &hook, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, run->owner.account_id, "list-hooks", TEXT("hook show"), -1);
	return write_json(run, hook, 1, err);
}

static void add_failure(struct listing *listing, const struct store_hook_failure *failure)
{
	listing_number(listing, failure->id);
	listing_cell(listing, text_of(hook_kind_name(failure->kind)));
	listing_cell(listing, failure->session_id);
	listing_time(listing, failure->time);
	listing_number(listing, failure->tries);
	listing_cell(listing, failure->due ? TEXT("yes") : TEXT("-"));
	listing_cell(listing, failure->error);
}

static int failures(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {{"ID", true}, {"TYPE", false},
		{"SESSION", false}, {"LAST TRY", false}, {"TRIES", true}, {"RESENDING", false},
		{"ERROR", false}};
	struct store_hook_failure *found;
	struct store_hook *hook;
	struct listing listing;
	size_t count;

	if (find(run, &hook, err) < 0 ||
		store_hook_failures(run->store, run->owner.account_id, hook->id, 0,
			FAILURES_AT_ONCE, false, &run->arena, &found, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, run->owner.account_id, "list-hooks", TEXT("hook failures"), -1);
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		if (run->settings->json) {
			hook_write_failure(&run->out, &found[i]);
			if (cmd_write_document(run, err) < 0) {
				return -1;
			}
		} else {
			add_failure(&listing, &found[i]);
		}
	}
	return run->settings->json ? CMD_DONE : listing_write(&listing, err);
}

/* ---- changing ---- */

static int remove_hook(struct cmd_run *run, struct error *err)
{
	int64_t id = id_of(run, err);
	int done = id < 0 ? -1 : store_hook_remove(run->store, run->owner.account_id, id, err);

	if (done <= 0) {
		return done < 0 ? -1 : no_hook(run, err);
	}
	return record(run, "remove-hook", id, "", err);
}

static int set_state(struct cmd_run *run, struct error *err)
{
	struct store_hook *hook;
	int done;

	if (find(run, &hook, err) < 0) {
		return -1;
	}
	hook->state = hook_state_find(text_of(run->argv[0]));
	done = store_hook_change(run->store, hook, err);
	if (done <= 0) {
		return done < 0 ? -1 : no_hook(run, err);
	}
	return record(run, "change-hook", hook->id, run->argv[0], err);
}

static int test(struct cmd_run *run, struct error *err)
{
	int64_t id = id_of(run, err);
	int done =
		id < 0 ? -1
		       : store_hook_test(run->store, run->owner.account_id, id, clock_now_s(), err);

	if (done <= 0) {
		return done < 0 ? -1 : no_hook(run, err);
	}
	fputs("callstep: a running server sends it; 'callstep hook show' says what became of it\n",
		stderr);
	return record(run, "test-hook", id, "", err);
}

static int resend(struct cmd_run *run, struct error *err)
{
	const char *which = run->argv[2];
	int64_t id = id_of(run, err), failure_id = 0;
	int done = -1;

	if (id < 0) {
		return -1;
	}
	if (strcmp(which, "all") != 0 &&
		(!text_to_int64(text_of(which), &failure_id) || failure_id == 0)) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the id of a failure: write one of 'callstep hook failures', "
			"or all",
			which);
	}
	done = store_hook_resend(
		run->store, run->owner.account_id, id, failure_id, clock_now_s(), err);
	if (done <= 0) {
		return done < 0 ? -1
				: error_set(err, ERROR_NOT_FOUND,
					  "there is nothing like that to send again: 'callstep "
					  "hook failures %lld' shows what there is",
					  (long long)id);
	}
	return record(run, "resend-hook", id, failure_id ? "one failure" : "all failures", err);
}

static const struct cmd_action actions[] = {{"add", 0, add}, {"list", 0, list}, {"show", 1, show},
	{"remove", 1, remove_hook}, {"on", 1, set_state}, {"off", 1, set_state}, {"test", 1, test},
	{"failures", 1, failures}, {"resend", 2, resend}, {NULL, 0, NULL}};

static int hook_run_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (!cmd_find_action(actions, run)) {
		return cmd_wrong_usage(run->cmd,
			"write add, list, or show, on, off, remove, test or failures with a "
			"hook's id, or resend with its id and a failure's");
	}
	return CMD_DONE;
}

static int hook_run(struct cmd_run *run, struct error *err)
{
	return cmd_find_action(actions, run)->run(run, err);
}

static const char *const settings[] = {"account", "url", "event", "filter", "name", "more-than",
	"within", "times", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_hook = {
	.name = "hook",
	.summary = "tell other systems of calls",
	.arguments = "ACTION [OPTION]… [ID [FAILURE]]",
	.settings = settings,
	.description =
	"A hook is an address that a running server posts to: when a call begins, when it ends, "
	"when it makes a step, or when many calls ended. What is posted, how it is signed, and "
	"what happens when it is not taken: docs/hooks.md.\n\n"
	"add makes a hook and prints its secret, and only that, on standard output; it is shown "
	"this once. list and show show hooks. off holds one, on lets it go on where it was. "
	"remove removes it with its list of failures. test has the server post a test. failures "
	"lists what was not taken, resend has one of these, or all, posted again.\n\n"
	"The server posts to https:// and to addresses of the public internet only, unless it "
	"runs with --hook-private.",
	.examples =
	"callstep hook add --url https://example.org/calls --filter 'dest=*3001'\n"
	"callstep hook add --url https://example.org/alarm --event threshold \\\n"
	"    --filter class=error --more-than 20 --within 5m\n"
	"callstep hook failures 3\n"
	"callstep hook resend 3 all",
	.needs = CMD_NEEDS_OWNER,
	.operands = CMD_ANY_OPERANDS,
	.check = hook_run_check,
	.run = hook_run,
};
/* clang-format on */
