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

enum stats_group {
	STATS_TIME,
	STATS_DEST, /* as numbers are compared: call_number_key(), call_number_undialled() */
	STATS_TYPE,
	STATS_CLASS, /* this and the next two: of steps; empty ones are not groups */
	STATS_MODULE,
	STATS_VARIABLE,
	STATS_OUTCOME, /* this and the next: where it is not known, the key is empty */
	STATS_ENDED_BY,
};

bool stats_group_parse(struct text name, enum stats_group *ret_group);
const char *stats_group_name(enum stats_group group);

/* "minute", "hour", "day": 60, 3600, 86400 seconds; a day of a zone may have 23 or 25 hours. */
bool stats_bucket_parse(struct text name, int64_t *ret_seconds);

struct stats_question {
	enum stats_group group;
	int64_t bucket_seconds;	 /* of STATS_TIME */
	struct text zone_name;	 /* hours and days of this zone; data NULL: UTC */
	const struct zone *zone; /* of that name */
	bool calls_only;	 /* neither steps nor durations */
	size_t limit; /* groups, at most STATS_LIMIT_MAX; not of STATS_TIME, which has all */
};

struct stats_entry {
	struct text key;      /* empty for STATS_TIME */
	int64_t time;	      /* the bucket's start */
	int64_t calls;	      /* for groups of steps: that have such a step */
	int64_t steps;	      /* of these calls; for groups of steps: such steps */
	int64_t duration_sum; /* seconds of the calls; INT64_MAX when it is more */
	int64_t p50;
	int64_t p95;
};

struct stats_result {
	struct stats_question question;
	struct stats_entry *entries; /* by time; otherwise by calls descending, then key */
	size_t count;
	int64_t entries_total; /* how many there are without the limit */
	int64_t total_calls;
	struct scan_steps steps; /* of groups of steps */
};

/* Whether it counts steps, which not every call has: STATS_CLASS, STATS_MODULE, STATS_VARIABLE. */
bool stats_is_of_steps(enum stats_group group);

/* When the bucket begins that @time is in. */
int64_t stats_bucket_start(const struct stats_question *question, int64_t time);

/* Answers @question for the calls that @search finds, of which account_id, filter, detail_after and
 * deadline_us matter; from the tallies where these know the answer. The result is in @arena.
 * ERROR_INVALID naming `bucket` when there are more than STATS_BUCKETS_MAX, ERROR_TOO_LARGE when
 * STATS_MEMORY_MAX does not do; beside it the store's errors. */
int stats_find(struct store *store, const struct store_search *search,
	const struct stats_question *question, struct arena *arena, struct stats_result *ret_result,
	struct error *err) CHECK_RESULT;

/* Writes the document of GET /v1/stats. */
void stats_write(struct buffer *buffer, const struct stats_result *result);

/* ---- counting, row by row ---- */

/* Of one group. */
struct stats_counts {
	int64_t time;
	int64_t calls;
	int64_t steps;
	int64_t duration_sum;
	int64_t last; /* the call that was counted last */
};

struct stats {
	struct stats_question question;
	/* the filter's: numbers are grouped as it compares them */
	const struct call_prefixes *prefixes;
	struct arena arena;
	struct intern keys;	     /* of all groups but STATS_TIME */
	struct kind_map groups;	     /* of kinds */
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
