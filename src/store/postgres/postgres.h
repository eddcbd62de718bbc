/* SPDX-License-Identifier: MIT
 * The store on PostgreSQL, its own interface: a pool of connections, batches of prepared
 * statements, parameters and results in binary. Private to store_postgres*.c. */
#ifndef STORE_STORE_POSTGRES_H
#define STORE_STORE_POSTGRES_H

#include <libpq-fe.h>
#include <pthread.h>

#include "base/buffer.h"
#include "base/intern.h"
#include "store/backend.h"
#include "store/kind_ids.h"
#include "store/postgres/sql.h"

/* What PostgreSQL says went wrong (PostgreSQL 15, appendix A). */
#define POSTGRES_UNIQUE_VIOLATION "23505"
#define POSTGRES_CHECK_VIOLATION  "23514" /* also: no partition for a row */
#define POSTGRES_FOREIGN_KEY	  "23503"
#define POSTGRES_CONFLICT_CLASS                                                                    \
	"40" /* a deadlock, a snapshot that came too late: nothing was done */

/* ---- store/postgres/params.c: what a statement is given ---- */

#define POSTGRES_PARAMS_MAX 20

/* Types of array elements (PostgreSQL 15, pg_type.dat). */
enum postgres_type {
	POSTGRES_BOOLEAN = 16,
	POSTGRES_BYTEA = 17,
	POSTGRES_BIGINT = 20,
	POSTGRES_SMALLINT = 21,
	POSTGRES_INTEGER = 23,
	POSTGRES_TEXT = 25,
	POSTGRES_TSVECTOR = 3614,
};

/* Values in their order, all in PostgreSQL's binary form. A failure is kept and told when they are
 * sent. */
struct postgres_params {
	int count;
	size_t offsets[POSTGRES_PARAMS_MAX];
	int sizes[POSTGRES_PARAMS_MAX]; /* -1: null */
	struct buffer bytes;
	enum postgres_type array_type; /* of the array under way */
	int32_t array_count;
};

void postgres_params_init(struct postgres_params *params);
void postgres_params_deinit(struct postgres_params *params);
void postgres_params_clear(struct postgres_params *params);

void postgres_bind_int64(struct postgres_params *params, int64_t value);
void postgres_bind_int32(struct postgres_params *params, int32_t value);
void postgres_bind_bool(struct postgres_params *params, bool value);
/* Text or bytea; data NULL binds the empty one. */
void postgres_bind_text(struct postgres_params *params, struct text value);
/* A text that is asked for: where it is none that a column can hold (UTF-8 without control
 * characters), nothing equals it. */
void postgres_bind_asked(struct postgres_params *params, struct text value);
/* An array of such texts. */
void postgres_bind_keys(struct postgres_params *params, const struct call_keys *keys);
void postgres_bind_null(struct postgres_params *params);

/* An array: begin, its elements, end. */
void postgres_array_begin(struct postgres_params *params, enum postgres_type type);
void postgres_array_int64(struct postgres_params *params, int64_t value); /* of any integer type */
void postgres_array_bool(struct postgres_params *params, bool value);
void postgres_array_text(struct postgres_params *params, struct text value);
void postgres_array_null(struct postgres_params *params);
void postgres_array_end(struct postgres_params *params);

/* An array of the seconds of every unit of tallies. */
void postgres_bind_tally_units(struct postgres_params *params);

/* ---- store/postgres/db.c: one connection and what it is asked ---- */

enum postgres_readiness {
	POSTGRES_UNPREPARED,
	POSTGRES_PREPARING, /* in the batch under way */
	POSTGRES_READY,
};

/* What was sent. */
struct postgres_sent {
	enum postgres_sent_kind {
		POSTGRES_SENT_QUERY,
		POSTGRES_SENT_PREPARE,
		POSTGRES_SENT_BEGIN, /* what is added by itself */
	} kind;
	enum postgres_sql sql; /* that is prepared */
	PGresult *result;
};

/* Used by one thread at a time. Statements are added to a batch, which then is run in one round
 * trip; what they gave stays until the next batch. */
struct postgres_connection {
	PGconn *db;
	enum postgres_readiness readiness[POSTGRES_STATEMENTS];
	struct postgres_sent *sent;
	size_t sent_count;
	size_t sent_room;
	bool ran;	      /* what was sent is answered: the next one begins a batch */
	bool failed;	      /* something could not be added */
	bool broken;	      /* answers may be unread: of no more use */
	bool begin_read;      /* the next batch begins a snapshot */
	bool patient;	      /* may take as long as it takes */
	int64_t cancelled_us; /* when the batch was given up; 0: it was not */
	char sqlstate[6];     /* of the failure of the last batch */
	const struct store_search *search; /* whose deadline is kept; NULL: none's */
	struct postgres_connection *next;  /* in the pool */
};

