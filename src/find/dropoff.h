/* SPDX-License-Identifier: MIT
 * Drop-off: for each place of the callers' way how many calls reached it, went on and ended there.
 * Also where they went next (API.md §2 "Finding calls", GET /v1/dropoff). A place is a module with
 * its result variable; module `hangup` is none. A visit is a run of steps of one place; a call
 * ended where its last visit was. */
#ifndef FIND_DROPOFF_H
#define FIND_DROPOFF_H

#include "base/buffer.h"
#include "base/intern.h"
#include "find/kind_map.h"
#include "find/pairs.h"
#include "find/scan.h"

/* Counting takes at most so much memory: about 200 bytes a place and 60 a way from one to another.
 */
#define DROPOFF_MEMORY_MAX    ((size_t)256 << 20)
#define DROPOFF_LIMIT_DEFAULT 100
#define DROPOFF_LIMIT_MAX     10000

struct dropoff_next {
	struct text module;
	struct text variable;
	int64_t calls; /* in which this place follows directly */
};

struct dropoff_place {
	struct text module;
	struct text variable;
	int64_t reached;	   /* calls */
	int64_t ended;		   /* calls whose last visit was here; all others went on */
	struct dropoff_next *next; /* by calls descending, then module and variable */
	size_t next_count;
};

struct dropoff_result {
	struct dropoff_place *places; /* by reached descending, then module and variable */
	size_t count;
	int64_t places_total; /* how many there are without the limit */
	int64_t total_calls;
	struct scan_steps steps;
};

/* As stats_find(), the @limit places that most calls reached. A call that goes on has not ended
 * anywhere: it is counted only where the filter asks for a state. */
int dropoff_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err) CHECK_RESULT;

/* Writes the document of GET /v1/dropoff. */
void dropoff_write(struct buffer *buffer, const struct dropoff_result *result);

/* ---- counting, row by row ---- */

struct dropoff {
	struct arena arena;
	struct intern names; /* of modules and variables */
	struct pairs places; /* module, variable: calls that reached it */
	struct pairs ways; /* from place, to place: calls; to DROPOFF_END: calls that ended there */
	struct kind_map kinds; /* to places */
	int64_t calls;
};

#define DROPOFF_END (-1)

void dropoff_init(struct dropoff *dropoff, size_t memory_max);
void dropoff_deinit(struct dropoff *dropoff);

/* These three are as those of stats.h, of a struct dropoff; the calls may come in any order. */
int dropoff_kinds(void *counter, const struct store_kind *kinds, size_t count,
	struct error *err) CHECK_RESULT;
int dropoff_row(void *counter, const struct store_row *row, struct error *err) CHECK_RESULT;
int dropoff_finish(struct dropoff *dropoff, size_t limit, struct arena *arena,
	struct dropoff_result *ret_result, struct error *err) CHECK_RESULT;

#endif
