/* SPDX-License-Identifier: MIT
 * Connections, and the batches of statements that they run. Private to this folder. */
#ifndef STORE_POSTGRES_BATCH_H
#define STORE_POSTGRES_BATCH_H

#include "base/error.h"
#include "store/postgres/rows.h"
#include "store/store.h"

/* What PostgreSQL says went wrong (PostgreSQL 15, appendix A). */
#define POSTGRES_UNIQUE_VIOLATION   "23505"
#define POSTGRES_FOREIGN_KEY	    "23503"
#define POSTGRES_LOCK_NOT_AVAILABLE "55P03"
/* It also says that there is no partition for a row. */
#define POSTGRES_CHECK_VIOLATION "23514"
/* A deadlock, or a snapshot that came too late: nothing was done. */
#define POSTGRES_CONFLICT_CLASS "40"

/* ---- db.c: one connection ---- */

/* Something that can be asked. It lives as long as the program, unless it is asked once. */
struct postgres_statement {
	/* Its parameters stand in it by name: `$account_id::bigint`. */
	const char *sql;
	/* It is sent as it is, each time; others stay prepared. */
	bool once;
};

#define POSTGRES_ONCE(text) (&(const struct postgres_statement){.sql = (text), .once = true})

/* A statement that the connection has prepared, or does so in the batch under way. */
struct postgres_prepared {
	const struct postgres_statement *statement;
	bool prepared;
	struct postgres_names names;
};

/* What was sent. */
struct postgres_sent {
	enum postgres_sent_kind {
		POSTGRES_SENT_QUERY,
		POSTGRES_SENT_PREPARE,
		/* Added without being asked for. */
		POSTGRES_SENT_BEGIN,
	} kind;
	/* The number of the statement that is prepared. */
	size_t prepared;
	PGresult *result;
};

/* One thread at a time uses a connection. It adds statements to a batch and runs them in one round
 * trip; what they gave stays until the next batch. */
struct postgres_connection {
	PGconn *db;
	struct postgres_pool *pool;
	struct postgres_params params;
	/* The SQL that is sent. */
	struct buffer sql;
	struct postgres_prepared *prepared;
	size_t prepared_count;
	size_t prepared_capacity;
	struct postgres_sent *sent;
	size_t sent_count;
	size_t sent_capacity;
	/* Of those that were sent, the queries. */
	size_t queries;
	/* What was sent is answered: the next statement begins a batch. */
	bool ran;
	/* Something could not be added. */
	bool failed;
	/* Answers may be unread: it cannot be used any more. */
	bool broken;
	/* The next batch begins a snapshot. */
	bool begin_read;
	/* It may take as long as it takes. */
	bool patient;
	/* When the batch was given up; 0: it was not. */
	int64_t cancelled_us;
	/* Of the failure of the last batch. */
	char sqlstate[6];
	/* The search whose deadline is kept; NULL: there is none. */
	const struct store_search *search;
	/* In the pool. */
	struct postgres_connection *next;
};

/* Sets @err and connection->sqlstate from what PostgreSQL said in @result; NULL: from what libpq
 * said. Returns -1. */
int postgres_fail(
	struct postgres_connection *connection, const PGresult *result, struct error *err);
/* The connection cannot be used any more. Returns -1. */
int postgres_fail_connection(struct postgres_connection *connection, struct error *err);
/* Whether the last failure was this one, or of this class. */
bool postgres_failed_with(const struct postgres_connection *connection, const char *sqlstate);

int postgres_connection_open(struct postgres_connection **ret_connection, const char *location,
	struct error *err) CHECK_RESULT;
void postgres_connection_close(struct postgres_connection *connection);
AUTO_POINTER(struct postgres_connection *, postgres_connection_close);

/* ---- batch.c: asking ---- */

extern const struct postgres_statement postgres_begin;
extern const struct postgres_statement postgres_commit;
extern const struct postgres_statement postgres_rollback;
/* Within a transaction: plans prepared statements for their parameters. */
extern const struct postgres_statement postgres_plan_each;

/* Adds a statement to the batch. Returns its number among those of the batch. */
size_t postgres_add(
	struct postgres_connection *connection, const struct postgres_statement *statement);
/* The same for a statement that is made by printf's @format, and sent once. */
size_t postgres_add_printf(struct postgres_connection *connection, const char *format, ...)
	FORMAT_PRINTF(2, 3);
/* The same with the columns of @layout that the statement names. Their elements are of the
 * @count structs at @rows, and of those only that @takes takes (NULL: all). Where that is
 * nothing, nothing is added. */
size_t postgres_add_rows(struct postgres_connection *connection,
	const struct postgres_statement *statement, const struct postgres_layout *layout,
	const void *rows, size_t count, bool (*takes)(const void *row));
/* Begins a transaction and locks the accounts in it: what is read of them stays so until it ends.
 * Returns the number of the statement that gives account_id and xmin, in the order of accounts. */
size_t postgres_add_lock(
	struct postgres_connection *connection, const int64_t *account_ids, size_t count);

/* Gets a transaction ready for a statement with POSTGRES_TAKE_OUT. */
void postgres_add_take_out(struct postgres_connection *connection);

/* Runs the batch. When one statement fails, those behind it are not run; @err says why, and
 * connection->sqlstate. */
int postgres_run(struct postgres_connection *connection, struct error *err) CHECK_RESULT;

/* Adds a statement, runs the batch and takes the rows that the statement gave. Returns whether
 * there are any. */
int postgres_ask(struct postgres_connection *connection, const struct postgres_statement *statement,
	struct postgres_rows *ret_rows, struct error *err) CHECK_RESULT;
/* The same for postgres_only(): *ret is set only where there is a row. */
int postgres_ask_int64(struct postgres_connection *connection,
	const struct postgres_statement *statement, int64_t *ret, struct error *err) CHECK_RESULT;
/* The same for postgres_read_all(). */
int postgres_list(struct postgres_connection *connection,
	const struct postgres_statement *statement, const struct postgres_layout *layout,
	struct arena *arena, void *ret_items, size_t *ret_count, struct error *err) CHECK_RESULT;
/* Adds a statement, runs the batch and returns whether the statement changed a row. */
int postgres_change(struct postgres_connection *connection,
	const struct postgres_statement *statement, struct error *err) CHECK_RESULT;

/* What the statement number @index of the last batch gave, and how many rows it changed. */
struct postgres_rows postgres_rows(struct postgres_connection *connection, size_t index);
int64_t postgres_changed(struct postgres_connection *connection, size_t index);

/* Forgets what the last batch gave. */
void postgres_clear(struct postgres_connection *connection);

/* Runs several statements, separated by semicolons, without parameters or results; in one
 * transaction unless one is open. */
int postgres_exec(
	struct postgres_connection *connection, const char *sql, struct error *err) CHECK_RESULT;

#endif
