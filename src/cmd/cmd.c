/* SPDX-License-Identifier: MIT
 * The table of subcommands, and what they share. */
#include "cmd/cmd.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "call/call_json.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "upkeep/auditor.h"

#define ACCOUNTS_SIZE_MAX ((size_t)64 << 20)

/* clang-format off */
const struct cmd *const cmd_table[] = {
	&cmd_serve, &cmd_account, &cmd_key, &cmd_session, &cmd_hook, &cmd_import, &cmd_collect,
	&cmd_pull, &cmd_export, &cmd_calls, &cmd_search, &cmd_show, &cmd_diff, &cmd_stats,
	&cmd_dropoff, &cmd_places, &cmd_flow, &cmd_explain, &cmd_tail, &cmd_generate, &cmd_backup,
	&cmd_copy, &cmd_verify, &cmd_erase, &cmd_privacy_scan, &cmd_token, &cmd_retention,
	&cmd_sweep, &cmd_audit, &cmd_settings, &cmd_ready, &cmd_version, &cmd_help, NULL,
};
/* clang-format on */

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		if (strcmp(cmd_table[i]->name, name) == 0) {
			return cmd_table[i];
		}
	}
	return strcmp(cmd_complete.name, name) == 0 ? &cmd_complete : NULL;
}

/* ---- running one ---- */

static void run_deinit(struct cmd_run *run)
{
	progress_clear(&run->progress);
	store_close(run->store);
	arena_deinit(&run->arena);
	buffer_deinit(&run->out);
	buffer_deinit(&run->json);
	unpacker_destroy(run->unpacker);
}

/* As struct cmd's run(). */
static int make_ready(struct cmd_run *run, struct error *err)
{
	const struct cmd *cmd = run->cmd;
	int status;

	if (cmd->operands != CMD_ANY_OPERANDS && run->argc != cmd->operands) {
		return cmd->operands_wrong ? cmd_wrong_usage(cmd, "%s", cmd->operands_wrong)
					   : cmd_wrong_usage(cmd, "'%s' is too much", run->argv[0]);
	}
	if (cmd->needs == CMD_NEEDS_FILTER &&
		filter_options_read(run->settings, &run->arena, &run->filter, err) < 0) {
		return -1;
	}
	status = cmd->check ? cmd->check(run, err) : CMD_DONE;
	if (status != CMD_DONE || cmd->needs == CMD_NEEDS_NOTHING) {
		return status;
	}
	if (cmd_open_store(run, true, err) < 0 ||
		(cmd->needs >= CMD_NEEDS_OWNER && cmd_find_owner(run, err) < 0)) {
		return -1;
	}
	if (cmd->needs == CMD_NEEDS_FILTER) {
		filter_options_search(run);
	}
	return CMD_DONE;
}

int cmd_execute_explained(const struct cmd *cmd, const struct settings *settings, int argc,
	char **argv, struct explain *explain)
{
	AUTO(run_deinit)
	struct cmd_run run = {
		.cmd = cmd,
		.settings = settings,
		.argc = argc,
		.argv = argv,
		.view = terminal_view(stdout, settings),
		.explain = explain,
	};
	struct error err = {0};
	int status;

	arena_init(&run.arena, CALL_MEMORY_MAX);
	buffer_init(&run.out, CALL_MEMORY_MAX);
	buffer_init(&run.json, CALL_MEMORY_MAX);
	status = make_ready(&run, &err);
	if (status == CMD_DONE) {
		status = cmd->run(&run, &err);
	}
	progress_clear(&run.progress);
	return status < 0 ? cmd_fail(&err) : status;
}

int cmd_execute(const struct cmd *cmd, const struct settings *settings, int argc, char **argv)
{
	return cmd_execute_explained(cmd, settings, argc, argv, NULL);
}

int cmd_fail(const struct error *err)
{
	fputs("callstep: ", stderr);
	text_write_clean(stderr, text_of(err->message));
	fputc('\n', stderr);
	return err->code == ERROR_INVALID ? CMD_USAGE : CMD_FAILED;
}

int cmd_wrong_usage(const struct cmd *cmd, const char *format, ...)
{
	char said[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	fprintf(stderr, "callstep %s: ", cmd->name);
	text_write_clean(stderr, text_of(said));
	fprintf(stderr, "; see 'callstep help %s'\n", cmd->name);
	return CMD_USAGE;
}

const struct cmd_action *cmd_find_action(
	const struct cmd_action *actions, const struct cmd_run *run)
{
	for (; run->argc > 0 && actions->name; actions++) {
		if (strcmp(actions->name, run->argv[0]) == 0 &&
			actions->operands == run->argc - 1) {
			return actions;
		}
	}
	return NULL;
}

/* ---- the store and the account ---- */

int cmd_open_store(struct cmd_run *run, bool must_exist, struct error *err)
{
	const struct store_options options = {
		.must_exist = must_exist,
		.connections = (int)run->settings->store_connections,
	};

	return store_open(&run->store, run->settings->data, &options, err);
}

/* What stands behind `?` may be a password, too. */
const char *cmd_shown_location(const char *location, char *buffer, size_t size)
{
	const char *scheme_end = strstr(location, "://");
	const char *authority = scheme_end ? scheme_end + 3 : location;
	size_t all = strcspn(authority, "?");
	const char *at = memrchr(authority, '@', all);
	size_t user = at ? strcspn(authority, ":@") : 0;

	if (!scheme_end) {
		snprintf(buffer, size, "%s", location);
		return buffer;
	}
	snprintf(buffer, size, "%.*s%.*s%.*s", (int)(authority - location), location, (int)user,
		authority, (int)(at ? authority + all - at : (ptrdiff_t)all), at ? at : authority);
	return buffer;
}

static int find_only_account(struct store *store, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	struct store_account *accounts = NULL;
	size_t count = 0;

	if (store_account_list(store, arena, &accounts, &count, err) < 0) {
		return -1;
	}
	if (count == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"the store has no account: make one with 'callstep account add EMAIL'");
	}
	if (count > 1) {
		return error_set(err, ERROR_INVALID,
			"the store has %zu accounts: name one with --account EMAIL", count);
	}
	*ret_account = accounts[0];
	return 0;
}

