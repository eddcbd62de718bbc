/* SPDX-License-Identifier: MIT
 * Tallies: how many calls started in a minute, an hour, a day (UTC), 32 days. They make totals and
 * deep offsets cheap: a window is whole buckets plus two edges shorter than a minute (DESIGN §2).
 * Pure arithmetic; the backends keep the counts. */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum tally_unit {
	TALLY_MINUTE,
	TALLY_HOUR,
	TALLY_DAY,
	TALLY_32_DAYS, /* a year is 11 of them and at most 62 days */
	TALLY_UNITS,
};

/* Seconds of a unit: 60, 3600, 86400, 2764800. Each divides the next. */
int64_t tally_unit_seconds(enum tally_unit unit);

/* A stretch of whole buckets of one unit, or of single seconds (unit TALLY_UNITS) to be counted by
 * index. */
struct tally_span {
	enum tally_unit unit;
	int64_t start; /* UNIX seconds; start <= x < end */
	int64_t end;
};

#define TALLY_SPANS_MAX                                                                            \
	9 /* seconds, minutes, hours, days, 32 days, days, hours, minutes, seconds */

/* Splits the window start <= x < end, start not negative, into spans in order of time; returns how
 * many: 0 when it is empty. */
size_t tally_split(int64_t start, int64_t end, struct tally_span spans[TALLY_SPANS_MAX]);

/* Passing over an offset's calls, the newest first: the spans of a window, then smaller and smaller
 * buckets of the one that it ends in. */
struct tally_passing {
	/* Calls to pass over; of the span, once it is found. */
	int64_t left;
	bool found;
	struct tally_span span;
	/* The bucket whose rows come now: several numbers have each a row of its time. */
	int64_t bucket;
	int64_t calls;
};

/* Passes over @span, in which @calls started, unless the offset ends in it or ended in one before.
 */
void tally_pass_span(struct tally_passing *passing, const struct tally_span *span, int64_t calls);

/* Passes over @calls of a bucket of passing->span. True: the offset ends in it, and passing->span
 * is it, to be looked at by the next smaller unit, seconds (TALLY_UNITS) in the end. */
bool tally_pass_bucket(struct tally_passing *passing, int64_t bucket, int64_t calls);

/* A call that came (+1) or went (-1). */
struct tally_change {
	int64_t account_id;
	struct text dest_key;
	int64_t start;
	int64_t calls;
};

/* What the changes do to one bucket. */
struct tally_delta {
	int64_t account_id;
	bool is_all;	      /* of all calls of the account */
	struct text dest_key; /* empty when is_all */
	enum tally_unit unit;
	int64_t bucket; /* UNIX seconds of its start */
	int64_t calls;	/* never 0 */
};

/* Adds up @changes, which it reorders, and calls @each once for every bucket they change,
 * neighbours in a store one after the other. A negative return of @each ends it and is returned. */
int tally_add_up(struct tally_change *changes, size_t count,
	int (*each)(void *context, const struct tally_delta *delta, struct error *err),
	void *context, struct error *err) CHECK_RESULT;

#endif
