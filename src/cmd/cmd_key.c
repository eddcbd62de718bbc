/* SPDX-License-Identifier: MIT
 * callstep key: what an account's programs log in with. */
#include <sodium.h>
#include <stdio.h>

#include "api/key.h"
#include "base/clock.h"
#include "base/time_text.h"
#include "cmd/cmd.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

#define LIST_SIZE_MAX ((size_t)256 << 20)
#define SCOPES_SIZE   32

static int add(struct store *store, const struct settings *settings, struct error *err)
{
	struct store_key row = {
		.label = settings->label ? text_of(settings->label) : TEXT(""),
		.created = clock_now_s(),
	};
	char key[KEY_TEXT_SIZE], scopes[SCOPES_SIZE], subject[128];
	int64_t id;

	if (key_scopes_parse(text_of(settings->scope), &row.scopes, err) < 0 ||
		key_label_check(row.label, err) < 0 ||
		cmd_find_account(store, settings, &row.account_id, err) < 0 ||
		key_make(key, row.hash, err) < 0 || store_key_add(store, &row, &id, err) < 0) {
		return -1;
	}
	printf("%s\n", key);
	sodium_memzero(key, sizeof(key));
	snprintf(subject, sizeof(subject), "key %lld, scopes %s", (long long)id,
		key_scopes_format(row.scopes, scopes, sizeof(scopes)));
	return cmd_record(store, row.account_id, "make-key", text_of(subject), STORE_DONE, -1, err);
}

static void time_cell(struct table *table, int64_t time_s, bool utc)
{
	char time[TIME_TEXT_SIZE];

	table_cell(table, time_s == 0 ? TEXT("-") : text_of(time_text_format(time_s, utc, time)));
}

static void add_row(
	struct table *table, const struct store_key *key, const struct settings *settings)
{
	char scopes[SCOPES_SIZE];

	table_cell_printf(table, "%lld", (long long)key->id);
	table_cell(table, text_of(key_scopes_format(key->scopes, scopes, sizeof(scopes))));
	time_cell(table, key->created, settings->utc);
	time_cell(table, key->last_used, settings->utc);
	time_cell(table, key->revoked, settings->utc);
	table_cell(table, key->label);
}

static int list(struct store *store, const struct settings *settings, struct error *err)
{
	static const struct table_column columns[] = {{"ID", true}, {"SCOPES", false},
		{"CREATED", false}, {"LAST USED", false}, {"REVOKED", false}, {"LABEL", false}};
	AUTO(arena_deinit) struct arena arena;
	struct store_key *keys = NULL;
	struct table table;
	int64_t account_id;
	size_t count = 0;

	arena_init(&arena, LIST_SIZE_MAX);
	if (cmd_find_account(store, settings, &account_id, err) < 0 ||
		store_key_list(store, account_id, &arena, &keys, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(store, account_id, "list-keys", TEXT("key list"), -1);
	table_init(&table, &arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < count; i++) {
		add_row(&table, &keys[i], settings);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	table_write(&table, stdout, terminal_is(stdout), terminal_color(stdout, settings));
	return 0;
}

static int revoke(struct store *store, const struct settings *settings, const char *operand,
	struct error *err)
{
	int64_t account_id, id;
	char subject[64];
	int found;

	if (!text_to_int64(text_of(operand), &id)) {
		return error_set(err, ERROR_INVALID,
			"'%s' is no key's id: 'callstep key list' shows them", operand);
	}
	if (cmd_find_account(store, settings, &account_id, err) < 0) {
		return -1;
	}
	found = store_key_revoke(store, account_id, id, clock_now_s(), err);
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"the account has no key %s: 'callstep key list' shows them", operand);
	}
	if (found < 0) {
		return -1;
	}
	snprintf(subject, sizeof(subject), "key %lld", (long long)id);
	return cmd_record(store, account_id, "revoke-key", text_of(subject), STORE_DONE, -1, err);
}

static int act(struct store *store, const struct settings *settings, char **argv, struct error *err)
{
	if (strcmp(argv[0], "add") == 0) {
		return add(store, settings, err);
	}
	return strcmp(argv[0], "list") == 0 ? list(store, settings, err)
					    : revoke(store, settings, argv[1], err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	bool alone = argc == 1 && (strcmp(argv[0], "add") == 0 || strcmp(argv[0], "list") == 0);
	struct error err;

	if (!alone && !(argc == 2 && strcmp(argv[0], "revoke") == 0)) {
		return cmd_wrong_usage(&cmd_key, "write add, list or revoke with a key's id");
	}
	if (cmd_open_store(&store, settings, true, &err) < 0 ||
		act(store, settings, argv, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {"account", "scope", "label", "utc", "color", NULL};

const struct cmd cmd_key = {
	.name = "key",
	.summary = "add, list and revoke an account's keys",
	.arguments = "add|list|revoke [OPTION]… [ID]",
	.settings = settings,
	.description = "A key is the password of the API, for what its scopes allow.\n"
		       "\n"
		       "add prints a new key, and only the key, on standard output; it is shown "
		       "this once. list shows the keys by their id, with --scope's words, when "
		       "they were made, last used and revoked. revoke makes a key useless from "
		       "that moment on; its requests under way are broken off within a second.",
	.examples = "callstep key add --account ann@example.org --scope read --label report\n"
		    "callstep key revoke --account ann@example.org 3",
	.run = run,
};
