/* SPDX-License-Identifier: MIT
 * What the backends share of blocks of columns (docs/columns.md): what a block is, which are read
 * for a question, and what is put together for it. A backend has the statements, and the turns of
 * its writers. The table of calls is what is true: where a block is not there, is damaged, or says
 * less than is asked, the rows of its range are read instead. */
#ifndef STORE_BLOCKS_BLOCKS_H
#define STORE_BLOCKS_BLOCKS_H

#include <pthread.h>

#include "column/search.h"
#include "store/store.h"

/* A block has this many segments at the most: a segment's id is so many times its block's, and the
 * column. */
#define STORE_BLOCK_SEGMENTS 32
_Static_assert(COLUMN_COUNT <= STORE_BLOCK_SEGMENTS, "a segment's id has room for each column");

/* calls of one that is not made, and of one that cannot be. */
#define STORE_BLOCK_UNMADE   0
#define STORE_BLOCK_HOPELESS (-1)

struct store_block {
	int64_t id;
	int64_t account_id;
	int64_t low;  /* calls that started from here */
	int64_t high; /* to here */
	int64_t calls;
	int64_t detail; /* calls that have it */
	int64_t first_start;
	int64_t last_start;
	int64_t dropped_to; /* detail of its calls may have been dropped up to here */
	int64_t version;    /* of its columns, or of those that it had before it was unmade */
};

/* The second behind @start. */
static inline int64_t store_block_after(int64_t start)
{
	return start < INT64_MAX ? start + 1 : INT64_MAX;
}

/* ---- which calls become a block ---- */

/* Of blocks that have @block_calls: the calls of a small one, and those that stay in none. */
int64_t store_block_small(int64_t block_calls);
int64_t store_block_rest(int64_t block_calls);

/* What becomes one that is not made yet. */
struct store_block_claim {
	int64_t account_id;
	int64_t up_to; /* of the blocks that are there; -1: none is */
	int64_t low;   /* below that where small blocks are joined */
	int64_t high;
	int64_t joined; /* calls of the small blocks */
};

/* It begins with low = up_to + 1 and joined = 0, and takes blocks from the newest on. False: @block
 * and those before it stay as they are. */
bool store_block_join(
	struct store_block_claim *claim, const struct store_block *block, int64_t block_calls);

/* How many of the account's @calls calls that have ended and are in no block are claimed with what
 * was joined, which is left out again where that is not enough; -1: nothing is. */
int64_t store_block_plan(struct store_block_claim *claim, int64_t calls, int64_t block_calls);

/* A block is made anew when one of so many of its calls is gone or came late. */
#define STORE_BLOCK_RENEW_SHARE 16
/* And when so many calls are in all, as a question looks at each: the worst block first. */
#define STORE_BLOCK_LOOSE_MAX 65536
/* What the rows of one may take while it is made. */
#define STORE_BLOCK_BYTES_MAX ((size_t)512 << 20)

/* What of some rows becomes a block. */
struct store_block_cut {
	size_t used;   /* the first of them */
	int64_t high;  /* its end */
	bool hopeless; /* none: a second has more calls than a block */
};

/* @rows are those that started up to @high, in the order of time, up to @block_calls + 1 of them.
 * A block ends with a second: the calls of one are in one block. */
struct store_block_cut store_block_cut(
	const struct column_row *rows, size_t count, int64_t high, int64_t block_calls);

/* ---- store/blocks/read.c: what a question is answered from ---- */

/* Rows that belong to no block, of which a question looks at so many. With more it reads the table
 * of calls alone. */
#define STORE_FRESH_ROWS_MAX 150000

/* Whether columns know all that the filter asks for. */
bool store_blocks_can(const struct filter *filter);

/* Whether a failure is one of the blocks: they contradict themselves, or have another version. */
static inline bool store_blocks_are_damaged(const struct error *err)
{
	return err->code == ERROR_CORRUPT || err->code == ERROR_UNSUPPORTED;
}

/* What a question needs of a block. */
struct store_blocks_asked {
	int64_t detail_after;
	bool steps;  /* the kinds of steps */
	bool course; /* how calls went */
	bool stays;  /* how long they stayed where */
};

/* Whether the block tells all that is asked. Detail that was dropped since still stands in it. */
bool store_block_is_read(const struct store_block *block, const struct store_blocks_asked *asked);

/* A call that is no longer as a block has it. */
struct store_gone {
	int64_t start;
	int64_t call_id;	/* of a store that numbers calls */
	struct text session_id; /* data NULL: the number says which */
};

