/* SPDX-License-Identifier: MIT
 * Times of a channel event log, to the microsecond. */
#include "intake/sources/asterisk/cel_time.h"

#include <stdio.h>

#include "base/time_text.h"
#include "call/call.h"

#define SECOND_US   INT64_C(1000000)
#define DISORDER_US (60 * SECOND_US)

/* `.369387` or `,369387` (ISO 8601 has both) of any length as microseconds, 0 where there is none.
 */
static bool take_fraction(struct text *rest, int64_t *ret_us)
{
	int64_t us = 0, unit = SECOND_US / 10;
	size_t digits = 0;

	*ret_us = 0;
	if (!text_take_byte(rest, '.') && !text_take_byte(rest, ',')) {
		return true;
	}
	while (text_digit_at(*rest, 0)) {
		us += unit * (rest->data[0] - '0');
		unit /= 10;
		digits++;
		*rest = text_tail(*rest, 1);
	}
	*ret_us = us;
	return digits > 0;
}

static bool read_epoch(struct text text, int64_t *ret_us)
{
	const char *point = text.size ? memchr(text.data, '.', text.size) : NULL;
	size_t whole = point ? (size_t)(point - text.data) : text.size;
	struct text rest = text_tail(text, whole);
	int64_t seconds, us;

	if (!text_to_int64(text_head(text, whole), &seconds) || seconds >= CALL_TIME_END ||
		!take_fraction(&rest, &us) || rest.size > 0) {
		return false;
	}
	*ret_us = seconds * SECOND_US + us;
	return true;
}

/* `05` or `5`. */
static bool take_hour(struct text *rest, int *ret_hour)
{
	return text_take_digits(rest, 2, ret_hour) || text_take_digits(rest, 1, ret_hour);
}

