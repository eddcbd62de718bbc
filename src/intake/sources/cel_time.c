/* SPDX-License-Identifier: MIT
 * Times of a channel event log, to the microsecond. */
#include "intake/sources/cel_time.h"

#define SECOND_US     INT64_C(1000000)
#define SECONDS_MAX   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DISORDER_US   (60 * SECOND_US)
#define ZONE_MINUTE_S 60

/* `.369387` of any length as microseconds, 0 where there is none. */
static bool take_fraction(struct text *rest, int64_t *ret_us)
{
	int64_t us = 0, unit = SECOND_US / 10;
	size_t digits = 0;

	*ret_us = 0;
	if (!text_take_byte(rest, '.')) {
		return true;
	}
	while (rest->size > 0 && rest->data[0] >= '0' && rest->data[0] <= '9') {
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

	if (!text_to_int64(text_head(text, whole), &seconds) || seconds > SECONDS_MAX ||
		!take_fraction(&rest, &us) || rest.size > 0) {
		return false;
	}
	*ret_us = seconds * SECOND_US + us;
	return true;
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
		!text_take_digits(rest, 2, &tm.tm_hour) || !text_take_byte(rest, ':') ||
		!text_take_digits(rest, 2, &tm.tm_min) || !text_take_byte(rest, ':') ||
		!text_take_digits(rest, 2, &tm.tm_sec)) {
		return false;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_tm = tm;
	return tm.tm_hour <= 23 && tm.tm_min <= 59 && tm.tm_sec <= 60;
}

/* Z, +hh:mm or +hhmm. Returns 1 when there, 0 when nothing is left, negative otherwise. */
static int read_zone(struct text rest, int64_t *ret_offset_s)
{
	bool west = rest.size > 0 && rest.data[0] == '-';
	int hours, minutes;

	*ret_offset_s = 0;
	if (rest.size == 0) {
		return 0;
	}
	if (text_equal_ascii_case(rest, TEXT("Z"))) {
		return 1;
	}
	if ((!text_take_byte(&rest, '+') && !text_take_byte(&rest, '-')) ||
		!text_take_digits(&rest, 2, &hours)) {
		return -1;
	}
	text_take_byte(&rest, ':');
	if (!text_take_digits(&rest, 2, &minutes) || rest.size > 0 || hours > 23 || minutes > 59) {
		return -1;
	}
	*ret_offset_s = (hours * 60 + minutes) * ZONE_MINUTE_S * (west ? -1 : 1);
	return 1;
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
	int64_t us, offset_s, seconds;
	struct tm tm;
	int zone;

	if (read_epoch(rest, ret_us)) {
		return true;
	}
	if (!take_date_and_time(&rest, &tm) || !is_calendar_day(tm) || !take_fraction(&rest, &us)) {
		return false;
	}
	zone = read_zone(text_trim(rest), &offset_s);
	if (zone < 0) {
		return false;
	}
	seconds = zone == 0 && local ? local_seconds(tm, us, after_us)
				     : (int64_t)timegm(&tm) - offset_s;
	if (seconds < 0 || seconds > SECONDS_MAX) {
		return false;
	}
	*ret_us = seconds * SECOND_US + us;
	return true;
}
