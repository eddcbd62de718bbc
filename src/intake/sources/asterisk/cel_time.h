/* SPDX-License-Identifier: MIT
 * The times of a channel event log. */
#ifndef INTAKE_SOURCES_CEL_TIME_H
#define INTAKE_SOURCES_CEL_TIME_H

#include "base/text.h"

/* Reads @text into microseconds since 1970:
 *   1795459157.369387            an epoch with or without a fraction
 *   2026-11-23 14:19:17.369387   a date and time, `T` for the space, fraction or not, after a point
 * or a comma, an hour of one or two digits; with a zone at its end (Z, -05, -05:00, -0500),
 *                                otherwise of the process's zone when @local and of UTC when not
 *
 * The end of summer time makes a local time come twice. It is the earliest that is not before
 * @after_us, the time of what was recorded before it. A minute's disorder is allowed for. Returns
 * false, leaving @ret_us, when it is not a time from 1970 to before CALL_TIME_END. */
bool cel_time_parse(struct text text, bool local, int64_t after_us, int64_t *ret_us);

/* What to do about @text, which is not such a time: a clause for a message. */
const char *cel_time_advice(struct text text);

/* ---- held against the channels' ids ---- */

/* `1795486201.681`, or with the exchange's name before it, begins with the UNIX second in which the
 * channel came up. */
struct cel_clock {
	uint64_t starts;  /* of channels whose ids hold a time */
	uint64_t off;	  /* of them too far from it */
	uint64_t line;	  /* of the first of these */
	int64_t off_by_s; /* how much later it is than its id; negative: earlier */
};

#define CEL_CLOCK_WARNING_SIZE 400

/* The second in @unique_id; false when it holds none. */
bool cel_clock_id_s(struct text unique_id, int64_t *ret_s);

/* The channel @unique_id came up at @time_us, as the row at @line says. */
void cel_clock_start(
	struct cel_clock *clock, struct text unique_id, int64_t time_us, uint64_t line);

/* Writes what to do about times that disagree; false when they agree. @zone_given: by --zone. */
bool cel_clock_warning(
	const struct cel_clock *clock, bool zone_given, char warning[CEL_CLOCK_WARNING_SIZE]);

#endif
