/* SPDX-License-Identifier: MIT
 * Statistics and drop-off out of the store's columns, where it has some. */
#ifndef FIND_COLUMNS_H
#define FIND_COLUMNS_H

#include "column/count/flow.h"
#include "find/dropoff.h"
#include "find/stats.h"

/* Beside what is read of a block. Where it does not do, the calls themselves are asked. */
#define COLUMNS_MEMORY_MAX ((size_t)64 << 20)

/* As stats_find() of the calls themselves. 1 it is answered, 0 the calls are to be asked. */
int columns_stats(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err) CHECK_RESULT;

/* As dropoff_find(), whose filter asks for a state. */
int columns_dropoff(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err) CHECK_RESULT;

/* The flow of the calls that @search finds, whose filter asks for a state, with all that it needs
 * in @arena; @inputs as column_flow() has it. 1 it is counted, 0 the calls are to be asked. */
int columns_flow(struct store *store, const struct store_search *search, bool inputs,
	struct arena *arena, struct column_flow *ret_flow, struct error *err) CHECK_RESULT;

/* Which of the calls had steps. */
struct scan_steps columns_steps_of(const struct column_steps *steps);

#endif
