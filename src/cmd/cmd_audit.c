/* SPDX-License-Identifier: MIT
 * callstep audit: what was done, and by whom. */
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "upkeep/audit_document.h"

struct trail {
	struct store_account *accounts;
	size_t accounts_count;
	struct store_audit *records;
	size_t count;
};

static int read_trail(struct cmd_run *run, struct trail *trail, struct error *err)
{
	const struct settings *settings = run->settings;
	struct store_audit_query query = {
		.account_id = -1,
		.start = settings->start == SETTING_TIME_NONE ? 0 : settings->start,
		.end = settings->end == SETTING_TIME_NONE ? INT64_MAX : settings->end,
		.action = text_of(settings->action),
		.limit = settings->limit,
	};

	if (settings->account) {
		if (cmd_find_owner(run, err) < 0) {
			return -1;
		}
		query.account_id = run->owner.account_id;
	}
	if (store_account_list(
		    run->store, &run->arena, &trail->accounts, &trail->accounts_count, err) < 0 ||
		store_audit_list(
			run->store, &query, &run->arena, &trail->records, &trail->count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, run->owner.account_id, "read-audit", TEXT("audit"), -1);
	return 0;
}

static struct text email_of(const struct trail *trail, int64_t account_id)
{
	for (size_t i = 0; i < trail->accounts_count; i++) {
		if (trail->accounts[i].id == account_id) {
			return trail->accounts[i].email;
		}
	}
	return TEXT("");
}

static struct text or_dash(struct text text)
{
	return text.size > 0 ? text : TEXT("-");
}

static void add_row(
	struct listing *listing, const struct trail *trail, const struct store_audit *record)
{
	listing_time(listing, record->time);
	listing_cell(listing, or_dash(email_of(trail, record->account_id)));
	if (record->user.size > 0) {
		listing_cell(listing, record->user);
	} else if (record->key_id > 0) {
		listing_printf(listing, "key %lld, %.*s", (long long)record->key_id,
			TEXT_ARG(record->address));
	} else {
		listing_cell(listing, or_dash(record->address));
	}
	listing_cell(listing, record->action);
	listing_cell(listing, text_of(audit_outcome_name(record->outcome)));
	if (record->calls >= 0) {
		listing_number(listing, record->calls);
	} else {
		listing_cell(listing, TEXT("-"));
	}
	listing_number(listing, record->times);
	listing_cell(listing, or_dash(record->subject));
}

static int write_listing(struct cmd_run *run, const struct trail *trail, struct error *err)
{
	static const struct listing_column columns[] = {{"TIME", false}, {"ACCOUNT", false},
		{"WHO", false}, {"ACTION", false}, {"OUTCOME", false}, {"CALLS", true},
		{"TIMES", true}, {"SUBJECT", false}};
	struct listing listing;

	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < trail->count; i++) {
		add_row(&listing, trail, &trail->records[i]);
	}
	return listing_write(&listing, err);
}

static int write_json(struct cmd_run *run, const struct trail *trail, struct error *err)
{
	for (size_t i = 0; i < trail->count; i++) {
		const struct store_audit *record = &trail->records[i];

		audit_document_write(&run->out, record, email_of(trail, record->account_id));
		buffer_append_byte(&run->out, '\n');
	}
	return output_buffer(&run->out, err);
}

static int audit_run(struct cmd_run *run, struct error *err)
{
	struct trail trail = {0};

	if (read_trail(run, &trail, err) < 0) {
		return -1;
	}
	return run->settings->json ? write_json(run, &trail, err) : write_listing(run, &trail, err);
}

static const char *const settings[] = {
	"account", "start", "end", "action", "limit", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_audit = {
	.name = "audit",
	.summary = "show who did what",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows the audit trail of all accounts, or of --account, newest first. A record says "
	"when, which account, who, what, whether it was done, refused or failed, how many calls "
	"it was about, how often within about a second, and on what. The column WHO has the "
	"number of the key with the address it came from, or the system's user that ran a "
	"command.\n\n"
	"Actions of the API: read-calls, read-call, compare-calls, count-calls, follow-calls, "
	"store-calls, store-events, store-traces, erase-calls, sign-in (refused: a wrong key), "
	"list-keys, make-key, revoke-key, list-sessions, make-session, end-session, "
	"list-hooks, make-hook, change-hook, remove-hook, test-hook, resend-hook, read-audit. "
	"Of the command line: add-account, set-account, set-retention, disable-account, "
	"enable-account, make-key, revoke-key, those of sessions and hooks, import, export, "
	"erase-calls, backup, copy, list-accounts, list-keys, read-audit, and "
	"what shows calls: read-calls (calls, search), read-call (show), compare-calls (diff), "
	"count-calls (stats, dropoff), follow-calls (tail), scan-calls (privacy-scan). Of the "
	"sweep: expire-detail, expire-calls, cap-detail, cap-calls. Of hooks: pause-hook.\n\n"
	"Records cannot be changed or deleted, not even by SQL. They are numbered without a gap, "
	"which 'callstep verify' checks. They are dropped after the days for which the store "
	"keeps them ('callstep retention --keep-audit').\n\n"
	"A server writes what requests did once a second: a crash may lose the last second of it. "
	"Commands, new and revoked keys, and what the sweep drops are recorded before they are "
	"said to be done; what a command shows, before it is shown. Where the store cannot be "
	"written, standard error says so.\n\n"
	"In a pipe tabs separate the columns, and there is no header. --json writes a record a "
	"line.",
	.examples =
	"callstep audit --start -1d --account ann@example.org\n"
	"callstep audit --action make-key --json",
	.needs = CMD_NEEDS_STORE,
	.run = audit_run,
};
/* clang-format on */
