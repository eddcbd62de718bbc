/* SPDX-License-Identifier: MIT
 * Tallies: how many calls started in a minute, an hour, a day (UTC). They make totals and deep offsets cheap: a window is
 * whole days, hours and minutes plus two edges shorter than a minute (DESIGN §2). Pure arithmetic; the backends keep the counts. */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include <stddef.h>
#include <stdint.h>

enum tally_unit {
	TALLY_MINUTE,
	TALLY_HOUR,
	TALLY_DAY,
	TALLY_UNITS,
};

/* Seconds of a unit: 60, 3600, 86400. */
int64_t tally_unit_seconds(enum tally_unit unit);

/* A stretch of whole buckets of one unit, or of single seconds (unit TALLY_UNITS) to be counted by index. */
struct tally_span {
	enum tally_unit unit;
	int64_t start; /* UNIX seconds; start <= x < end */
	int64_t end;
};

#define TALLY_SPANS_MAX 7 /* seconds, minutes, hours, days, hours, minutes, seconds */

/* Splits the window start <= x < end into spans in order of time; returns how many. */
size_t tally_split(int64_t start, int64_t end, struct tally_span spans[TALLY_SPANS_MAX]);

#endif
