/* SPDX-License-Identifier: MIT
 * Connections to SQLite and their prepared statements. Nothing here knows what they are used for
 * but the text of the statements. */
#include <errno.h>

#include "store/sqlite/sqlite.h"

#define BUSY_TIMEOUT_MS 10000

/* A call's packed row, looked at only where the call started after ?2: a NULL finds nothing without
 * reading. */
#define PACKED_ROW(index)                                                                          \
	"p.size, p.crc32, p.crc32_op, p.deflate from call i " index " left join packed p on "      \
	"p.call_id = case when i.start > ?2 then i.id end "

/* A call's row and its packed row, as read_call() in store/sqlite/page.c takes them. */
#define CALL_COLUMNS(index)                                                                        \
	"select i.session_id, i.start, i.dest, i.src, i.\"end\", i.type, i.steps, " PACKED_ROW(    \
		index)
/* The same without what the packed call has, so that one number's calls are found out of their
 * index alone. */
#define PACKED_COLUMNS(index)                                                                      \
	"select i.session_id, i.start, null, null, null, null, null, " PACKED_ROW(index)

/* The newest calls of a window from one call on, given by its start and session. */
#define CALLS_FROM                                                                                 \
	"where i.account_id = ?1 and i.start >= ?3 and (i.start, i.session_id) <= (?4, ?5) "
#define CALLS_ORDERED "order by i.start desc, i.session_id desc limit ?6"
/* An account, as read_account() takes it. */
#define ACCOUNT_COLUMNS                                                                            \
	"a.id, a.email, a.created, a.disabled, coalesce(a.detail_days, -1), "                      \
	"coalesce(a.header_days, -1), h.detail_days, h.header_days"
/* The one row of the store's days; where it is missing, nothing is dropped. */
#define WITH_KEEPING " left join keeping h on h.id = 1 "

/* The account's calls that may have detail. */
#define DETAIL_FROM                                                                                \
	"from call where account_id = ?1 and steps >= 0 and start >= "                             \
	"(select detail_from from account where id = ?1) "

/* A call to be dropped, as read_row() in store/sqlite/drop.c takes it. */
#define OLD_CALL "select id, account_id, start, steps, dest_key "

#define AUDIT_COLUMNS(from)                                                                        \
	"select id, time, account_id, key_id, address, user, action, subject, outcome, calls, "    \
	"times from " from " where time >= ?1 and time < ?2 and (time, id) < (?3, ?4) and (?5 is " \
	"null or action = ?5) "
#define AUDIT_ORDERED "order by time desc, id desc limit ?6"

#define IN_WINDOW    "from call where account_id = ?1 and start >= ?2 and start < ?3 "
#define NEWEST_FIRST "order by start desc, session_id desc "

/* Headers and paths, as enum sqlite_scan_column has them. */
#define SCAN_COLUMNS                                                                               \
	"select start, session_id, id, \"end\", type, steps, dest, src, path from call "
#define SCAN_WINDOW(index)                                                                         \
	SCAN_COLUMNS index                                                                         \
		"where account_id = ?1 and start >= ?2 and (start, session_id) < (?3, ?4) "

/* A call to be erased, as read_row() in store/sqlite/erase.c takes it. */
#define ERASE_COLUMNS "select id, account_id, start, steps, dest_key, src, session_id from call "

