/* SPDX-License-Identifier: MIT
 * Moves a call in time. */
#ifndef CMD_SHIFT_H
#define CMD_SHIFT_H

#include "base/buffer.h"
#include "base/error.h"

/* Appends a call's @canonical JSON to @out with start, end and every step's timestamp moved by
 * @seconds. */
int shift_call(
	struct text canonical, int64_t seconds, struct buffer *out, struct error *err) CHECK_RESULT;

#endif