/* The calls of an account that can match, as one state of the store has them. */
struct store_blocks_reader {
	struct column_calls calls;
	struct arena arena;
	int64_t account_id;
	int64_t up_to;		    /* calls that started up to then are in blocks, or late */
	struct store_block *blocks; /* of the window, in the order of time */
	size_t blocks_count;
	bool torn; /* they do not have all times */
	struct column_kinds kinds;
	struct column_range *ranges;
	size_t ranges_count;
	struct column_row *fresh;
	size_t fresh_count;
	struct store_gone *gone; /* by start and session; those of a range are as many as it says */
	size_t gone_count;
	/* Reads the columns of @columns, a bit each, of a block into @segments, by column. One that
	 * is not there stays empty. */
	int (*read)(void *context, int64_t block_id, uint32_t columns, struct buffer *segments,
		struct error *err);
	void *context;
	struct store_cost *cost; /* NULL: not asked for */
	bool ahead;		 /* columns that were asked of the block before are read together */
	/* what the loader has of one block */
	size_t place;
	uint32_t loaded; /* a bit for each column */
	uint32_t wanted; /* of the blocks so far */
	struct buffer segments[COLUMN_COUNT];
};

/* It has no blocks yet. read, context and ahead are the caller's to set. */
void store_blocks_reader_init(struct store_blocks_reader *reader, int64_t account_id);
void store_blocks_reader_deinit(struct store_blocks_reader *reader);

/* ERROR_CORRUPT where reader->blocks do not have all of the window start <= x < end, one after the
 * other, up to reader->up_to. */
int store_blocks_check_order(struct store_blocks_reader *reader, int64_t start, int64_t end,
	struct error *err) CHECK_RESULT;

/* Whether the blocks that are read take less to look through than @rows rows. */
bool store_blocks_are_worth_it(const struct store_blocks_reader *reader,
	const struct store_blocks_asked *asked, int64_t rows);

/* Room for one more call that lies in no block; NULL: out of memory. It counts once
 * reader->fresh_count does. */
struct column_row *store_blocks_fresh(struct store_blocks_reader *reader, struct error *err);

/* Adds the columns of @block, of whose calls the last @gone in reader->gone are no longer as it has
 * them. Room for all of reader->blocks is the caller's to make: store_blocks_reserve(). */
int store_blocks_reserve(
	struct store_blocks_reader *reader, size_t count, struct error *err) CHECK_RESULT;
int store_blocks_add(struct store_blocks_reader *reader, const struct store_block *block,
	size_t gone, struct error *err) CHECK_RESULT;

/* Fills reader->calls with all that was added. */
void store_blocks_finish(struct store_blocks_reader *reader);

/* What a page of calls may take that is read out of columns; a larger one is read from rows. */
#define STORE_BLOCKS_PAGE_MAX ((size_t)32 << 20)

/* Fills a page as store_search() does, all that it points to in @arena. */
int store_blocks_search(const struct store_blocks_reader *reader, const struct store_search *search,
	bool with_total, struct arena *arena, struct column_page *ret_page,
	struct error *err) CHECK_RESULT;

/* The kinds of an account as columns take them, in @arena. */
int store_column_kinds(const struct store_kind *kinds, size_t count, struct arena *arena,
	struct column_kinds *ret_kinds, struct error *err) CHECK_RESULT;

/* ---- store/blocks/damage.c: what is to be mended ---- */

/* What a question or a check found to be damaged of blocks, and of what they are made of. */
#define STORE_DAMAGED_MAX 64 /* further ones are found again */
struct store_blocks_damaged {
	int64_t account_id;
	int64_t block_id; /* 0: all blocks of the account; */
	int64_t call_id;  /* or 0, or how long this call stayed where, as its row has it, alone */
};
struct store_blocks_damage {
	struct store_blocks_damaged items[STORE_DAMAGED_MAX];
	size_t count;
	struct error problem; /* of the first */
};

/* Keeps it under @mutex for the next store_seal(). */
void store_blocks_note(struct store_blocks_damage *damage, pthread_mutex_t *mutex,
	const struct store_blocks_damaged *damaged, const struct error *problem);
/* The same of what was read when @problem came. */
void store_blocks_note_read(struct store_blocks_damage *damage, pthread_mutex_t *mutex,
	const struct store_blocks_reader *reader, const struct error *problem);
/* Takes all of it. */
struct store_blocks_damage store_blocks_take_damage(
	struct store_blocks_damage *damage, pthread_mutex_t *mutex);

/* ---- store/blocks/stays.c: how long calls stayed where ---- */

/* Reading it out of packed calls; it begins as all zero. */
struct store_stays {
	struct unpacker *unpacker;
	struct buffer json;
	struct column_stays_writer writer;
	struct arena scratch;
};
void store_stays_deinit(struct store_stays *stays);

/* Sets how long the call of @row stayed where, as @packed says, in @arena. ERROR_CORRUPT: it is
 * damaged. */
int store_stays_read(struct store_stays *stays, const struct packed *packed, struct column_row *row,
	struct arena *arena, struct error *err) CHECK_RESULT;

/* ---- store/blocks/same.c: blocks against rows ---- */

/* Whether @opened has what the table of blocks says. */
bool store_block_is_opened(const struct store_block *block, const struct column_block *opened);

/* Whether the call @has of @block is the one of the table of calls. */
bool store_block_call_is_same(const struct store_block *block, const struct column_row *has,
	const struct column_row *row);

#endif
