/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day. A window is whole buckets, which the tallies tell, and parts of
 * one at its beginning and at its end, which are counted. */
#ifndef STORE_BUCKETS_H
#define STORE_BUCKETS_H

#include "store/store.h"

/* What is counted; buckets are added newest first. */
struct store_buckets {
	int64_t start; /* of the window */
	int64_t first; /* of the whole buckets: start, or the first border of one behind it */
	int64_t last;  /* their end */
	int64_t end;   /* of the window */
	int64_t seconds;
	struct arena *arena;
	struct store_bucket *items;
	size_t count;
	size_t room;
};

/* Cuts the window of @filter; each of the three parts may be empty. */
struct store_buckets store_buckets_of(
	const struct filter *filter, int64_t seconds, struct arena *arena);

/* Adds @calls to the bucket that @start lies in: a new one, or the one that was added last. */
int store_buckets_add(struct store_buckets *buckets, int64_t start, int64_t calls,
	struct error *err) CHECK_RESULT;

#endif
