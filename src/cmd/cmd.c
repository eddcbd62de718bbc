/* SPDX-License-Identifier: MIT
 * The table of subcommands, and what they share. */
#include "cmd/cmd.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/call_json.h"
#include "cmd/terminal.h"
#include "upkeep/auditor.h"

#define ACCOUNTS_SIZE_MAX ((size_t)64 << 20)

const struct cmd *const cmd_table[] = {
	&cmd_serve,
	&cmd_account,
	&cmd_key,
	&cmd_import,
	&cmd_export,
	&cmd_calls,
	&cmd_search,
	&cmd_show,
	&cmd_diff,
	&cmd_stats,
	&cmd_dropoff,
	&cmd_tail,
	&cmd_generate,
	&cmd_backup,
	&cmd_copy,
	&cmd_verify,
	&cmd_erase,
	&cmd_privacy_scan,
	&cmd_token,
	&cmd_retention,
	&cmd_sweep,
	&cmd_audit,
	&cmd_version,
	&cmd_help,
	NULL,
};

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		if (strcmp(cmd_table[i]->name, name) == 0) {
			return cmd_table[i];
		}
	}
	return NULL;
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

int cmd_open_store(struct store **ret_store, const struct settings *settings, bool must_exist,
	struct error *err)
{
	const struct store_options options = {
		.must_exist = must_exist,
		.connections = (int)settings->store_connections,
	};

	return store_open(ret_store, settings->data, &options, err);
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

static int find_account(struct store *store, const struct settings *settings, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	int found;

	if (!settings->account) {
		return find_only_account(store, arena, ret_account, err);
	}
	found = store_account_find(store, text_of(settings->account), arena, ret_account, err);
	if (found < 0) {
		return -1;
	}
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"there is no account '%s': 'callstep account list' shows all",
			settings->account);
	}
	return 0;
}

int cmd_find_owner(struct store *store, const struct settings *settings,
	struct cmd_owner *ret_owner, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;

	arena_init(&arena, ACCOUNTS_SIZE_MAX);
	if (find_account(store, settings, &arena, &account, err) < 0) {
		return -1;
	}
	*ret_owner = (struct cmd_owner){
		.account_id = account.id,
		.kept = account.kept,
		.own_days = account.days.detail != STORE_DAYS_DEFAULT ||
			    account.days.header != STORE_DAYS_DEFAULT,
		.retention = retention_at(&account.kept, clock_now_s()),
	};
	snprintf(ret_owner->email, sizeof(ret_owner->email), "%.*s", TEXT_ARG(account.email));
	return 0;
}

int cmd_find_account(struct store *store, const struct settings *settings, int64_t *ret_account_id,
	struct error *err)
{
	struct cmd_owner owner;

	if (cmd_find_owner(store, settings, &owner, err) < 0) {
		return -1;
	}
	*ret_account_id = owner.account_id;
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
		"--disk-max %lld is below what an empty store takes: write 0 for no cap, or 4M or "
		"more",
		(long long)settings->disk_max);
}

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

int cmd_unpack_call(struct unpacker *unpacker, const struct store_call *call, struct buffer *json,
	struct error *err)
{
	if (!call->packed.deflate.data) {
		call_json_write_header(json, &call->call);
		return json->failed ? error_no_memory(err) : 0;
	}
	if (unpacker_append(unpacker, &call->packed, json, err) < 0) {
		return error_prefix(err, "call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	return 0;
}
