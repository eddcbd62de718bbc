/* SPDX-License-Identifier: MIT
 * Places: for each place of the callers' way how long calls stayed there, and what went wrong with
 * their input (GET /v1/places). What a visit is says find/visits.h. */
#ifndef FIND_PLACES_H
#define FIND_PLACES_H

#include "find/scan.h"

/* Counting takes at most so much memory: about 1 KB a place, and 80 bytes for each further
 * different length of its visits. */
#define PLACES_MEMORY_MAX    ((size_t)256 << 20)
#define PLACES_LIMIT_DEFAULT 100
#define PLACES_LIMIT_MAX     10000
#define PLACES_SLOWEST	     5

struct places_slow {
	struct text session_id;
	int64_t seconds; /* its longest visit */
};

struct places_entry {
	struct text module;
	struct text variable;
	int64_t calls;
	int64_t visits;
	int64_t seconds; /* of all visits; INT64_MAX when it is more */
	int64_t p50;	 /* of visits: nearest rank */
	int64_t p95;
	int64_t most;
	int64_t no_input; /* steps that say so */
	int64_t wrong_input;
	struct places_slow *slowest; /* calls, the slowest first; at most PLACES_SLOWEST */
	size_t slowest_count;
};

struct places_result {
	struct places_entry *entries; /* by seconds descending, then visits, then names */
	size_t count;
	int64_t places_total;  /* how many there are without the limit */
	int64_t seconds_total; /* of all of them */
	int64_t total_calls;
	struct scan_steps steps;
};

/* The @limit places in which calls spent the most time. Of @search only account_id, filter,
 * detail_after and the deadline matter. A call that goes on is counted only where the filter asks
 * for a state. The result is in @arena. ERROR_TOO_LARGE when PLACES_MEMORY_MAX does not do,
 * ERROR_TIMEOUT when the deadline has passed; beside them the store's errors. */
int places_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err) CHECK_RESULT;

/* The same, out of the calls themselves, whatever columns the store has. */
int places_read(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct places_result *ret_result, struct error *err) CHECK_RESULT;

/* What part of the whole time a place has: 0 to 1. */
double places_share(const struct places_result *result, const struct places_entry *entry);

/* Writes the document of GET /v1/places. */
void places_write(struct buffer *buffer, const struct places_result *result);

#endif
