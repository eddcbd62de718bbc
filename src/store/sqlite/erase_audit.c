/* SPDX-License-Identifier: MIT
 * What was erased leaves the audit trail as well: in its place in a record's subject stands a mark.
 * The record stays. */
#include "store/erase_marks.h"
#include "store/sqlite/sqlite.h"

/* Nobody waits for the writer meanwhile. */
static int find(struct erase_marks *marks, struct sqlite_store *store, int64_t account_id,
	struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int more;

	if (sqlite_reader_open(&reader, store, err) < 0 ||
		sqlite_query_start(&row, reader.connection, SQL_AUDIT_SUBJECTS, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, account_id);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		if (erase_marks_look(marks, sqlite_column_int64(&row, 0),
			    sqlite_column_text(&row, 1), err) < 0) {
			return -1;
		}
	}
	return more;
}

static int change_one(
	struct sqlite_connection *connection, const struct erase_mark *record, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_AUDIT_MARK, err) < 0) {
		return -1;
	}
	sqlite_query_text(&query, record->subject);
	sqlite_query_int64(&query, record->id);
	return sqlite_query_run(&query, err);
}

/* The trigger that keeps records as they are, as the schema has it. */
static int find_trigger(struct sqlite_connection *connection, struct arena *arena,
	const char **ret_sql, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int found;

	if (sqlite_query_start(&row, connection, SQL_AUDIT_TRIGGER, err) < 0) {
		return -1;
	}
	found = sqlite_query_step(&row, err);
	if (found > 0) {
		struct text sql = sqlite_column_text(&row, 0);

		*ret_sql = arena_printf(arena, "%.*s", TEXT_ARG(sql)).data;
		return *ret_sql ? 1 : error_no_memory(err);
	}
	return found;
}

/* Records may be changed in this transaction and in no other. */
static int change_all(
	struct erase_marks *marks, struct sqlite_connection *connection, struct error *err)
{
	const char *trigger = NULL;
	int kept = find_trigger(connection, &marks->arena, &trigger, err);

	if (kept < 0 || (kept > 0 && sqlite_exec(connection, "drop trigger audit_is_not_changed",
					     err) < 0)) {
		return -1;
	}
	for (size_t i = 0; i < marks->count; i++) {
		if (change_one(connection, &marks->records[i], err) < 0) {
			return -1;
		}
	}
	return kept > 0 ? sqlite_exec(connection, trigger, err) : 0;
}

int sqlite_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct sqlite_store *store = (struct sqlite_store *)base;

	if (find(marks, store, account_id, err) < 0) {
		return -1;
	}
	if (marks->count == 0) {
		return 0;
	}
	if (sqlite_writer_begin(&writer, store, err) < 0 ||
		change_all(marks, writer.connection, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
