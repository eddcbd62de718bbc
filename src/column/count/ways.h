/* SPDX-License-Identifier: MIT
 * Places, and ways from one to another, while they are counted. A place is a module with its
 * variable; module `hangup` is none. A visit is a run of steps of one place. */
#ifndef COLUMN_COUNT_WAYS_H
#define COLUMN_COUNT_WAYS_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "column/block.h"

/* What calls go from and to: where they begin, an end for each outcome, then the places. */
#define WAYS_BEGIN  0
#define WAYS_END    1
#define WAYS_PLACES (WAYS_END + CALL_COMPLETED + 1)

#define WAYS_SLOWEST 5

/* A call that stayed long. */
struct ways_slow {
	int64_t seconds; /* its longest visit */
	int64_t block; /* the place of its block, the newest having the largest; -1: it is fresh */
	uint32_t at;   /* in the block, or of the fresh rows */
	int64_t start;
	struct text session_id; /* data NULL: not known yet, as is its start */
};

struct column_place {
	struct text module;
	struct text variable;
	int64_t calls; /* that reached it */
	int64_t last;  /* ways.sequence, when it was reached last */
	/* of flow alone: */
	int64_t no_input;
	int64_t wrong_input;
	struct ways_slow slowest[WAYS_SLOWEST];
	uint32_t slowest_count;
};

/* Seconds that have a cell of their way; those of the second part only where one came. */
#define WAYS_SHORT 256
#define WAYS_CELLS 4096

struct column_way {
	uint32_t from; /* nodes */
	uint32_t to;
	int64_t calls; /* in which `to` follows `from` directly, at least once */
	int64_t last;
	/* of flow alone: */
	int64_t times;	 /* how often */
	uint32_t *cells; /* by seconds that a call was at `from` before, below WAYS_SHORT - 1 */
	uint32_t *more;	 /* by seconds less WAYS_SHORT - 1, below WAYS_CELLS; NULL: none came */
};

struct ways {
	struct arena *arena;
	struct hash_key key;
	struct hash_table place_table, way_table;
	struct column_place *places; /* in no order; some may not be reached */
	size_t places_count;
	struct column_way *items; /* in no order */
	size_t count;
	uint32_t *place_of; /* by kind's id */
	size_t place_of_size;
	int64_t sequence; /* counts the sequences that were walked; from 1 on */
};

#define WAYS_NO_PLACE UINT32_MAX

/* Knows the places of all @kinds, whose texts stay the caller's. All memory is from @arena. */
int ways_init(struct ways *ways, const struct column_kinds *kinds, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* The place of the kind with @id; WAYS_NO_PLACE: it is not one. */
static inline uint32_t ways_place_of(const struct ways *ways, uint32_t id)
{
	return id < ways->place_of_size ? ways->place_of[id] : WAYS_NO_PLACE;
}

/* Takes the next visit off the front of @rest, which is not empty: a sequence of @visits, the
 * block's.
 */
int ways_next_place(const struct ways *ways, const struct column_block *block,
	const struct column_sequences *visits, struct text *rest, uint32_t *ret_place,
	struct error *err) CHECK_RESULT;

/* @calls, of the sequence that is walked, are at @place. */
static inline void ways_reach(struct ways *ways, uint32_t place, int64_t calls)
{
	if (ways->places[place].last != ways->sequence) {
		ways->places[place].last = ways->sequence;
		ways->places[place].calls += calls;
	}
}

/* @calls, of the sequence that is walked, go from one node to the other. Valid until the next way
 * is found; NULL: the arena is full. */
struct column_way *ways_go(
	struct ways *ways, uint32_t from, uint32_t to, int64_t calls) CHECK_RESULT;

#endif
