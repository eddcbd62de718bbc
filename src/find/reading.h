/* SPDX-License-Identifier: MIT
 * Reading the steps of the calls that match, for what only they say: their times and lines. */
#ifndef FIND_READING_H
#define FIND_READING_H

#include "find/scan.h"

/* @detail is the call's canonical steps, {NULL, 0} where it has none or they are not served. Both
 * are valid during the call only. A negative return ends the reading. */
typedef int reading_each_fn(
	void *context, const struct call *call, struct text detail, struct error *err);

/* Gives each call that @search finds, newest first; one that goes on only where the filter asks for
 * a state. Counts in @ret_steps which have steps. It
 * reads page after page, so that memory does not grow with the calls: one that is stored meanwhile
 * may be missing. Of @search only account_id, filter, detail_after and the deadline matter:
 * ERROR_TIMEOUT once that has passed. */
int reading_walk(struct store *store, const struct store_search *search, reading_each_fn *each,
	void *context, struct scan_steps *ret_steps, struct error *err) CHECK_RESULT;

#endif
