/* SPDX-License-Identifier: MIT
 * callstep audit: who did what. */
#include <stdio.h>

#include "base/time_text.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/table.h"
#include "cmd/terminal.h"
#include "upkeep/audit_document.h"

#define MEMORY_MAX ((size_t)2 << 30)

struct trail {
	const struct settings *settings;
	struct arena arena;
	struct store_account *accounts;
	size_t accounts_count;
	struct store_audit *records;
	size_t count;
};

static void trail_deinit(struct trail *trail)
{
	arena_deinit(&trail->arena);
}

static int read_trail(struct trail *trail, struct store *store, struct error *err)
{
	const struct settings *settings = trail->settings;
	struct store_audit_query query = {
		.account_id = -1,
		.start = settings->start == SETTING_TIME_NONE ? 0 : settings->start,
		.end = settings->end == SETTING_TIME_NONE ? INT64_MAX : settings->end,
		.action = text_of(settings->action),
		.limit = settings->limit,
	};

	if (settings->account && cmd_find_account(store, settings, &query.account_id, err) < 0) {
		return -1;
	}
	if (store_account_list(
		    store, &trail->arena, &trail->accounts, &trail->accounts_count, err) < 0) {
		return -1;
	}
	if (store_audit_list(store, &query, &trail->arena, &trail->records, &trail->count, err) <
		0) {
		return -1;
	}
	cmd_record_read(store, query.account_id < 0 ? 0 : query.account_id, "read-audit",
		TEXT("audit"), -1);
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

static void add_row(struct trail *trail, struct table *table, const struct store_audit *record)
{
	char time[TIME_TEXT_SIZE];

	table_cell(table, text_of(time_text_format(record->time, trail->settings->utc, time)));
	table_cell(table, or_dash(email_of(trail, record->account_id)));
	if (record->user.size > 0) {
		table_cell(table, record->user);
	} else if (record->key_id > 0) {
		table_cell_printf(table, "key %lld, %.*s", (long long)record->key_id,
			TEXT_ARG(record->address));
	} else {
		table_cell(table, or_dash(record->address));
	}
	table_cell(table, record->action);
	table_cell(table, text_of(audit_outcome_name(record->outcome)));
	if (record->calls >= 0) {
		table_cell_printf(table, "%lld", (long long)record->calls);
	} else {
		table_cell(table, TEXT("-"));
	}
	table_cell_printf(table, "%lld", (long long)record->times);
	table_cell(table, or_dash(record->subject));
}

static int write_table(struct trail *trail, struct error *err)
{
	static const struct table_column columns[] = {{"TIME", false}, {"ACCOUNT", false},
		{"WHO", false}, {"ACTION", false}, {"OUTCOME", false}, {"CALLS", true},
		{"TIMES", true}, {"SUBJECT", false}};
	struct table table;

	table_init(&table, &trail->arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < trail->count; i++) {
		add_row(trail, &table, &trail->records[i]);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	table_write(&table, stdout, terminal_is(stdout), terminal_color(stdout, trail->settings));
	return 0;
}

static int write_json(const struct trail *trail, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, MEMORY_MAX);
	for (size_t i = 0; i < trail->count; i++) {
		const struct store_audit *record = &trail->records[i];

		audit_document_write(&buffer, record, email_of(trail, record->account_id));
		buffer_append_byte(&buffer, '\n');
	}
	return output_buffer(&buffer, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(trail_deinit) struct trail trail = {.settings = settings};
	struct error err;
	int status;

	arena_init(&trail.arena, MEMORY_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_audit, "'%s' is too much", argv[0]);
	}
	if (cmd_open_store(&store, settings, true, &err) < 0 ||
		read_trail(&trail, store, &err) < 0) {
		return cmd_fail(&err);
	}
	status = settings->json ? write_json(&trail, &err) : write_table(&trail, &err);
	return status < 0 ? cmd_fail(&err) : CMD_DONE;
}

static const char *const settings[] = {
	"account", "start", "end", "action", "limit", "utc", "json", "color", NULL};

const struct cmd cmd_audit = {
	.name = "audit",
	.summary = "show who did what",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Shows the audit trail of all accounts, or of --account, newest first: when, which "
		"account, who (the key by its number with the address it came from, or the "
		"system's user who ran a command), what, whether it was done, refused or failed, "
		"how many calls it was about, how often within about a second, and on what.\n"
		"\n"
		"Actions of the API: read-calls, read-call, compare-calls, count-calls, "
		"follow-calls, store-calls, erase-calls, sign-in (refused: a wrong key), "
		"list-keys, "
		"make-key, revoke-key, read-audit. Of the command line: add-account, set-account, "
		"set-retention, "
		"disable-account, enable-account, make-key, revoke-key, import, export, "
		"erase-calls, backup, copy, list-accounts, list-keys, read-audit, and what shows "
		"calls: read-calls (calls, search), read-call (show), compare-calls (diff), "
		"count-calls (stats, dropoff), follow-calls (tail), scan-calls (privacy-scan). Of "
		"the sweep: expire-detail, expire-calls, cap-detail, cap-calls.\n"
		"\n"
		"Records cannot be changed or deleted, by SQL either; they are numbered without a "
		"gap, which 'callstep verify' checks, and dropped after the days for which the "
		"store keeps them ('callstep retention --keep-audit'). A "
		"server writes what requests did once a second: a crash may lose the last second "
		"of "
		"it. Commands, new and revoked keys, and what the sweep drops, are recorded before "
		"they are said to be done, and what a command shows before it is shown; where the "
		"store cannot be written, that is told on standard error.\n"
		"\n"
		"In a pipe the columns are parted by tabs, without a header. --json writes a "
		"record "
		"a line.",
	.examples = "callstep audit --start -1d --account ann@example.org\n"
		    "callstep audit --action make-key --json",
	.run = run,
};