static int find_account(struct store *store, const char *email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	int found = store_account_find(store, text_of(email), arena, ret_account, err);

	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"there is no account '%s': 'callstep account list' shows all", email);
	}
	return found < 0 ? -1 : 0;
}

int cmd_find_account(struct cmd_run *run, const char *email, struct store_account *ret_account,
	struct error *err)
{
	return find_account(run->store, email, &run->arena, ret_account, err);
}

int cmd_find_owner(struct cmd_run *run, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const char *email = run->settings->account;
	struct store_account account;
	int status;

	arena_init(&arena, ACCOUNTS_SIZE_MAX);
	status = email ? find_account(run->store, email, &arena, &account, err)
		       : find_only_account(run->store, &arena, &account, err);
	if (status < 0) {
		return -1;
	}
	run->owner = (struct cmd_owner){
		.account_id = account.id,
		.kept = account.kept,
		.own_days = account.days.detail != STORE_DAYS_DEFAULT ||
			    account.days.header != STORE_DAYS_DEFAULT,
		.retention = retention_at(&account.kept, clock_now_s()),
	};
	snprintf(run->owner.email, sizeof(run->owner.email), "%.*s", TEXT_ARG(account.email));
	return 0;
}

/* A cap in the wrong unit would drop everything. */
#define DISK_MIN (INT64_C(4) << 20)

int cmd_check_disk_max(const struct settings *settings, struct error *err)
{
	if (settings->disk_max == 0 || settings->disk_max >= DISK_MIN) {
		return 0;
	}
	return error_set(err, ERROR_INVALID,
		"--disk-max %lld is below what an empty store takes: "
		"write 0 for no cap, or 4M or more",
		(long long)settings->disk_max);
}

/* ---- the log ---- */

void cmd_set_log(const struct settings *settings)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(settings->log_level, names[i]) == 0) {
			log_set_level((enum log_level)i);
		}
	}
	log_set_json(strcmp(settings->log_format, "json") == 0);
}

/* ---- the audit trail ---- */

const char *cmd_user(char buffer[CMD_USER_SIZE])
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	struct passwd entry, *found = NULL;
	char memory[4096];
	char name[64];

	if (getpwuid_r(geteuid(), &entry, memory, sizeof(memory), &found) == 0 && found) {
		snprintf(name, sizeof(name), "%s", entry.pw_name);
	} else {
		snprintf(name, sizeof(name), "user %u", (unsigned int)geteuid());
	}
	snprintf(buffer, CMD_USER_SIZE, sudo ? "%s (sudo %.40s)" : "%s", name, sudo);
	return buffer;
}

static int write_record(struct store *store, int64_t account_id, const char *action,
	struct text subject, enum store_outcome outcome, int64_t calls, struct error *err)
{
	char user[CMD_USER_SIZE], clean[STORE_SUBJECT_MAX];
	const struct store_audit record = {
		.time = clock_now_s(),
		.account_id = account_id,
		.address = TEXT(""),
		.user = text_of(cmd_user(user)),
		.action = text_of(action),
		.subject = auditor_subject(subject, clean),
		.outcome = outcome,
		.calls = calls,
		.times = 1,
	};

	return store_audit_add(store, &record, 1, err);
}

int cmd_record(struct store *store, int64_t account_id, const char *action, struct text subject,
	enum store_outcome outcome, int64_t calls, struct error *err)
{
	if (write_record(store, account_id, action, subject, outcome, calls, err) < 0) {
		return error_prefix(err, "it is done, but not recorded in the audit trail");
	}
	return 0;
}

void cmd_record_read(struct store *store, int64_t account_id, const char *action,
	struct text subject, int64_t calls)
{
	struct error err;

	if (write_record(store, account_id, action, subject, STORE_DONE, calls, &err) < 0) {
		(void)error_prefix(&err, "this is not recorded in the audit trail");
		cmd_fail(&err);
	}
}

/* ---- calls and documents ---- */

int cmd_unpack_call(struct cmd_run *run, const struct store_call *call, struct text *ret_json,
	struct error *err)
{
	run->unpacker = run->unpacker ? run->unpacker : unpacker_create();
	if (!run->unpacker) {
		return error_no_memory(err);
	}
	buffer_clear(&run->json);
	if (!call->packed.deflate.data) {
		call_json_write_header(&run->json, &call->call);
	} else if (unpacker_append(run->unpacker, &call->packed, &run->json, err) < 0) {
		return error_prefix(err, "call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	*ret_json = buffer_text(&run->json);
	return run->json.failed ? error_no_memory(err) : 0;
}

int cmd_write_document(struct cmd_run *run, struct error *err)
{
	buffer_append_byte(&run->out, '\n');
	if (run->out.failed) {
		return error_no_memory(err);
	}
	output_text(stdout, run->view.pretty, buffer_text(&run->out));
	buffer_clear(&run->out);
	return CMD_DONE;
}
