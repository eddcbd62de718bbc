/* SPDX-License-Identifier: MIT
 * The visits of a call: the places of its way, one after the other, with the time in each. A place
 * and a visit are what drop-off takes for them (find/dropoff.h). A visit lasts from its first step
 * to the first of the next visit, the last one to the end of the call; never less than 0 seconds.
 * Input is judged by call_step_input(). */
#ifndef FIND_VISITS_H
#define FIND_VISITS_H

#include "base/intern.h"
#include "call/call.h"
#include "find/pairs.h"

/* Numbers of places, in the order of their coming. */
struct visits {
	struct arena *arena;  /* all that stays is from there */
	struct arena scratch; /* of one call */
	struct intern names;
	struct pairs places; /* module, variable */
};

struct visit {
	uint32_t place;
	int64_t from; /* UNIX seconds */
	int64_t seconds;
	int64_t no_input; /* steps that say so */
	int64_t wrong_input;
};

/* Returns false when there is no memory. */
typedef bool visits_each_fn(void *context, const struct visit *visit);

void visits_init(struct visits *visits, struct arena *arena);

void visits_deinit(struct visits *visits);

/* Gives each visit of @call, whose canonical steps are @detail, in their order. ERROR_TOO_LARGE
 * when there is no memory for more places, or @each says so. */
int visits_walk(struct visits *visits, const struct call *call, struct text detail,
	visits_each_fn *each, void *context, struct error *err) CHECK_RESULT;

struct text visits_module(const struct visits *visits, uint32_t place);
struct text visits_variable(const struct visits *visits, uint32_t place);

/* By module, then variable. */
int visits_compare(const struct visits *visits, uint32_t a, uint32_t b);

#endif
