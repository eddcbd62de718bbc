/* SPDX-License-Identifier: MIT
 * The embedded store's own interface: one writing connection, a pool of reading ones, and what its
 * files need of each other. Private to this folder. */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <stdlib.h>

#include "base/thread.h"
#include "store/backend.h"
#include "store/blocks/blocks.h"
#include "store/columns.h"
#include "store/kind_ids.h"
#include "store/repack.h"
#include "store/sqlite/db.h"
#include "store/tally.h"

#define SQLITE_STORE_LOCK_FILE	    "callstep.lock"
#define SQLITE_STORE_APPLICATION_ID 0x43535450 /* "CSTP"; PRAGMA application_id */

struct sqlite_store;

/* Writes the write-ahead log back into the database beside the writer. Under its thread's lock;
 * store/sqlite/checkpoint.c. */
struct sqlite_checkpointer {
	/* Runs from the first checkpoint that is due; woken when one is wanted. */
	struct thread thread;
	/* A round has ended. */
	pthread_cond_t ended;
	bool running;
	int log_pages;	 /* in the log after the last commit */
	int due_pages;	 /* when the log has as many, a round begins */
	uint64_t rounds; /* that have ended */
};

/* The ids of kinds that the writer knows, whatever their account. */
struct sqlite_kinds {
	bool read_only; /* a kind that has no number is an error: ERROR_CORRUPT */
	struct kind_ids ids;
	int64_t version; /* of the data, as other programs change it, when they were learnt */
	struct buffer key;
	struct buffer path;
};

struct sqlite_store {
	struct store base;
	char *folder;
	/* Of the database. */
	char *path;
	int lock_fd;

	/* Over all up to the checkpointer. */
	pthread_mutex_t write_mutex;
	struct sqlite_connection *writer;
	/* The writer is opened anew before it is used again. */
	bool writer_is_doubtful;
	/* That the next step of merging the text index writes; 0: it is the first. */
	int merge_pages;
	struct store_repacker repacker;
	struct sqlite_kinds kinds;

	struct sqlite_checkpointer checkpointer;
	/* Of a server: what connections keep is given back. */
	struct thread rest;

	/* Over the reading connections that are not used. */
	pthread_mutex_t pool_mutex;
	struct sqlite_connection *idle;
	struct store_blocks_damage blocks_damage;

	int64_t block_calls; /* that a block has at the most */
	int64_t claimed_to;  /* of one thread, which seals: the newest call that was looked at */
};

/* ---- store/sqlite/rows.c: the rows of several numbers as one list ---- */

struct sqlite_rows {
	/* The column that rows are ordered by, the largest first. */
	int start;
	/* And the one among equals; -1: none. */
	int session_id;
	/* One for each number. */
	struct sqlite_cursor *cursors;
	size_t count;
	/* After a step that returned 1: the one whose row is next. */
	struct sqlite_cursor *row;
	struct sqlite_cursor one;
};

/* Starts a statement once for each of @keys, or once where there is none, with the last of @values
 * being the key. */
int sqlite_rows_start(struct sqlite_rows *rows, struct sqlite_connection *connection,
	const struct sqlite_statement *statement, struct sqlite_values values,
	struct call_keys keys, struct error *err) CHECK_RESULT;
/* 1 rows->row is the next one, 0 there is no more. */
int sqlite_rows_step(struct sqlite_rows *rows, struct error *err) CHECK_RESULT;
void sqlite_rows_end(struct sqlite_rows *rows);

/* ---- store/sqlite/sqlite.c: which connection is used ---- */

/* A reading connection out of the pool; NULL where none could be opened. */
struct sqlite_reader {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
};

struct sqlite_reader sqlite_reader_open(struct store *base, struct error *err);
/* The same, and until it is closed all reads see one state of the store. */
struct sqlite_reader sqlite_reader_open_snapshot(struct store *base, struct error *err);
void sqlite_reader_close(struct sqlite_reader *reader);

/* The writing connection in a transaction, which is rolled back unless it was committed. */
struct sqlite_writer {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	bool committed;
};

