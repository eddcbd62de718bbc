/* SPDX-License-Identifier: MIT
 * Erasing calls with all that they are found by: one statement finds them and takes them out of
 * every table. */
#include <stdio.h>

#include "store/postgres/postgres.h"

/* Those that are meant, the oldest first: $2 the session, or $3 the number and $4 the first second.
 */
#define MEANT                                                                                      \
	"from call c where c.account_id = $1::bigint and "                                         \
	"($2::text is null or c.session_id = $2) and "                                             \
	"($3::text is null or (c.start >= $4::bigint and "                                         \
	"(c.dest_key = $3 or coalesce(c.src_key, c.src) = $3))) "

/* $5: how many at most; $6: the units of the tallies. A tally that falls to nothing goes. */
#define ERASE                                                                                      \
	"with old as materialized (select c.account_id, c.start, c.session_id, c.part, "           \
	"c.dest_key " MEANT                                                                        \
	"order by c.start, c.session_id limit $5::bigint), " POSTGRES_TAKE_OUT(                    \
		"$6") "select count(*), max(start), string_agg(session_id, chr(10)) from old"

static void bind_text_or_null(struct postgres_params *params, struct text text)
{
	if (text.data) {
		postgres_bind_asked(params, text);
	} else {
		postgres_bind_null(params);
	}
}

static void bind_meant(struct postgres_params *params, const struct store_erase *erase)
{
	char buffer[CALL_NUMBER_MAX];
	struct text key = {0};

	if (erase->number.data) {
		key = call_number_key(erase->number, buffer);
	}
	postgres_params_clear(params);
	postgres_bind_int64(params, erase->account_id);
	bind_text_or_null(params, erase->session_id);
	bind_text_or_null(params, key);
	postgres_bind_int64(params, erase->from);
}

static int count(struct postgres_connection *connection, const struct store_erase *erase,
	struct postgres_params *params, struct store_erased *erased, struct error *err)
{
	struct postgres_rows rows;

	bind_meant(params, erase);
	postgres_add_text(connection, "select count(*) " MEANT, params);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	erased->calls = postgres_int64(&rows, 0, 0);
	return 0;
}

/* Under the account's lock: what is found is what goes. The log of changes has no index of
 * sessions, it is read once. */
static int drop(struct postgres_connection *connection, const struct store_erase *erase,
	struct postgres_params *params, struct store_erased *erased, struct text *ret_sessions,
	struct error *err)
{
	struct postgres_rows rows;

	postgres_array_begin(params, POSTGRES_BIGINT);
	postgres_array_int64(params, erase->account_id);
	postgres_array_end(params);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(connection, POSTGRES_ACCOUNTS_LOCK, params);
	postgres_add(connection, POSTGRES_PLAN_EACH, NULL);
	postgres_add_text(connection, "set local enable_hashjoin = on", NULL);
	bind_meant(params, erase);
	postgres_bind_int64(params, erase->limit);
	postgres_bind_tally_units(params);
	postgres_add_text(connection, ERASE, params);
	postgres_add(connection, POSTGRES_COMMIT, NULL);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 4);
	erased->calls = postgres_int64(&rows, 0, 0);
	erased->more = erased->calls == erase->limit;
	if (erased->calls > 0) {
		erased->from = postgres_int64(&rows, 0, 1);
		*ret_sessions = postgres_text(&rows, 0, 2);
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
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct store_erased erased = {.from = erase->from};
	struct text sessions = {0};

	postgres_params_init(&params);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	if (erase->count_only) {
		if (count(session.connection, erase, &params, &erased, err) < 0) {
			return -1;
		}
	} else if (drop(session.connection, erase, &params, &erased, &sessions, err) < 0 ||
		   list_sessions(sessions, arena, ret_sessions, err) < 0) {
		return -1;
	}
	*ret_erased = erased;
	return 0;
}

/* ---- what is left of them in the files ---- */

#define LOCK_NOT_AVAILABLE "55P03"

/* A table that is written anew keeps the rows that somebody's snapshot may still see: whoever is in
 * a transaction on this database now is waited for, for ten seconds. */
#define WAIT_FOR_READERS                                                                           \
	"do $$ declare readers text[]; begin "                                                     \
	"select array_agg(l.virtualtransaction) into readers from pg_locks l "                     \
	"join pg_stat_activity a using (pid) where l.locktype = 'virtualxid' and "                 \
	"a.datname = current_database() and pid <> pg_backend_pid(); "                             \
	"for i in 1..200 loop "                                                                    \
	"if not exists (select from pg_locks where locktype = 'virtualxid' and "                   \
	"virtualtransaction = any (readers)) then return; end if; "                                \
	"perform pg_sleep(0.05); end loop; "                                                       \
	"raise 'someone is reading all the time' using errcode = '" LOCK_NOT_AVAILABLE "'; "       \
	"end $$"

/* Samples of what the columns hold lie in the statistics of the planner: those are made anew too.
 */
static int write_anew(struct postgres_connection *connection, struct error *err)
{
	static const char *const tables[] = {"call", "detail", "change", "tally", "kind", "audit"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char sql[64];

		snprintf(sql, sizeof(sql), "vacuum (full, analyze) %s", tables[i]);
		if (postgres_exec(connection, sql, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* While nobody reads a table it is written anew; who waits for that holds up all others, and so
 * does not wait for long. PostgreSQL's log, and whoever copies that, are its own to clear. */
int postgres_scrub(struct store *base, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	int status;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	status = postgres_exec(session.connection, "set lock_timeout = '10s'", err);
	if (status == 0) {
		status = postgres_kinds_blank(session.connection, err);
	}
	if (status == 0) {
		status = postgres_exec(session.connection, WAIT_FOR_READERS, err);
	}
	if (status == 0) {
		status = write_anew(session.connection, err);
	}
	session.connection->broken = true; /* the setting goes with it */
	if (status < 0) {
		return postgres_failed_with(session.connection, LOCK_NOT_AVAILABLE) ? 0 : -1;
	}
	return 1;
}
