/* SPDX-License-Identifier: MIT
 * callstep copy: the audit trail. Records keep everything but their number; accounts and keys are
 * named by the numbers they have in the other store. */
#ifndef CMD_COPY_TRAIL_H
#define CMD_COPY_TRAIL_H

#include "store/store.h"

struct copy_trail {
	struct store *from;
	struct store *to; /* has all accounts and keys */
	bool comparing;	  /* nothing is written */
	int64_t same;
	int64_t copied;
	int64_t missing; /* found by the comparison */
};

/* Copies, or compares, all records, the oldest first; what is there already is passed over. */
int copy_trail(struct copy_trail *trail, struct error *err) CHECK_RESULT;

#endif
