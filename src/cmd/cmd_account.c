/* SPDX-License-Identifier: MIT
 * callstep account: the owners of calls. */
#include <sodium.h>

#include "api/key.h"
#include "base/clock.h"
#include "cmd/keeping.h"
#include "cmd/listing.h"

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
			"'%.*s' is not an e-mail address: write one like ann@example.org, at "
			"most %d bytes",
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

static int add(struct cmd_run *run, struct error *err)
{
	struct store_days days = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT};
	char key[KEY_TEXT_SIZE], sentence[SENTENCE_SIZE], subject[STORE_EMAIL_MAX + SENTENCE_SIZE];
	struct text email = text_of(run->argv[1]);
	bool keeps = has_days(run->settings);
	int64_t id;

	if (parse_days(run->settings, &days, err) < 0 ||
		store_account_add(run->store, email, clock_now_s(), &id, err) < 0 ||
		(keeps && store_account_set_days(run->store, id, &days, err) < 0) ||
		add_key(run->store, id, key, err) < 0) {
		return -1;
	}
	printf("%s\n", key);
	sodium_memzero(key, sizeof(key));
	snprintf(subject, sizeof(subject), keeps ? "%.*s, %s" : "%.*s", TEXT_ARG(email),
		describe_days(&days, sentence));
	return cmd_record(run->store, id, "add-account", text_of(subject), STORE_DONE, -1, err);
}

static int set_disabled(
	struct cmd_run *run, int64_t disabled, const char *action, struct error *err)
{
	struct store_account account;

	if (cmd_find_account(run, run->argv[1], &account, err) < 0 ||
		store_account_set_disabled(run->store, account.id, disabled, err) < 0) {
		return -1;
	}
	return cmd_record(
		run->store, account.id, action, text_of(run->argv[1]), STORE_DONE, -1, err);
}

static int disable(struct cmd_run *run, struct error *err)
{
	return set_disabled(run, clock_now_s(), "disable-account", err);
}

static int enable(struct cmd_run *run, struct error *err)
{
	return set_disabled(run, 0, "enable-account", err);
}

/* Says what the account would lose. CMD_DONE where that is wanted, otherwise the exit status. */
static int ask(struct cmd_run *run, const struct store_account *account,
	const struct store_days *days, struct error *err)
{
	struct keeping_sum sum = {0};
	struct store_keeping keeping;
	struct store_days kept;

	if (store_keeping(run->store, &keeping, err) < 0) {
		return -1;
	}
	kept = store_days_in_force(&keeping.days, days);
	if (keeping_tell_loss(run->store, account, &kept, run->settings, &sum, err) < 0) {
		return -1;
	}
	return keeping_ask(run, &sum);
}

static int set_days(struct cmd_run *run, struct error *err)
{
	struct store_account account;
	struct store_days days;
	char sentence[SENTENCE_SIZE];
	int status;

	if (cmd_find_account(run, run->argv[1], &account, err) < 0) {
		return -1;
	}
	days = account.days;
	if (parse_days(run->settings, &days, err) < 0) {
		return -1;
	}
	status = ask(run, &account, &days, err);
	if (status != CMD_DONE) {
		return status;
	}
	if (store_account_set_days(run->store, account.id, &days, err) < 0) {
		return -1;
	}
	return cmd_record(run->store, account.id, "set-account",
		text_of(describe_days(&days, sentence)), STORE_DONE, -1, err);
}

/* ---- listing ---- */

static int list(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {{"ID", true}, {"ACCOUNT", false},
		{"CREATED", false}, {"STATE", false}, {"DETAIL", true}, {"HEADERS", true}};
	struct store_account *accounts = NULL;
	char days[KEEPING_DAYS_SIZE];
	struct listing listing;
	size_t count = 0;

	if (store_account_list(run->store, &run->arena, &accounts, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, 0, "list-accounts", TEXT("account list"), -1);
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct store_account *account = &accounts[i];

		listing_number(&listing, account->id);
		listing_cell(&listing, account->email);
		listing_time(&listing, account->created);
		listing_cell(&listing, account->disabled == 0 ? TEXT("active") : TEXT("disabled"));
		listing_cell(&listing, text_of(keeping_format_days(account->days.detail, days)));
		listing_cell(&listing, text_of(keeping_format_days(account->days.header, days)));
	}
	return listing_write(&listing, err);
}

/* ---- the command ---- */

static const struct cmd_action actions[] = {{"add", 1, add}, {"set", 1, set_days},
	{"disable", 1, disable}, {"enable", 1, enable}, {"list", 0, list}, {NULL, 0, NULL}};

/* What is wrong is found before a store is made. */
static int account_check(struct cmd_run *run, struct error *err)
{
	const struct cmd_action *action = cmd_find_action(actions, run);
	struct store_days days;

	if (!action) {
		return cmd_wrong_usage(
			run->cmd, "write add, set, disable or enable with an e-mail, or list");
	}
	if (action->run == set_days && !has_days(run->settings)) {
		return error_set(err, ERROR_INVALID,
			"there is nothing to set: give --keep-detail or --keep-headers");
	}
	if (action->run != set_days && action->run != add && has_days(run->settings)) {
		return error_set(
			err, ERROR_INVALID, "--keep-detail and --keep-headers go with add and set");
	}
	if (parse_days(run->settings, &days, err) < 0) {
		return -1;
	}
	return action->run == add ? check_email(text_of(run->argv[1]), err) : CMD_DONE;
}

static int account_run(struct cmd_run *run, struct error *err)
{
	const struct cmd_action *action = cmd_find_action(actions, run);

	return cmd_open_store(run, action->run != add, err) < 0 ? -1 : action->run(run, err);
}

static const char *const settings[] = {"keep-detail", "keep-headers", "yes", "utc", "color", NULL};

/* clang-format off */
const struct cmd cmd_account = {
	.name = "account",
	.summary = "add, list, set, disable and enable accounts",
	.arguments = "add|set|disable|enable [OPTION]… EMAIL | list",
	.settings = settings,
	.description =
	"An account owns calls and has keys to read and write them.\n\n"
	"add makes an account, and the store when there is none. It prints the account's first "
	"key, with the scopes read and write. Only the key is written to standard output, and it "
	"is shown this once: the store keeps a hash of it.\n\n"
	"set says how long the account's calls and their detail are kept, where that is not as "
	"long as the store keeps calls ('callstep retention'). add takes the same options. The "
	"days hold from that moment on; list shows them. Shorter days drop calls for ever: the "
	"command first says how many and when they started, and asks. Where there is no terminal "
	"it wants --yes.\n\n"
	"A disabled account gets no answer from the API, from that moment on, until it is enabled "
	"again. Its requests under way are broken off within a second.",
	.examples =
	"callstep account add ann@example.org\n"
	"callstep account add me@example.org --keep-detail ever --keep-headers ever\n"
	"callstep account set ann@example.org --keep-detail 30 --keep-headers ever\n"
	"callstep account disable ann@example.org",
	.completes = "accounts",
	.operands = CMD_ANY_OPERANDS,
	.check = account_check,
	.run = account_run,
};
/* clang-format on */
