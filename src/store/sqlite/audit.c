/* SPDX-License-Identifier: MIT
 * The audit trail in the embedded store. That records are numbered without a gap, never changed and
 * dropped only from the old end is seen to by triggers (schema/0004-keeping.sql). */
#include "store/sqlite/sqlite.h"

static int write_record(struct sqlite_connection *connection, int64_t id,
	const struct store_audit *record, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_AUDIT_ADD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	sqlite_query_int64(&query, record->time);
	sqlite_query_int64(&query, record->account_id);
	sqlite_query_int64(&query, record->key_id);
	sqlite_query_text(&query, record->address);
	sqlite_query_text(&query, record->user);
	sqlite_query_text(&query, record->action);
	sqlite_query_text(&query, record->subject);
	sqlite_query_int64(&query, record->outcome);
	sqlite_query_int64(&query, record->calls);
	sqlite_query_int64(&query, record->times);
	return sqlite_query_run(&query, err);
}

int sqlite_audit_write(struct sqlite_connection *connection, const struct store_audit *records,
	size_t count, struct error *err)
{
	int64_t newest;

	if (sqlite_read_int64(connection, SQL_AUDIT_NEWEST, &newest, err) < 0) {
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

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_audit_write(writer.connection, records, count, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

/* ---- reading ---- */

static int read_record(struct sqlite_query *row, struct arena *arena,
	struct store_audit *ret_record, struct error *err)
{
	struct store_audit record = {
		.id = sqlite_column_int64(row, 0),
		.time = sqlite_column_int64(row, 1),
		.account_id = sqlite_column_int64(row, 2),
		.key_id = sqlite_column_int64(row, 3),
		.address = arena_copy(arena, sqlite_column_text(row, 4)),
		.user = arena_copy(arena, sqlite_column_text(row, 5)),
		.action = arena_copy(arena, sqlite_column_text(row, 6)),
		.subject = arena_copy(arena, sqlite_column_text(row, 7)),
		.outcome = (enum store_outcome)sqlite_column_int64(row, 8),
		.calls = sqlite_column_int64(row, 9),
		.times = sqlite_column_int64(row, 10),
	};

	if (!record.address.data || !record.user.data || !record.action.data ||
		!record.subject.data) {
		return error_set(err, ERROR_TOO_LARGE, "the records do not fit into memory");
	}
	*ret_record = record;
	return 0;
}

static void bind_query(struct sqlite_query *row, const struct store_audit_query *query)
{
	bool behind = query->after_id > 0;

	sqlite_query_int64(row, query->start);
	sqlite_query_int64(row, query->end);
	sqlite_query_int64(row, behind ? query->after_time : INT64_MAX);
	sqlite_query_int64(row, behind ? query->after_id : INT64_MAX);
	if (query->action.data) {
		sqlite_query_text(row, query->action);
	} else {
		sqlite_query_blob(row, (struct text){0}); /* null */
	}
	sqlite_query_int64(row, query->limit);
	if (query->account_id >= 0) {
		sqlite_query_int64(row, query->account_id);
	}
}

static enum sqlite_sql list_statement(const struct store_audit_query *query)
{
	if (query->account_id < 0) {
		return SQL_AUDIT_LIST_ALL;
	}
	return query->action.data ? SQL_AUDIT_LIST_ACTION : SQL_AUDIT_LIST;
}

int sqlite_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	struct store_audit *records = NULL;
	size_t count = 0;
	int more;

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&row, reader.connection, list_statement(query), err) < 0) {
		return -1;
	}
	bind_query(&row, query);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		records = arena_list_grow(arena, records, count, sizeof(*records));
		if (!records) {
			return error_set(
				err, ERROR_TOO_LARGE, "the records do not fit into memory");
		}
		if (read_record(&row, arena, &records[count++], err) < 0) {
			return -1;
		}
	}
	if (more == 0) {
		*ret_records = records;
		*ret_count = count;
	}
	return more;
}

/* ---- the old end ---- */

/* How many records, and which is the newest of them, may be dropped. */
static int find_old(struct sqlite_connection *connection, int64_t before, int64_t limit,
	int64_t *ret_last, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int more;

	*ret_count = 0;
	*ret_last = 0;
	if (sqlite_query_start(&row, connection, SQL_AUDIT_OLD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, limit);
	while ((more = sqlite_query_step(&row, err)) > 0 && sqlite_column_int64(&row, 1) < before) {
		*ret_last = sqlite_column_int64(&row, 0);
		(*ret_count)++;
	}
	return more < 0 ? -1 : 0;
}

int sqlite_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t last, count;

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		find_old(writer.connection, before, limit, &last, &count, err) < 0) {
		return -1;
	}
	if (count > 0 &&
		(sqlite_run_int64(writer.connection, SQL_AUDIT_RAISE_FLOOR, last, err) < 0 ||
			sqlite_run_int64(writer.connection, SQL_AUDIT_DROP, last, err) < 0)) {
		return -1;
	}
	if (sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_dropped = count;
	return 0;
}
