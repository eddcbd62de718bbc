/* SPDX-License-Identifier: MIT
 * callstep retention: how long the store keeps what it has. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/keeping.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

#define LIST_MAX ((size_t)256 << 20)

/* ---- showing ---- */

static void add_row(struct table *table, struct text whose, const struct store_days *days,
	const char *audit_days)
{
	char buffer[KEEPING_DAYS_SIZE];

	table_cell(table, whose);
	table_cell(table, text_of(keeping_format_days(days->detail, buffer)));
	table_cell(table, text_of(keeping_format_days(days->header, buffer)));
	table_cell(table, text_of(audit_days));
}

static int show(struct store *store, const struct store_keeping *keeping,
	const struct settings *settings, struct error *err)
{
	static const struct table_column columns[] = {
		{"KEPT BY", false}, {"DETAIL", true}, {"CALLS", true}, {"AUDIT TRAIL", true}};
	const struct store_days none = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT};
	const struct store_days days = store_days_in_force(&keeping->days, &none);
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts;
	char audit[KEEPING_DAYS_SIZE];
	struct table table;
	bool shows_accounts = false;
	size_t count;

	arena_init(&arena, LIST_MAX);
	if (store_account_list(store, &arena, &accounts, &count, err) < 0) {
		return -1;
	}
	table_init(&table, &arena, columns, sizeof(columns) / sizeof(columns[0]));
	add_row(&table, TEXT("the store"), &days, keeping_format_days(keeping->audit_days, audit));
	for (size_t i = 0; i < count; i++) {
		if (memcmp(&accounts[i].days, &none, sizeof(none)) != 0) {
			add_row(&table, accounts[i].email, &accounts[i].kept, "");
			shows_accounts = true;
		}
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	if (shows_accounts) {
		cmd_record_read(store, 0, "list-accounts", TEXT("retention"), -1);
	}
	table_write(&table, stdout, terminal_is(stdout), terminal_color(stdout, settings));
	return 0;
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

static int change(struct store *store, const struct store_keeping *before,
	const struct store_keeping *after, const struct settings *settings)
{
	struct keeping_sum sum = {0};
	struct error err;
	int status;

	if (keeping_tell_losses(store, &after->days, settings, &sum, &err) < 0 ||
		keeping_tell_records(store, before->audit_days, after->audit_days, &sum, &err) <
			0) {
		return cmd_fail(&err);
	}
	if (!keeping_is_wanted(&cmd_retention, settings, &sum, &status)) {
		return status;
	}
	if (store_set_keeping(store, after, &err) < 0 ||
		keeping_record(store, before, after, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	struct store_keeping before, after = {0};
	struct error err;
	int status = CMD_DONE;

	if (argc > 0) {
		return cmd_wrong_usage(&cmd_retention, "'%s' is too much", argv[0]);
	}
	/* What is wrong is found before the store is opened. */
	if (parse(settings, &after, &err) < 0 || cmd_open_store(&store, settings, true, &err) < 0 ||
		store_keeping(store, &before, &err) < 0) {
		return cmd_fail(&err);
	}
	after = before;
	if (parse(settings, &after, &err) < 0) {
		return cmd_fail(&err);
	}
	if (settings->keep_detail || settings->keep_headers || settings->keep_audit) {
		status = change(store, &before, &after, settings);
	}
	if (status == CMD_DONE && show(store, &after, settings, &err) < 0) {
		return cmd_fail(&err);
	}
	return status;
}

static const char *const settings[] = {
	"keep-detail", "keep-headers", "keep-audit", "yes", "utc", "color", NULL};

const struct cmd cmd_retention = {
	.name = "retention",
	.summary = "show and set how long the store keeps calls",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Shows for how many days after their start the store keeps the detail of calls and "
		"the calls themselves, and for how many days it keeps the audit trail; then the "
		"accounts that have days of their own, which 'callstep account set' gives. A new "
		"store keeps detail for 31 days, calls and the audit trail for 365.\n"
		"\n"
		"--keep-detail, --keep-headers and --keep-audit set the days; they hold from that "
		"moment on, for every server and command. Shorter days drop calls for ever: how "
		"many, of which accounts, and when they started is said first. On a terminal the "
		"command then asks; elsewhere it wants --yes.\n"
		"\n"
		"What is over its days is seen by nobody from that second on. 'callstep serve' and "
		"'callstep sweep' drop it. Below /api/ detail is served for a shorter time: see "
		"--api-detail-days in 'callstep help serve'.",
	.examples = "callstep retention\n"
		    "callstep retention --keep-detail 90 --keep-headers 730\n"
		    "callstep retention --keep-detail ever --keep-headers ever\n"
		    "callstep retention --keep-detail 10 --yes",
	.run = run,
};