/* Sets @err from what PostgreSQL or libpq said; returns -1. */
int postgres_fail(struct error *err, const char *sqlstate, const char *message);
int postgres_fail_connection(struct postgres_connection *connection, struct error *err);

int postgres_connection_open(struct postgres_connection **ret_connection, const char *location,
	struct error *err) CHECK_RESULT;
void postgres_connection_close(struct postgres_connection *connection);
AUTO_POINTER(struct postgres_connection *, postgres_connection_close);

/* ---- store/postgres/batch.c: asking ---- */

/* Adds a statement to the batch. @params may be NULL, and is no longer needed afterwards. */
void postgres_add(struct postgres_connection *connection, enum postgres_sql sql,
	const struct postgres_params *params);
/* The same for a statement that is planned for these parameters, each time. */
void postgres_add_text(struct postgres_connection *connection, const char *sql,
	const struct postgres_params *params);

/* Runs the batch. When one statement fails, those behind it are not run; @err says why, and
 * connection->sqlstate. */
int postgres_run(struct postgres_connection *connection, struct error *err) CHECK_RESULT;

/* Adds one statement and runs the batch. */
int postgres_run_one(struct postgres_connection *connection, enum postgres_sql sql,
	const struct postgres_params *params, struct error *err) CHECK_RESULT;

/* Forgets what the last batch gave. */
void postgres_clear(struct postgres_connection *connection);

/* Runs several statements, parted by semicolons, without parameters or results, in a transaction of
 * their own unless one is open. */
int postgres_exec(
	struct postgres_connection *connection, const char *sql, struct error *err) CHECK_RESULT;

/* What the statement number @index of the last batch gave. */
struct postgres_rows {
	PGresult *result;
	int count;
};
struct postgres_rows postgres_rows(struct postgres_connection *connection, size_t index);
/* What the last one gave. */
struct postgres_rows postgres_last_rows(struct postgres_connection *connection);

/* How many rows the statement number @index changed. */
int64_t postgres_changed(struct postgres_connection *connection, size_t index);

/* A column of a row: any integer or boolean; text or bytea, valid until the next batch. Null is 0,
 * or {NULL, 0}. */
int64_t postgres_int64(const struct postgres_rows *rows, int row, int column);
struct text postgres_text(const struct postgres_rows *rows, int row, int column);
bool postgres_is_null(const struct postgres_rows *rows, int row, int column);

/* Whether the last failure was this one. */
bool postgres_failed_with(const struct postgres_connection *connection, const char *sqlstate);

/* ---- store/postgres/pool.c: who uses which connection ---- */

#define POSTGRES_CONNECTIONS 32 /* at most, where nothing else is said */

struct postgres_pool {
	char *location;
	pthread_mutex_t mutex; /* over all below */
	pthread_cond_t given_back;
	struct postgres_connection *idle;
	int open;
	int max;
	int64_t retry_us; /* no new connection before that time: the last one failed */
	int64_t backoff_us;
	struct error failure; /* of the last one */
	uint64_t losses;      /* connections that broke */
};

int postgres_pool_init(
	struct postgres_pool *pool, const char *location, int max, struct error *err) CHECK_RESULT;
void postgres_pool_deinit(struct postgres_pool *pool);
uint64_t postgres_pool_losses(struct postgres_pool *pool);

struct postgres_store;

/* A connection out of the pool. */
struct postgres_session {
	struct postgres_pool *pool;
	struct postgres_connection *connection;
};

int postgres_session_open(struct postgres_session *session, struct postgres_store *store,
	struct error *err) CHECK_RESULT;
/* The same, and all that is read until it is closed is of one state of the store. */
int postgres_session_open_snapshot(struct postgres_session *session, struct postgres_store *store,
	struct error *err) CHECK_RESULT;
/* Rolls back what was not committed. */
void postgres_session_close(struct postgres_session *session);

/* ---- store/postgres/kind.c: kinds of steps ---- */

/* The numbers of kinds that are known to be in the store, whatever their account. */
struct postgres_kinds {
	pthread_mutex_t mutex; /* over all below */
	uint64_t losses;       /* the pool's, when they were learnt */
	struct kind_ids ids;
};

void postgres_kinds_init(struct postgres_kinds *kinds);
void postgres_kinds_deinit(struct postgres_kinds *kinds);

/* The kinds that one put, or verifying, meets. */
struct postgres_kind_use {
	int64_t account_id;
	const struct store_kind *kind;
	uint32_t id;
};
struct postgres_kind_run {
	struct postgres_store *store;
	struct intern names;
	struct postgres_kind_use *uses; /* by the number in names */
	size_t uses_room;
	uint64_t losses; /* the pool's, before the run */
	bool by_store;	 /* what is remembered does not count */
	struct buffer name;
};

