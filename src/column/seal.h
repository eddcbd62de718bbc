/* SPDX-License-Identifier: MIT
 * Sealing: calls that have rested become a block; a block from which calls went, or whose detail is
 * over its days, is made anew. */
#ifndef COLUMN_SEAL_H
#define COLUMN_SEAL_H

#include "base/arena.h"
#include "column/block.h"

/* What of a block goes into the next one. */
struct column_reseal {
	int64_t detail_after; /* calls that started then or before lose their steps */
	/* Calls that join it, in the order of column_compare(); one with the session of a call of
	 * the block takes its place. */
	const struct column_row *rows;
	size_t rows_count;
};

/* All calls of @block that are not gone, with all that they have, and those that join it, in their
 * order in @arena. There may be more than a block has room for: cut them by COLUMN_CALLS_MAX.
 * @ret_rows is NULL when nothing is left. ERROR_CORRUPT as other readers. */
int column_block_rows(struct column_block *block, const struct column_reseal *reseal,
	struct arena *arena, struct column_row **ret_rows, size_t *ret_count,
	struct error *err) CHECK_RESULT;

/* Makes @block anew into @blobs: column_block_rows() and column_encode(). Returns 1; 0 when nothing
 * is left: there is no block any more. ERROR_TOO_LARGE when it would have more than
 * COLUMN_CALLS_MAX calls. Takes some 100 MB for a full block while it works. */
int column_block_reseal(struct column_block *block, const struct column_reseal *reseal,
	const struct column_kinds *kinds, struct column_blobs *blobs,
	struct error *err) CHECK_RESULT;

/* Reads all of a block and compares what it says twice: counts of the head, shapes and visits,
 * calls by path, the order. @kinds tells which kinds are places. ERROR_CORRUPT names what
 * contradicts. */
int column_block_check(struct column_block *block, const struct column_kinds *kinds,
	struct error *err) CHECK_RESULT;

#endif
