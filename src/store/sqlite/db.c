/* SPDX-License-Identifier: MIT
 * Connections to SQLite, and how statements are prepared, bound, stepped and walked. Nothing here
 * knows what they are used for. */
#include "store/sqlite/db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 10000

static enum error_code code_of(int status, int errnum)
{
	if (errnum == ENOSPC || errnum == EDQUOT) {
		return ERROR_NO_SPACE;
	}
	switch (status & 0xff) {
	case SQLITE_FULL:
		return ERROR_NO_SPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERROR_BUSY;
	case SQLITE_NOMEM:
		return ERROR_NO_MEMORY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ERROR_DENIED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERROR_CORRUPT;
	case SQLITE_CANTOPEN:
		return errnum == EACCES || errnum == EPERM ? ERROR_DENIED : ERROR_SYSTEM;
	default:
		return ERROR_SYSTEM;
	}
}

int sqlite_fail(struct sqlite_connection *connection, struct error *err, const char *doing)
{
	int status = sqlite3_extended_errcode(connection->db);
	int errnum = sqlite3_system_errno(connection->db);
	enum error_code code = status == SQLITE_INTERRUPT ? ERROR_TIMEOUT : code_of(status, errnum);
	char words[128];

	switch (code) {
	case ERROR_NO_SPACE:
		return error_set(err, code,
			"cannot %s the store '%s': the disk is full: free some space", doing,
			connection->folder);
	case ERROR_BUSY:
		return error_set(err, code,
			"cannot %s the store '%s': another program is writing to it: try again",
			doing, connection->folder);
	case ERROR_NO_MEMORY:
		return error_no_memory(err);
	case ERROR_TIMEOUT:
		return error_set(err, code, "the question took longer than it may: narrow it");
	case ERROR_CORRUPT:
		return error_set(err, code,
			"cannot %s the store '%s': %s: restore it from a backup", doing,
			connection->folder,
			status == SQLITE_NOTADB ? "'" SQLITE_STORE_FILE
						  "' is not an SQLite database"
						: "its database is damaged");
	default:
		break;
	}
	if (errnum != 0) {
		return error_set(err, code, "cannot %s the store '%s': %s: %s", doing,
			connection->folder, sqlite3_errstr(status),
			strerror_r(errnum, words, sizeof(words)));
	}
	return error_set(err, code, "cannot %s the store '%s': %s", doing, connection->folder,
		sqlite3_errmsg(connection->db));
}

/* The writer keeps more pages: it touches each index in many places at once. It leaves the log to
 * the checkpointer. */
static const char *const settings[] = {
	[SQLITE_TO_READ] = SQLITE_CACHE "; pragma query_only = 1",
	[SQLITE_TO_WRITE] = "pragma synchronous = full;"
			    "pragma foreign_keys = 1;"
			    "pragma cache_size = -32768;"
			    "pragma wal_autocheckpoint = 0;"
			    "pragma journal_size_limit = 67108864",
};

int sqlite_connection_open(struct sqlite_connection **ret_connection, const char *path,
	const char *folder, enum sqlite_access access, struct error *err)
{
	AUTO(sqlite_connection_closep)
	struct sqlite_connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		return error_no_memory(err);
	}
	connection->folder = folder;
	connection->access = access;
	if (sqlite3_open_v2(path, &connection->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		    NULL) != SQLITE_OK) {
		return connection->db ? sqlite_fail(connection, err, "open") : error_no_memory(err);
	}
	sqlite3_busy_timeout(connection->db, BUSY_TIMEOUT_MS);
	if (sqlite_exec(connection, settings[access], err) < 0) {
		return -1;
	}
	*ret_connection = connection;
	connection = NULL;
	return 0;
}

void sqlite_connection_close(struct sqlite_connection *connection)
{
	if (!connection) {
		return;
	}
	for (size_t i = 0; i < SQLITE_PREPARED_ROOM; i++) {
		sqlite3_finalize(connection->prepared[i].handle);
	}
	sqlite3_close(connection->db);
	free(connection);
}

