/* SPDX-License-Identifier: MIT
 * Which program sweeps, and which tells receivers: an advisory lock each, of a connection that is
 * kept for it, and lost with it.
 * No program waits for it. */
#include <stdio.h>

#include "store/postgres/postgres.h"

/* clang-format off */

/* "CSTP" and two: the locks of the schema and of the partitions have the numbers before it, the
 * duties of enum store_duty this one and those behind it. */
#define TURN_CLASS 1129533509
#define TURN "$class::integer, hashtext(current_schema())"
static const struct postgres_statement take = {
	"select pg_try_advisory_lock(" TURN ")", .once = true};
static const struct postgres_statement release = {
	"select pg_advisory_unlock(" TURN ")", .once = true};
static const struct postgres_statement find_holder = {
	"select a.pid, coalesce(host(a.client_addr), 'its own machine') as machine,"
	" to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since"
	" from pg_locks l join pg_stat_activity a on a.pid = l.pid"
	" where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid ="
	" $class::integer::oid and l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid"
	" and l.database = (select oid from pg_database where datname = current_database())",
	.once = true};

/* clang-format on */

static int name_holder(struct postgres_connection *connection, enum store_duty duty,
	char holder[STORE_HOLDER_SIZE], struct error *err)
{
	struct postgres_rows rows;
	int found;

	BIND(connection, INT32(class, TURN_CLASS + (int)duty));
	found = postgres_ask(connection, &find_holder, &rows, err);

	if (found < 0) {
		return -1;
	}
	if (found == 0) {
		snprintf(holder, STORE_HOLDER_SIZE, "one that has ended this moment");
		return 0;
	}
	snprintf(holder, STORE_HOLDER_SIZE,
		"PostgreSQL's process %lld, of a program on %.*s that connected at %.*s UTC",
		(long long)postgres_int64(&rows, 0, "pid"),
		TEXT_ARG(postgres_text(&rows, 0, "machine")),
		TEXT_ARG(postgres_text(&rows, 0, "since")));
	return 0;
}

int postgres_turn_take(struct store_turn *turn, struct store *base, enum store_duty duty,
	char holder[STORE_HOLDER_SIZE], struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int64_t taken = 0;

	BIND(connection, INT32(class, TURN_CLASS + (int)duty));
	if (postgres_ask_int64(connection, &take, &taken, err) < 0) {
		return -1;
	}
	if (!taken) {
		return name_holder(connection, duty, holder, err);
	}
	turn->state = connection;
	connection = NULL;
	return 1;
}

/* An answer from that connection shows that the lock is still held. */
int postgres_turn_check(struct store_turn *turn, struct error *err)
{
	postgres_add(turn->state, POSTGRES_ONCE("select 1"));
	return postgres_run(turn->state, err);
}

void postgres_turn_end(struct store_turn *turn)
{
	struct postgres_connection *connection = turn->state;

	BIND(connection, INT32(class, TURN_CLASS + (int)turn->duty));
	postgres_add(connection, &release);
	if (postgres_run(connection, NULL) < 0) {
		connection->broken = true;
	}
	postgres_give_back(connection);
}
