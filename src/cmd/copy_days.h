/* SPDX-License-Identifier: MIT
 * callstep copy: how long calls are kept. */
#ifndef CMD_COPY_DAYS_H
#define CMD_COPY_DAYS_H

#include "cmd/cmd.h"

/* Gives @to the days of @from, before anything else is copied. Where its accounts' calls would be
 * dropped by these days, or by those that the accounts of @from have, says so and asks first.
 * CMD_DONE, or the exit status where that is not wanted: nothing was changed. */
int copy_days(const struct cmd_run *run, struct store *from, struct store *to,
	struct error *err) CHECK_RESULT;

/* 1 where both keep calls and the audit trail as long, 0 where not. */
int copy_days_compare(struct store *from, struct store *to, struct error *err) CHECK_RESULT;

#endif
