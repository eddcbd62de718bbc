/* SPDX-License-Identifier: MIT
 * Calls out of a block, as they went in. */
#ifndef COLUMN_ROWS_H
#define COLUMN_ROWS_H

#include "base/arena.h"
#include "column/block.h"
#include "column/numbers.h"
#include "column/stays.h"

struct column_rows {
	struct column_block *block;
	struct column_spans starts, ids;
	struct column_durations durations;
	const unsigned char *flags;
	struct column_array dest, src, path;
	struct column_array outcome, answered, talk, ended_by; /* at NULL: the block is too old */
	struct column_numbers dest_numbers, src_numbers;
	struct column_paths paths;
	struct column_reader sessions;
	struct column_group_view session_group;
	struct text *sequences; /* by path; NULL: steps are not asked for */
	struct stays stays;	/* where has_stays */
	bool has_stays;
	struct arena arena;
};

/* Opens what calls are made of; with @steps their kinds too, and how long
 * they stayed where. Call column_rows_deinit() even after a failure. */
int column_rows_open(struct column_rows *rows, struct column_block *block, bool steps,
	struct error *err) CHECK_RESULT;
void column_rows_deinit(struct column_rows *rows);

/* Where the call @at stands in the order of blocks; valid until the next call is asked for. */
int column_rows_place(struct column_rows *rows, uint32_t at, int64_t *ret_start,
	struct text *ret_session_id, struct error *err) CHECK_RESULT;

/* Copies the call @at into @arena. */
int column_rows_at(struct column_rows *rows, uint32_t at, struct arena *arena,
	struct column_row *ret_row, struct error *err) CHECK_RESULT;

#endif
