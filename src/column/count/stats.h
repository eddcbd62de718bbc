/* SPDX-License-Identifier: MIT
 * Statistics: the calls that match, counted by time, number, a choice, or what their steps are,
 * with exact percentiles of their durations (nearest rank). */
#ifndef COLUMN_COUNT_STATS_H
#define COLUMN_COUNT_STATS_H

#include "base/zone.h"
#include "column/count/paths.h"
#include "column/search.h"

enum column_group {
	COLUMN_BY_TIME,
	COLUMN_BY_DEST, /* as numbers are compared, without what is dialled for a + */
	COLUMN_BY_TYPE,
	COLUMN_BY_CLASS, /* this and the next two: of steps; empty ones are not groups */
	COLUMN_BY_MODULE,
	COLUMN_BY_VARIABLE,
	COLUMN_BY_OUTCOME, /* this and the next: where it is not known, the key is empty */
	COLUMN_BY_ENDED_BY,
	COLUMN_BY_SRC, /* as COLUMN_BY_DEST */
};

struct column_stats_question {
	struct column_question base;
	enum column_group group;  /* with a second one neither of steps, */
	bool by_two;		  /* groups are what is alike in both */
	enum column_group second; /* a choice: COLUMN_BY_TYPE, _OUTCOME or _ENDED_BY */
	bool second_first;	/* of groups with as many calls, the second key is compared first */
	int64_t bucket_seconds; /* of COLUMN_BY_TIME, as zone_floor() has it */
	const struct zone *zone; /* whose calendar is meant; NULL: UTC's */
	size_t buckets_max;
	bool calls_only; /* neither steps nor durations */
	size_t limit;	 /* groups; not of COLUMN_BY_TIME alone, which has all */
};

struct column_entry {
	struct text key;      /* empty for COLUMN_BY_TIME */
	struct text second;   /* of the second group; empty where there is none */
	int64_t time;	      /* the bucket's start */
	int64_t calls;	      /* for groups of steps: that have such a step */
	int64_t steps;	      /* of these calls; for groups of steps: such steps */
	int64_t duration_sum; /* seconds; INT64_MAX when it is more */
	int64_t p50;
	int64_t p95;
};

struct column_stats {
	/* The largest ones: by calls descending, then time or key, then the second key. Where one
	 * group is the time they come by it first. */
	struct column_entry *entries;
	size_t count;
	int64_t entries_total; /* how many there are without the limit */
	int64_t calls;
	struct column_steps steps; /* of groups of steps */
};

/* The result is in @arena. It may take @memory_max bytes meanwhile: 20 MB mostly, for numbers 32
 * bytes for each different one, for each group of the result up to 16 KB. ERROR_TOO_LARGE when that
 * does not do, ERROR_INVALID naming `bucket` when there are more than buckets_max. */
int column_stats(const struct column_calls *calls, const struct column_stats_question *question,
	size_t memory_max, struct arena *arena, struct column_stats *ret_stats,
	struct error *err) CHECK_RESULT;

#endif
