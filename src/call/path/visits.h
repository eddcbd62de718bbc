/* SPDX-License-Identifier: MIT
 * The visits of a call: the places of its way, one after the other, with the time in each. A place
 * is a module with its result variable (filter_is_place()); steps of one place that follow each
 * other are a visit. It lasts from its first step to the first of the next visit, the last one to
 * the end of the call; never less than 0 seconds. Input is judged by call_step_input(). */
#ifndef CALL_PATH_VISITS_H
#define CALL_PATH_VISITS_H

#include "base/arena.h"
#include "base/error.h"
#include "call/call_steps.h"

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

/* Where a call is, while its steps are shown one by one. */
struct path_visits {
	struct arena *scratch;
	path_visits_each_fn *each;
	void *context;
	bool begun; /* there is a visit */
	struct path_visit visit;
	struct text module; /* as the last step's are written */
	struct text variable;
};

/* Each visit goes to @each when the next one begins, or at the end. @scratch has what is needed
 * meanwhile. */
void path_visits_begin(struct path_visits *visits, struct arena *scratch, path_visits_each_fn *each,
	void *context);
/* Takes the next step, whose texts are valid until the end. False: there is no memory, also when
 * @each says so. */
bool path_visits_step(struct path_visits *visits, const struct call_step_look *step) CHECK_RESULT;
/* The call ended at @end. False: as above. */
bool path_visits_end(struct path_visits *visits, int64_t end) CHECK_RESULT;

/* All of this for a call that ended at @end, whose canonical steps are @detail. ERROR_NO_MEMORY,
 * also when @each says so; ERROR_CORRUPT when @detail is not canonical. */
int path_visits_walk(struct text detail, int64_t end, struct arena *scratch,
	path_visits_each_fn *each, void *context, struct error *err) CHECK_RESULT;

#endif
