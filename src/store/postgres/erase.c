/* SPDX-License-Identifier: MIT
 * Erasing calls with all that they are found by: one statement finds them and takes them out of
 * every table. */
#include <stdio.h>

#include "store/erase_marks.h"
#include "store/postgres/blocks/blocks.h"

/* clang-format off */

/* Those that are meant: the call of a session, or those of a number from a second on. */
#define MEANT \
	" from call c where c.account_id = $account_id::bigint" \
	" and ($session_id::text is null or c.session_id = $session_id)" \
	" and ($number::text is null or (c.start >= $from::bigint" \
	" and (c.dest_key = $number or coalesce(c.src_key, c.src) = $number)))"
static const struct postgres_statement count_meant = {"select count(*)" MEANT, .once = true};
/* The oldest first. */
static const struct postgres_statement erase_meant = {
	"with old as materialized (select c.account_id, c.start, c.session_id, c.part, c.dest_key"
	MEANT " order by c.start, c.session_id limit $limit::bigint), " POSTGRES_TAKE_OUT
	"select count(*) as calls, max(start) as last_start,"
	" string_agg(session_id, chr(10)) as sessions from old", .once = true};

/* clang-format on */

static void bind_meant(struct postgres_connection *connection, const struct store_erase *erase)
{
	char buffer[CALL_NUMBER_MAX];
	struct text key = {0};

	if (erase->number.data) {
		key = call_number_key(erase->number, buffer);
	}
	BIND(connection, INT64(account_id, erase->account_id), ASKED(session_id, erase->session_id),
		ASKED(number, key), INT64(from, erase->from));
}

/* Under the account's lock: what is found is what goes. The log of changes has no index of
 * sessions: it is read once. */
static int drop(struct postgres_connection *connection, const struct store_erase *erase,
	struct store_erased *erased, struct text *ret_sessions, struct error *err)
{
	struct postgres_rows rows;
	size_t index;

	postgres_add_lock(connection, &erase->account_id, 1);
	postgres_add_take_out(connection);
	bind_meant(connection, erase);
	BIND(connection, INT64(limit, erase->limit));
	index = postgres_add(connection, &erase_meant);
	/* Also where nothing was found: a block may have what a call said before it changed. */
	postgres_blocks_renew_changed(connection, erase->account_id);
	postgres_add(connection, &postgres_commit);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, index);
	erased->calls = postgres_int64(&rows, 0, "calls");
	erased->more = erased->calls == erase->limit;
	if (erased->calls > 0) {
		erased->from = postgres_int64(&rows, 0, "last_start");
		*ret_sessions = postgres_text(&rows, 0, "sessions");
	}
	return 0;
}

/* No session has a control character. */
static int list_sessions(struct text lines, struct arena *arena,
	struct store_sessions *ret_sessions, struct error *err)
{
	struct text session;

