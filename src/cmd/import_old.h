/* SPDX-License-Identifier: MIT
 * What an import does with calls that are over the days for which their account's calls are kept.
 * Nothing that is handed in is dropped later without having been told. */
#ifndef CMD_IMPORT_OLD_H
#define CMD_IMPORT_OLD_H

#include "cmd/cmd.h"
#include "intake/intake.h"

struct import_old {
	const struct cmd_owner *owner;
	bool utc;
	bool asks;  /* there is a terminal, and it was not asked yet */
	bool drops; /* what is over its days is left out of calls; otherwise these are refused */
	bool told;  /* --old says it: it is known */

	uint64_t refused;	/* calls that were not taken, though some of them is kept */
	uint64_t without_steps; /* calls that were taken without theirs */
	uint64_t left_out;	/* calls of which nothing is kept, where drops */
	bool had_steps;		/* one of these had */
	int64_t oldest;		/* when the first of these started */
	int64_t newest;
};

/* @reads_standard: standard input is a file to be imported: it gives no answers. */
void import_old_init(struct import_old *old, const struct settings *settings,
	const struct cmd_owner *owner, bool reads_standard);

/* What becomes of @call, which stands in @name at @line; asks where that is to be asked. @whole:
 * nothing of it is kept. One at a time. */
enum batch_old import_old_judge(struct import_old *old, const char *name, uint64_t line,
	const struct call *call, bool whole);

/* Says on standard error what was not taken, why, and what keeps it. @quiet: not where
 * --old said it. */
void import_old_tell(const struct import_old *old, bool quiet);

#endif
