/* SPDX-License-Identifier: MIT
 * Flow: from which place calls went to which, how they ended, and how long they stayed where. */
#ifndef COLUMN_COUNT_FLOW_H
#define COLUMN_COUNT_FLOW_H

#include "column/count/paths.h"
#include "column/count/ways.h"
#include "column/search.h"

/* Seconds for which no way has a cell. */
struct flow_long {
	uint32_t way;
	int64_t seconds;
};

struct column_flow {
	struct ways ways;
	struct flow_long *longer; /* in no order */
	size_t longer_count;
	int64_t calls;
	struct column_steps steps;
};

/* Counts all matching calls; @inputs tells whether steps that say something of input, and the
 * slowest calls of each place, matter. The names of places point into @calls->kinds; all else is in
 * @arena: some 350 bytes a place, and 1 to 17 KB a way. ERROR_NO_MEMORY when it is full,
 * ERROR_CORRUPT also where a block does not say how long its calls stayed where. */
int column_flow(const struct column_calls *calls, const struct column_question *question,
	bool inputs, struct arena *arena, struct column_flow *ret_flow,
	struct error *err) CHECK_RESULT;

/* Gives how often calls that went the way with that number stayed how long before, the shortest
 * first but for those of flow->longer. False: @each said so. */
bool column_flow_stays(const struct column_way *way,
	bool (*each)(void *context, int64_t seconds, int64_t times), void *context) CHECK_RESULT;

#endif
