/* SPDX-License-Identifier: MIT
 * Drop-off: for each place how many calls reached it and ended there, and which place came next. A
 * place is a module with its variable; module `hangup` is none. A visit is a run of steps of one
 * place. */
#ifndef COLUMN_COUNT_VISITS_H
#define COLUMN_COUNT_VISITS_H

#include "column/count/paths.h"
#include "column/search.h"

struct column_place {
	struct text module;
	struct text variable;
	int64_t reached; /* calls */
	int64_t ended;	 /* calls whose last visit was here */
};

struct column_way {
	uint32_t from; /* its number in places */
	uint32_t to;
	int64_t calls; /* in which `to` follows `from` directly, at least once */
};

struct column_dropoff {
	struct column_place *places; /* in no order; some may not be reached */
	size_t places_count;
	struct column_way *ways; /* in no order */
	size_t ways_count;
	int64_t calls;
	struct column_steps steps;
};

/* Counts all matching calls. The names point into @calls->kinds; all else is in @arena, some 60
 * bytes a place and 50 a way. ERROR_NO_MEMORY when it is full. */
int column_dropoff(const struct column_calls *calls, const struct column_question *question,
	struct arena *arena, struct column_dropoff *ret_dropoff, struct error *err) CHECK_RESULT;

#endif
