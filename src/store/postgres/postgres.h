/* SPDX-License-Identifier: MIT
 * The store on PostgreSQL, its own interface. Private to this folder. */
#ifndef STORE_POSTGRES_POSTGRES_H
#define STORE_POSTGRES_POSTGRES_H

#include <pthread.h>

#include "base/array.h"
#include "base/intern.h"
#include "store/backend.h"
#include "store/blocks/blocks.h"
#include "store/index.h"
#include "store/kind_ids.h"
#include "store/path_look.h"
#include "store/postgres/batch.h"
#include "store/postgres/sql.h"
#include "store/schema.h"

struct postgres_store;

/* ---- pool.c: borrowing connections ---- */

/* At most, where nothing else is said. */
#define POSTGRES_CONNECTIONS 32

struct postgres_pool {
	char *location;
	/* Over all below. */
	pthread_mutex_t mutex;
	pthread_cond_t given_back;
	struct postgres_connection *idle;
	int open;
	int max;
	/* No new connection before that time: the last one failed. */
	int64_t retry_us;
	int64_t backoff_us;
	/* Of the last one. */
	struct error failure;
	/* Connections that broke. */
	uint64_t losses;
};

int postgres_pool_init(
	struct postgres_pool *pool, const char *location, int max, struct error *err) CHECK_RESULT;
void postgres_pool_deinit(struct postgres_pool *pool);
uint64_t postgres_pool_losses(struct postgres_pool *pool);

/* A connection out of the pool; NULL on failure. NULL may be used as a connection: what is bound
 * and added is lost, and running it fails, with @err as it stands. */
struct postgres_connection *postgres_borrow(struct store *store, struct error *err) CHECK_RESULT;
/* The same, and all that is read until it is given back is of one state of the store. */
struct postgres_connection *postgres_borrow_snapshot(
	struct store *store, struct error *err) CHECK_RESULT;
/* Rolls back what was not committed. */
void postgres_give_back(struct postgres_connection *connection);
AUTO_POINTER(struct postgres_connection *, postgres_give_back);

/* Declares the connection @name, which is given back at the end of the scope. */
#define POSTGRES_BORROW(name, store, err)                                                          \
	AUTO(postgres_give_backp)                                                                  \
	struct postgres_connection *name = postgres_borrow((store), (err))
#define POSTGRES_BORROW_SNAPSHOT(name, store, err)                                                 \
	AUTO(postgres_give_backp)                                                                  \
	struct postgres_connection *name = postgres_borrow_snapshot((store), (err))

/* ---- kind.c: kinds of steps ---- */

/* The numbers of kinds that are known to be in the store, whatever their account. */
struct postgres_kinds {
	/* Over all below. */
	pthread_mutex_t mutex;
	/* The pool's, when they were learnt. */
	uint64_t losses;
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
	/* By the number in names. */
	struct postgres_kind_use *uses;
	size_t uses_capacity;
	/* The pool's, before the run. */
	uint64_t losses;
	/* What is remembered does not count. */
	bool by_store;
	struct buffer name;
};

void postgres_kind_run_init(
	struct postgres_kind_run *run, struct postgres_store *store, struct arena *arena);
void postgres_kind_run_deinit(struct postgres_kind_run *run);
/* Meets the kinds of @index, which stay where they are meanwhile; *ret_numbers, in @arena, are the
 * numbers that stand for them. */
int postgres_kind_meet(struct postgres_kind_run *run, int64_t account_id,
	const struct store_index *index, struct arena *arena, uint32_t **ret_numbers,
	struct error *err) CHECK_RESULT;
/* Finds or makes the ids of all that were met, in the transaction of @connection, which has locked
 * their accounts. @add false: ids of those that the store lacks stay 0. */
int postgres_kind_resolve(struct postgres_kind_run *run, struct postgres_connection *connection,
	bool add, struct error *err) CHECK_RESULT;
/* The id of the kind of @step; @numbers are those that @index was given. */
uint32_t postgres_kind_at(const struct postgres_kind_run *run, const struct store_index *index,
	const uint32_t *numbers, uint32_t step);
/* Under the account's lock. What is remembered counts only if the account's row is the one that
 * it was remembered with (@xmin, PostgreSQL 15, chapter 5.5); postgres_kinds_blank() makes it
 * another one. */
void postgres_kind_trust(struct postgres_kind_run *run, int64_t account_id, int64_t xmin);
/* Takes the names of kinds that no call has out of the table. */
int postgres_kinds_blank(struct postgres_connection *connection, struct error *err) CHECK_RESULT;
/* After the commit: they are there to stay. */
void postgres_kind_learn(struct postgres_kind_run *run);

int postgres_kinds_read(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct store_kind **ret_kinds, size_t *ret_count,
	struct error *err) CHECK_RESULT;

/* ---- part.c: the partitions of the detail ---- */

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

/* ---- text.c: words ---- */

/* Writes words of store_index_make() as a tsvector in binary form; false, with nothing written: it
 * has more than a tsvector tells apart. */
bool postgres_write_vector(struct buffer *out, struct text words, struct arena *scratch);
/* Writes what is asked for as a tsquery. */
void postgres_write_query(struct buffer *out, int64_t account_id, const struct words_query *query);

/* ---- match.c: what a filter asks of the tables ---- */

/* Where all is asked of numbers, it is some 4,500 bytes. */
#define POSTGRES_FROM_SIZE 6144

