/* SPDX-License-Identifier: MIT
 * What was erased also leaves the audit trail. The record stays; a mark stands in its subject
 * instead. */
#include "store/erase_marks.h"
#include "store/sqlite/sqlite.h"

/* clang-format off */
static const struct sqlite_statement
	audit_subjects = {"select id, subject from audit where account_id = :account_id"},
	audit_trigger = {
		"select sql from sqlite_schema "
		"where type = 'trigger' and name = 'audit_is_not_changed'"},
	audit_mark = {"update audit set subject = :subject where id = :id"};
enum { SUBJECT_ID, SUBJECT };
/* clang-format on */

/* Finds the records on a reading connection, so that other writers do not wait. */
static int find(
	struct erase_marks *marks, struct store *base, int64_t account_id, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(
		reader.connection, &audit_subjects, BIND(INT64(account_id, account_id)), err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		if (erase_marks_look(marks, sqlite_column_int64(&row, SUBJECT_ID),
			    sqlite_column_text(&row, SUBJECT), err) < 0) {
			return -1;
		}
	}
	return more;
}

/* The trigger that keeps records as they are, as the schema has it. */
static int find_trigger(struct sqlite_connection *connection, struct arena *arena,
	const char **ret_sql, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &audit_trigger, BIND_NOTHING, err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret_sql = arena_copy(arena, sqlite_column_text(&row, ONLY_COLUMN)).data;
		return *ret_sql ? 1 : error_no_memory(err);
	}
	return found;
}

/* Only this transaction may change records. */
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
		const struct erase_mark *record = &marks->records[i];

		if (sqlite_run(connection, &audit_mark,
			    BIND(STRING(subject, record->subject), INT64(id, record->id)),
			    err) < 0) {
			return -1;
		}
	}
	return kept > 0 ? sqlite_exec(connection, trigger, err) : 0;
}

int sqlite_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (find(marks, base, account_id, err) < 0) {
		return -1;
	}
	if (marks->count == 0) {
		return 0;
	}
	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		change_all(marks, writer.connection, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
