/* SPDX-License-Identifier: MIT
 * The audit trail in the embedded store. Triggers (schema/0004-keeping.sql) make sure that
 * records are numbered without a gap, never change, and are dropped only from the old end. */
#include "store/sqlite/sqlite.h"

/* clang-format off */
enum {
	AUDIT_ID, AUDIT_TIME, AUDIT_ACCOUNT_ID, AUDIT_KEY_ID, AUDIT_ADDRESS, AUDIT_USER,
	AUDIT_ACTION, AUDIT_SUBJECT, AUDIT_OUTCOME, AUDIT_CALLS, AUDIT_TIMES
};
#define AUDIT_COLUMNS \
	"id, time, account_id, key_id, address, user, action, subject, outcome, calls, times"
#define AUDIT_FROM(table) \
	"select " AUDIT_COLUMNS " from " table " where time >= :start and time < :end " \
	"and (time, id) < (:after_time, :after_id) and (:action is null or action = :action) "
#define AUDIT_ORDERED "order by time desc, id desc limit :limit"

static const struct sqlite_statement
	audit_newest = {
		"select max(dropped, coalesce((select max(id) from audit), 0)) from audit_floor"},
	audit_add = {
		"insert into audit (" AUDIT_COLUMNS ") values (:id, :time, :account_id, :key_id, "
		":address, :user, :action, :subject, :outcome, :calls, :times)"},
	audit_list = {AUDIT_FROM("audit") "and account_id = :account_id " AUDIT_ORDERED},
	audit_list_all = {AUDIT_FROM("audit") AUDIT_ORDERED},
	audit_list_action = {
		AUDIT_FROM("audit indexed by audit_by_action")
		"and account_id = :account_id and action = :action " AUDIT_ORDERED},
	audit_old = {"select id, time from audit order by id limit :limit"},
	audit_raise_floor = {"update audit_floor set dropped = :last where id = 1"},
	audit_drop = {"delete from audit where id <= :last"};
enum { OLD_ID, OLD_TIME };
/* clang-format on */

static int write_record(struct sqlite_connection *connection, int64_t id,
	const struct store_audit *record, struct error *err)
{
	return sqlite_run(connection, &audit_add,
		BIND(INT64(id, id), INT64(time, record->time),
			INT64(account_id, record->account_id), INT64(key_id, record->key_id),
			STRING(address, record->address), STRING(user, record->user),
			STRING(action, record->action), STRING(subject, record->subject),
			INT64(outcome, record->outcome), INT64(calls, record->calls),
			INT64(times, record->times)),
		err);
}

int sqlite_audit_write(struct sqlite_connection *connection, const struct store_audit *records,
	size_t count, struct error *err)
{
	int64_t newest;

	if (sqlite_read_int64(connection, &audit_newest, BIND_NOTHING, &newest, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (write_record(connection, ++newest, &records[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_audit_add(
	struct store *base, const struct store_audit *records, size_t count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		sqlite_audit_write(writer.connection, records, count, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

/* ---- reading ---- */

static int read_record(
	struct sqlite_cursor *row, struct arena *arena, void *ret_record, struct error *err)
{
	struct store_audit record = {
		.id = sqlite_column_int64(row, AUDIT_ID),
		.time = sqlite_column_int64(row, AUDIT_TIME),
		.account_id = sqlite_column_int64(row, AUDIT_ACCOUNT_ID),
		.key_id = sqlite_column_int64(row, AUDIT_KEY_ID),
		.address = arena_copy(arena, sqlite_column_text(row, AUDIT_ADDRESS)),
		.user = arena_copy(arena, sqlite_column_text(row, AUDIT_USER)),
		.action = arena_copy(arena, sqlite_column_text(row, AUDIT_ACTION)),
		.subject = arena_copy(arena, sqlite_column_text(row, AUDIT_SUBJECT)),
		.outcome = (enum store_outcome)sqlite_column_int64(row, AUDIT_OUTCOME),
		.calls = sqlite_column_int64(row, AUDIT_CALLS),
		.times = sqlite_column_int64(row, AUDIT_TIMES),
	};

	if (!record.address.data || !record.user.data || !record.action.data ||
		!record.subject.data) {
		return error_set(err, ERROR_TOO_LARGE, "the records do not fit into memory");
	}
	*(struct store_audit *)ret_record = record;
	return 0;
}

static const struct sqlite_statement *list_statement(const struct store_audit_query *query)
{
	if (query->account_id < 0) {
		return &audit_list_all;
	}
	return query->action.data ? &audit_list_action : &audit_list;
}

int sqlite_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list list = {arena, sizeof(**ret_records), read_record, .what = "records"};
	const struct sqlite_value action = {":action",
		query->action.data ? SQLITE_VALUE_TEXT : SQLITE_VALUE_BLOB,
		{.text = query->action}};
	bool behind = query->after_id > 0;

	if (sqlite_list(&list, reader.connection, list_statement(query),
		    BIND(INT64(start, query->start), INT64(end, query->end),
			    INT64(after_time, behind ? query->after_time : INT64_MAX),
			    INT64(after_id, behind ? query->after_id : INT64_MAX), action,
			    INT64(limit, query->limit), INT64(account_id, query->account_id)),
		    err) < 0) {
		return -1;
	}
	*ret_records = list.items;
	*ret_count = list.count;
	return 0;
}

/* ---- the old end ---- */

/* Finds how many records may be dropped, and the newest of them. */
static int find_old(struct sqlite_connection *connection, int64_t before, int64_t limit,
	int64_t *ret_last, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(connection, &audit_old, BIND(INT64(limit, limit)), err);
	int more;

	*ret_count = 0;
	*ret_last = 0;
	while ((more = sqlite_step(&row, err)) > 0 &&
		sqlite_column_int64(&row, OLD_TIME) < before) {
		*ret_last = sqlite_column_int64(&row, OLD_ID);
		(*ret_count)++;
	}
	return more < 0 ? -1 : 0;
}

int sqlite_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t last, count;

	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		find_old(writer.connection, before, limit, &last, &count, err) < 0) {
		return -1;
	}
	if (count > 0 && (sqlite_run(writer.connection, &audit_raise_floor, BIND(INT64(last, last)),
				  err) < 0 ||
				 sqlite_run(writer.connection, &audit_drop, BIND(INT64(last, last)),
					 err) < 0)) {
		return -1;
	}
	if (sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_dropped = count;
	return 0;
}
