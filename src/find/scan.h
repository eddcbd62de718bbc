/* SPDX-License-Identifier: MIT
 * Feeding what counts calls from a store, with the kinds of steps that it needs to know. */
#ifndef FIND_SCAN_H
#define FIND_SCAN_H

#include "store/store.h"

struct scan_counter {
	/* Returns 1; 0 when the row has a kind that is not known yet: it is given again after `kinds`. */
	int (*row)(void *counter, const struct store_row *row, struct error *err);
	int (*kinds)(
		void *counter, const struct store_kind *kinds, size_t count, struct error *err);
};

/* Gives each call that @search finds to @counter, newest first. */
int scan_count(struct store *store, const struct store_search *search,
	const struct scan_counter *functions, void *counter, struct error *err) CHECK_RESULT;

#endif
