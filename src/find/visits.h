/* SPDX-License-Identifier: MIT
 * The visits of calls (call/path/visits.h), with numbers for their places. A place and a visit are
 * what drop-off takes for them (find/dropoff.h). */
#ifndef FIND_VISITS_H
#define FIND_VISITS_H

#include "base/intern.h"
#include "call/call.h"
#include "call/path/visits.h"
#include "find/pairs.h"

/* Numbers of places, in the order of their coming. */
struct visits {
	struct arena *arena;  /* all that stays is from there */
	struct arena scratch; /* of one call */
	struct intern names;
	struct pairs places; /* module, variable */
};

/* Returns false when there is no memory. */
typedef bool visits_each_fn(void *context, uint32_t place, const struct path_visit *visit);

void visits_init(struct visits *visits, struct arena *arena);

void visits_deinit(struct visits *visits);

/* Gives each visit of @call, whose canonical steps are @detail, in their order. ERROR_TOO_LARGE
 * when there is no memory for more places, or @each says so. */
int visits_walk(struct visits *visits, const struct call *call, struct text detail,
	visits_each_fn *each, void *context, struct error *err) CHECK_RESULT;

/* The number of the place with these names. ERROR_TOO_LARGE as above. */
int visits_place(struct visits *visits, struct text module, struct text variable,
	uint32_t *ret_place, struct error *err) CHECK_RESULT;

struct text visits_module(const struct visits *visits, uint32_t place);
struct text visits_variable(const struct visits *visits, uint32_t place);

/* By module, then variable. */
int visits_compare(const struct visits *visits, uint32_t a, uint32_t b);

#endif