	while (text_split(&lines, '\n', &session)) {
		if (store_sessions_add(ret_sessions, arena, session, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int postgres_erase(struct store *base, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *ret_sessions, struct store_erased *ret_erased, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct store_erased erased = {.from = erase->from};
	struct text sessions = {0};

	if (erase->count_only) {
		bind_meant(connection, erase);
		if (postgres_ask_int64(connection, &count_meant, &erased.calls, err) < 0) {
			return -1;
		}
	} else if (drop(connection, erase, &erased, &sessions, err) < 0 ||
		   list_sessions(sessions, arena, ret_sessions, err) < 0) {
		return -1;
	}
	*ret_erased = erased;
	return 0;
}

/* ---- the audit trail: a mark stands in the place of what was erased ---- */

/* In memory at a time. */
#define READ_ROWS 10000

/* clang-format off */
static const struct postgres_statement subjects = {
	"select id, subject from audit where account_id = $account_id::bigint"
	" and id > $after::bigint order by id limit $limit::bigint", .once = true};
static const struct postgres_statement mark = {
	"update audit a set subject = m.subject"
	" from unnest($id::bigint[], $subject::text[]) as m (id, subject)"
	" where a.id = m.id", .once = true};
/* clang-format on */

static const struct postgres_column columns[] = {
	{"id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct erase_mark, id)},
	{"subject", POSTGRES_TEXT, POSTGRES_MEMBER(struct erase_mark, subject)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct erase_mark);

/* Returns how many records were looked at. */
static int look(struct erase_marks *marks, struct postgres_connection *connection,
	int64_t account_id, int64_t *after, struct error *err)
{
	struct postgres_rows rows;

	BIND(connection, INT64(account_id, account_id), INT64(after, *after),
		INT64(limit, READ_ROWS));
	if (postgres_ask(connection, &subjects, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		*after = postgres_int64(&rows, i, "id");
		if (erase_marks_look(marks, *after, postgres_text(&rows, i, "subject"), err) < 0) {
			return -1;
		}
	}
	return rows.count;
}

/* Records may be changed in this transaction alone: no other can write any meanwhile. */
static int change_all(
	const struct erase_marks *marks, struct postgres_connection *connection, struct error *err)
{
	postgres_add(connection, &postgres_begin);
	postgres_add(connection,
		POSTGRES_ONCE("alter table audit disable trigger audit_is_not_changed"));
	postgres_add_rows(connection, &mark, &layout, marks->records, marks->count, NULL);
	postgres_add(
		connection, POSTGRES_ONCE("alter table audit enable trigger audit_is_not_changed"));
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int64_t after = 0;
	int looked;

	do {
		looked = look(marks, connection, account_id, &after, err);
	} while (looked == READ_ROWS);
	if (looked < 0) {
		return -1;
	}
	return marks->count > 0 ? change_all(marks, connection, err) : 0;
}

/* ---- what is left of them in the files ---- */

/* A table that is written anew keeps the rows that a snapshot may still see. A snapshot goes back
 * to the oldest transaction that wrote when it was taken, in whichever database of the cluster. So
 * this waits, for ten seconds, until nothing is left that began to write before it, and no snapshot
 * that is older: of a session, a standby that reports its own, or a prepared transaction
 * (https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW).
 * What is listed there stays the same within a transaction, unless it is cleared. */
/* clang-format off */
#define WAIT_FOR_READERS \
	"do $$ declare own xid := pg_current_xact_id()::xid; begin " \
	"for i in 1..200 loop " \
	"perform pg_stat_clear_snapshot(); " \
	"if not exists (select from pg_stat_activity where pid <> pg_backend_pid() and " \
	"(age(backend_xid) > age(own) or age(backend_xmin) > age(own) and " \
	"(datname = current_database() or datname is null))) and " \
	"not exists (select from pg_replication_slots where age(xmin) > age(own)) and " \
	"not exists (select from pg_prepared_xacts where age(transaction) > age(own)) " \
	"then return; end if; " \
	"perform pg_sleep(0.05); end loop; " \
	"raise 'someone is reading all the time' using errcode = '" POSTGRES_LOCK_NOT_AVAILABLE \
	"'; end $$"
/* clang-format on */

/* Samples of what the columns hold lie in the statistics of the planner: those are made anew too.
 */
static int write_anew(struct postgres_connection *connection, struct error *err)
{
	static const char *const tables[] = {"call", "detail", "change", "tally", "kind", "audit",
		"live", "hook_failure", "hook_begun", "segment", "block", "late", "gone"};

	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		char sql[64];

		snprintf(sql, sizeof(sql), "vacuum (full, analyze) %s", tables[i]);
		if (postgres_exec(connection, sql, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* A table is written anew while nothing reads it. Waiting for that holds up all others, and so
 * does not last long. PostgreSQL's log and copies of it are not cleared here. */
int postgres_scrub(struct store *base, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	bool good;

	if (!connection) {
		return -1;
	}
	good = postgres_exec(connection, "set lock_timeout = '10s'", err) == 0 &&
	       postgres_kinds_blank(connection, err) == 0 &&
	       postgres_exec(connection, WAIT_FOR_READERS, err) == 0 &&
	       write_anew(connection, err) == 0;
	/* The setting goes with it. */
	connection->broken = true;
	if (!good) {
		return postgres_failed_with(connection, POSTGRES_LOCK_NOT_AVAILABLE) ? 0 : -1;
	}
	return 1;
}
