/* SPDX-License-Identifier: MIT
 * What the ways to count share. */
#ifndef COLUMN_COUNT_PRIVATE_H
#define COLUMN_COUNT_PRIVATE_H

#include "column/count/cells.h"

struct stats {
	const struct column_calls *calls;
	const struct column_stats_question *question;
	size_t memory_max;
	struct arena *arena; /* of the result */
	struct column_walk walk;
	struct column_stats result;
};

/* The longest duration that any call of the walk's blocks, or a fresh one, has; 0 when only calls
 * are counted. */
int stats_longest(struct stats *stats, int64_t *ret_longest, struct error *err) CHECK_RESULT;

/* How long @row counts: 0 when only calls are counted. */
int64_t stats_seconds(const struct stats *stats, const struct column_row *row);

/* The steps of @row, 0 where they are not served. */
uint32_t stats_steps(const struct stats *stats, const struct column_row *row);

/* What each call of a block lasts. */
struct stats_durations {
	struct column_durations durations;
	bool known; /* otherwise all count as 0 */
};
int stats_open_durations(
	struct stats *stats, struct stats_durations *ret_durations, struct error *err) CHECK_RESULT;

static inline uint32_t stats_short(const struct stats_durations *durations, uint32_t at)
{
	return durations->known ? column_durations_short(&durations->durations, at) : 0;
}

/* How many steps each call of a block has. */
struct stats_block_steps {
	struct column_array codes;
	uint32_t *steps; /* by path, COLUMN_CALLS_MAX of them */
};
int stats_open_steps(
	struct stats *stats, struct stats_block_steps *steps, struct error *err) CHECK_RESULT;

/* A group, to be brought into order. */
struct stats_group {
	uint32_t number;
	int64_t calls;
	struct text key;
};

/* Sorts @groups, and returns how many of them the result has. */
size_t stats_order(const struct stats *stats, struct stats_group *groups, size_t count);

int stats_by_time(struct stats *stats, struct error *err) CHECK_RESULT;
int stats_by_number(struct stats *stats, struct error *err) CHECK_RESULT;
int stats_by_choice(
	struct stats *stats, const struct call_names *names, struct error *err) CHECK_RESULT;
int stats_by_steps(struct stats *stats, struct error *err) CHECK_RESULT;

#endif
