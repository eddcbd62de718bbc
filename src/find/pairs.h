/* SPDX-License-Identifier: MIT
 * Counts by two numbers: how many calls of a group lasted so long, went from here to there. */
#ifndef FIND_PAIRS_H
#define FIND_PAIRS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/intern.h"

struct pair {
	int64_t b;
	int64_t count;
	int64_t last; /* the call that was counted last; -1: none yet */
	uint32_t a;
};

struct pairs {
	struct arena *arena; /* all memory is from there */
	struct hash_key key;
	struct pair *items; /* in the order of their coming */
	uint32_t count;
	struct hash_table table;
};

void pairs_init(struct pairs *pairs, struct arena *arena);

/* The pair of @a and @b; a new one has the count 0. Valid until the next one is asked for. NULL
 * when the arena is full. */
struct pair *pairs_at(struct pairs *pairs, uint32_t a, int64_t b) CHECK_RESULT;

/* The number of the place that these names make, whose pair is that of their numbers. False when
 * the arena is full. */
bool pairs_place(struct pairs *places, struct intern *names, struct text module,
	struct text variable, uint32_t *ret_place) CHECK_RESULT;

/* Fails with ERROR_TOO_LARGE: the arena of @places is full. */
int pairs_no_room(const struct pairs *places, struct error *err);

/* Both together; INT64_MAX when they are more. */
static inline int64_t pairs_add_up(int64_t sum, int64_t more)
{
	return __builtin_add_overflow(sum, more, &sum) ? INT64_MAX : sum;
}

/* Counts the call with the number @call, once. False when the arena is full. */
bool pairs_count(struct pairs *pairs, uint32_t a, int64_t b, int64_t call) CHECK_RESULT;

/* Counts @times stays of @seconds at @a, whose seconds all together are *@sum. False when the arena
 * is full. */
bool pairs_add_stays(
	struct pairs *pairs, uint32_t a, int64_t seconds, int64_t times, int64_t *sum) CHECK_RESULT;

/* By a, then b. */
int pairs_compare(const void *left, const void *right);

/* Sorts them so; no pair is found or added after that. */
void pairs_sort(struct pairs *pairs);

/* Where the pairs of @a begin, of some that are sorted by a. */
const struct pair *pairs_of(const struct pairs *pairs, uint32_t a);

/* The smallest b that at least @percent of @count do not exceed, nearest rank: of sorted pairs of
 * one a, from @pairs on, whose counts add up to @count. */
int64_t pairs_percentile(const struct pair *pairs, int64_t count, int64_t percent);

#endif
