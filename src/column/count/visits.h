/* SPDX-License-Identifier: MIT
 * Drop-off: for each place how many calls reached it and ended there, and which place came next. */
#ifndef COLUMN_COUNT_VISITS_H
#define COLUMN_COUNT_VISITS_H

#include "column/count/paths.h"
#include "column/count/ways.h"
#include "column/search.h"

struct column_dropoff {
	struct ways ways;
	int64_t *ended; /* by place: calls whose last visit was there */
	int64_t calls;
	struct column_steps steps;
};

/* Counts all matching calls. The names point into @calls->kinds; all else is in @arena, some 350
 * bytes a place and 90 a way. ERROR_NO_MEMORY when it is full. */
int column_dropoff(const struct column_calls *calls, const struct column_question *question,
	struct arena *arena, struct column_dropoff *ret_dropoff, struct error *err) CHECK_RESULT;

#endif
