/* SPDX-License-Identifier: MIT
 * Statistics and drop-off out of the store's columns, where it has some. */
#ifndef FIND_COLUMNS_H
#define FIND_COLUMNS_H

#include "find/dropoff.h"
#include "find/stats.h"

/* As stats_find() of the calls themselves. 1 it is answered, 0 the calls are to be asked. */
int columns_stats(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err) CHECK_RESULT;

/* As dropoff_find(), whose filter asks for a state. */
int columns_dropoff(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err) CHECK_RESULT;

#endif
