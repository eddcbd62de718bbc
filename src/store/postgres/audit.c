/* SPDX-License-Identifier: MIT
 * The audit trail on PostgreSQL. Triggers keep records as they are (schema/0002-keeping.sql). */
#include "store/postgres/postgres.h"

/* clang-format off */
static const struct postgres_statement audit_add = {
	.sql = "with head as (update audit_floor set newest = newest + $records::bigint"
	" returning newest - $records as before)"
	" insert into audit (id, time, account_id, key_id, address, \"user\", action, subject,"
	" outcome, calls, times)"
	" select head.before + u.place, u.time, u.account_id, u.key_id, u.address, u.by_user,"
	" u.action, u.subject, u.outcome, u.calls, u.times from head,"
	" unnest($time::bigint[], $account_id::bigint[], $key_id::bigint[], $address::text[],"
	" $user::text[], $action::text[], $subject::text[], $outcome::bigint[], $calls::bigint[],"
	" $times::bigint[]) with ordinality as u (time, account_id, key_id, address, by_user,"
	" action, subject, outcome, calls, times, place)"};

#define LIST \
	"select id, time, account_id, key_id, address, \"user\", action, subject, outcome, calls," \
	" times from audit where time >= $start::bigint and time < $end::bigint" \
	" and (time, id) < ($after_time::bigint, $after_id::bigint) and "
#define LIST_ORDER " order by time desc, id desc limit $limit::bigint"
static const struct postgres_statement audit_list = {
	.sql = LIST "($action::text is null or action = $action)"
	" and ($account_id::bigint < 0 or account_id = $account_id)" LIST_ORDER};
static const struct postgres_statement audit_list_of_action = {
	.sql = LIST "action = $action::text and account_id = $account_id::bigint" LIST_ORDER};

static const struct postgres_statement raise_floor = {
	.sql = "with old as (select id, time from audit order by id limit $limit::bigint)"
	" update audit_floor set dropped = greatest(dropped, coalesce((select max(id) from old"
	" where id < coalesce((select min(id) from old where time >= $before::bigint),"
	" 9223372036854775807)), 0))"};
static const struct postgres_statement drop_below_floor = {
	.sql = "delete from audit where id <= (select dropped from audit_floor)"};
/* clang-format on */

#define MEMBER(member) POSTGRES_MEMBER(struct store_audit, member)

static const struct postgres_column columns[] = {
	{"id", POSTGRES_BIGINT, MEMBER(id)},
	{"time", POSTGRES_BIGINT, MEMBER(time)},
	{"account_id", POSTGRES_BIGINT, MEMBER(account_id)},
	{"key_id", POSTGRES_BIGINT, MEMBER(key_id)},
	{"address", POSTGRES_TEXT, MEMBER(address)},
	{"user", POSTGRES_TEXT, MEMBER(user)},
	{"action", POSTGRES_TEXT, MEMBER(action)},
	{"subject", POSTGRES_TEXT, MEMBER(subject)},
	{"outcome", POSTGRES_BIGINT, MEMBER(outcome)},
	{"calls", POSTGRES_BIGINT, MEMBER(calls)},
	{"times", POSTGRES_BIGINT, MEMBER(times)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(
	columns, struct store_audit, .too_large = "the records do not fit into memory");

void postgres_audit_write(
	struct postgres_connection *connection, const struct store_audit *records, size_t count)
{
	BIND(connection, INT64(records, (int64_t)count));
	postgres_add_rows(connection, &audit_add, &layout, records, count, NULL);
}

int postgres_audit_add(
	struct store *base, const struct store_audit *records, size_t count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	postgres_add(connection, &postgres_begin);
	postgres_audit_write(connection, records, count);
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	bool of_action = query->account_id >= 0 && query->action.data;
	bool behind = query->after_id > 0;

	BIND(connection, INT64(start, query->start), INT64(end, query->end),
		INT64(after_time, behind ? query->after_time : INT64_MAX),
		INT64(after_id, behind ? query->after_id : INT64_MAX), ASKED(action, query->action),
		INT64(limit, query->limit), INT64(account_id, query->account_id));
	return postgres_list(connection, of_action ? &audit_list_of_action : &audit_list, &layout,
		arena, ret_records, ret_count, err);
}

int postgres_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	size_t drop;

	BIND(connection, INT64(before, before), INT64(limit, limit));
	postgres_add(connection, &postgres_begin);
	postgres_add(connection, &raise_floor);
	drop = postgres_add(connection, &drop_below_floor);
	postgres_add(connection, &postgres_commit);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	*ret_dropped = postgres_changed(connection, drop);
	return 0;
}