static const char *const sql_texts[SQL_STATEMENTS] = {
	[SQL_BEGIN_READ] = "begin",
	[SQL_BEGIN_WRITE] = "begin immediate",
	[SQL_COMMIT] = "commit",
	[SQL_ROLLBACK] = "rollback",
	[SQL_PING] = "select max(id) from account",

	[SQL_ACCOUNT_ADD] = "insert into account (email, created) values (?, ?)",
	[SQL_ACCOUNT_FIND] =
		"select " ACCOUNT_COLUMNS " from account a" WITH_KEEPING "where email = ?",
	[SQL_ACCOUNT_LIST] =
		"select " ACCOUNT_COLUMNS " from account a" WITH_KEEPING "order by email",
	[SQL_ACCOUNT_SET_DISABLED] = "update account set disabled = ?2 where id = ?1",
	[SQL_ACCOUNT_SET_DAYS] =
		"update account set detail_days = nullif(?2, -1), header_days = nullif(?3, -1) "
		"where id = ?1",
	[SQL_KEEPING] = "select detail_days, header_days, audit_days from keeping",
	[SQL_SET_KEEPING] = "insert or replace into keeping (id, detail_days, header_days, "
			    "audit_days) values (1, ?, ?, ?)",
	[SQL_DETAIL_FROM] = "select detail_from from account where id = ?",
	[SQL_DETAIL_FROM_LOWER] = "update account set detail_from = ?2 where id = ?1 and "
				  "detail_from > ?2",
	[SQL_DETAIL_FROM_RAISE] = "update account set detail_from = ?2 where id = ?1 and "
				  "detail_from < ?2",

	[SQL_KEY_ADD] = "insert into key (account_id, hash, scope, label, created, last_used, "
			"revoked) values (?, ?, ?, ?, ?, ?, ?)",
	[SQL_KEY_LIST] = "select id, account_id, hash, scope, label, created, last_used, revoked "
			 "from key where account_id = ? and id > ? order by id limit ?",
	[SQL_KEY_EXISTS] = "select 1 from key where id = ?2 and account_id = ?1",
	[SQL_KEY_REVOKE] = "update key set revoked = ?3 where id = ?2 and account_id = ?1 and "
			   "revoked = 0",
	[SQL_KEY_FIND] =
		"select k.id, account_id, hash, scope, label, k.created, last_used, "
		"revoked, " ACCOUNT_COLUMNS " "
		"from key k join account a on a.id = account_id" WITH_KEEPING "where hash = ?",
	[SQL_KEY_TOUCH] = "update key set last_used = ?2 where id = ?1 and last_used < ?2",

	[SQL_CALL_NEWEST] = "select max(id) from call",
	[SQL_CALL_INSERT] =
		"insert into call (account_id, session_id, start, \"end\", dest, dest_key, src, "
		"type, steps, path, id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		"on conflict do nothing",
	[SQL_CALL_HELD] = "select id, start, dest_key, steps from call "
			  "where account_id = ? and session_id = ?",
	[SQL_CALL_UPDATE] = "update call set start = ?2, \"end\" = ?3, dest = ?4, dest_key = ?5, "
			    "src = ?6, type = ?7, steps = ?8, path = coalesce(?9, path) where "
			    "id = ?1",
	[SQL_CALL_FIND] = CALL_COLUMNS("") "where i.account_id = ?1 and i.session_id = ?3",

	[SQL_CALL_HEADER] = "select dest, src, session_id, start, \"end\", type, steps from call "
			    "where id = ?",
	[SQL_CALL_SET_PATH] = "update call set path = ?2 where id = ?1",

	[SQL_PACKED_ADD] = "insert into packed (call_id, size, crc32, crc32_op, deflate) "
			   "values (?, ?, ?, ?, ?)",
	[SQL_PACKED_PUT] = "insert or replace into packed (call_id, size, crc32, crc32_op, "
			   "deflate) values (?, ?, ?, ?, ?)",
	[SQL_PACKED_GET] = "select size, crc32, crc32_op, deflate from packed where call_id = ?",

	[SQL_KIND_FIND] = "select id from kind where account_id = ? and class = ? and module = ? "
			  "and variable = ?",
	[SQL_KIND_NEWEST] = "select max(id) from kind where account_id = ?",
	[SQL_KIND_ADD] = "insert into kind (account_id, id, class, module, variable) "
			 "values (?, ?, ?, ?, ?)",
	[SQL_KINDS_ALL] = "select account_id, id from kind where class <> '" KIND_BLANK
			  "' order by account_id, id",
	[SQL_KINDS_USED] = "select account_id, path from call where path is not null "
			   "order by account_id",
	[SQL_KIND_BLANK] =
		"update kind set class = '" KIND_BLANK
		"', module = '', variable = cast(?2 as text) where account_id = ?1 and id = ?2",
	[SQL_DATA_VERSION] = "pragma data_version",
	[SQL_KINDS] = "select id, class, module, variable from kind where account_id = ? "
		      "order by id",

	[SQL_WORDS_ADD] = "insert into words (rowid, line) values (?, ?)",
	[SQL_WORDS_DROP] = "insert into words (words, rowid, line) values ('delete', ?, ?)",
	[SQL_WORDS_FIND] = "select rowid from words where words match ?",
	[SQL_WORDS_OF] = "select term from word where doc = ?",
	[SQL_WORDS_SEGMENTS] = "select block from words_data where id = 10",
	/* From how many segments of a level on a merge goes on. With more than two it stops short
	   of the end while others write. */
	[SQL_WORDS_MERGE_FROM] = "insert into words (words, rank) values ('usermerge', ?)",
	[SQL_WORDS_MERGE] = "insert into words (words, rank) values ('merge', ?)",

	[SQL_SCAN] = SCAN_WINDOW("") NEWEST_FIRST,
	[SQL_SCAN_DEST] = SCAN_WINDOW("indexed by call_by_dest ") "and dest_key = ?5 " NEWEST_FIRST,
	[SQL_SCAN_ONE] = SCAN_COLUMNS "where id = ?",
	[SQL_PLACE] = "select start, session_id from call where id = ?",
	[SQL_IDS] = "select id " IN_WINDOW,
	[SQL_UNINDEXED] = "select c.id, c.account_id, c.steps, p.size, p.crc32, p.crc32_op, "
			  "p.deflate from packed p cross join call c on c.id = p.call_id "
			  "where c.steps >= 0 and c.path is null order by p.call_id",

	[SQL_DETAIL_OLD] = OLD_CALL DETAIL_FROM "and start <= ?2 order by start, session_id "
						"limit ?3",
	[SQL_CALLS_OLD] = OLD_CALL "from call where account_id = ?1 and start <= ?2 order by "
				   "start, session_id limit ?3",
	[SQL_DETAIL_OLDEST] = "select start " DETAIL_FROM "order by start limit 1",
	[SQL_CALL_OLDEST] = "select start from call where account_id = ?1 order by start limit 1",
	[SQL_PACKED_DROP] = "delete from packed where call_id = ?",
	[SQL_CALL_DROP_DETAIL] = "update call set steps = -1, path = null where id = ?",
	[SQL_CALL_DROP] = "delete from call where id = ?",

	[SQL_ERASE_SCAN] = ERASE_COLUMNS "where account_id = ? and start >= ? "
					 "order by start, session_id",
	[SQL_ERASE_SESSION] = ERASE_COLUMNS "where account_id = ? and session_id = ?",
	[SQL_ERASE_ONE] = ERASE_COLUMNS "where id = ?",

	[SQL_CHANGE_ADD] = "insert into change (id, account_id, call_id) values (?, ?, ?)",
	[SQL_CHANGE_TRIM] = "delete from change where id <= ?",
	[SQL_CHANGE_OLDEST] = "select min(id) from change",
	[SQL_CHANGE_NEWEST] = "select max(id) from change",
	/* A call that was dropped is passed over; its row's number may be another account's by now.
	 */
	[SQL_CHANGES] =
		"select h.id, h.call_id from change h cross join call c on c.id = h.call_id "
		"and c.account_id = h.account_id where h.account_id = ?1 and h.id > ?2 "
		"order by h.id limit ?3",

	[SQL_AUDIT_NEWEST] = "select max(dropped, coalesce((select max(id) from audit), 0)) from "
			     "audit_floor",
	[SQL_AUDIT_ADD] = "insert into audit (id, time, account_id, key_id, address, user, action, "
			  "subject, outcome, calls, times) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
			  "?)",
	[SQL_AUDIT_LIST] = AUDIT_COLUMNS("audit") "and account_id = ?7 " AUDIT_ORDERED,
	[SQL_AUDIT_LIST_ALL] = AUDIT_COLUMNS("audit") AUDIT_ORDERED,
	[SQL_AUDIT_LIST_ACTION] =
		AUDIT_COLUMNS("audit indexed by audit_by_action") "and account_id = ?7 and action "
								  "= ?5 " AUDIT_ORDERED,
	[SQL_AUDIT_OLD] = "select id, time from audit order by id limit ?",
	[SQL_AUDIT_RAISE_FLOOR] = "update audit_floor set dropped = ? where id = 1",
	[SQL_AUDIT_DROP] = "delete from audit where id <= ?",
	[SQL_AUDIT_SUBJECTS] = "select id, subject from audit where account_id = ?",
	[SQL_AUDIT_TRIGGER] = "select sql from sqlite_schema where type = 'trigger' and "
			      "name = 'audit_is_not_changed'",
	[SQL_AUDIT_MARK] = "update audit set subject = ? where id = ?",

	[SQL_TALLY_ADD] = "insert into tally (account_id, is_all, dest_key, seconds, bucket, "
			  "calls) values (?, ?, ?, ?, ?, ?) "
			  "on conflict do update set calls = calls + excluded.calls",
	[SQL_TALLY_DROP_EMPTY] = "delete from tally where account_id = ? and is_all = ? and "
				 "dest_key = ? and seconds = ? and bucket = ? and calls = 0",
	[SQL_TALLY_SUM] = "select sum(calls) from tally where account_id = ? and is_all = ? and "
			  "dest_key = ? and seconds = ? and bucket >= ? and bucket < ?",
	[SQL_TALLY_NEWEST_FIRST] =
		"select bucket, calls from tally where account_id = ? and is_all = ? and "
		"dest_key = ? and seconds = ? and bucket >= ? and bucket < ? order by bucket desc",

	[SQL_COUNT] = "select count(*) " IN_WINDOW,
	[SQL_COUNT_DEST] = "select count(*) " IN_WINDOW "and dest_key = ?4",
	[SQL_SKIP] = "select start, session_id " IN_WINDOW NEWEST_FIRST "limit 1 offset ?4",
	[SQL_SKIP_DEST] = "select start, session_id " IN_WINDOW "and dest_key = ?4 " NEWEST_FIRST
			  "limit -1 offset ?5",
	[SQL_PAGE] = CALL_COLUMNS("") CALLS_FROM CALLS_ORDERED,
	[SQL_PAGE_DEST] = CALL_COLUMNS("indexed by call_by_dest") CALLS_FROM
	"and i.dest_key = ?7 " CALLS_ORDERED,
	[SQL_PAGE_PACKED] = PACKED_COLUMNS("") CALLS_FROM CALLS_ORDERED,
	[SQL_PAGE_PACKED_DEST] = PACKED_COLUMNS("indexed by call_by_dest") CALLS_FROM
	"and i.dest_key = ?7 " CALLS_ORDERED,
};

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
			status == SQLITE_NOTADB ? "'" SQLITE_STORE_FILE "' is no SQLite database"
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
	[SQLITE_TO_READ] = SQLITE_CACHE ";"
					"pragma query_only = 1",
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
	for (int i = 0; i < SQL_STATEMENTS; i++) {
		sqlite3_finalize(connection->statements[i]);
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
	*ret = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return 0;
}

