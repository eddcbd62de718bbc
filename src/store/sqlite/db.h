/* SPDX-License-Identifier: MIT
 * Connections to SQLite and their statements, which take and give values by name. A statement
 * stands beside the code that uses it:
 *
 *	static const struct sqlite_statement key_page = {
 *		"select id, label from key where account_id = :account_id and id > :after_id"};
 *	enum { KEY_ID, KEY_LABEL };
 *
 *	row = sqlite_query(connection, &key_page,
 *		BIND(INT64(account_id, account->id), INT64(after_id, 0)), err);
 *
 * A connection prepares a statement once, and only then looks up the names of its values. The enum
 * lists the columns in the order of the text. */
#ifndef STORE_SQLITE_DB_H
#define STORE_SQLITE_DB_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/error.h"

#define SQLITE_STORE_FILE "callstep.db"

/* What a reading connection keeps of the database, in KiB. While it reads more than fits in, it
 * keeps so little that this stays in the processor's caches. Pages that go round in a large cache
 * have left them before they come up again. */
#define SQLITE_CACHE	   "pragma cache_size = -8192"
#define SQLITE_CACHE_SMALL "pragma cache_size = -1024"

/* ---- statements and values ---- */

struct sqlite_statement {
	const char *sql;
};

enum sqlite_value_type {
	SQLITE_VALUE_INT64,
	SQLITE_VALUE_TEXT,
	/* Null where its data is NULL. */
	SQLITE_VALUE_BLOB,
};

struct sqlite_value {
	const char *name;
	enum sqlite_value_type type;
	union {
		int64_t int64;
		/* Lasts until the statement ends. */
		struct text text;
	};
};

struct sqlite_values {
	const struct sqlite_value *items;
	size_t count;
};

/* What a statement takes: all that it names, in the same order each time. What it does not name is
 * passed over. */
#define BIND(...)                                                                                  \
	((struct sqlite_values){(const struct sqlite_value[]){__VA_ARGS__},                        \
		sizeof((const struct sqlite_value[]){__VA_ARGS__}) / sizeof(struct sqlite_value)})
/* clang-format off */
#define BIND_NOTHING	    ((struct sqlite_values){0})
#define INT64(name, value)  {":" #name, SQLITE_VALUE_INT64, {.int64 = (value)}}
#define STRING(name, value) {":" #name, SQLITE_VALUE_TEXT, {.text = (value)}}
#define BLOB(name, value)   {":" #name, SQLITE_VALUE_BLOB, {.text = (value)}}
/* clang-format on */

/* ---- connections ---- */

enum sqlite_access {
	SQLITE_TO_READ,
	SQLITE_TO_WRITE,
};

#define SQLITE_VALUES_MAX 24

/* A power of two, and more than twice as many as there are statements. */
#define SQLITE_PREPARED_ROOM 256

struct sqlite_prepared {
	const struct sqlite_statement *statement;
	sqlite3_stmt *handle;
	/* Where SQLite takes each value, in the order of BIND(); 0: nowhere. */
	unsigned char places[SQLITE_VALUES_MAX];
};

/* Used by one thread at a time. */
struct sqlite_connection {
	sqlite3 *db;
	/* For messages; outlives the connection. */
	const char *folder;
	enum sqlite_access access;
	/* By the statement's address. */
	struct sqlite_prepared prepared[SQLITE_PREPARED_ROOM];
	/* Since the last round of store/sqlite/rest.c. */
	bool used;
	/* In the pool. */
	struct sqlite_connection *next;
};

/* Opens a connection to the database at @path, which must exist, with the settings that last as
 * long as it. */
int sqlite_connection_open(struct sqlite_connection **ret_connection, const char *path,
	const char *folder, enum sqlite_access access, struct error *err) CHECK_RESULT;
void sqlite_connection_close(struct sqlite_connection *connection);
AUTO_POINTER(struct sqlite_connection *, sqlite_connection_close);