int sqlite_exec(struct sqlite_connection *connection, const char *sql, struct error *err)
{
	if (sqlite3_exec(connection->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		return sqlite_fail(connection, err, "use");
	}
	return 0;
}

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

int sqlite_get_int64(
	struct sqlite_connection *connection, const char *sql, int64_t *ret, struct error *err)
{
	AUTO(finalize) sqlite3_stmt *statement = NULL;
	int status;

	if (sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		return sqlite_fail(connection, err, "read");
	}
	status = sqlite3_step(statement);
	if (status != SQLITE_ROW && status != SQLITE_DONE) {
		return sqlite_fail(connection, err, "read");
	}
	*ret = status == SQLITE_ROW ? sqlite3_column_int64(statement, ONLY_COLUMN) : 0;
	return 0;
}

/* ---- statements ---- */

/* Looks up where SQLite takes each value. Each parameter has to be given: one that is not would be
 * null. */
static void find_places(struct sqlite_prepared *prepared, struct sqlite_values values)
{
	int given = 0;

	assert(values.count <= SQLITE_VALUES_MAX);
	for (size_t i = 0; i < values.count; i++) {
		int place = sqlite3_bind_parameter_index(prepared->handle, values.items[i].name);

		prepared->places[i] = (unsigned char)place;
		given += place > 0;
	}
	assert(given == sqlite3_bind_parameter_count(prepared->handle));
}

static int prepare(struct sqlite_prepared *prepared, struct sqlite_connection *connection,
	const char *sql, unsigned int flags, struct sqlite_values values, const char *doing,
	struct error *err)
{
	if (sqlite3_prepare_v3(connection->db, sql, -1, flags, &prepared->handle, NULL) !=
		SQLITE_OK) {
		return sqlite_fail(connection, err, doing);
	}
	find_places(prepared, values);
	return 0;
}

static int bind_value(sqlite3_stmt *handle, int place, const struct sqlite_value *value)
{
	switch (value->type) {
	case SQLITE_VALUE_INT64:
		return sqlite3_bind_int64(handle, place, value->int64);
	case SQLITE_VALUE_TEXT:
		/* A NULL pointer would bind null, not the empty text. */
		return sqlite3_bind_text64(handle, place, value->text.size ? value->text.data : "",
			value->text.size, SQLITE_STATIC, SQLITE_UTF8);
	case SQLITE_VALUE_BLOB:
		return sqlite3_bind_blob64(
			handle, place, value->text.data, value->text.size, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static struct sqlite_cursor start(struct sqlite_connection *connection,
	const struct sqlite_prepared *prepared, bool own, struct sqlite_values values,
	struct error *err)
{
	struct sqlite_cursor cursor = {connection, prepared->handle, own, false};

	for (size_t i = 0; i < values.count; i++) {
		int place = prepared->places[i];

		if (place > 0 &&
			bind_value(prepared->handle, place, &values.items[i]) != SQLITE_OK) {
			sqlite_fail(connection, err, "use");
			sqlite_end(&cursor);
			break;
		}
	}
	return cursor;
}

/* Where the connection keeps @statement, or has room for it. */
static struct sqlite_prepared *place_of(
	struct sqlite_connection *connection, const struct sqlite_statement *statement)
{
	/* Statements lie side by side: their addresses differ in the bits above the size of one. */
	size_t at = (uintptr_t)statement / sizeof(*statement);

	for (;; at++) {
		struct sqlite_prepared *prepared = &connection->prepared[at % SQLITE_PREPARED_ROOM];

		if (prepared->statement == statement || !prepared->statement) {
			return prepared;
		}
	}
}

struct sqlite_cursor sqlite_query(struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values, struct error *err)
{
	struct sqlite_prepared *prepared;

	if (!connection) {
		return (struct sqlite_cursor){0};
	}
	prepared = place_of(connection, statement);
	if (!prepared->statement) {
		if (prepare(prepared, connection, statement->sql, SQLITE_PREPARE_PERSISTENT, values,
			    "use", err) < 0) {
			return (struct sqlite_cursor){0};
		}
		prepared->statement = statement;
	}
	return start(connection, prepared, false, values, err);
}

struct sqlite_cursor sqlite_query_own(struct sqlite_connection *connection, const char *sql,
	struct sqlite_values values, const char *doing, struct error *err)
{
	struct sqlite_prepared prepared = {0};

	if (prepare(&prepared, connection, sql, 0, values, doing, err) < 0) {
		return (struct sqlite_cursor){0};
	}
	return start(connection, &prepared, true, values, err);
}

int sqlite_step(struct sqlite_cursor *cursor, struct error *err)
{
	int status;

	if (!cursor->handle) {
		return -1;
	}
	status = sqlite3_step(cursor->handle);
	if (status == SQLITE_ROW || status == SQLITE_DONE) {
		return status == SQLITE_ROW;
	}
	return sqlite_fail(cursor->connection, err,
		cursor->connection->access == SQLITE_TO_READ ? "read" : "write to");
}

void sqlite_end(struct sqlite_cursor *cursor)
{
	if (cursor->own) {
		sqlite3_finalize(cursor->handle);
	} else if (cursor->handle) {
		sqlite3_reset(cursor->handle);
	}
	*cursor = (struct sqlite_cursor){0};
}

int sqlite_run(struct sqlite_connection *connection, const struct sqlite_statement *statement,
	struct sqlite_values values, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor cursor = sqlite_query(connection, statement, values, err);

	return sqlite_step(&cursor, err) < 0 ? -1 : 0;
}

int sqlite_read_int64(struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values, int64_t *ret,
	struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, statement, values, err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret = sqlite_column_int64(&row, ONLY_COLUMN);
	}
	return found;
}

int sqlite_list(struct sqlite_list *list, struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, statement, values, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		list->items = arena_list_grow(list->arena, list->items, list->count, list->size);
		if (!list->items) {
			return list->what ? error_set(err, ERROR_TOO_LARGE,
						    "the %s do not fit into memory", list->what)
					  : error_no_memory(err);
		}
		if (list->read(&row, list->arena, (char *)list->items + list->count++ * list->size,
			    err) < 0) {
			return -1;
		}
	}
	return more;
}
