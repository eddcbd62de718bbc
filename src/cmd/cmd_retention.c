/* SPDX-License-Identifier: MIT
 * callstep retention: how long the store keeps what it has. */
#include "cmd/keeping.h"
#include "cmd/listing.h"

/* ---- showing ---- */

static void add_row(struct listing *listing, struct text whose, const struct store_days *days,
	const char *audit_days)
{
	char buffer[KEEPING_DAYS_SIZE];

	listing_cell(listing, whose);
	listing_cell(listing, text_of(keeping_format_days(days->detail, buffer)));
	listing_cell(listing, text_of(keeping_format_days(days->header, buffer)));
	listing_cell(listing, text_of(audit_days));
}

static int show(struct cmd_run *run, const struct store_keeping *keeping, struct error *err)
{
	static const struct listing_column columns[] = {
		{"KEPT BY", false}, {"DETAIL", true}, {"CALLS", true}, {"AUDIT TRAIL", true}};
	const struct store_days none = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT};
	const struct store_days days = store_days_in_force(&keeping->days, &none);
	struct store_account *accounts;
	char audit[KEEPING_DAYS_SIZE];
	struct listing listing;
	bool shows_accounts = false;
	size_t count;

	if (store_account_list(run->store, &run->arena, &accounts, &count, err) < 0) {
		return -1;
	}
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	add_row(&listing, TEXT("the store"), &days,
		keeping_format_days(keeping->audit_days, audit));
	for (size_t i = 0; i < count; i++) {
		if (memcmp(&accounts[i].days, &none, sizeof(none)) != 0) {
			add_row(&listing, accounts[i].email, &accounts[i].kept, "");
			shows_accounts = true;
		}
	}
	if (shows_accounts) {
		cmd_record_read(run->store, 0, "list-accounts", TEXT("retention"), -1);
	}
	return listing_write(&listing, err);
}

/* ---- changing ---- */

static int parse(const struct settings *settings, struct store_keeping *keeping, struct error *err)
{
	if (keeping_parse_days(
		    "keep-detail", settings->keep_detail, false, &keeping->days.detail, err) < 0 ||
		keeping_parse_days("keep-headers", settings->keep_headers, false,
			&keeping->days.header, err) < 0) {
		return -1;
	}
	return keeping_parse_days(
		"keep-audit", settings->keep_audit, false, &keeping->audit_days, err);
}

static int change(struct cmd_run *run, const struct store_keeping *before,
	const struct store_keeping *after, struct error *err)
{
	struct keeping_sum sum = {0};
	int status;

	if (keeping_tell_losses(run->store, NULL, &after->days, run->settings, &sum, err) < 0 ||
		keeping_tell_records(run->store, before->audit_days, after->audit_days, &sum, err) <
			0) {
		return -1;
	}
	status = keeping_ask(run, &sum);
	if (status != CMD_DONE) {
		return status;
	}
	if (store_set_keeping(run->store, after, err) < 0) {
		return -1;
	}
	return keeping_record(run->store, before, after, err);
}

/* What is wrong is found before the store is opened. */
static int retention_check(struct cmd_run *run, struct error *err)
{
	struct store_keeping keeping;

	return parse(run->settings, &keeping, err);
}

static int retention_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct store_keeping before, after;
	int status = CMD_DONE;

	if (store_keeping(run->store, &before, err) < 0) {
		return -1;
	}
	after = before;
	if (parse(settings, &after, err) < 0) {
		return -1;
	}
	if (settings->keep_detail || settings->keep_headers || settings->keep_audit) {
		status = change(run, &before, &after, err);
	}
	return status == CMD_DONE ? show(run, &after, err) : status;
}

static const char *const settings[] = {
	"keep-detail", "keep-headers", "keep-audit", "yes", "utc", "color", NULL};

/* clang-format off */
const struct cmd cmd_retention = {
	.name = "retention",
	.summary = "show and set how long the store keeps calls",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Shows for how many days after their start the store keeps the detail of calls and the "
	"calls themselves, and for how many days it keeps the audit trail. Then it shows the "
	"accounts with their own days, which 'callstep account set' gives. A new store keeps "
	"detail for 31 days, calls and the audit trail for 365.\n\n"
	"--keep-detail, --keep-headers and --keep-audit set the days. They hold from that moment "
	"on, for every server and command. Shorter days drop calls for ever: the command first "
	"says how many, of which accounts, and when they started. On a terminal it then asks; "
	"elsewhere it wants --yes.\n\n"
	"What is over its days is not shown from that second on. 'callstep serve' and 'callstep "
	"sweep' drop it. Below /api/ detail is served for a shorter time: see --api-detail-days "
	"in 'callstep help serve'.",
	.examples =
	"callstep retention\n"
	"callstep retention --keep-detail 90 --keep-headers 730\n"
	"callstep retention --keep-detail ever --keep-headers ever\n"
	"callstep retention --keep-detail 10 --yes",
	.needs = CMD_NEEDS_STORE,
	.check = retention_check,
	.run = retention_run,
};
/* clang-format on */
