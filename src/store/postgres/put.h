/* SPDX-License-Identifier: MIT
 * One store_put_calls() on PostgreSQL. Private to put*.c. */
#ifndef STORE_POSTGRES_PUT_H
#define STORE_POSTGRES_PUT_H

#include "store/amend.h"
#include "store/postgres/postgres.h"
#include "store/repack.h"

/* A call that is put, even if several times: as it will be. */
struct put_entry {
	struct put_run *run;
	int64_t account_id;
	struct text session_id;
	/* What is put, or amended, of it. */
	const struct store_session *session;
	/* The number of the last of them among all. */
	size_t last;
	/* The last put with steps; NULL: none. */
	const struct store_put *detail;
	struct store_put *last_detail; /* as it came */
	/* The last put. */
	const struct store_put *header;
	/* Its header. */
	struct call call;
	char key_buffer[CALL_NUMBER_MAX];
	char src_buffer[CALL_NUMBER_MAX];
	struct text dest_key;
	struct text src_key;
	/* Under that header. */
	struct packed packed;
	struct store_index index;
	/* Of index.kinds, the numbers that stand for them in the run. */
	uint32_t *kinds;
	/* Of its detail. */
	int64_t part;
	/* The start that this was made for. */
	int64_t part_start;

	/* As the store has it before; steps -1: it has no detail. The packed call is read where it
	 * stays under a new header, or is joined. */
	bool held;
	int64_t held_start;
	int64_t held_steps;
	int64_t held_size; /* bytes of its JSON */
	int64_t held_part;
	struct text held_dest_key;
	struct packed held_packed;
	bool held_live;

	/* What becomes of it is worked out by store_amend_session(), of all that is held. */
	bool amended;
	bool whole_read;
	struct store_held whole;
	struct store_amended outcome;
	/* Nothing of the call itself changes. */
	bool unchanged;
	/* As the table of changes has it. */
	int64_t first_step;

	/* What the row of the call has where it is not what stands above, or null. */
	int64_t row_steps;
	int64_t row_part;
	int64_t row_last_kind;
	struct text row_src_key;
};

struct put_run {
	struct postgres_store *store;
	struct postgres_connection *connection;
	const struct store_entry *given;
	size_t given_count;
	struct arena arena;
	/* What is read and made of one window. */
	struct arena window;
	/* The one of both that is allocated in. */
	struct arena *memory;
	struct put_entry *all;
	size_t all_count;
	/* Those of the window under way; before and behind the windows they are all. */
	struct put_entry *entries;
	size_t entries_count;
	struct postgres_kind_run kinds;
	struct store_repacker repacker;
	struct buffer json;
	/* All that is held is asked for once more. */
	bool late;
};

static inline bool put_holds_detail(const struct put_entry *entry)
{
	return entry->held && entry->held_steps >= 0;
}

/* Whether the steps that the store holds stay, under the new header. */
static inline bool put_keeps_held(const struct put_entry *entry)
{
	return !entry->amended && !entry->detail && put_holds_detail(entry);
}

/* Whether the call that comes may be a part of the one that the store holds. */
static inline bool put_joins_held(const struct put_entry *entry)
{
	return !entry->amended && entry->detail && entry->detail->recorded &&
	       put_holds_detail(entry);
}

/* ---- put.c ---- */

/* Packs the steps of @held, which are @steps, under the entry's header. */
int put_rewrap(struct put_run *run, struct put_entry *entry, const struct packed *held,
	uint32_t steps, struct error *err) CHECK_RESULT;

/* ---- put_entry.c: what is put ---- */

/* Makes one entry of each call of run->given. */
int put_make_entries(struct put_run *run, struct error *err) CHECK_RESULT;
/* Makes what each entry's detail is found by. */
int put_make_indices(struct put_run *run, struct error *err) CHECK_RESULT;
/* When the call is going to start, as far as that can be told before it is worked out. */
int put_guess_start(
	const struct put_entry *entry, int64_t *ret_start, struct error *err) CHECK_RESULT;
/* Works out what becomes of the entries that are amended. */
int put_work_out(struct put_run *run, struct error *err) CHECK_RESULT;
/* Joins what is put to entry->held_packed, where they are parts of a call. */
int put_join_held(struct put_run *run, struct put_entry *entry, struct error *err) CHECK_RESULT;

/* ---- put_rows.c: the rows that it becomes ---- */

/* Asks what the store holds of the entries; run in the transaction that will change it. Returns the
 * number of the statement. */
size_t put_ask_held(struct put_run *run);
int put_read_held(struct put_run *run, struct postgres_rows *rows, struct error *err) CHECK_RESULT;
/* Asks for all that is held of the entries that are amended; returns the number of the statement.
 */
size_t put_ask_whole(struct put_run *run);
int put_read_whole(struct put_run *run, size_t index, struct error *err) CHECK_RESULT;
/* Reads the packed calls that stay under a new header, or are joined. */
int put_read_kept(struct put_run *run, struct error *err) CHECK_RESULT;
/* Adds all statements that change calls, their detail and tallies to the batch. */
int put_add_rows(struct put_run *run, struct error *err) CHECK_RESULT;
/* Adds the changes, of which each put takes a number. */
void put_add_changes(struct put_run *run);

#endif
