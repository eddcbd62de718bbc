/* SPDX-License-Identifier: MIT
 * Whose turn it is to sweep: an advisory lock of a connection that is kept for it, and that is lost
 * with it. Nobody waits for it. */
#include <stdio.h>

#include "store/postgres/postgres.h"

#define TURN_CLASS                                                                                 \
	"1129533509" /* "CSTP" and two: the schema's and the partitions' locks stand before it */
#define TURN TURN_CLASS ", hashtext(current_schema())"

#define TURN_HOLDER                                                                                \
	"select a.pid, coalesce(host(a.client_addr), 'its own machine'), "                         \
	"to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') "                    \
	"from pg_locks l join pg_stat_activity a on a.pid = l.pid "                                \
	"where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid "            \
	"= " TURN_CLASS " and "                                                                    \
	"l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid and "                    \
	"l.database = (select oid from pg_database where datname = current_database())"

static int ask(struct postgres_connection *connection, const char *sql,
	struct postgres_rows *ret_rows, struct error *err)
{
	postgres_add_text(connection, sql, NULL);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	*ret_rows = postgres_rows(connection, 0);
	return 0;
}

static int name_holder(
	struct postgres_connection *connection, char holder[STORE_HOLDER_SIZE], struct error *err)
{
	struct postgres_rows rows;

	if (ask(connection, TURN_HOLDER, &rows, err) < 0) {
		return -1;
	}
	if (rows.count == 0) {
		snprintf(holder, STORE_HOLDER_SIZE, "one that has ended this moment");
		return 0;
	}
	snprintf(holder, STORE_HOLDER_SIZE,
		"PostgreSQL's process %lld, of a program on %.*s that connected at %.*s UTC",
		(long long)postgres_int64(&rows, 0, 0), TEXT_ARG(postgres_text(&rows, 0, 1)),
		TEXT_ARG(postgres_text(&rows, 0, 2)));
	return 0;
}

int postgres_turn_take(struct store_turn *turn, struct store *base, char holder[STORE_HOLDER_SIZE],
	struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct postgres_rows rows;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0 ||
		ask(session.connection, "select pg_try_advisory_lock(" TURN ")", &rows, err) < 0) {
		return -1;
	}
	if (postgres_int64(&rows, 0, 0) == 0) {
		return name_holder(session.connection, holder, err);
	}
	turn->state = session.connection;
	session.connection = NULL;
	return 1;
}

/* An answer from that connection shows that the lock is still held. */
int postgres_turn_check(struct store_turn *turn, struct error *err)
{
	struct postgres_rows rows;

	return ask(turn->state, "select 1", &rows, err);
}

void postgres_turn_end(struct store_turn *turn)
{
	struct postgres_session session = {
		.pool = &((struct postgres_store *)turn->store)->pool,
		.connection = turn->state,
	};
	struct postgres_rows rows;

	if (ask(session.connection, "select pg_advisory_unlock(" TURN ")", &rows, NULL) < 0) {
		session.connection->broken = true;
	}
	postgres_session_close(&session);
}
