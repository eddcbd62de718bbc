/* SPDX-License-Identifier: MIT
 * What the parts of making a block share. */
#ifndef COLUMN_ENCODE_H
#define COLUMN_ENCODE_H

#include "base/arena.h"
#include "column/column.h"

struct column_encoder {
	const struct column_row *rows;
	uint32_t count;
	const struct column_kinds *kinds;
	struct buffer *columns; /* by enum column_id; each begins with room for its header */
	struct arena arena;	/* of what is needed while it works */
	/* the kinds that the block has, most frequent first: the place in it is what paths hold */
	const struct column_kind **block_kinds;
	uint32_t block_kinds_count;
	/* by call: which sequence of COLUMN_VISITS it has; and of each sequence, how many visits */
	uint32_t *visit_codes;
	uint32_t *visit_counts;
	uint32_t sequences;
};

/* COLUMN_DEST, COLUMN_SRC and their numbers. */
int column_encode_numbers(struct column_encoder *encoder, struct error *err) CHECK_RESULT;

/* COLUMN_PATH to COLUMN_PATH_CALLS, block_kinds, and what is known of visits. */
int column_encode_paths(struct column_encoder *encoder, struct error *err) CHECK_RESULT;

/* COLUMN_STAYS, after column_encode_paths(). */
int column_encode_stays(struct column_encoder *encoder, struct error *err) CHECK_RESULT;

#endif
