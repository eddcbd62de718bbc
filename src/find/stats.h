/* SPDX-License-Identifier: MIT
 * Statistics: the calls that match a filter, counted by time, number, type, or what their steps are
 * (API.md §2 "Finding calls", GET /v1/stats). Percentiles are exact: nearest rank. */
#ifndef FIND_STATS_H
#define FIND_STATS_H

#include "base/buffer.h"
#include "base/intern.h"
#include "base/zone.h"
#include "find/kind_map.h"
#include "find/pairs.h"
#include "find/scan.h"

/* Counting takes at most so much memory. A number with one call takes 300 to 400 bytes, so 2
 * million of them fit; each further different duration of a group takes 40 to 80. */
#define STATS_MEMORY_MAX    ((size_t)768 << 20)
#define STATS_LIMIT_DEFAULT 100
#define STATS_LIMIT_MAX	    10000
#define STATS_BUCKETS_MAX   10000

#define STATS_GROUPS_MAX 2 /* that are asked for at once */

enum stats_group {
	STATS_TIME,
	STATS_DEST, /* as numbers are compared: call_number_key(), call_number_undialled() */
	STATS_TYPE,
	STATS_CLASS, /* this and the next two: of steps; empty ones are not groups */
	STATS_MODULE,
	STATS_VARIABLE,
	STATS_OUTCOME, /* this and the next: where it is not known, the key is empty */
	STATS_ENDED_BY,
	STATS_SRC, /* as STATS_DEST */
};

const char *stats_group_name(enum stats_group group);

/* "minute", "hour", "day", "week", "month": as zone_floor() has them. */
bool stats_bucket_parse(struct text name, int64_t *ret_seconds);
const char *stats_bucket_name(int64_t seconds);

struct stats_question {
	enum stats_group group;
	bool by_two; /* groups are what is alike in both: second is one too, a different one */
	enum stats_group second;
	int64_t bucket_seconds;	 /* of STATS_TIME */
	struct text zone_name;	 /* whose calendar is meant; data NULL: UTC's */
	const struct zone *zone; /* of that name */
	bool calls_only;	 /* neither steps nor durations */
	size_t limit; /* groups, at most STATS_LIMIT_MAX; not of STATS_TIME alone, which has all */
};

/* Reads `group`, or two with a comma between, into @question. ERROR_INVALID says what is expected.
 */
int stats_groups_parse(
	struct text names, struct stats_question *question, struct error *err) CHECK_RESULT;

struct stats_entry {
	struct text key;      /* of the group; empty for STATS_TIME, as the next one */
	struct text second;   /* of the second group */
	int64_t time;	      /* the bucket's start */
	int64_t calls;	      /* for groups of steps: that have such a step */
	int64_t steps;	      /* of these calls; for groups of steps: such steps */
	int64_t duration_sum; /* seconds of the calls; INT64_MAX when it is more */
	int64_t p50;
	int64_t p95;
};

struct stats_result {
	struct stats_question question;
	/* The largest ones. Where one group is the time they come by it; then, or otherwise, by
	 * calls descending, then the keys. */
	struct stats_entry *entries;
	size_t count;
	int64_t entries_total; /* how many there are without the limit */
	int64_t total_calls;
	struct scan_steps steps; /* of groups of steps */
};

/* Whether a group counts steps, which not every call has: STATS_CLASS, STATS_MODULE,
 * STATS_VARIABLE; and whether one is STATS_TIME. */
bool stats_is_of_steps(const struct stats_question *question);
bool stats_is_of_time(const struct stats_question *question);

/* Answers @question for the calls that @search finds, of which account_id, filter, detail_after and
 * deadline_us matter; from the tallies where these know the answer. The result is in @arena.
 * ERROR_INVALID naming `bucket` when there are more than STATS_BUCKETS_MAX, ERROR_TOO_LARGE when
 * STATS_MEMORY_MAX does not do; beside it the store's errors. */
int stats_find(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err) CHECK_RESULT;

/* Writes the document of GET /v1/stats, or the same groups as CSV. */
void stats_write(struct buffer *buffer, const struct stats_result *result);
void stats_write_csv(struct buffer *buffer, const struct stats_result *result);

/* ---- counting, row by row ---- */

/* Of one group. */
struct stats_counts {
	int64_t calls;
	int64_t steps;
	int64_t duration_sum;
	int64_t last; /* the call that was counted last */
};

/* What calls, or steps, are grouped by. */
struct stats_axis {
	enum stats_group group;
	struct intern keys;    /* of all groups but STATS_TIME */
	struct kind_map kinds; /* of groups of steps */
	int64_t *times;	       /* of STATS_TIME: when buckets begin, the newest first */
	uint32_t times_count;
};

struct stats {
	struct stats_question question;
	/* the filter's: numbers are grouped as it compares them */
	const struct call_prefixes *prefixes;
	struct arena arena;
	struct stats_axis axes[STATS_GROUPS_MAX];
	size_t axes_count;
	struct pairs groups;	     /* of two axes: the numbers on each */
	struct pairs durations;	     /* group, duration */
	struct stats_counts *counts; /* by group */
	size_t count;
	int64_t calls;
};

void stats_init(struct stats *stats, const struct stats_question *question, size_t memory_max);
void stats_deinit(struct stats *stats);

/* For a struct scan_counter, whose @counter is a struct stats. Tells what kinds of steps there are;
 * may be called again when there are more. */
int stats_kinds(void *counter, const struct store_kind *kinds, size_t count,
	struct error *err) CHECK_RESULT;

/* Counts a call; they come newest first. Returns 1; 0 when it has a kind of step that is not known:
 * nothing was counted then, and it is given again after stats_kinds(). */
int stats_row(void *counter, const struct store_row *row, struct error *err) CHECK_RESULT;

int stats_finish(struct stats *stats, struct arena *arena, struct stats_result *ret_result,
	struct error *err) CHECK_RESULT;

/* ERROR_TOO_LARGE and ERROR_INVALID, as stats_find() says. */
int stats_no_room(const struct stats *stats, struct error *err);
int stats_too_many_buckets(struct error *err);

#endif
