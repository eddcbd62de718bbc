/* SPDX-License-Identifier: MIT
 * Dropping old calls, or their detail alone, and the partitions that are empty then: their room is
 * given back at once. */
#include "store/postgres/postgres.h"

/* $1 account, $2 up to when, $3 how many at most, $4 the units of the tallies. */
#define DROP_CALLS                                                                                 \
	"with old as materialized (select c.account_id, c.start, c.session_id, c.part, "           \
	"c.dest_key from call c where c.account_id = $1::bigint and c.start <= $2::bigint "        \
	"order by c.start, c.session_id limit $3::bigint), " POSTGRES_TAKE_OUT(                    \
		"$4") "select count(*), max(start) from old"

/* Under the account's lock, in a transaction that is left open: what is found is what goes. */
static int drop_rows(struct postgres_connection *connection, const struct store_drop *drop,
	struct postgres_params *params, int64_t *ret_dropped, struct error *err)
{
	struct postgres_rows rows;

	postgres_array_begin(params, POSTGRES_BIGINT);
	postgres_array_int64(params, drop->account_id);
	postgres_array_end(params);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(connection, POSTGRES_ACCOUNTS_LOCK, params);
	postgres_add(connection, POSTGRES_PLAN_EACH, NULL);
	postgres_params_clear(params);
	postgres_bind_int64(params, drop->account_id);
	postgres_bind_int64(params, drop->up_to);
	postgres_bind_int64(params, drop->limit);
	if (drop->whole) {
		postgres_add_text(connection, "set local enable_hashjoin = on", NULL);
		postgres_bind_tally_units(params);
		postgres_add_text(connection, DROP_CALLS, params);
	} else {
		postgres_add(connection, POSTGRES_DROP_DETAIL, params);
	}
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_last_rows(connection);
	*ret_dropped = postgres_int64(&rows, 0, 0);
	return 0;
}

int postgres_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_store *store = (struct postgres_store *)base;
	int64_t dropped;

	postgres_params_init(&params);
	if (postgres_session_open(&session, store, err) < 0 ||
		drop_rows(session.connection, drop, &params, &dropped, err) < 0) {
		return -1;
	}
	if (dropped > 0 && drop->record) {
		struct store_audit record = *drop->record;

		record.calls = dropped;
		postgres_audit_write(session.connection, &record, 1, &params);
	}
	postgres_add(session.connection, POSTGRES_COMMIT, NULL);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	if (dropped > 0) {
		postgres_parts_drop_empty(store, session.connection, drop->up_to);
	}
	*ret_dropped = dropped;
	return 0;
}

int postgres_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;

	postgres_params_init(&params);
	postgres_bind_int64(&params, account_id);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0 ||
		postgres_run_one(session.connection,
			detail ? POSTGRES_DETAIL_OLDEST : POSTGRES_CALL_OLDEST, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(session.connection, 0);
	if (rows.count == 0) {
		return 0;
	}
	*ret_start = postgres_int64(&rows, 0, 0);
	return 1;
}

/* What PostgreSQL keeps free within its files it does not tell; it uses it again by itself. So a
 * day's detail takes room until the last of it has gone, the partition for days without one of
 * their own until it is empty, and a header for ever. */
int postgres_space(struct store *base, struct store_space *ret_space, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct postgres_rows rows;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0 ||
		postgres_run_one(session.connection, POSTGRES_SPACE, NULL, err) < 0) {
		return -1;
	}
	rows = postgres_rows(session.connection, 0);
	*ret_space = (struct store_space){
		.used_bytes = postgres_int64(&rows, 0, 0), .headers_stay = true};
	return 0;
}

/* Partitions give their room back when they are dropped. */
int postgres_shrink(struct store *base, int64_t keep_bytes, int64_t limit_bytes, int64_t *ret_freed,
	struct error *err)
{
	(void)base;
	(void)keep_bytes;
	(void)limit_bytes;
	(void)err;
	*ret_freed = 0;
	return 0;
}
