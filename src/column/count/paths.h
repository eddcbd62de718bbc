/* SPDX-License-Identifier: MIT
 * What the matching calls of a block took for ways, counted once a path. */
#ifndef COLUMN_COUNT_PATHS_H
#define COLUMN_COUNT_PATHS_H

#include "column/match.h"

/* Calls whose steps could be looked at, and the others. */
struct column_steps {
	int64_t with_steps;
	int64_t over_days; /* their detail is over its days, if they had any */
	int64_t without_steps;
};

/* Counts @call; whether it has steps that can be seen. */
static inline bool column_steps_note(
	struct column_steps *steps, const struct call *call, int64_t detail_after)
{
	bool over = call->start <= detail_after;
	bool with = !over && call->steps > 0;

	steps->over_days += over;
	steps->with_steps += with;
	steps->without_steps += !over && !with;
	return with;
}

struct column_path_counts {
	struct column_paths paths;
	uint32_t *calls; /* by path, COLUMN_CALLS_MAX of them: matching calls that have steps */
};

int column_path_counts_init(struct column_path_counts *counts, struct error *err) CHECK_RESULT;
void column_path_counts_deinit(struct column_path_counts *counts);

/* Counts the matching calls of a block whose detail is served, and adds all to @steps. */
int column_path_counts_of(struct column_path_counts *counts, struct column_block *block,
	const struct column_match *match, struct column_steps *steps,
	struct error *err) CHECK_RESULT;

#endif
