/* SPDX-License-Identifier: MIT
 * Commands that go on until they are interrupted, or nobody reads what they write. */
#ifndef CMD_FOLLOWING_H
#define CMD_FOLLOWING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Lets what was written go out, and waits a moment. @signals is of stop_signals_open(). 1: go on;
 * 0: it is time to end, by a signal, or because standard output is not read any more. */
int following_wait(int signals, struct error *err) CHECK_RESULT;

/* Says on standard error that the steps of a call from the one at @first (from 0) on, which may
 * have been shown, are not held any more. */
void following_tell_replaced(struct text session_id, int64_t first);

#endif