void postgres_kind_run_init(
	struct postgres_kind_run *run, struct postgres_store *store, struct arena *arena);
void postgres_kind_run_deinit(struct postgres_kind_run *run);
/* Meets a kind, which stays where it is meanwhile; *ret_number stands for it. */
int postgres_kind_meet(struct postgres_kind_run *run, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_number, struct error *err) CHECK_RESULT;
/* Finds or makes the ids of all that were met, in the transaction of @connection, which has locked
 * their accounts; @add false: ids of those that the store lacks stay 0. */
int postgres_kind_resolve(struct postgres_kind_run *run, struct postgres_connection *connection,
	bool add, struct error *err) CHECK_RESULT;
/* Under the account's lock: what is remembered counts only if the account's row is the one (@xmin,
 * PostgreSQL 15, chapter 5.5) that it was remembered with; postgres_kinds_blank() makes it another
 * one. */
void postgres_kind_trust(struct postgres_kind_run *run, int64_t account_id, int64_t xmin);
/* Takes the names of kinds that no call has out of the table. */
int postgres_kinds_blank(struct postgres_connection *connection, struct error *err) CHECK_RESULT;
/* After the commit: they are there to stay. */
void postgres_kind_learn(struct postgres_kind_run *run);

int postgres_kinds_read(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct store_kind **ret_kinds, size_t *ret_count,
	struct error *err) CHECK_RESULT;

/* ---- store/postgres/part.c: the partitions of the detail ---- */

#define POSTGRES_PARTS_KNOWN 64

struct postgres_parts {
	pthread_mutex_t mutex;
	int64_t known[POSTGRES_PARTS_KNOWN];
	size_t count;
};

/* The partition for the detail of a call that starts at @start: its day's, which is made where it
 * is missing, or 0. Outside of a transaction. */
int postgres_part_for(struct postgres_store *store, struct postgres_connection *connection,
	int64_t start, int64_t *ret_part, struct error *err) CHECK_RESULT;
/* After a partition was found to be gone. */
void postgres_parts_forget(struct postgres_store *store);
/* The days behind the day @after that have a partition, in their order; returns how many, at most
 * POSTGRES_PARTS_AT_ONCE. */
#define POSTGRES_PARTS_AT_ONCE 64
int postgres_parts_list(struct postgres_connection *connection, int64_t after,
	int64_t ret_days[POSTGRES_PARTS_AT_ONCE], struct error *err) CHECK_RESULT;
/* Drops the partitions of days that ended at or before @up_to and in which nothing is left. */
void postgres_parts_drop_empty(
	struct postgres_store *store, struct postgres_connection *connection, int64_t up_to);

/* ---- store/postgres/text.c: words ---- */

/* Writes words of store_index_make() as a tsvector in binary form; false: it has more than a
 * tsvector tells apart. */
bool postgres_write_vector(struct buffer *out, struct text words, struct arena *scratch);
/* Writes what is asked for as a tsquery. */
void postgres_write_query(struct buffer *out, int64_t account_id, const struct words_query *query);

/* ---- store/postgres/match.c: what a filter asks of the tables ---- */

#define POSTGRES_FROM_SIZE 4096

struct postgres_match {
	const struct store_search *search;
	int64_t start;	       /* of what can match */
	struct buffer text;    /* the tsquery; empty: none */
	struct buffer pattern; /* of a number */
	/* POSTGRES_FROM_ALL or POSTGRES_FROM_TEXT with what is asked of numbers */
	char from[POSTGRES_FROM_SIZE];
	struct arena arena;
	/* The sessions of calls that have the text, though the index does not say so. */
	struct text *unsure;
	size_t unsure_count;
	/* Ids of kinds: NULL: any. */
	uint32_t *step;
	size_t step_count;
	uint32_t *last;
	size_t last_count;
};

/* Reads what the filter needs of the store's state that @connection sees. */
int postgres_match_init(struct postgres_match *match, struct postgres_connection *connection,
	const struct store_search *search, struct error *err) CHECK_RESULT;
void postgres_match_deinit(struct postgres_match *match);

/* Binds the parameters of match->from for what comes behind @top. Returns the
 * number of the parameter that comes next. */
int postgres_match_bind(struct postgres_match *match, const struct store_place *top,
	struct postgres_params *params);

/* ---- store/postgres/postgres.c ---- */

struct postgres_listener;

struct postgres_store {
	struct store base;
	struct postgres_pool pool;
	struct postgres_kinds kinds;
	struct postgres_parts parts;
	struct postgres_listener *listener; /* NULL: nobody wants to hear */
};

