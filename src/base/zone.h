/* SPDX-License-Identifier: MIT
 * Time zones beside the process's own. libc has one at a time, which all threads share. So another
 * one is read here, out of the same files: RFC 9636, "TZif", and the rule at their end as POSIX has
 * TZ. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define ZONE_NAME_MAX 64

/* A stretch of time in which a zone's clock is as far ahead of UTC; it ends where the next begins.
 */
struct zone_stretch {
	int64_t start; /* UNIX seconds; of the first INT64_MIN */
	int64_t ahead; /* seconds */
};

struct zone {
	struct zone_stretch *stretches; /* at least one */
	size_t count;
	/* 3600, 60 or 1: from 1970 on every hour and day of the zone begins at a multiple of so
	 * many seconds. */
	int64_t grain_s;
};

/* Loads the zone @name, such as America/New_York, from $TZDIR or /usr/share/zoneinfo into @arena.
 * ERROR_INVALID when there is none, or its file is not one. */
int zone_load(struct zone *ret_zone, struct text name, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Reads the content of such a file. */
int zone_read(struct zone *ret_zone, struct text content, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* How far ahead of UTC the zone's clock is at @time. */
int64_t zone_ahead(const struct zone *zone, int64_t time);

#define ZONE_DAY_S  INT64_C(86400)
#define ZONE_WEEK_S INT64_C(604800)
/* Stands for a month of the calendar, however long that is. */
#define ZONE_MONTH_S INT64_C(2678400)

/* When the minute (@unit_s 60), hour (3600), day, week (it begins on Monday) or month of the zone's
 * calendar begins that @time is in; @zone NULL: of UTC. A day may have 23 or 25 hours, and begins
 * with the first moment of its date; an hour that comes twice is two. */
int64_t zone_floor(const struct zone *zone, int64_t time, int64_t unit_s);

#endif
