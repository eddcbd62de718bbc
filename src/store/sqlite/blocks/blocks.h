/* SPDX-License-Identifier: MIT
 * Blocks of columns beside the table of calls (docs/columns.md): an index that is made in the
 * background, and that questions are answered from. The table of calls is what is true. Where a
 * block is not there, is damaged, or says less than is asked, the rows of its range are read
 * instead. Writers note which calls changed since their block was made. Private to
 * the folder above. */
#ifndef STORE_SQLITE_BLOCKS_BLOCKS_H
#define STORE_SQLITE_BLOCKS_BLOCKS_H

#include "store/blocks/blocks.h"
#include "store/sqlite/match.h"

/* clang-format off */
#define BLOCK_COLUMNS \
	"id, account_id, low, high, calls, detail, first_start, last_start, dropped_to, version"
/* clang-format on */
struct store_block sqlite_block_at(const struct sqlite_cursor *row);
/* The same for struct sqlite_list. */
int sqlite_block_read(
	struct sqlite_cursor *row, struct arena *arena, void *ret_block, struct error *err);

/* ---- store/sqlite/blocks/read.c: calls in columns ---- */

/* For struct sqlite_list: a row of start and call_id. */
int sqlite_gone_read(
	struct sqlite_cursor *row, struct arena *arena, void *ret_gone, struct error *err);

/* The calls of an account that can match, as a connection's snapshot sees them. */
struct sqlite_columns {
	struct store_blocks_reader reader;
	struct sqlite_connection *connection;
	int64_t looked_at; /* rows, for those that are fresh */
	sqlite3_blob *blob;
};

/* What is asked. */
struct sqlite_columns_question {
	struct sqlite_match *match;
	bool with_steps;  /* the kinds of steps matter for more than matching */
	bool with_course; /* how calls went does, too; */
	bool with_stays;  /* or how long they stayed where */
};

/* Reads what lies in no block, and what is known of blocks. Returns 1; 0 when it takes less to read
 * rows, or too many calls lie in no block. ERROR_CORRUPT when blocks contradict themselves. Call
 * sqlite_columns_close() in any case. */
int sqlite_columns_open(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct sqlite_columns_question *question, struct error *err) CHECK_RESULT;
void sqlite_columns_close(struct sqlite_columns *columns);

/* The columns of one block alone, with no call gone: for checking it. */
int sqlite_columns_open_block(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct store_block *block, struct error *err) CHECK_RESULT;

/* A row of the table of calls that columns are made of. */
/* clang-format off */
#define ROW_COLUMNS SCAN_COLUMNS ", stays"
enum { ROW_STAYS = SCAN_PATH + 1 };
/* clang-format on */

/* A row as columns take it, its texts in @arena; with the kinds of its steps where @with_kinds. The
 * row has ROW_COLUMNS. ERROR_CORRUPT: its path is shorter than its steps. */
int sqlite_column_row(const struct sqlite_cursor *row, bool with_kinds, struct arena *arena,
	struct column_row *ret_row, struct error *err) CHECK_RESULT;

/* Sets how long the call of @row stayed where, as the row says that @cursor stands on, in @arena;
 * nothing where that does not say it, or the call has no steps. */
int sqlite_stays_at(const struct sqlite_cursor *cursor, struct column_row *row, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Sets it out of the packed call where it is not set. ERROR_CORRUPT: there is no packed call, or it
 * is damaged. */
int sqlite_stays_add(struct store_stays *stays, struct sqlite_connection *connection,
	struct column_row *row, struct arena *arena, struct error *err) CHECK_RESULT;

/* The account's kinds, as columns take them. */
int sqlite_column_kinds(struct sqlite_connection *connection, int64_t account_id,
	struct arena *arena, struct column_kinds *ret_kinds, struct error *err) CHECK_RESULT;

/* Keeps what is damaged for the next sqlite_seal(), which lets the block be made anew; @block_id 0:
 * all blocks of the account. */
void sqlite_blocks_note(struct sqlite_store *store, int64_t account_id, int64_t block_id,
	const struct error *problem);
/* The same of how long a call stayed where, as its row has it: sqlite_seal() takes it off the row,
 * and what a block has of the call counts no longer. */
void sqlite_blocks_note_call(
	struct sqlite_store *store, int64_t call_id, const struct error *problem);
/* The same of what was read when @err came. */
void sqlite_blocks_note_damage(
	struct sqlite_store *store, const struct sqlite_columns *columns, const struct error *err);

/* ---- store/sqlite/blocks/verify.c ---- */

/* Tells what of the blocks contradicts itself, or the table of calls, and notes it for the next
 * sqlite_seal(). */
int sqlite_blocks_verify(struct sqlite_store *store, struct sqlite_connection *connection,
	struct store_check *check, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/blocks/renew.c: blocks that are to be made anew ---- */

/* Takes the columns of the account's blocks from @low to @high away. There is one block instead,
 * which is not made: its rows are read until it is. A block begins at @low, or none has a call that
 * starts then or later; one ends at @high, or before. In the writer's transaction. */
int sqlite_blocks_replace(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err) CHECK_RESULT;

/* Does this for each block of the account from which calls went, which may still have what was
 * erased. In the writer's transaction. */
int sqlite_blocks_renew_changed(
	struct sqlite_connection *connection, int64_t account_id, struct error *err) CHECK_RESULT;

/* Whether the account has such a block. 1 or 0. */
int sqlite_blocks_are_changed(
	struct sqlite_connection *connection, int64_t account_id, struct error *err) CHECK_RESULT;

/* Takes all blocks of the account away, as if there never had been one. In the writer's
 * transaction.
 */
int sqlite_blocks_forget(
	struct sqlite_connection *connection, int64_t account_id, struct error *err) CHECK_RESULT;

/* The block that is most worth it, of all accounts. 1 found, 0 there is none. What it takes grows
 * with what changed, and not with what is in blocks. */
int sqlite_block_to_renew(struct sqlite_connection *connection, int64_t block_calls,
	struct store_block *ret_block, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/blocks/claim.c: which calls become a block next ---- */

/* Adds a block that is not made, for the calls that start from @low to @high. In the writer's
 * transaction. */
int sqlite_block_add(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err) CHECK_RESULT;

/* Makes the next run of calls that belong to no block one that is not made yet. Returns 1 when
 * there was one. */
int sqlite_block_claim(struct sqlite_store *store, struct error *err) CHECK_RESULT;

/* ---- store/sqlite/blocks/make.c: from rows to a block ---- */

/* Makes a block that is not made, unless it changed meanwhile. */
int sqlite_block_make(struct sqlite_store *store, const struct store_block *block,
	struct error *err) CHECK_RESULT;

#endif