int sqlite_writer_begin(
	struct sqlite_writer *writer, struct store *base, struct error *err) CHECK_RESULT;
int sqlite_writer_commit(struct sqlite_writer *writer, struct error *err) CHECK_RESULT;
void sqlite_writer_end(struct sqlite_writer *writer);

/* Runs a statement in a transaction for itself. Returns how many rows it changed. */
int sqlite_change(struct store *base, const struct sqlite_statement *statement,
	struct sqlite_values values, struct error *err) CHECK_RESULT;

/* Reads one row, which begins a snapshot's view of the store. */
int sqlite_read_one(struct sqlite_connection *connection, struct error *err);

/* Whether the last statement failed with this of SQLite's extended codes. */
bool sqlite_failed_with(const struct sqlite_connection *connection, int status);

/* ---- store/sqlite/checkpoint.c: the write-ahead log's way into the database ---- */

void sqlite_checkpointer_init(struct sqlite_checkpointer *checkpointer);
/* Ends the thread. The last connection that is closed writes back what is left. */
void sqlite_checkpointer_deinit(struct sqlite_checkpointer *checkpointer);

/* From now on the commits of @store's writer are seen to. */
void sqlite_checkpointer_watch(struct sqlite_store *store);

/* Keeps the log bounded: where it has become long, waits until it is written back. Outside of a
 * transaction. */
void sqlite_checkpointer_wait(struct sqlite_checkpointer *checkpointer);

/* ---- store/sqlite/rest.c: what connections keep, and do not use, is given back ---- */

/* How many bytes of the database @connection keeps. */
int sqlite_connection_kept(const struct sqlite_connection *connection);

/* Frees what each connection keeps that was not used since the round before. Returns how many bytes
 * that were. */
int sqlite_rest_round(struct sqlite_store *store);

