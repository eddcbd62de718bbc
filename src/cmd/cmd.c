/* SPDX-License-Identifier: MIT
 * The table of subcommands, and what they share. */
#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdio.h>

#include "call/call_json.h"

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
	fprintf(stderr, "callstep: %s\n", err->message);
	return err->code == ERROR_INVALID ? CMD_USAGE : CMD_FAILED;
}

int cmd_wrong_usage(const struct cmd *cmd, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "callstep %s: ", cmd->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; see 'callstep help %s'\n", cmd->name);
	return CMD_USAGE;
}

int cmd_open_store(struct store **ret_store, const struct settings *settings, bool must_exist,
	struct error *err)
{
	struct store_options options = {.must_exist = must_exist};

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

static int find_only_account(
	struct store *store, struct arena *arena, int64_t *ret_account_id, struct error *err)
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
	*ret_account_id = accounts[0].id;
	return 0;
}

int cmd_find_account(struct store *store, const struct settings *settings, int64_t *ret_account_id,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;
	int found;

	arena_init(&arena, ACCOUNTS_SIZE_MAX);
	if (!settings->account) {
		return find_only_account(store, &arena, ret_account_id, err);
	}
	found = store_account_find(store, text_of(settings->account), &arena, &account, err);
	if (found < 0) {
		return -1;
	}
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"there is no account '%s': 'callstep account list' shows all",
			settings->account);
	}
	*ret_account_id = account.id;
	return 0;
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
