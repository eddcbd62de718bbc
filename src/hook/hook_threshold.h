/* SPDX-License-Identifier: MIT
 * Whether so many calls ended lately that a receiver wants to know. */
#ifndef HOOK_HOOK_THRESHOLD_H
#define HOOK_HOOK_THRESHOLD_H

#include "hook/hook_message.h"

/* A call that took longer than this is not counted: counting looks at the calls that started so
 * long before the window, in seconds. */
#define HOOK_CALL_MAX_S INT64_C(14400)

/* Counts the calls of the hook's filter that ended within its window, up to look->now, and where it
 * asks for that, those of the same window a week before. 1: the threshold is passed or not passed
 * any more, unlike before, and @message says so; otherwise 0. */
int hook_threshold_look(
	const struct hook_look *look, struct hook_message *message, struct error *err) CHECK_RESULT;

#endif
