/* SPDX-License-Identifier: MIT
 * One store_put_calls() on PostgreSQL. Private to store_postgres_put*.c. */
#ifndef STORE_STORE_POSTGRES_PUT_H
#define STORE_STORE_POSTGRES_PUT_H

#include "store/postgres/postgres.h"
#include "store/repack.h"
#include "store/tally.h"

/* A call that is put, be it several times: as it will be. */
struct put_entry {
	int64_t account_id;
	struct text session_id;
	size_t first; /* of its puts */
	size_t last;
	const struct store_put *detail; /* the last one with steps; NULL: none */
	const struct store_put *header; /* the last one */
	struct call call;		/* its header */
	char key_buffer[CALL_NUMBER_MAX];
	char src_buffer[CALL_NUMBER_MAX];
	struct text dest_key;
	struct text src_key;
	struct packed packed; /* under that header */
	struct store_index index;
	uint32_t *kinds; /* of index.kinds, the numbers that stand for them in the run */
	int64_t part;	 /* of its detail */
	/* as the store has it before */
	bool held;
	int64_t held_start;
	int64_t held_steps; /* -1: no detail */
	int64_t held_part;
	struct text held_dest_key;
	struct packed held_packed; /* read where it stays under a new header, or is joined */
};

struct put_run {
	struct postgres_store *store;
	struct postgres_connection *connection;
	struct store_put *puts;
	size_t puts_count;
	struct arena arena;
	struct put_entry *entries;
	size_t entries_count;
	struct postgres_kind_run kinds;
	struct store_repacker repacker;
	struct buffer json;
	struct postgres_params params;
};

/* Whether the steps that the store holds stay, under the new header. */
static inline bool put_keeps_held(const struct put_entry *entry)
{
	return !entry->detail && entry->held && entry->held_steps >= 0;
}

/* Whether the call that comes may be a part of the one that the store holds. */
static inline bool put_joins_held(const struct put_entry *entry)
{
	return entry->detail && entry->detail->recorded && entry->held && entry->held_steps >= 0;
}

/* ---- store/postgres/put.c ---- */

/* Packs the steps of @held, which are @steps, under the entry's header. */
int put_rewrap(struct put_run *run, struct put_entry *entry, const struct packed *held,
	uint32_t steps, struct error *err) CHECK_RESULT;

/* ---- store/postgres/put_entry.c: what is put ---- */

/* Makes one entry of each call of run->puts. */
int put_make_entries(struct put_run *run, struct error *err) CHECK_RESULT;
/* Makes what each entry's detail is found by. */
int put_make_indices(struct put_run *run, struct error *err) CHECK_RESULT;
/* Joins what is put to entry->held_packed, where they are parts of a call. */
int put_join_held(struct put_run *run, struct put_entry *entry, struct error *err) CHECK_RESULT;

/* ---- store/postgres/put_rows.c: the rows that it becomes ---- */

/* Asks what the store holds of the entries; run in the transaction that will change it. */
void put_ask_held(struct put_run *run);
int put_read_held(
	struct put_run *run, const struct postgres_rows *rows, struct error *err) CHECK_RESULT;
/* Reads the packed calls that stay under a new header, or are joined. */
int put_read_kept(struct put_run *run, struct error *err) CHECK_RESULT;
/* Adds all statements that change calls, their detail, tallies and changes to the batch. */
int put_add_rows(struct put_run *run, struct error *err) CHECK_RESULT;

#endif
