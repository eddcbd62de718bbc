/* SPDX-License-Identifier: MIT
 * Checks a stored call against itself, for store_verify(). Shared by the backends. */
#ifndef STORE_STORE_CHECK_H
#define STORE_STORE_CHECK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/store.h"

struct store_check {
	struct unpacker *unpacker;
	struct arena arena;
	struct buffer json;	 /* inflated */
	struct buffer canonical; /* read and written again */
};

int store_check_init(struct store_check *check, struct error *err) CHECK_RESULT;
void store_check_deinit(struct store_check *check);

/* Inflates @call's packed JSON and compares its size, CRC, operator, ending, header and number of steps. Returns 1 when all
 * is well, 0 when not, with the sentence in @ret_problem; negative when it could not be checked. */
int store_check_packed(struct store_check *check, const struct store_call *call,
	struct error *ret_problem, struct error *err) CHECK_RESULT;

#endif
