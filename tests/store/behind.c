/* SPDX-License-Identifier: MIT
 * A connection for each. */
#include "behind.h"

#include <stdio.h>

sqlite3 *open_behind(const struct fixture *f)
{
	char path[512];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/callstep.db", f->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void tamper(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	if (f->schema[0]) {
		postgres_run_sql(f->schema, sql);
		return;
	}
	db = open_behind(f);

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
		fail_msg("%s: %s", sql, message);
	}
	sqlite3_close(db);
}

int64_t number_of(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	int64_t number;

	if (f->schema[0]) {
		return postgres_ask_number(f->schema, sql);
	}
	db = open_behind(f);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

/* ---- columns of blocks, which travel as hexadecimal digits ---- */

static void take_hex(struct fixture *f, const char *digits, struct text *ret_bytes)
{
	size_t size = strlen(digits) / 2;
	char *bytes = arena_calloc(&f->arena, size + 1, 1);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(digits + 2 * i, "%2x", &byte), 1);
		bytes[i] = (char)byte;
	}
	*ret_bytes = (struct text){.data = bytes, .size = size};
}

struct text segment_of(struct fixture *f, int64_t id)
{
	struct text bytes = {0};
	sqlite3_stmt *row;
	char sql[128];
	sqlite3 *db;

	if (f->schema[0]) {
		snprintf(sql, sizeof(sql),
			"select encode(data, 'hex') from segment where id = %lld", (long long)id);
		take_hex(f, postgres_ask_text(f, sql), &bytes);
		return bytes;
	}
	db = open_behind(f);
	snprintf(sql, sizeof(sql), "select hex(data) from segment where id = %lld", (long long)id);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	take_hex(f, (const char *)sqlite3_column_text(row, 0), &bytes);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return bytes;
}

void put_segment(const struct fixture *f, int64_t id, struct text segment)
{
	AUTO(buffer_deinit) struct buffer sql;

	buffer_init(&sql, SIZE_MAX);
	buffer_printf(&sql, "update segment set data = %s", f->schema[0] ? "'\\x" : "x'");
	for (size_t i = 0; i < segment.size; i++) {
		buffer_printf(&sql, "%02x", (unsigned char)segment.data[i]);
	}
	buffer_printf(&sql, "' where id = %lld", (long long)id);
	buffer_append_byte(&sql, '\0');
	assert_false(sql.failed);
	tamper(f, sql.data);
}