struct postgres_match {
	const struct store_search *search;
	/* Calls that started earlier cannot match. */
	int64_t start;
	/* That each call has which matches; as a tsquery, empty: none. */
	struct words_query words;
	struct buffer text;
	/* Of a number. */
	struct buffer pattern;
	/* There was no room for one. */
	bool failed;
	/* The calls that match, from the word "from" on, with the parameters of
	 * postgres_match_bind(). */
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
	/* Of the point of the path that has the fewest. */
	uint32_t *passed;
	size_t passed_count;
	struct store_path_look path;
	uint32_t *refused;
	size_t refused_count;
	uint32_t *refused_last;
	size_t refused_last_count;
};

/* Reads what the filter needs of the store's state that @connection sees. */
int postgres_match_init(struct postgres_match *match, struct postgres_connection *connection,
	const struct store_search *search, struct error *err) CHECK_RESULT;
void postgres_match_deinit(struct postgres_match *match);

/* Writes what finds the calls that match, as match->from does; with @late only those that no block
 * has as they are, of start and end. */
int postgres_match_from(const struct postgres_match *match, bool late,
	char ret_from[POSTGRES_FROM_SIZE], struct error *err) CHECK_RESULT;

/* Binds the parameters of match->from for what comes behind @top. */
void postgres_match_bind(struct postgres_match *match, struct postgres_connection *connection,
	const struct store_place *top);

/* ---- postgres.c ---- */

struct postgres_listener;

struct postgres_store {
	struct store base;
	struct postgres_pool pool;
	struct postgres_kinds kinds;
	struct postgres_parts parts;
	/* NULL: nothing listens. */
	struct postgres_listener *listener;
	/* Under parts.mutex. */
	struct store_blocks_damage blocks_damage;
	/* That a block has at the most. */
	int64_t block_calls;
	/* Of one thread, which seals: the newest change that was looked at. */
	int64_t claimed_to;
};

/* ---- open.c: making, recognising and upgrading a store ---- */

/* As schema_steps and schema_version. */
extern const struct schema_step postgres_schema_steps[];
extern const int postgres_schema_version;

int postgres_schema_prepare(struct postgres_store *store, const struct store_options *options,
	struct error *err) CHECK_RESULT;

/* ---- numbers.c: keys of numbers that the rule before did not know ---- */

/* Gives each call, and the tallies, the keys that call_number_key() makes now. Within a
 * transaction, which it may lengthen by two passes over the calls. */
int postgres_numbers_renew(struct postgres_connection *connection, struct error *err) CHECK_RESULT;

/* ---- call.c: calls out of rows ---- */

/* The columns of POSTGRES_HEADER and `live`; texts are valid until the next batch. */
struct call postgres_read_header(struct postgres_rows *rows, int row);
/* Those of POSTGRES_PACKED; deflate is NULL where there is none. */
struct packed postgres_read_packed(struct postgres_rows *rows, int row);
/* Both, as a struct store_call. */
extern const struct postgres_layout postgres_call_layout;
/* Reads all rows into @page. */
int postgres_read_page(struct postgres_rows *rows, struct arena *arena, struct store_page *page,
	struct error *err) CHECK_RESULT;

/* ---- audit.c: writing the audit trail ---- */

/* Adds records to the batch, within a transaction. */
void postgres_audit_write(
	struct postgres_connection *connection, const struct store_audit *records, size_t count);

/* ---- page.c: what others need of it ---- */

/* A question about a window and whole numbers. */
struct postgres_subject {
	struct postgres_connection *connection;
	int64_t account_id;
	bool is_all;
	/* The empty one alone when is_all. */
	struct call_keys keys;
};

/* @keys: none: all calls. */
struct postgres_subject postgres_subject_of(
	struct postgres_connection *connection, int64_t account_id, struct call_keys keys);

/* Adds the question for how many calls start in start <= x < end to the batch: one statement for
 * each span, at most TALLY_SPANS_MAX; returns how many. */
size_t postgres_add_counts(const struct postgres_subject *subject, int64_t start, int64_t end);
/* Their sum, from the statement number @first on. */
int64_t postgres_sum(struct postgres_connection *connection, size_t first, size_t count);
/* Adds the question for the tallies of @seconds in start <= x < end, the newest first: columns
 * bucket and calls. Returns its number. */
size_t postgres_add_buckets(
	const struct postgres_subject *subject, int64_t seconds, int64_t start, int64_t end);

/* ---- the operations, as store/backend.h groups them ---- */

store_open_fn store_postgres_open;

store_put_calls_fn postgres_put_calls;
store_amend_calls_fn postgres_amend_calls;
store_live_list_fn postgres_live_list;
store_live_hear_fn postgres_live_hear;
store_page_fn postgres_page;
store_find_fn postgres_find;
store_walk_fn postgres_walk;
store_change_newest_fn postgres_change_newest;
store_changes_fn postgres_changes_read;
store_listen_fn postgres_listen;
store_listen_end_fn postgres_listen_end;

store_search_fn postgres_search;
store_scan_fn postgres_scan;
store_columns_fn postgres_columns_use;
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
store_session_page_fn postgres_session_page;
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
store_connections_fn postgres_connections;
store_seal_fn postgres_seal;
store_erase_fn postgres_erase;
store_scrub_fn postgres_scrub;
store_verify_fn postgres_verify;

store_audit_add_fn postgres_audit_add;
store_audit_list_fn postgres_audit_list;
store_audit_drop_fn postgres_audit_drop;
store_audit_erase_fn postgres_audit_erase;

extern const struct store_hooks_backend postgres_hooks;

#endif
