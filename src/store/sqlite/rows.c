/* SPDX-License-Identifier: MIT
 * The rows of several numbers as one list, newest first: each number's come in this order out of
 * its index, and the newest of them all is next. */
#include "store/sqlite/sqlite.h"

int sqlite_rows_start(struct sqlite_rows *rows, struct sqlite_connection *connection,
	enum sqlite_sql sql, size_t count, struct error *err)
{
	rows->count = count > 1 ? count : 1;
	rows->queries = rows->count > 1 ? calloc(rows->count, sizeof(*rows->queries)) : &rows->one;
	if (!rows->queries) {
		rows->count = 0;
		return error_no_memory(err);
	}
	/* The first is the prepared one, as for one number alone. */
	if (sqlite_query_start(&rows->queries[0], connection, sql, err) < 0) {
		return -1;
	}
	for (size_t i = 1; i < rows->count; i++) {
		if (sqlite_query_start_own(&rows->queries[i], connection, sql, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int step_one(struct sqlite_query *query, struct error *err)
{
	int more = sqlite_query_step(query, err);

	query->over = more <= 0;
	return more;
}

static int step_all(struct sqlite_rows *rows, struct error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (step_one(&rows->queries[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Whether the row of @a comes before that of @b. */
static bool is_newer(const struct sqlite_rows *rows, struct sqlite_query *a, struct sqlite_query *b)
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
		rows->row = &rows->queries[0];
		return !rows->row->over;
	}
	rows->row = NULL;
	for (size_t i = 0; i < rows->count; i++) {
		struct sqlite_query *query = &rows->queries[i];

		if (!query->over && (!rows->row || is_newer(rows, query, rows->row))) {
			rows->row = query;
		}
	}
	return rows->row != NULL;
}

void sqlite_rows_end(struct sqlite_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		sqlite_query_end(&rows->queries[i]);
	}
	if (rows->queries != &rows->one) {
		free(rows->queries);
	}
}
