/* SPDX-License-Identifier: MIT
 * Reading and writing times. */
#include "base/time_text.h"

#include <stdio.h>
#include <time.h>

#define SECONDS_MAX INT64_C(999999999999999999)

static int invalid(struct text text, struct error *err)
{
	return error_set(err, ERROR_INVALID,
		"'%.*s' is not a time: write UNIX seconds, ISO 8601 (2026-01-31T12:00:00Z) or "
		"relative (-2h, now)",
		TEXT_ARG(text));
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

/* Digits with an optional unit after them. */
static bool read_amount(struct text text, int64_t *ret_s)
{
	int64_t unit = 1;
	int64_t amount;

	if (text.size > 0 && unit_seconds(text.data[text.size - 1]) > 0) {
		unit = unit_seconds(text.data[text.size - 1]);
		text.size--;
	}
	if (!text_to_int64(text, &amount) || amount > SECONDS_MAX / unit) {
		return false;
	}
	*ret_s = amount * unit;
	return true;
}

int time_text_parse_duration(struct text text, int64_t *ret_s, struct error *err)
{
	if (!read_amount(text, ret_s)) {
		return error_set(err, ERROR_INVALID,
			"'%.*s' is not a duration: write 30, 15m, 2h, 5d or 1w", TEXT_ARG(text));
	}
	return 0;
}

static bool take_date(struct text *rest, struct tm *tm)
{
	int year, month, day;

	if (!text_take_digits(rest, 4, &year) || !text_take_byte(rest, '-') ||
		!text_take_digits(rest, 2, &month) || !text_take_byte(rest, '-') ||
		!text_take_digits(rest, 2, &day)) {
		return false;
	}
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static void skip_fraction(struct text *rest)
{
	if (!text_take_byte(rest, '.')) {
		return;
	}
	while (text_digit_at(*rest, 0)) {
		*rest = text_tail(*rest, 1);
	}
}

/* hh:mm[:ss[.fraction]] */
static bool take_clock(struct text *rest, struct tm *tm)
{
	if (!text_take_digits(rest, 2, &tm->tm_hour) || !text_take_byte(rest, ':') ||
		!text_take_digits(rest, 2, &tm->tm_min)) {
		return false;
	}
	if (text_take_byte(rest, ':')) {
		if (!text_take_digits(rest, 2, &tm->tm_sec)) {
			return false;
		}
		skip_fraction(rest);
	}
	return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

int time_text_zone(struct text rest, int64_t *ret_offset_s)
{
	int hours, minutes = 0;
	bool west;

	if (rest.size == 0) {
		return 0;
	}
	if (text_equal(rest, TEXT("Z")) || text_equal(rest, TEXT("z"))) {
		*ret_offset_s = 0;
		return 1;
	}
	west = rest.data[0] == '-';
	if (!text_take_byte(&rest, '+') && !text_take_byte(&rest, '-')) {
		return -1;
	}
	if (!text_take_digits(&rest, 2, &hours)) {
		return -1;
	}
	if (rest.size > 0) {
		text_take_byte(&rest, ':');
		if (!text_take_digits(&rest, 2, &minutes)) {
			return -1;
		}
	}
	if (rest.size > 0 || hours > 23 || minutes > 59) {
		return -1;
	}
	*ret_offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return 1;
}

static bool read_iso(struct text text, int64_t *ret_s)
{
	struct tm tm = {.tm_isdst = -1};
	struct text rest = text;
	int64_t offset_s = 0;
	int day, zone;

	if (!take_date(&rest, &tm)) {
		return false;
	}
	day = tm.tm_mday;
	if ((text_take_byte(&rest, 'T') || text_take_byte(&rest, ' ')) && !take_clock(&rest, &tm)) {
		return false;
	}
	zone = time_text_zone(text_trim(rest), &offset_s);
	if (zone < 0) {
		return false;
	}
	*ret_s = zone > 0 ? (int64_t)timegm(&tm) - offset_s : (int64_t)mktime(&tm);
	/* The 31st of a month with 30 days moves to the next month. */
	return tm.tm_mday == day || zone == 0 || tm.tm_sec == 60;
}

int time_text_parse(struct text text, int64_t now_s, int64_t *ret_s, struct error *err)
{
	int64_t value;
	bool valid;

	if (text_equal(text, TEXT("now"))) {
		*ret_s = now_s;
		return 0;
	}
	if (text.size > 1 && (text.data[0] == '-' || text.data[0] == '+')) {
		valid = read_amount(text_tail(text, 1), &value);
		value = valid ? now_s + (text.data[0] == '-' ? -value : value) : 0;
	} else {
		valid = text_to_int64(text, &value) || read_iso(text, &value);
	}
	if (!valid) {
		return invalid(text, err);
	}
	*ret_s = value;
	return 0;
}

const char *time_text_format_ahead(int64_t time_s, int64_t ahead_s, char buffer[TIME_TEXT_SIZE])
{
	int64_t minutes = (ahead_s < 0 ? -ahead_s : ahead_s) / 60;
	time_t time = (time_t)(time_s + ahead_s);
	struct tm tm;
	size_t size;

	if (!gmtime_r(&time, &tm)) {
		snprintf(buffer, TIME_TEXT_SIZE, "%lld", (long long)time_s);
		return buffer;
	}
	size = strftime(buffer, TIME_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buffer + size, TIME_TEXT_SIZE - size, " %c%02d%02d", ahead_s < 0 ? '-' : '+',
		(int)(minutes / 60), (int)(minutes % 60));
	return buffer;
}

const char *time_text_format(int64_t time_s, bool utc, char buffer[TIME_TEXT_SIZE])
{
	time_t time = (time_t)time_s;
	struct tm tm;

	if (!(utc ? gmtime_r(&time, &tm) : localtime_r(&time, &tm))) {
		snprintf(buffer, TIME_TEXT_SIZE, "%lld", (long long)time_s);
		return buffer;
	}
	strftime(buffer, TIME_TEXT_SIZE, utc ? "%Y-%m-%d %H:%M:%SZ" : "%Y-%m-%d %H:%M:%S %z", &tm);
	return buffer;
}
