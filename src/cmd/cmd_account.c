/* SPDX-License-Identifier: MIT
 * callstep account: the owners of calls. */
#include <sodium.h>
#include <stdio.h>

#include "api/key.h"
#include "base/clock.h"
#include "base/time_text.h"
#include "cmd/keeping.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

#define LIST_SIZE_MAX ((size_t)256 << 20)

static bool is_email_byte(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && c != ':' && c != '@' && c != ',' &&
	       c != '<' && c != '>' && c != '"' && c != '(' && c != ')';
}

/* Something@something without what Basic credentials, tables or lists could not hold; whether mail
 * arrives there is not asked. */
static int check_email(struct text email, struct error *err)
{
	const char *at = email.size > 0 ? memchr(email.data, '@', email.size) : NULL;
	bool valid = at && at > email.data && at + 1 < email.data + email.size &&
		     email.size <= STORE_EMAIL_MAX && text_utf8_valid(email, NULL);

	for (size_t i = 0; valid && i < email.size; i++) {
		valid = &email.data[i] == at || is_email_byte(email.data[i]);
	}
	if (!valid) {
		return error_set(err, ERROR_INVALID,
			"'%.*s' is no e-mail address: write one like ann@example.org, at most %d "
			"bytes",
			TEXT_ARG(email), STORE_EMAIL_MAX);
	}
	return 0;
}

static int add_key(
	struct store *store, int64_t account_id, char key[KEY_TEXT_SIZE], struct error *err)
{
	struct store_key row = {
		.account_id = account_id,
		.scopes = STORE_SCOPE_READ | STORE_SCOPE_WRITE,
		.label = TEXT("first key"),
		.created = clock_now_s(),
	};
	int64_t id;

	if (key_make(key, row.hash, err) < 0) {
		return -1;
	}
	return store_key_add(store, &row, &id, err);
}

/* ---- how long calls are kept ---- */

static bool has_days(const struct settings *settings)
{
	return settings->keep_detail || settings->keep_headers;
}

static int parse_days(const struct settings *settings, struct store_days *days, struct error *err)
{
	if (keeping_parse_days("keep-detail", settings->keep_detail, true, &days->detail, err) <
		0) {
		return -1;
	}
	return keeping_parse_days("keep-headers", settings->keep_headers, true, &days->header, err);
}

#define SENTENCE_SIZE 128

static const char *describe_days(const struct store_days *days, char sentence[SENTENCE_SIZE])
{
	char detail[KEEPING_DAYS_SIZE], header[KEEPING_DAYS_SIZE];

	snprintf(sentence, SENTENCE_SIZE, "keeps detail %s, headers %s",
		keeping_format_days(days->detail, detail),
		keeping_format_days(days->header, header));
	return sentence;
}

/* ---- adding, setting ---- */

static int add(
	struct store *store, const struct settings *settings, struct text email, struct error *err)
{
	struct store_days days = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT};
	char key[KEY_TEXT_SIZE], sentence[SENTENCE_SIZE], subject[STORE_EMAIL_MAX + SENTENCE_SIZE];
	int64_t id;

	if (parse_days(settings, &days, err) < 0 ||
		store_account_add(store, email, clock_now_s(), &id, err) < 0 ||
		(has_days(settings) && store_account_set_days(store, id, &days, err) < 0) ||
		add_key(store, id, key, err) < 0) {
		return -1;
	}
	printf("%s\n", key);
	sodium_memzero(key, sizeof(key));
	snprintf(subject, sizeof(subject), has_days(settings) ? "%.*s, %s" : "%.*s",
		TEXT_ARG(email), describe_days(&days, sentence));
	return cmd_record(store, id, "add-account", text_of(subject), STORE_DONE, -1, err);
}

/* Finds the account, which has to be there; its texts are in @arena. */
static int find(struct store *store, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	int found = store_account_find(store, email, arena, ret_account, err);

	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"there is no account '%.*s': 'callstep account list' shows all",
			TEXT_ARG(email));
	}
	return found < 0 ? -1 : 0;
}

static int set_disabled(struct store *store, struct text email, int64_t disabled, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;

	arena_init(&arena, LIST_SIZE_MAX);
	if (find(store, email, &arena, &account, err) < 0 ||
		store_account_set_disabled(store, account.id, disabled, err) < 0) {
		return -1;
	}
	return cmd_record(store, account.id, disabled ? "disable-account" : "enable-account", email,
		STORE_DONE, -1, err);
}

/* Says what the account would lose. Positive: that is not wanted, *ret_status is the exit status.
 */
static int ask(struct store *store, const struct store_account *account,
	const struct store_days *days, const struct settings *settings, int *ret_status,
	struct error *err)
{
	struct store_keeping keeping;
	struct keeping_loss loss;
	struct store_days kept;

	if (store_keeping(store, &keeping, err) < 0) {
		return -1;
	}
	kept = store_days_in_force(&keeping.days, days);
	if (keeping_loss(store, account, &kept, &loss, err) < 0) {
		return -1;
	}
	keeping_tell_loss(account, &loss, settings);
	return !keeping_is_wanted(&cmd_account, settings,
		&(struct keeping_sum){.calls = loss.calls, .detail = loss.detail}, ret_status);
}

