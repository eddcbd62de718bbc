/* SPDX-License-Identifier: MIT
 * The visits of a call: the places of its way, one after the other, with the time in each. A place
 * is a module with its result variable (filter_is_place()); steps of one place that follow each
 * other are a visit. It lasts from its first step to the first of the next visit, the last one to
 * the end of the call; never less than 0 seconds. Input is judged by call_step_input(). */
#ifndef CALL_PATH_VISITS_H
#define CALL_PATH_VISITS_H

#include "base/arena.h"
#include "base/error.h"

struct path_visit {
	struct text module; /* as are the next, valid until the next visit */
	struct text variable;
	int64_t from; /* UNIX seconds */
	int64_t seconds;
	int64_t no_input; /* steps that say so */
	int64_t wrong_input;
};

/* Returns false when there is no memory. */
typedef bool path_visits_each_fn(void *context, const struct path_visit *visit);

/* Gives each visit of a call that ended at @end, whose canonical steps are @detail, in their order.
 * @scratch has what is needed meanwhile. ERROR_NO_MEMORY, also when @each says so; ERROR_CORRUPT
 * when @detail is not canonical. */
int path_visits_walk(struct text detail, int64_t end, struct arena *scratch,
	path_visits_each_fn *each, void *context, struct error *err) CHECK_RESULT;

#endif
