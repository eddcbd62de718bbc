/* SPDX-License-Identifier: MIT
 * Durations of groups of calls, counted: a cell for each group and second, and a list of the few
 * calls that last longer than there are cells. Percentiles are read off the counts, so they are
 * exact. A call may count in several groups at once (a set): it is counted in the set's cells,
 * which are added to those of each group in the end. */
#ifndef COLUMN_COUNT_CELLS_H
#define COLUMN_COUNT_CELLS_H

#include "base/arena.h"
#include "base/intern.h"
#include "column/count/stats.h"

#define CELLS_WIDTH_MAX 4096

struct cells_long {
	uint32_t group;
	int64_t seconds;
};

struct cells {
	struct arena arena; /* of groups and long durations; with the ceiling */
	uint32_t width;	    /* cells of a group: durations below it have one */
	size_t groups;
	uint64_t *counts; /* group after group */
	uint32_t top;	  /* each group's cells from here on are empty, where cells_add() counts */
	struct cells_long *longer;
	size_t longer_count;

	struct arena set_arena;
	struct intern sets; /* a bit for each group, in set_words words */
	uint32_t set_words;
	uint32_t *set_counts; /* set after set; for set_room sets */
	uint32_t set_room;
};

/* @longest is the longest duration that may come; 0 where only calls are counted. */
int cells_init(struct cells *cells, size_t groups, int64_t longest, size_t memory_max,
	struct error *err) CHECK_RESULT;
void cells_deinit(struct cells *cells);

/* Counts a call in one group. */
int cells_add(struct cells *cells, uint32_t group, int64_t seconds, struct error *err) CHECK_RESULT;

/* Forgets what was counted below top. */
void cells_clear(struct cells *cells);

/* ---- sets ---- */

/* Before sets of a block are got: numbers that were got before are no longer good. */
void cells_sets_begin(struct cells *cells);

/* The number of the set of groups that has a bit in each of set_words words at @words. */
int cells_set(struct cells *cells, const uint64_t *words, uint32_t *ret_set,
	struct error *err) CHECK_RESULT;

/* Makes cells for all sets that were got. */
int cells_sets_reserve(struct cells *cells, struct error *err) CHECK_RESULT;

/* Counts a call, longer than there are cells, in each group of the set. */
int cells_set_long(
	struct cells *cells, uint32_t set, int64_t seconds, struct error *err) CHECK_RESULT;

/* Adds all sets to their groups. */
void cells_sets_flush(struct cells *cells);

/* ---- the result ---- */

/* Sorts long durations: once, before the next two. */
void cells_finish(struct cells *cells);

int64_t cells_calls(const struct cells *cells, uint32_t group);

/* Fills duration_sum, p50 and p95 of the group with entry->calls calls, at least one. */
void cells_fill(const struct cells *cells, uint32_t group, struct column_entry *entry);

int cells_no_room(const struct cells *cells, struct error *err);

#endif