/* Sets @err from what SQLite said last on the connection: "cannot <doing> the store '…': …";
 * returns -1. */
int sqlite_fail(struct sqlite_connection *connection, struct error *err, const char *doing);

/* Runs SQL text that gives no rows, or whose rows do not matter. */
int sqlite_exec(struct sqlite_connection *connection, const char *sql, struct error *err);

/* Runs SQL text that gives one integer; 0 when it gives no row. */
int sqlite_get_int64(
	struct sqlite_connection *connection, const char *sql, int64_t *ret, struct error *err);

/* ---- running statements ---- */

/* A statement that was started, and the row that it stands on after a step that returned 1. */
struct sqlite_cursor {
	struct sqlite_connection *connection;
	/* NULL: it could not be started; the first step fails. */
	sqlite3_stmt *handle;
	/* The handle is prepared for this use alone. */
	bool own;
	/* For sqlite_rows_step(). */
	bool over;
};

/* Starts a statement. Where that fails, or @connection is NULL, the first step fails; @err is set
 * before.
 *
 *	AUTO(sqlite_end) struct sqlite_cursor row = sqlite_query(…);
 *
 *	while ((more = sqlite_step(&row, err)) > 0) { … } */
struct sqlite_cursor sqlite_query(struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values, struct error *err);
/* The same for a statement that is not kept prepared: one that is in use already, or SQL text that
 * is run once. @doing is for sqlite_fail(). */
struct sqlite_cursor sqlite_query_own(struct sqlite_connection *connection, const char *sql,
	struct sqlite_values values, const char *doing, struct error *err);
/* 1 a row, 0 no more. */
int sqlite_step(struct sqlite_cursor *cursor, struct error *err) CHECK_RESULT;
void sqlite_end(struct sqlite_cursor *cursor);

/* Runs a statement that gives no rows, or whose rows do not matter. */
int sqlite_run(struct sqlite_connection *connection, const struct sqlite_statement *statement,
	struct sqlite_values values, struct error *err);

/* Reads the integer that a statement gives; null is 0. 1 it is there, 0 there is no row. */
int sqlite_read_int64(struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values, int64_t *ret,
	struct error *err) CHECK_RESULT;

/* An array in an arena, of the rows of a statement. */
struct sqlite_list {
	struct arena *arena;
	/* Of an item. */
	size_t size;
	int (*read)(struct sqlite_cursor *row, struct arena *arena, void *item, struct error *err);
	void *items;
	size_t count;
	/* What does not fit, for the message; NULL: only memory is short. */
	const char *what;
};

int sqlite_list(struct sqlite_list *list, struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values,
	struct error *err) CHECK_RESULT;

/* ---- a column of the row; text and blob are valid until the next step ---- */

/* Of a statement that gives one. */
enum { ONLY_COLUMN };

static inline int64_t sqlite_column_int64(const struct sqlite_cursor *row, int column)
{
	return sqlite3_column_int64(row->handle, column);
}

static inline uint32_t sqlite_column_uint32(const struct sqlite_cursor *row, int column)
{
	return (uint32_t)sqlite3_column_int64(row->handle, column);
}

static inline bool sqlite_column_is_null(const struct sqlite_cursor *row, int column)
{
	return sqlite3_column_type(row->handle, column) == SQLITE_NULL;
}

static inline struct text sqlite_column_blob(const struct sqlite_cursor *row, int column)
{
	const char *data = sqlite3_column_blob(row->handle, column);

	return (struct text){
		.data = data, .size = (size_t)sqlite3_column_bytes(row->handle, column)};
}

/* Asked for as a blob. As a text it would be copied to get a NUL behind it, and be empty where
 * there is no memory for that. */
static inline struct text sqlite_column_text(const struct sqlite_cursor *row, int column)
{
	struct text text = sqlite_column_blob(row, column);

	if (!text.data && !sqlite_column_is_null(row, column)) {
		text.data = "";
	}
	return text;
}

#endif
