/* SPDX-License-Identifier: MIT
 * Aligning two sequences of numbers: the longest common subsequence. */
#ifndef CALL_DIFF_ALIGN_H
#define CALL_DIFF_ALIGN_H

#include "base/arena.h"

struct diff_sequence {
	const uint32_t *items;
	uint32_t count;
};

/* Working memory for sequences of at most so many numbers together. */
struct diff_align {
	int32_t *forward;
	int32_t *backward;
};

/* False when @arena is full. @count is that of both sequences together, below 2^30. */
bool diff_align_init(struct diff_align *align, uint32_t count, struct arena *arena) CHECK_RESULT;

/* Calls @pair, in no particular order, for each place of @a that is aligned with a place of @b.
 * Their numbers are the same, and no two pairs cross. There are as many as can be, as long as at
 * most about 1,000 numbers in a row have to be left out. Where more have to, there may be fewer.
 * Takes at most about 1,000 steps of work a number, whatever the sequences are. */
void diff_align(struct diff_align *align, struct diff_sequence a, struct diff_sequence b,
	void (*pair)(void *context, uint32_t a, uint32_t b), void *context);

#endif
