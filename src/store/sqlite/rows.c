/* SPDX-License-Identifier: MIT
 * The rows of several numbers as one list, newest first. Each number's rows come in this order
 * out of its index; the newest of all is next. */
#include "store/sqlite/sqlite.h"

int sqlite_rows_start(struct sqlite_rows *rows, struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values,
	struct call_keys keys, struct error *err)
{
	struct sqlite_value items[SQLITE_VALUES_MAX];
	const struct sqlite_values bound = {items, values.count};

	rows->count = keys.count > 1 ? keys.count : 1;
	rows->cursors = rows->count > 1 ? calloc(rows->count, sizeof(*rows->cursors)) : &rows->one;
	if (!rows->cursors) {
		rows->count = 0;
		return error_no_memory(err);
	}
	memcpy(items, values.items, values.count * sizeof(*items));
	for (size_t i = 0; i < rows->count; i++) {
		if (keys.count > 0) {
			items[values.count - 1].text = keys.items[i];
		}
		/* The first is kept prepared, as for one number alone. */
		rows->cursors[i] =
			i == 0 ? sqlite_query(connection, statement, bound, err)
			       : sqlite_query_own(connection, statement->sql, bound, "use", err);
		if (!rows->cursors[i].handle) {
			return -1;
		}
	}
	return 0;
}

static int step_one(struct sqlite_cursor *cursor, struct error *err)
{
	int more = sqlite_step(cursor, err);

	cursor->over = more <= 0;
	return more;
}

static int step_all(struct sqlite_rows *rows, struct error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (step_one(&rows->cursors[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Whether the row of @a comes before that of @b. */
static bool is_newer(const struct sqlite_rows *rows, const struct sqlite_cursor *a,
	const struct sqlite_cursor *b)
{
	int64_t start = sqlite_column_int64(a, rows->start);
	int64_t other = sqlite_column_int64(b, rows->start);

	if (start != other || rows->session_id < 0) {
		return start > other;
	}
	return text_compare(sqlite_column_text(a, rows->session_id),
		       sqlite_column_text(b, rows->session_id)) > 0;
}

int sqlite_rows_step(struct sqlite_rows *rows, struct error *err)
{
	int stepped = rows->row ? step_one(rows->row, err) : step_all(rows, err);

	if (stepped < 0) {
		return -1;
	}
	if (rows->count == 1) {
		rows->row = &rows->cursors[0];
		return !rows->row->over;
	}
	rows->row = NULL;
	for (size_t i = 0; i < rows->count; i++) {
		struct sqlite_cursor *cursor = &rows->cursors[i];

		if (!cursor->over && (!rows->row || is_newer(rows, cursor, rows->row))) {
			rows->row = cursor;
		}
	}
	return rows->row != NULL;
}

void sqlite_rows_end(struct sqlite_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		sqlite_end(&rows->cursors[i]);
	}
	if (rows->cursors != &rows->one) {
		free(rows->cursors);
	}
}
