/* SPDX-License-Identifier: MIT
 * Blocks of columns beside the table of calls (store/blocks/blocks.h), on PostgreSQL. What changes
 * of a call that a block has is noted by triggers (schema/0011-blocks.sql), in the transaction that
 * changes it. That one holds the account's row locked, and so does each one here that writes.
 * Private to the folder above. */
#ifndef STORE_POSTGRES_BLOCKS_BLOCKS_H
#define STORE_POSTGRES_BLOCKS_BLOCKS_H

#include "store/blocks/blocks.h"
#include "store/postgres/postgres.h"

/* clang-format off */
/* Of the block b. */
#define BLOCK_COLUMNS \
	"b.account_id, b.id, b.low, b.high, b.calls, b.detail, b.first_start, b.last_start," \
	" b.dropped_to, b.version"
/* A row of the call c that columns are made of, with its packed call from the detail d. */
#define BLOCK_ROW_COLUMNS POSTGRES_HEADER ", c.path, " POSTGRES_PACKED
/* The calls that started in a range. */
#define BLOCK_RANGE(table) \
	table ".account_id = $account_id::bigint and " table ".start >= $low::bigint and " \
	table ".start <= $high::bigint"
#define BLOCK_SEGMENTS(of) \
	"s.account_id = $account_id::bigint and s.id >= " of ".id * 32" \
	" and s.id < " of ".id * 32 + 32"
/* clang-format on */
_Static_assert(STORE_BLOCK_SEGMENTS == 32, "the statements have that number");

struct store_block postgres_block_at(struct postgres_rows *rows, int row);
extern const struct postgres_layout postgres_block_layout;

/* Binds the range of the block for statements with BLOCK_RANGE(), and its id. */
void postgres_block_bind(struct postgres_connection *connection, const struct store_block *block);

/* ---- blocks/read.c: calls in columns ---- */

/* The calls of an account that can match, as a connection's snapshot sees them. */
struct postgres_columns {
	struct store_blocks_reader reader;
	struct postgres_connection *connection;
	struct store_stays stays;
};

/* What is asked. */
struct postgres_columns_question {
	struct postgres_match *match;
	bool with_steps;  /* the kinds of steps matter for more than matching */
	bool with_course; /* how calls went does, too; */
	bool with_stays;  /* or how long they stayed where */
};

/* Reads what lies in no block, and what is known of blocks. Returns 1; 0 when it takes less to read
 * rows, or too many calls lie in no block. ERROR_CORRUPT when blocks contradict themselves. Call
 * postgres_columns_close() in any case. */
int postgres_columns_open(struct postgres_columns *columns, struct postgres_connection *connection,
	const struct postgres_columns_question *question, struct error *err) CHECK_RESULT;
void postgres_columns_close(struct postgres_columns *columns);

/* Keeps what of @columns is damaged for the next postgres_seal(). */
void postgres_blocks_note_damage(struct postgres_store *store,
	const struct postgres_columns *columns, const struct error *err);

/* Tells what of the blocks contradicts itself, or the table of calls, and notes it for the next
 * postgres_seal(). */
int postgres_blocks_verify(struct postgres_store *store, struct postgres_connection *connection,
	struct store_check *check, struct error *err) CHECK_RESULT;

/* Makes @row out of a row with BLOCK_ROW_COLUMNS, with the kinds of its steps, in @arena; with
 * @stays also how long it stayed where (NULL: not). A call whose detail went with its day has none.
 * Returns 1; 0: it went so. */
int postgres_block_row(struct postgres_rows *rows, int at, struct store_stays *stays,
	struct arena *arena, struct column_row *ret_row, struct error *err) CHECK_RESULT;

/* The account's kinds, as columns take them. */
int postgres_column_kinds(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct column_kinds *ret_kinds, struct error *err) CHECK_RESULT;

/* Columns of one block alone, with no call gone: for checking it. */
int postgres_columns_open_block(struct postgres_columns *columns,
	struct postgres_connection *connection, const struct store_block *block,
	struct error *err) CHECK_RESULT;

/* ---- blocks/renew.c: blocks that are to be made anew ---- */

/* Adds to the batch, in a transaction that has locked the account, what takes the columns of its
 * blocks from @low to @high away: one block is there instead, which is not made. A block begins at
 * @low, or none has a call that starts then or later; one ends at @high, or before. */
void postgres_blocks_replace(
	struct postgres_connection *connection, int64_t account_id, int64_t low, int64_t high);

/* Does this for each block of the account from which calls went, which may still have what was
 * erased. */
void postgres_blocks_renew_changed(struct postgres_connection *connection, int64_t account_id);

/* Lets one block be made anew, under another id. So what was read of it before is never written. */
int postgres_block_renew(struct postgres_store *store, int64_t account_id, int64_t block_id,
	struct error *err) CHECK_RESULT;

/* Takes all blocks of the account away, as if there never had been one. */
int postgres_blocks_forget(
	struct postgres_store *store, int64_t account_id, struct error *err) CHECK_RESULT;

/* The block that is most worth it, of all accounts. 1 found, 0 there is none. */
int postgres_block_to_renew(struct postgres_connection *connection, int64_t block_calls,
	struct store_block *ret_block, struct error *err) CHECK_RESULT;

/* ---- blocks/claim.c: which calls become a block next ---- */

/* Makes the next run of calls that belong to no block one that is not made yet. Returns 1 when
 * there may have been one. */
int postgres_block_claim(struct postgres_store *store, struct error *err) CHECK_RESULT;

/* ---- blocks/make.c: from rows to a block ---- */

/* Makes a block that is not made, unless it changed meanwhile. */
int postgres_block_make(struct postgres_store *store, const struct store_block *block,
	struct error *err) CHECK_RESULT;

#endif
