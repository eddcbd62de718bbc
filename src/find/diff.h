/* SPDX-License-Identifier: MIT
 * What differs between the steps of two calls. */
#ifndef CALL_DIFF_H
#define CALL_DIFF_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"

struct diff_step {
	uint32_t index; /* from 1 */
	int64_t timestamp;
	int64_t offset; /* seconds since the call's start */
	/* seconds until the next step, or the call's end; 0 when that was before */
	int64_t duration;
	struct text class_name;
	struct text module; /* empty where there is none, as is the variable */
	struct text variable;
	struct text line;
};

enum diff_change {
	DIFF_SAME,    /* class, module, variable and line are the same; times are not looked at */
	DIFF_CHANGED, /* the line is another one */
	DIFF_ONLY_A,
	DIFF_ONLY_B,
};

/* "same", "changed", "only_a", "only_b". */
const char *diff_change_name(enum diff_change change);

struct diff_pair {
	enum diff_change change;
	const struct diff_step *a; /* NULL: only in the other call */
	const struct diff_step *b;
};

struct diff {
	struct call a;
	struct call b;
	struct diff_pair *pairs; /* both calls' steps in their order */
	size_t count;
	size_t changes[DIFF_ONLY_B + 1]; /* how many pairs of each */
};

/* Aligns the steps @detail_a of @a and @detail_b of @b (call_json_detail()). The longest common run
 * of equal steps comes first, then, between these, steps that differ in their line only. What
 * diff(b, a) gives is the mirror image of diff(a, b). Time and memory are bounded. Where two calls
 * differ in more than some thousand steps, the alignment is still right but may be longer than the
 * shortest. Everything is in @arena; texts may point into the details. ERROR_CORRUPT when a detail
 * is not canonical, ERROR_NO_MEMORY when the arena is full. */
int diff_make(const struct call *a, struct text detail_a, const struct call *b,
	struct text detail_b, struct arena *arena, struct diff *ret_diff,
	struct error *err) CHECK_RESULT;

/* Writes the document of GET /v1/diff/{a}/{b}. */
void diff_write(struct buffer *buffer, const struct diff *diff);

#endif