int sqlite_query_start(struct sqlite_query *query, struct sqlite_connection *connection,
	enum sqlite_sql sql, struct error *err)
{
	sqlite3_stmt **statement = &connection->statements[sql];

	if (!*statement && sqlite3_prepare_v3(connection->db, sql_texts[sql], -1,
				   SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
		return sqlite_fail(connection, err, "use");
	}
	*query = (struct sqlite_query){.connection = connection, .statement = *statement};
	return 0;
}

int sqlite_query_start_own(struct sqlite_query *query, struct sqlite_connection *connection,
	enum sqlite_sql sql, struct error *err)
{
	*query = (struct sqlite_query){.connection = connection, .own = true};
	if (sqlite3_prepare_v2(connection->db, sql_texts[sql], -1, &query->statement, NULL) !=
		SQLITE_OK) {
		return sqlite_fail(connection, err, "use");
	}
	return 0;
}

static void note_bound(struct sqlite_query *query, int status)
{
	query->failed = query->failed || status != SQLITE_OK;
}

void sqlite_query_int64(struct sqlite_query *query, int64_t value)
{
	note_bound(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void sqlite_query_text(struct sqlite_query *query, struct text value)
{
	/* A NULL pointer would bind NULL, not the empty text. */
	note_bound(query,
		sqlite3_bind_text64(query->statement, ++query->bound, value.size ? value.data : "",
			value.size, SQLITE_STATIC, SQLITE_UTF8));
}

void sqlite_query_blob(struct sqlite_query *query, struct text value)
{
	note_bound(query, sqlite3_bind_blob64(query->statement, ++query->bound, value.data,
				  value.size, SQLITE_STATIC));
}

int sqlite_query_step(struct sqlite_query *query, struct error *err)
{
	int status;

	if (query->failed) {
		return sqlite_fail(query->connection, err, "use");
	}
	status = sqlite3_step(query->statement);
	if (status == SQLITE_ROW) {
		return 1;
	}
	if (status == SQLITE_DONE) {
		return 0;
	}
	return sqlite_fail(query->connection, err,
		query->connection->access == SQLITE_TO_READ ? "read" : "write to");
}

int sqlite_query_run(struct sqlite_query *query, struct error *err)
{
	return sqlite_query_step(query, err) < 0 ? -1 : 0;
}

void sqlite_query_end(struct sqlite_query *query)
{
	if (query->own) {
		sqlite3_finalize(query->statement);
	} else if (query->statement) {
		sqlite3_reset(query->statement);
	}
}

int64_t sqlite_column_int64(struct sqlite_query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

uint32_t sqlite_column_uint32(struct sqlite_query *query, int column)
{
	return (uint32_t)sqlite3_column_int64(query->statement, column);
}

bool sqlite_column_is_null(struct sqlite_query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

/* Asked for as a blob: as a text it would be copied to get a NUL behind it, and be empty where
 * there is no memory for that. */
struct text sqlite_column_text(struct sqlite_query *query, int column)
{
	struct text text = sqlite_column_blob(query, column);

	if (!text.data && !sqlite_column_is_null(query, column)) {
		text.data = "";
	}
	return text;
}

struct text sqlite_column_blob(struct sqlite_query *query, int column)
{
	const char *data = sqlite3_column_blob(query->statement, column);

	return (struct text){
		.data = data,
		.size = (size_t)sqlite3_column_bytes(query->statement, column),
	};
}

int sqlite_run(struct sqlite_connection *connection, enum sqlite_sql sql, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, sql, err) < 0) {
		return -1;
	}
	return sqlite_query_run(&query, err);
}

int sqlite_run_int64(
	struct sqlite_connection *connection, enum sqlite_sql sql, int64_t value, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, value);
	return sqlite_query_run(&query, err);
}

int sqlite_read_int64(
	struct sqlite_connection *connection, enum sqlite_sql sql, int64_t *ret, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, sql, err) < 0 ||
		sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	*ret = sqlite_column_int64(&query, 0);
	return 0;
}
