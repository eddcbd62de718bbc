/* SPDX-License-Identifier: MIT
 * Dropping old calls, or their detail alone, and the partitions that are empty then: their room is
 * given back at once. */
#include "store/postgres/postgres.h"
#include "store/tally.h"

/* clang-format off */
static const struct postgres_statement drop_calls = {
	"with old as materialized (select c.account_id, c.start, c.session_id, c.part, c.dest_key"
	" from call c where c.account_id = $account_id::bigint and c.start <= $up_to::bigint"
	" order by c.start, c.session_id limit $limit::bigint), " POSTGRES_TAKE_OUT
	"select count(*) from old", .once = true};
static const struct postgres_statement drop_detail = {
	.sql = "with old as materialized (select account_id, start, session_id, part from detail"
	" where account_id = $account_id::bigint and start <= $up_to::bigint"
	" order by start, session_id limit $limit::bigint),"
	" gone as (delete from detail d using old u where " POSTGRES_AT_PLACE "),"
	" marked as (update call c set steps = -1, part = null, last_kind = null, path = null"
	" from old u where c.account_id = u.account_id and c.session_id = u.session_id)"
	" select count(*) from old"};

static const struct postgres_statement oldest_detail = {
	.sql = "select start from detail where account_id = $account_id::bigint order by start"
	" limit 1"};
static const struct postgres_statement oldest_call = {
	.sql = "select start from call where account_id = $account_id::bigint order by start limit"
	" 1"};
static const struct postgres_statement space_used = {
	.sql = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where c.relkind ="
	" 'r' and c.relnamespace = current_schema()::text::regnamespace"
	" and (c.relname <> 'detail_0' or exists (select from detail_0 where account_id > 0))"};
/* clang-format on */

void postgres_add_take_out(struct postgres_connection *connection)
{
	int64_t units[TALLY_UNITS];

	for (int unit = TALLY_MINUTE; unit < TALLY_UNITS; unit++) {
		units[unit] = tally_unit_seconds((enum tally_unit)unit);
	}
	BIND(connection, ARRAY(units, POSTGRES_BIGINT, units, TALLY_UNITS));
	postgres_add(connection, &postgres_plan_each);
	postgres_add(connection, POSTGRES_ONCE("set local enable_hashjoin = on"));
}

/* Under the account's lock, in a transaction that is left open: what is found is what goes. */
static int drop_rows(struct postgres_connection *connection, const struct store_drop *drop,
	int64_t *ret_dropped, struct error *err)
{
	postgres_add_lock(connection, &drop->account_id, 1);
	BIND(connection, INT64(account_id, drop->account_id), INT64(up_to, drop->up_to),
		INT64(limit, drop->limit));
	if (drop->whole) {
		postgres_add_take_out(connection);
	} else {
		postgres_add(connection, &postgres_plan_each);
	}
	return postgres_ask_int64(
		connection, drop->whole ? &drop_calls : &drop_detail, ret_dropped, err);
}

int postgres_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int64_t dropped = 0;

	if (drop_rows(connection, drop, &dropped, err) < 0) {
		return -1;
	}
	if (dropped > 0 && drop->record) {
		struct store_audit record = *drop->record;

		record.calls = dropped;
		postgres_audit_write(connection, &record, 1);
	}
	postgres_add(connection, &postgres_commit);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	if (dropped > 0) {
		postgres_parts_drop_empty((struct postgres_store *)base, connection, drop->up_to);
	}
	*ret_dropped = dropped;
	return 0;
}

int postgres_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id));
	return postgres_ask_int64(
		connection, detail ? &oldest_detail : &oldest_call, ret_start, err);
}

/* PostgreSQL does not tell what is free within its files, and uses it again by itself. So a
 * day's detail takes room until the last of it has gone, partition 0 until it is empty, and a
 * header for ever. */
int postgres_space(struct store *base, struct store_space *ret_space, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct store_space space = {.headers_stay = true, .available_bytes = -1};

	if (postgres_ask_int64(connection, &space_used, &space.used_bytes, err) < 0) {
		return -1;
	}
	*ret_space = space;
	return 0;
}