static int set_days(struct store *store, const struct settings *settings, struct text email,
	int *ret_status, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;
	struct store_days days;
	char sentence[SENTENCE_SIZE];
	int refused;

	arena_init(&arena, LIST_SIZE_MAX);
	if (find(store, email, &arena, &account, err) < 0) {
		return -1;
	}
	days = account.days;
	if (parse_days(settings, &days, err) < 0) {
		return -1;
	}
	refused = ask(store, &account, &days, settings, ret_status, err);
	if (refused != 0) {
		return refused < 0 ? -1 : 0;
	}
	if (store_account_set_days(store, account.id, &days, err) < 0) {
		return -1;
	}
	return cmd_record(store, account.id, "set-account", text_of(describe_days(&days, sentence)),
		STORE_DONE, -1, err);
}

/* ---- listing ---- */

static void add_row(
	struct table *table, const struct store_account *account, const struct settings *settings)
{
	char time[TIME_TEXT_SIZE], days[KEEPING_DAYS_SIZE];

	table_cell_printf(table, "%lld", (long long)account->id);
	table_cell(table, account->email);
	table_cell(table, text_of(time_text_format(account->created, settings->utc, time)));
	table_cell(table, account->disabled == 0 ? TEXT("active") : TEXT("disabled"));
	table_cell(table, text_of(keeping_format_days(account->days.detail, days)));
	table_cell(table, text_of(keeping_format_days(account->days.header, days)));
}

static int list(struct store *store, const struct settings *settings, struct error *err)
{
	static const struct table_column columns[] = {{"ID", true}, {"ACCOUNT", false},
		{"CREATED", false}, {"STATE", false}, {"DETAIL", true}, {"HEADERS", true}};
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts = NULL;
	struct table table;
	size_t count = 0;

	arena_init(&arena, LIST_SIZE_MAX);
	if (store_account_list(store, &arena, &accounts, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(store, 0, "list-accounts", TEXT("account list"), -1);
	table_init(&table, &arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < count; i++) {
		add_row(&table, &accounts[i], settings);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	table_write(&table, stdout, terminal_is(stdout), terminal_color(stdout, settings));
	return 0;
}

static int act(struct store *store, const struct settings *settings, char **argv, int *ret_status,
	struct error *err)
{
	if (strcmp(argv[0], "list") == 0) {
		return list(store, settings, err);
	}
	if (strcmp(argv[0], "add") == 0) {
		return add(store, settings, text_of(argv[1]), err);
	}
	if (strcmp(argv[0], "set") == 0) {
		return set_days(store, settings, text_of(argv[1]), ret_status, err);
	}
	return set_disabled(
		store, text_of(argv[1]), strcmp(argv[0], "disable") == 0 ? clock_now_s() : 0, err);
}

static bool is_action(const char *word)
{
	return strcmp(word, "add") == 0 || strcmp(word, "disable") == 0 ||
	       strcmp(word, "enable") == 0 || strcmp(word, "set") == 0;
}

static int check_days(const struct settings *settings, char **argv, struct error *err)
{
	bool setting = strcmp(argv[0], "set") == 0;
	struct store_days days;

	if (setting && !has_days(settings)) {
		return error_set(err, ERROR_INVALID,
			"there is nothing to set: give --keep-detail or --keep-headers");
	}
	if (!setting && strcmp(argv[0], "add") != 0 && has_days(settings)) {
		return error_set(
			err, ERROR_INVALID, "--keep-detail and --keep-headers go with add and set");
	}
	return parse_days(settings, &days, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	bool listing = argc == 1 && strcmp(argv[0], "list") == 0;
	int status = CMD_DONE;
	struct error err;

	if (!listing && !(argc == 2 && is_action(argv[0]))) {
		return cmd_wrong_usage(
			&cmd_account, "write add, set, disable or enable with an e-mail, or list");
	}
	/* What is wrong is found before a store is made. */
	if (check_days(settings, argv, &err) < 0 ||
		(strcmp(argv[0], "add") == 0 && check_email(text_of(argv[1]), &err) < 0) ||
		cmd_open_store(&store, settings, strcmp(argv[0], "add") != 0, &err) < 0 ||
		act(store, settings, argv, &status, &err) < 0) {
		return cmd_fail(&err);
	}
	return status;
}

static const char *const settings[] = {"keep-detail", "keep-headers", "yes", "utc", "color", NULL};

const struct cmd cmd_account = {
	.name = "account",
	.summary = "add, list, set, disable and enable accounts",
	.arguments = "add|set|disable|enable [OPTION]… EMAIL | list",
	.settings = settings,
	.description =
		"An account owns calls and has keys to read and write them.\n"
		"\n"
		"add makes an account, and the store when there is none, and prints the "
		"account's first key, with the scopes read and write. Only the key is written to "
		"standard output, and it is shown this once: the store keeps a hash of it.\n"
		"\n"
		"set says how long the account's calls and their detail are kept, where that is to "
		"be another time than the store's ('callstep retention'); add takes the same "
		"options. It holds from that moment on, and list shows it. Shorter days drop calls "
		"for ever: how many, and when they started, is said first, and the command asks, "
		"or "
		"wants --yes where there is no terminal.\n"
		"\n"
		"A disabled account gets no answer from the API, from that moment on, until it is "
		"enabled again; its requests under way are broken off within a second.",
	.examples = "callstep account add ann@example.org\n"
		    "callstep account add me@example.org --keep-detail ever --keep-headers ever\n"
		    "callstep account set ann@example.org --keep-detail 30 --keep-headers ever\n"
		    "callstep account disable ann@example.org",
	.run = run,
};
