/* SPDX-License-Identifier: MIT
 * Holds the times of a channel event log against its channels' ids: `1795486201.681`, or with the
 * exchange's name before it, begins with the UNIX second in which the channel came up. */
#ifndef INTAKE_SOURCES_CEL_CLOCK_H
#define INTAKE_SOURCES_CEL_CLOCK_H

#include "base/text.h"

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