/* Begins a thread that makes a round every 10 seconds. */
int sqlite_rest_start(struct sqlite_store *store, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/folder.c: the folder and the files in it ---- */

static inline void sqlite_free_string(char **string)
{
	free(*string);
}

/* The path of a file in the folder, for free(); NULL: out of memory. */
char *sqlite_folder_file(const char *folder, const char *name, struct error *err) CHECK_RESULT;

/* Makes the folder, its parents and an empty database file where they are missing. */
int sqlite_folder_prepare(
	const char *folder, const char *path, bool must_exist, struct error *err) CHECK_RESULT;

enum sqlite_folder_lock {
	SQLITE_FOLDER_LOCK_SERVER, /* held by a server as long as it has the store */
	SQLITE_FOLDER_LOCK_SCHEMA, /* held while the schema is made or changed */
};

/* Takes a lock on the folder, which lasts until *ret_fd is closed or the process ends. With @wait
 * false ERROR_BUSY when another has it. */
int sqlite_folder_lock(const char *folder, enum sqlite_folder_lock lock, bool wait, int *ret_fd,
	struct error *err) CHECK_RESULT;

/* Writes what is known of the folder's files' names to disk. */
int sqlite_folder_sync(const char *folder, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/open.c: making, recognising and upgrading a store ---- */

/* A program that is not a server does not change the schema below one that runs: ERROR_BUSY. */
int sqlite_schema_prepare(struct sqlite_store *store, const struct store_options *options,
	struct error *err) CHECK_RESULT;

/* Makes sure that the index of the write-ahead log has its room on the disk. SQLite maps it: a full
 * disk would end the process (SIGBUS) at the first write instead of failing it. ERROR_NO_SPACE
 * where there is none. */
int sqlite_log_index_reserve(struct sqlite_connection *connection, struct error *err) CHECK_RESULT;
/* Gives a connection the functions that the steps of the schema call. Returns SQLite's status:
 * without memory it is not SQLITE_OK. */
int sqlite_schema_functions(sqlite3 *db) CHECK_RESULT;

/* ---- store/sqlite/call.c: single calls by their row ---- */

/* clang-format off */
/* A call's header, as statements give it; @of is what the table is called, with a dot. */
#define HEADER_COLUMNS(of) \
	of "session_id, " of "start, " of "steps" STORE_COLUMNS(STORE_COLUMN_NAME, of)
#define HEADER_COLUMN(member, sql, kind, prefix) prefix##member,
enum {
	HEADER_session_id, HEADER_start, HEADER_steps,
	STORE_COLUMNS(HEADER_COLUMN, HEADER_) HEADER_COLUMNS_END
};

/* A packed call. */
#define PACKED_COLUMNS(of) of "size, " of "crc32, " of "crc32_op, " of "deflate"
enum { PACKED_SIZE, PACKED_CRC32, PACKED_CRC32_OP, PACKED_DEFLATE, PACKED_COLUMNS_END };
/* clang-format on */

/* What these columns of a row say, the first of them being @first. Texts last as long as the row.
 */
struct call sqlite_header_at(const struct sqlite_cursor *row, int first);
/* The same without what the contract's header lacks. */
struct call sqlite_contract_header_at(const struct sqlite_cursor *row, int first);
struct packed sqlite_packed_at(const struct sqlite_cursor *row, int first);

/* Copies the packed call of the row @id, which must be there, into @arena. */
int sqlite_packed_by_id(struct sqlite_connection *connection, int64_t id, struct arena *arena,
	struct packed *ret_packed, struct error *err) CHECK_RESULT;

/* Copies the call of the row @id, which must be there, into @arena, with its packed form when it
 * started after @detail_after. */
int sqlite_call_by_id(struct sqlite_connection *connection, int64_t id, int64_t detail_after,
	struct arena *arena, struct store_call *ret_call, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/kind.c: kinds of steps, paths of calls ---- */

void sqlite_kinds_init(struct sqlite_kinds *kinds);
void sqlite_kinds_deinit(struct sqlite_kinds *kinds);

/* Numbers the kinds of @index and makes the path of them; it is valid until the next one. */
int sqlite_kinds_path(struct sqlite_kinds *kinds, struct sqlite_connection *connection,
	int64_t account_id, const struct store_index *index, struct text *ret_path,
	struct error *err) CHECK_RESULT;

/* Takes the next step's kind off the front of a path; false at its end. */
bool sqlite_path_next(struct text *rest, uint32_t *ret_id);

/* Within a transaction that writes: forgets what was remembered if another program changed anything
 * since, which may have been a kind. */
int sqlite_kinds_refresh(struct sqlite_kinds *kinds, struct sqlite_connection *connection,
	struct error *err) CHECK_RESULT;
/* Takes the names of kinds that no call has out of the table. */
int sqlite_kinds_blank(struct store *base, struct error *err) CHECK_RESULT;

/* The kinds of an account, by id. */
int sqlite_kinds_read(struct sqlite_connection *connection, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/text.c: the text index ---- */

/* The index must have exactly the words that were added: dropping others damages it. */
int sqlite_words_add(struct sqlite_connection *connection, int64_t id, struct text words,
	struct error *err) CHECK_RESULT;
int sqlite_words_drop(struct sqlite_connection *connection, int64_t id, struct text words,
	struct error *err) CHECK_RESULT;

/* Drops whatever words of the call stand in the index, which is read from end to end for it. */
int sqlite_words_drop_unknown(
	struct sqlite_connection *connection, int64_t id, struct error *err) CHECK_RESULT;

/* Ids of calls: listed while they are few, then a bit each. */
#define SQLITE_ID_SET_FEW ((size_t)1000)
struct sqlite_id_set {
	int64_t *ids; /* what there is while bits is NULL */
	size_t ids_room;
	uint64_t *bits;
	size_t bits_room;
	size_t count;
};
void sqlite_id_set_deinit(struct sqlite_id_set *set);
/* An id that was not added before. False: out of memory. */
bool sqlite_id_set_add(struct sqlite_id_set *set, int64_t id) CHECK_RESULT;
/* Of one that has bits. */
bool sqlite_id_set_has(const struct sqlite_id_set *set, int64_t id);
/* Each id once, *at from 0 on; false after the last. */
bool sqlite_id_set_next(const struct sqlite_id_set *set, size_t *at, int64_t *ret_id);

/* Adds the ended calls of the account that have every phrase of @text to the empty @set. */
int sqlite_words_find(struct sqlite_connection *connection, int64_t account_id,
	const struct words_query *text, struct sqlite_id_set *set, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/live.c: live calls ---- */

/* The live calls of an account, by their ids. */
struct sqlite_live_set {
	int64_t *ids; /* in their order */
	size_t count;
	size_t room;
};

int sqlite_live_read(struct sqlite_connection *connection, int64_t account_id,
	struct sqlite_live_set *set, struct error *err) CHECK_RESULT;
void sqlite_live_set_deinit(struct sqlite_live_set *set);
enum call_state sqlite_live_state(const struct sqlite_live_set *set, int64_t id);

/* Whether the call of the row @id is live: 1 or 0. */
int sqlite_is_live(
	struct sqlite_connection *connection, int64_t id, struct error *err) CHECK_RESULT;

/* Adds to @ids the calls of @live whose steps have every phrase of @text: no index has them. */
int sqlite_live_find(struct sqlite_connection *connection, const struct sqlite_live_set *live,
	const struct words_query *text, struct sqlite_id_set *ids, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/merge.c: the text index's segments ---- */

enum sqlite_merge {
	SQLITE_MERGE_WORTH, /* all segments when it is worth it, or what was begun */
	SQLITE_MERGE_ALL,   /* all segments that there are now */
	SQLITE_MERGE_ON,    /* what was begun */
};

/* A step of merging, in a transaction of some milliseconds. Returns 1 while there is more to do. */
int sqlite_words_merge(
	struct sqlite_store *store, enum sqlite_merge what, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/index.c: making the index of calls that come packed ---- */

/* Drops the words of a packed call, which have to be known for it, from the index. Where it is
 * damaged they are not: they stay behind, and verifying the store tells of them. In the writer's
 * transaction. */
int sqlite_words_drop_packed(struct sqlite_store *store, int64_t id, int64_t account_id,
	uint32_t steps, const struct packed *packed, struct error *err) CHECK_RESULT;

/* Gives every call that has detail and no path its path and its words: what a store of schema 1
 * lacks. */
int sqlite_index_all(struct sqlite_store *store, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/tally.c: writing tallies ---- */

/* The changes of tallies that a transaction makes. */
struct sqlite_tallies {
	struct arena *arena;
	struct tally_change *changes;
	size_t count;
};

/* Notes that @calls were added to a number's, or taken off. Copies @dest_key. */
int sqlite_tallies_note(struct sqlite_tallies *tallies, int64_t account_id, struct text dest_key,
	int64_t start, int64_t calls, struct error *err) CHECK_RESULT;
/* Writes what was noted, once for each bucket. */
int sqlite_tallies_write(struct sqlite_tallies *tallies, struct sqlite_connection *connection,
	struct error *err) CHECK_RESULT;

/* ---- store/sqlite/drop.c: what others need of it ---- */

/* Drops the row of a call, its packed call, and its words, also where the packed call is damaged.
 * In the writer's transaction; the tallies are the caller's. */
struct sqlite_old_call {
	int64_t id;
	int64_t account_id;
	int64_t start;
	int64_t steps; /* negative: it has no detail */
};
struct sqlite_block_notes;
int sqlite_call_drop(struct sqlite_store *store, struct sqlite_block_notes *blocks,
	const struct sqlite_old_call *call, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/audit.c: writing the audit trail ---- */

/* Adds records in the connection's transaction. */
int sqlite_audit_write(struct sqlite_connection *connection, const struct store_audit *records,
	size_t count, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/accounts.c: what others need of it ---- */

/* No call of the account that started before *ret_start has detail. */
int sqlite_detail_from(struct sqlite_connection *connection, int64_t account_id, int64_t *ret_start,
	struct error *err) CHECK_RESULT;

/* ---- store/sqlite/total.c: totals and offsets by tallies ---- */

/* The calls that a page or a count is about. */
struct sqlite_subject {
	struct sqlite_connection *connection;
	int64_t account_id;
	/* Of the numbers that were called; none: all calls. */
	struct call_keys keys;
};

/* Counts those that started in start <= x < end. */
int sqlite_count_window(const struct sqlite_subject *subject, int64_t start, int64_t end,
	int64_t *ret_calls, struct error *err) CHECK_RESULT;

/* Counts the calls of a page's window. Where there are calls past its offset, *place becomes that
 * of the first of them, in @arena. */
int sqlite_locate(const struct sqlite_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_place *place, int64_t *ret_total,
	struct error *err) CHECK_RESULT;

/* Starts reading the tallies of @seconds between, newest first; each number has its own. */
enum { SQLITE_BUCKET_START, SQLITE_BUCKET_CALLS };
int sqlite_buckets_start(struct sqlite_rows *rows, const struct sqlite_subject *subject,
	int64_t seconds, int64_t start, int64_t end, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/change.c: the change log ---- */

/* The changes of one transaction. */
struct sqlite_changes {
	struct sqlite_connection *connection;
	int64_t before; /* the newest when it began */
	int64_t newest;
};

int sqlite_changes_begin(struct sqlite_changes *changes, struct sqlite_connection *connection,
	struct error *err) CHECK_RESULT;
int sqlite_changes_note(struct sqlite_changes *changes, int64_t account_id, int64_t call_id,
	struct error *err) CHECK_RESULT;
/* The same where amendments changed the steps from @first_step on, and with @header more. */
int sqlite_changes_note_steps(struct sqlite_changes *changes, int64_t account_id, int64_t call_id,
	int64_t first_step, bool header, struct error *err) CHECK_RESULT;
/* Forgets old changes, now and then: at the transaction's end. */
int sqlite_changes_trim(struct sqlite_changes *changes, struct error *err) CHECK_RESULT;

/* ---- the operations, as store/backend.h groups them ---- */

store_open_fn store_sqlite_open;

store_put_calls_fn sqlite_put_calls;
store_amend_calls_fn sqlite_amend_calls;
store_live_list_fn sqlite_live_list;
store_live_hear_fn sqlite_live_hear;
store_page_fn sqlite_page;
store_find_fn sqlite_find;
store_walk_fn sqlite_walk;
store_change_newest_fn sqlite_change_newest;
store_changes_fn sqlite_changes_read;

store_search_fn sqlite_search;
store_scan_fn sqlite_scan;
store_kinds_fn sqlite_kinds_list;
store_count_buckets_fn sqlite_count_buckets;

store_account_add_fn sqlite_account_add;
store_account_find_fn sqlite_account_find;
store_account_list_fn sqlite_account_list;
store_account_set_disabled_fn sqlite_account_set_disabled;
store_account_set_days_fn sqlite_account_set_days;
store_keeping_fn sqlite_keeping;
store_set_keeping_fn sqlite_set_keeping;
store_key_add_fn sqlite_key_add;
store_key_page_fn sqlite_key_page;
store_session_page_fn sqlite_session_page;
store_key_revoke_fn sqlite_key_revoke;
store_key_find_fn sqlite_key_find;
store_key_touch_fn sqlite_key_touch;

store_drop_fn sqlite_drop;
store_oldest_fn sqlite_oldest;
store_space_fn sqlite_space;
store_tidy_fn sqlite_tidy;
store_seal_fn sqlite_seal;
store_columns_fn sqlite_columns_use;
store_shrink_fn sqlite_shrink;
store_erase_fn sqlite_erase;
store_scrub_fn sqlite_scrub;
store_backup_fn sqlite_backup;
store_verify_fn sqlite_verify;

store_audit_add_fn sqlite_audit_add;
store_audit_list_fn sqlite_audit_list;
store_audit_drop_fn sqlite_audit_drop;
store_audit_erase_fn sqlite_audit_erase;

extern const struct store_hooks_backend sqlite_hooks;

#endif
