/* SPDX-License-Identifier: MIT
 * callstep key: what an account's programs log in with. */
#include <sodium.h>

#include "api/key.h"
#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"

#define SCOPES_SIZE 32

static int add(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct store_key row = {
		.account_id = run->owner.account_id,
		.label = settings->label ? text_of(settings->label) : TEXT(""),
		.created = clock_now_s(),
	};
	char key[KEY_TEXT_SIZE], scopes[SCOPES_SIZE], subject[128];
	int64_t id;

	if (key_scopes_parse(text_of(settings->scope), &row.scopes, err) < 0 ||
		key_label_check(row.label, err) < 0 || key_make(key, row.hash, err) < 0 ||
		store_key_add(run->store, &row, &id, err) < 0) {
		return -1;
	}
	printf("%s\n", key);
	sodium_memzero(key, sizeof(key));
	snprintf(subject, sizeof(subject), "key %lld, scopes %s", (long long)id,
		key_scopes_format(row.scopes, scopes, sizeof(scopes)));
	return cmd_record(
		run->store, row.account_id, "make-key", text_of(subject), STORE_DONE, -1, err);
}

static void time_cell(struct listing *listing, int64_t time_s)
{
	if (time_s == 0) {
		listing_cell(listing, TEXT("-"));
	} else {
		listing_time(listing, time_s);
	}
}

static int list(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {{"ID", true}, {"SCOPES", false},
		{"CREATED", false}, {"LAST USED", false}, {"REVOKED", false}, {"LABEL", false}};
	int64_t account_id = run->owner.account_id;
	struct store_key *keys = NULL;
	struct listing listing;
	char scopes[SCOPES_SIZE];
	size_t count = 0;

	if (store_key_list(run->store, account_id, &run->arena, &keys, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, account_id, "list-keys", TEXT("key list"), -1);
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct store_key *key = &keys[i];

		listing_number(&listing, key->id);
		listing_cell(
			&listing, text_of(key_scopes_format(key->scopes, scopes, sizeof(scopes))));
		time_cell(&listing, key->created);
		time_cell(&listing, key->last_used);
		time_cell(&listing, key->revoked);
		listing_cell(&listing, key->label);
	}
	return listing_write(&listing, err);
}

static int revoke(struct cmd_run *run, struct error *err)
{
	int64_t id, account_id = run->owner.account_id;
	const char *operand = run->argv[1];
	char subject[64];
	int found;

	if (!text_to_int64(text_of(operand), &id)) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the id of a key: 'callstep key list' shows them", operand);
	}
	found = store_key_revoke(run->store, account_id, id, clock_now_s(), err);
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"the account has no key %s: 'callstep key list' shows them", operand);
	}
	if (found < 0) {
		return -1;
	}
	snprintf(subject, sizeof(subject), "key %lld", (long long)id);
	return cmd_record(
		run->store, account_id, "revoke-key", text_of(subject), STORE_DONE, -1, err);
}

static const struct cmd_action actions[] = {
	{"add", 0, add}, {"list", 0, list}, {"revoke", 1, revoke}, {NULL, 0, NULL}};

static int key_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (!cmd_find_action(actions, run)) {
		return cmd_wrong_usage(run->cmd, "write add, list or revoke with a key's id");
	}
	return CMD_DONE;
}

static int key_run(struct cmd_run *run, struct error *err)
{
	return cmd_find_action(actions, run)->run(run, err);
}

static const char *const settings[] = {"account", "scope", "label", "utc", "color", NULL};

/* clang-format off */
const struct cmd cmd_key = {
	.name = "key",
	.summary = "add, list and revoke an account's keys",
	.arguments = "add|list|revoke [OPTION]… [ID]",
	.settings = settings,
	.description =
	"A key is the password of the API, for what its scopes allow.\n\n"
	"add prints a new key, and only the key, on standard output; it is shown this once. list "
	"shows the keys by their id, with --scope's words, when they were made, last used and "
	"revoked. revoke makes a key useless from that moment on; its requests under way are "
	"broken off within a second.",
	.examples =
	"callstep key add --account ann@example.org --scope read --label report\n"
	"callstep key revoke --account ann@example.org 3",
	.completes = "keys",
	.needs = CMD_NEEDS_OWNER,
	.operands = CMD_ANY_OPERANDS,
	.check = key_check,
	.run = key_run,
};
/* clang-format on */
