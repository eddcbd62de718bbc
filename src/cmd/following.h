/* SPDX-License-Identifier: MIT
 * Commands that go on until they are interrupted, or nobody reads what they write. */
#ifndef CMD_FOLLOWING_H
#define CMD_FOLLOWING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* From now on SIGINT and SIGTERM end no wait but following_wait()'s. *@ret_signals is closed by
 * file_close(). */
int following_begin(int *ret_signals, struct error *err) CHECK_RESULT;

/* Lets what was written go out, and waits a moment. 1: go on; 0: it is time to end, by a signal, or
 * because standard output is not read any more. */
int following_wait(int signals, struct error *err) CHECK_RESULT;

/* Says on standard error that the steps of a call from the one at @first (from 0) on, which may
 * have been shown, are not held any more. */
void following_tell_replaced(struct text session_id, int64_t first);

#endif
