/* SPDX-License-Identifier: MIT
 * Times as people write them. */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include "base/error.h"
#include "base/text.h"

/* Reads a time into UNIX seconds:
 *   1575898386              UNIX seconds, 1 to 18 digits
 *   2026-01-31T12:00:00Z    ISO 8601 with a zone (Z, +hh:mm, -hhmm), `T` or a space between;
 * seconds and a fraction, which is dropped, may be there or not 2026-01-31[T12:00[:00]] the same
 * without a zone: the process's local zone (TZ) now, -90s, -15m, -2h, -5d, -1w, +10m   relative to
 * @now_s Source: API.md §2, "Finding calls". */
int time_text_parse(
	struct text text, int64_t now_s, int64_t *ret_s, struct error *err) CHECK_RESULT;

/* Reads a zone: Z, +hh:mm, +hhmm or +hh, with nothing after it. Returns 1 when there, 0 when @rest
 * is empty, and negative otherwise; *@ret_offset_s, seconds east of UTC, is set only when 1.
 * Source: ISO 8601; PostgreSQL writes +hh. */
int time_text_zone(struct text rest, int64_t *ret_offset_s);

/* Reads a whole number of seconds with an optional unit s, m, h, d or w: "30", "15m". */
int time_text_parse_duration(struct text text, int64_t *ret_s, struct error *err) CHECK_RESULT;

#define TIME_TEXT_SIZE 40

/* Writes `2026-01-31 13:00:00 +0100` where @ahead_s is 3600. Returns @buffer. */
const char *time_text_format_ahead(int64_t time_s, int64_t ahead_s, char buffer[TIME_TEXT_SIZE]);

/* Writes `2026-01-31 13:00:00 +0100` (local zone) or `2026-01-31 12:00:00Z` (@utc). Returns
 * @buffer. */
const char *time_text_format(int64_t time_s, bool utc, char buffer[TIME_TEXT_SIZE]);

#endif