static bool take_date_and_time(struct text *rest, struct tm *ret_tm)
{
	struct tm tm = {0};

	if (!text_take_digits(rest, 4, &tm.tm_year) || !text_take_byte(rest, '-') ||
		!text_take_digits(rest, 2, &tm.tm_mon) || !text_take_byte(rest, '-') ||
		!text_take_digits(rest, 2, &tm.tm_mday)) {
		return false;
	}
	if ((!text_take_byte(rest, ' ') && !text_take_byte(rest, 'T')) ||
		!take_hour(rest, &tm.tm_hour) || !text_take_byte(rest, ':') ||
		!text_take_digits(rest, 2, &tm.tm_min) || !text_take_byte(rest, ':') ||
		!text_take_digits(rest, 2, &tm.tm_sec)) {
		return false;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_tm = tm;
	return tm.tm_hour <= 23 && tm.tm_min <= 59 && tm.tm_sec <= 60;
}

/* A day that its month does not have moves into the next one. */
static bool is_calendar_day(struct tm tm)
{
	int day = tm.tm_mday, month = tm.tm_mon;
	struct tm noon = {.tm_year = tm.tm_year, .tm_mon = month, .tm_mday = day, .tm_hour = 12};

	timegm(&noon);
	return noon.tm_mday == day && noon.tm_mon == month;
}

/* @tm read as summer or winter time, when its zone has such a time at that hour. */
static bool local_as(struct tm tm, int summer, int64_t *ret_s)
{
	int hour = tm.tm_hour;

	tm.tm_isdst = summer;
	*ret_s = (int64_t)mktime(&tm);
	return tm.tm_isdst == summer && tm.tm_hour == hour;
}

static int64_t local_seconds(struct tm tm, int64_t us, int64_t after_us)
{
	int64_t summer_s, winter_s;
	bool is_summer = local_as(tm, 1, &summer_s);
	bool is_winter = local_as(tm, 0, &winter_s);

	if (is_summer && is_winter) {
		return summer_s * SECOND_US + us >= after_us - DISORDER_US ? summer_s : winter_s;
	}
	tm.tm_isdst = -1;
	return is_summer ? summer_s : is_winter ? winter_s : (int64_t)mktime(&tm);
}

bool cel_time_parse(struct text text, bool local, int64_t after_us, int64_t *ret_us)
{
	struct text rest = text_trim(text);
	int64_t us, offset_s = 0, seconds;
	struct tm tm;
	int zone;

	if (read_epoch(rest, ret_us)) {
		return true;
	}
	if (!take_date_and_time(&rest, &tm) || !is_calendar_day(tm) || !take_fraction(&rest, &us)) {
		return false;
	}
	zone = time_text_zone(text_trim(rest), &offset_s);
	if (zone < 0) {
		return false;
	}
	seconds = zone == 0 && local ? local_seconds(tm, us, after_us)
				     : (int64_t)timegm(&tm) - offset_s;
	if (seconds < 0 || seconds >= CALL_TIME_END) {
		return false;
	}
	*ret_us = seconds * SECOND_US + us;
	return true;
}

const char *cel_time_advice(struct text text)
{
	struct text rest = text_trim(text);
	int64_t number, us;
	struct tm tm;

	if (text_to_int64(rest, &number) && number >= CALL_TIME_END) {
		return "is this in milliseconds? write UNIX seconds";
	}
	if (take_date_and_time(&rest, &tm) && take_fraction(&rest, &us) && rest.size > 0) {
		return "a zone is written as +hh:mm, since its short name does not tell where it "
		       "is";
	}
	return "write UNIX seconds or YYYY-MM-DD hh:mm:ss; if the columns have another order, name "
	       "them by a header row or --columns";
}

/* ---- held against the channels' ids ---- */

/* The least that two zones differ by is a quarter of an hour. */
#define OFF_MAX_S 600

/* Ten digits: from 2001 to 2286. Ids that applications give may be anything. */
#define ID_DIGITS 10

bool cel_clock_id_s(struct text unique_id, int64_t *ret_s)
{
	const char *hyphen = unique_id.size ? memrchr(unique_id.data, '-', unique_id.size) : NULL;
	struct text rest =
		hyphen ? text_tail(unique_id, (size_t)(hyphen - unique_id.data) + 1) : unique_id;
	struct text seconds;
	int64_t number;

	return text_split(&rest, '.', &seconds) && seconds.size == ID_DIGITS &&
	       text_to_int64(rest, &number) && text_to_int64(seconds, ret_s);
}

void cel_clock_start(struct cel_clock *clock, struct text unique_id, int64_t time_us, uint64_t line)
{
	int64_t id_s, off_s;

	if (!cel_clock_id_s(unique_id, &id_s)) {
		return;
	}
	clock->starts++;
	off_s = time_us / SECOND_US - id_s;
	if (off_s >= -OFF_MAX_S && off_s <= OFF_MAX_S) {
		return;
	}
	if (clock->off++ == 0) {
		clock->line = line;
		clock->off_by_s = off_s;
	}
}

bool cel_clock_warning(
	const struct cel_clock *clock, bool zone_given, char warning[CEL_CLOCK_WARNING_SIZE])
{
	int64_t off_s = clock->off_by_s < 0 ? -clock->off_by_s : clock->off_by_s;
	int64_t minutes = (off_s + 30) / 60;

	if (clock->off == 0) {
		return false;
	}
	snprintf(warning, CEL_CLOCK_WARNING_SIZE,
		"times disagree with the channels' ids, which hold UNIX seconds, in %llu of %llu "
		"channels; that of line %llu is %lld:%02lld hours %s its id: %s",
		(unsigned long long)clock->off, (unsigned long long)clock->starts,
		(unsigned long long)clock->line, (long long)(minutes / 60),
		(long long)(minutes % 60), clock->off_by_s < 0 ? "before" : "after",
		zone_given ? "is --zone the exchange's zone?"
			   : "import it again with --zone and the exchange's zone");
	return true;
}
