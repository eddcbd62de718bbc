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

#define STATS_VALUES 16 /* that a choice may have */

/* What a choice says of each call of a block. */
struct stats_values {
	const unsigned char *bytes;
	unsigned char mask;
};

static inline uint32_t stats_value(const struct stats_values *values, uint32_t at)
{
	return values->bytes[at] & values->mask;
}

/* The names of the values of @group; NULL: it is not a choice. */
const struct call_names *stats_names(enum column_group group);
int stats_open_values(struct stats *stats, enum column_group group, struct stats_values *ret_values,
	struct error *err) CHECK_RESULT;
uint32_t stats_value_of(enum column_group group, const struct call *call);

/* The second group: how many values it may have, and which. Where there is none, all are 0. */
uint32_t stats_second_values(const struct stats *stats);
int stats_open_second(
	struct stats *stats, struct stats_values *ret_values, struct error *err) CHECK_RESULT;
uint32_t stats_second_of(const struct stats *stats, const struct call *call);
struct text stats_second_key(const struct stats *stats, uint32_t value);

/* Brings entries into the order of the result, but for that of time. @context is the struct stats.
 */
int stats_compare(const void *left, const void *right, void *context);

/* A group, of which the entry tells keys and calls. */
struct stats_group {
	struct column_entry entry; /* comes first: stats_compare() compares groups, too */
	uint32_t number;
};

/* Makes the largest of @groups the result. By its number a group has its durations in @cells and
 * its steps in @step_sums. */
int stats_fill(struct stats *stats, struct stats_group *groups, size_t count, struct cells *cells,
	const int64_t *step_sums, struct error *err) CHECK_RESULT;

int stats_by_time(struct stats *stats, struct error *err) CHECK_RESULT;
int stats_by_number(struct stats *stats, struct error *err) CHECK_RESULT;
int stats_by_choice(struct stats *stats, struct error *err) CHECK_RESULT;
int stats_by_steps(struct stats *stats, struct error *err) CHECK_RESULT;

#endif