/* ---- store/postgres/open.c: making, recognising and upgrading a store ---- */

int postgres_schema_prepare(
	struct postgres_store *store, bool must_exist, struct error *err) CHECK_RESULT;

/* ---- store/postgres/numbers.c: keys of numbers that the rule before did not know ---- */

/* Gives each call, and the tallies, the keys that call_number_key() makes now. Within a
 * transaction, which it may lengthen by two passes over the calls. */
int postgres_numbers_renew(struct postgres_connection *connection, struct error *err) CHECK_RESULT;

/* ---- store/postgres/call.c: calls out of rows ---- */

/* The columns of POSTGRES_CALL (store/postgres/sql.h), in their order. */
enum postgres_call_column {
	CALL_SESSION_ID,
	CALL_START,
	CALL_END,
	CALL_TYPE,
	CALL_STEPS,
	CALL_DEST,
	CALL_SRC,
	CALL_COLUMNS,
	CALL_SIZE = CALL_COLUMNS, /* these where packed calls are asked for */
	CALL_CRC32,
	CALL_CRC32_OP,
	CALL_DEFLATE,
	CALL_COLUMNS_PACKED,
};

/* The header that begins at @column; its texts are valid until the next batch. */
struct call postgres_read_header(const struct postgres_rows *rows, int row, int column);
/* The packed call; deflate is NULL where there is none. */
struct packed postgres_read_packed(const struct postgres_rows *rows, int row, int column);
/* Both, copied into @arena. */
int postgres_copy_call(const struct postgres_rows *rows, int row, int column, struct arena *arena,
	struct store_call *ret_call, struct error *err) CHECK_RESULT;

/* ---- store/postgres/audit.c: writing the audit trail ---- */

/* Adds records to the batch, within a transaction. @params is used for it. */
void postgres_audit_write(struct postgres_connection *connection, const struct store_audit *records,
	size_t count, struct postgres_params *params);

/* ---- store/postgres/page.c: what others need of it ---- */

/* A question about a window and whole numbers. */
struct postgres_subject {
	struct postgres_connection *connection;
	int64_t account_id;
	bool is_all;
	struct call_keys keys; /* the empty one alone when is_all */
};

/* @keys: none: all calls. */
struct postgres_subject postgres_subject_of(
	struct postgres_connection *connection, int64_t account_id, struct call_keys keys);

/* Adds the question for how many calls start in start <= x < end to the batch: one statement for
 * each span, at most TALLY_SPANS_MAX; returns how many. */
size_t postgres_add_counts(const struct postgres_subject *subject, int64_t start, int64_t end);
/* Their sum, from the statement number @first on. */
int64_t postgres_sum(struct postgres_connection *connection, size_t first, size_t count);

/* ---- the operations, as store/backend.h groups them ---- */

store_open_fn store_postgres_open;

store_put_calls_fn postgres_put_calls;
store_page_fn postgres_page;
store_find_fn postgres_find;
store_walk_fn postgres_walk;
store_change_newest_fn postgres_change_newest;
store_changes_fn postgres_changes_read;
store_listen_fn postgres_listen;
store_listen_end_fn postgres_listen_end;

store_search_fn postgres_search;
store_scan_fn postgres_scan;
store_kinds_fn postgres_kinds_list;
store_count_buckets_fn postgres_count_buckets;

store_account_add_fn postgres_account_add;
store_account_find_fn postgres_account_find;
store_account_list_fn postgres_account_list;
store_account_set_disabled_fn postgres_account_set_disabled;
store_account_set_days_fn postgres_account_set_days;
store_keeping_fn postgres_keeping;
store_set_keeping_fn postgres_set_keeping;
store_key_add_fn postgres_key_add;
store_key_page_fn postgres_key_page;
store_key_revoke_fn postgres_key_revoke;
store_key_find_fn postgres_key_find;
store_key_touch_fn postgres_key_touch;

store_drop_fn postgres_drop;
store_turn_take_fn postgres_turn_take;
store_turn_check_fn postgres_turn_check;
store_turn_end_fn postgres_turn_end;
store_day_find_fn postgres_day_find;
store_day_drop_fn postgres_day_drop;
store_day_tidy_fn postgres_day_tidy;
store_oldest_fn postgres_oldest;
store_space_fn postgres_space;
store_shrink_fn postgres_shrink;
store_erase_fn postgres_erase;
store_scrub_fn postgres_scrub;
store_verify_fn postgres_verify;

store_audit_add_fn postgres_audit_add;
store_audit_list_fn postgres_audit_list;
store_audit_drop_fn postgres_audit_drop;
store_audit_erase_fn postgres_audit_erase;

#endif
