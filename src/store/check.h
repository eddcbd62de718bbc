/* SPDX-License-Identifier: MIT
 * Checks a stored call against itself, for store_verify(), and tells of problems. Shared by the
 * backends. */
#ifndef STORE_STORE_CHECK_H
#define STORE_STORE_CHECK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/store.h"

struct store_check {
	store_problem_fn *problem;
	void *context;
	struct store_verdict *verdict;
	struct unpacker *unpacker;
	struct arena arena;
	struct buffer json;	 /* inflated */
	struct buffer canonical; /* read and written again */
};

/* What is told goes to @problem and is counted in @verdict. */
int store_check_init(struct store_check *check, store_problem_fn *problem, void *context,
	struct store_verdict *verdict, struct error *err) CHECK_RESULT;
void store_check_deinit(struct store_check *check);

/* Counts a problem and tells it. */
void FORMAT_PRINTF(2, 3) store_check_tell(struct store_check *check, const char *format, ...);

/* Holds @call's header against whether it is packed and @has_path, and inflates its packed JSON and
 * compares its size, CRC, operator, ending, header and number of steps. Returns 1 when it is packed
 * and all is well, 0 when there is no more to look at, what is wrong being told; negative when it
 * could not be checked. */
int store_check_call(struct store_check *check, const struct store_call *call, bool has_path,
	struct error *err) CHECK_RESULT;

#endif
