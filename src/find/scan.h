/* SPDX-License-Identifier: MIT
 * Feeding what counts calls from a store, with the kinds of steps that it needs to know. */
#ifndef FIND_SCAN_H
#define FIND_SCAN_H

#include "base/buffer.h"
#include "store/store.h"

/* Calls by whether they have steps that could be looked at, and why not. */
struct scan_steps {
	int64_t with_steps;
	int64_t over_days;     /* their detail is over its days, if they had any */
	int64_t without_steps; /* they came without */
};

/* Counts @call, whose steps are 0 where they are not served: after @detail_after they are. */
void scan_steps_note(struct scan_steps *steps, const struct call *call, int64_t detail_after);

/* Writes `,"calls_with_steps":…,"calls_over_days":…,"calls_without_steps":…`. */
void scan_steps_write(struct buffer *buffer, const struct scan_steps *steps);

/* Calls that go on are left out of what is counted of places, unless @filter asks for a state. */
static inline void scan_leave_out_live(struct filter *filter)
{
	if (filter->state == FILTER_ANY_STATE) {
		filter->state = FILTER_ENDED;
	}
}

struct scan_counter {
	/* Returns 1; 0 when the row has a kind that is not known yet: it is given again after
	 * `kinds`. */
	int (*row)(void *counter, const struct store_row *row, struct error *err);
	int (*kinds)(
		void *counter, const struct store_kind *kinds, size_t count, struct error *err);
};

/* Gives each call that @search finds to @counter, newest first, and counts in @steps which have
 * any. */
int scan_count(struct store *store, const struct store_search *search,
	const struct scan_counter *functions, void *counter, struct scan_steps *steps,
	struct error *err) CHECK_RESULT;

#endif
