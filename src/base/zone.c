/* SPDX-License-Identifier: MIT
 * Reading time zones: the 64-bit part of a TZif file, and what the rule behind it makes of later
 * years. */
#include "base/zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define FILE_SIZE_MAX	 ((size_t)256 << 10)
#define HEADER_SIZE	 ((size_t)44)
#define STRETCHES_MAX	 ((size_t)8192)
#define RULE_YEARS_UNTIL 2500
#define DAY_S		 ZONE_DAY_S
#define MONDAY_S	 (4 * DAY_S) /* 1970-01-05: weeks are counted from it */

/* ---- calendars ---- */

/* Days from 1970-01-01 to the first of @month (1 to 12). */
static int64_t days_to(int64_t year, int month)
{
	/* Years that begin in March, so that the day of leap years is their last. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719468;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* ---- the rule: EST5EDT,M3.2.0,M11.1.0 ---- */

enum rule_kind {
	RULE_MONTH,    /* Mm.w.d */
	RULE_JULIAN,   /* Jn: 1 to 365, never the day of leap years */
	RULE_ZERO_DAY, /* n: 0 to 365 */
};

struct change {
	enum rule_kind kind;
	int month, week, day;
	int64_t time_s;
};

struct rule {
	int64_t standard; /* ahead of UTC */
	int64_t summer;
	bool has_summer;
	struct change begin, end; /* of summer */
};

static bool take_number(struct text *rest, int max, int *ret)
{
	int value = 0;
	size_t digits = 0;

	while (digits < 4 && text_digit_at(*rest, digits)) {
		value = value * 10 + (rest->data[digits++] - '0');
	}
	*rest = text_tail(*rest, digits);
	*ret = value;
	return digits > 0 && value <= max;
}

static bool take_name(struct text *rest)
{
	size_t size = 0;

	if (text_take_byte(rest, '<')) {
		while (rest->size > 0 && rest->data[0] != '>') {
			*rest = text_tail(*rest, 1);
		}
		return text_take_byte(rest, '>');
	}
	while (size < rest->size && text_is_letter(rest->data[size])) {
		size++;
	}
	*rest = text_tail(*rest, size);
	return size > 0;
}

/* [+-]hh[:mm[:ss]], hours up to 167. */
static bool take_time(struct text *rest, int64_t *ret_s)
{
	bool negative = text_take_byte(rest, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative) {
		(void)text_take_byte(rest, '+');
	}
	if (!take_number(rest, 167, &hours) ||
		(text_take_byte(rest, ':') &&
			(!take_number(rest, 59, &minutes) ||
				(text_take_byte(rest, ':') && !take_number(rest, 59, &seconds))))) {
		return false;
	}
	*ret_s = hours * INT64_C(3600) + minutes * 60 + seconds;
	*ret_s = negative ? -*ret_s : *ret_s;
	return true;
}

static bool take_change(struct text *rest, struct change *ret)
{
	struct change change = {.kind = RULE_ZERO_DAY, .time_s = 7200};

	if (text_take_byte(rest, 'M')) {
		change.kind = RULE_MONTH;
		if (!take_number(rest, 12, &change.month) || change.month == 0 ||
			!text_take_byte(rest, '.') || !take_number(rest, 5, &change.week) ||
			change.week == 0 || !text_take_byte(rest, '.') ||
			!take_number(rest, 6, &change.day)) {
			return false;
		}
	} else {
		change.kind = text_take_byte(rest, 'J') ? RULE_JULIAN : RULE_ZERO_DAY;
		if (!take_number(rest, 365, &change.day)) {
			return false;
		}
	}
	if (text_take_byte(rest, '/') && !take_time(rest, &change.time_s)) {
		return false;
	}
	*ret = change;
	return true;
}

static bool read_rule(struct text text, struct rule *ret)
{
	struct rule rule = {0};
	int64_t behind;

	if (!take_name(&text) || !take_time(&text, &behind)) {
		return false;
	}
	rule.standard = -behind;
	if (text.size > 0) {
		rule.has_summer = true;
		rule.summer = rule.standard + 3600;
		if (!take_name(&text)) {
			return false;
		}
		if (text.size > 0 && text.data[0] != ',') {
			if (!take_time(&text, &behind)) {
				return false;
			}
			rule.summer = -behind;
		}
		if (!text_take_byte(&text, ',') || !take_change(&text, &rule.begin) ||
			!text_take_byte(&text, ',') || !take_change(&text, &rule.end)) {
			return false;
		}
	}
	*ret = rule;
	return text.size == 0;
}

/* Seconds of the wall clock, as if it were UTC's. */
static int64_t change_at(const struct change *change, int64_t year)
{
	int64_t first, day, days_of_month;

	if (change->kind != RULE_MONTH) {
		int64_t n = change->day;

		if (change->kind == RULE_JULIAN) {
			n -= is_leap(year) && n >= 60 ? 0 : 1;
		}
		return (days_to(year, 1) + n) * DAY_S + change->time_s;
	}
	first = days_to(year, change->month);
	days_of_month =
		(change->month == 12 ? days_to(year + 1, 1) : days_to(year, change->month + 1)) -
		first;
	/* 1970-01-01 was a Thursday. */
	day = (change->day - (first + 4) % 7 + 7) % 7 + 7 * (change->week - 1);
	while (day >= days_of_month) {
		day -= 7;
	}
	return (first + day) * DAY_S + change->time_s;
}

/* ---- the file ---- */

static int64_t big_endian(const char *data, size_t size)
{
	uint64_t value = (unsigned char)data[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		value = value << 8 | (unsigned char)data[i];
	}
	return (int64_t)value;
}

/* The counts of a header, in its order (RFC 9636 §3.1). */
struct counts {
	size_t utc, standard, leap, times, types, characters;
};

static bool take_header(struct text *rest, struct counts *ret, char *ret_version)
{
	size_t *const fields[] = {
		&ret->utc, &ret->standard, &ret->leap, &ret->times, &ret->types, &ret->characters};

	if (rest->size < HEADER_SIZE || !text_starts_with(*rest, TEXT("TZif"))) {
		return false;
	}
	*ret_version = rest->data[4];
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		int64_t value = big_endian(rest->data + 20 + 4 * i, 4);

		if (value < 0 || value > (int64_t)FILE_SIZE_MAX) {
			return false;
		}
		*fields[i] = (size_t)value;
	}
	*rest = text_tail(*rest, HEADER_SIZE);
	return true;
}

/* @time_size: 4 in the first part, 8 in the second. */
static size_t block_size(const struct counts *counts, size_t time_size)
{
	return counts->times * (time_size + 1) + counts->types * 6 + counts->characters +
	       counts->leap * (time_size + 4) + counts->standard + counts->utc;
}

static bool add(struct zone *zone, int64_t start, int64_t ahead)
{
	if (zone->count == STRETCHES_MAX || ahead < -DAY_S || ahead > DAY_S) {
		return false;
	}
	if (zone->count > 0 && start <= zone->stretches[zone->count - 1].start) {
		return true; /* what the rule says of times that the file knows better */
	}
	if (zone->count > 0 && zone->stretches[zone->count - 1].ahead == ahead) {
		return true;
	}
	zone->stretches[zone->count++] = (struct zone_stretch){start, ahead};
	return true;
}

static bool read_block(struct zone *zone, struct text block, const struct counts *counts)
{
	const char *indices = block.data + counts->times * 8;
	const char *types = indices + counts->times;

	if (!add(zone, INT64_MIN, big_endian(types, 4))) {
		return false;
	}
	for (size_t i = 0; i < counts->times; i++) {
		size_t type = (unsigned char)indices[i];

		if (type >= counts->types || !add(zone, big_endian(block.data + 8 * i, 8),
						     big_endian(types + 6 * type, 4))) {
			return false;
		}
	}
	return true;
}

static bool apply_rule(struct zone *zone, const struct rule *rule, int64_t last)
{
	int64_t year = last > 0 ? 1970 + last / (366 * DAY_S) : 1970;

	if (!rule->has_summer) {
		return add(zone, last == INT64_MIN ? 0 : last + 1, rule->standard);
	}
	for (; year < RULE_YEARS_UNTIL; year++) {
		int64_t begin = change_at(&rule->begin, year) - rule->standard;
		int64_t end = change_at(&rule->end, year) - rule->summer;
		bool north = begin < end;

		if ((begin > last && north && !add(zone, begin, rule->summer)) ||
			(end > last && !add(zone, end, rule->standard)) ||
			(begin > last && !north && !add(zone, begin, rule->summer))) {
			return false;
		}
	}
	return true;
}

static void find_grain(struct zone *zone)
{
	zone->grain_s = 3600;
	for (size_t i = 0; i < zone->count; i++) {
		const struct zone_stretch *stretch = &zone->stretches[i];
		bool over = i + 1 < zone->count && zone->stretches[i + 1].start <= 0;
		int64_t start = stretch->start > 0 ? stretch->start : 0;

		while (!over &&
			(start % zone->grain_s != 0 || stretch->ahead % zone->grain_s != 0)) {
			zone->grain_s = zone->grain_s == 3600 ? 60 : 1;
		}
	}
}

static bool read_file(struct zone *zone, struct text rest)
{
	struct counts counts;
	struct text line;
	struct rule rule;
	int64_t last;
	char version;

	if (!take_header(&rest, &counts, &version) || version < '2' ||
		rest.size < block_size(&counts, 4)) {
		return false;
	}
	rest = text_tail(rest, block_size(&counts, 4));
	if (!take_header(&rest, &counts, &version) || counts.types == 0 ||
		rest.size < block_size(&counts, 8) || !read_block(zone, rest, &counts)) {
		return false;
	}
	last = counts.times > 0 ? big_endian(rest.data + 8 * (counts.times - 1), 8) : INT64_MIN;
	rest = text_tail(rest, block_size(&counts, 8));
	if (!text_take_byte(&rest, '\n') || !memchr(rest.data, '\n', rest.size) ||
		!text_split(&rest, '\n', &line)) {
		return false;
	}
	if (line.size > 0 && (!read_rule(line, &rule) || !apply_rule(zone, &rule, last))) {
		return false;
	}
	find_grain(zone);
	return true;
}

int zone_read(struct zone *ret_zone, struct text content, struct arena *arena, struct error *err)
{
	struct zone zone = {
		.stretches = arena_calloc(arena, STRETCHES_MAX, sizeof(*zone.stretches))};

	if (!zone.stretches) {
		return error_no_memory(err);
	}
	if (!read_file(&zone, content)) {
		return error_set(err, ERROR_INVALID, "its file is not one of a time zone");
	}
	*ret_zone = zone;
	return 0;
}

static bool is_name(struct text name)
{
	for (size_t i = 0; i < name.size; i++) {
		char byte = name.data[i];

		if (!text_is_alphanumeric(byte) && !strchr("_+-/", byte)) {
			return false;
		}
	}
	/* Without a dot no name leads out of the folder. */
	return name.size > 0 && name.size <= ZONE_NAME_MAX && name.data[0] != '/';
}

int zone_load(struct zone *ret_zone, struct text name, struct arena *arena, struct error *err)
{
	const char *folder = getenv("TZDIR");
	struct text content;
	char path[512];
	struct error why;

	if (!is_name(name)) {
		return error_set(err, ERROR_INVALID,
			"this is not the name of a time zone: write one like Europe/Berlin");
	}
	snprintf(path, sizeof(path), "%s/%.*s",
		folder && folder[0] == '/' ? folder : "/usr/share/zoneinfo", TEXT_ARG(name));
	if (file_read(path, FILE_SIZE_MAX, arena, &content, &why) < 0 ||
		zone_read(ret_zone, content, arena, &why) < 0) {
		return error_set(err, ERROR_INVALID,
			"there is no time zone '%.*s': write one like Europe/Berlin",
			TEXT_ARG(name));
	}
	return 0;
}

/* ---- asking ---- */

static size_t find_stretch(const struct zone *zone, int64_t time)
{
	size_t low = 0, high = zone->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (zone->stretches[middle].start <= time) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low;
}

int64_t zone_ahead(const struct zone *zone, int64_t time)
{
	return zone->stretches[find_stretch(zone, time)].ahead;
}

static int64_t floor_to(int64_t clock, int64_t unit_s)
{
	int64_t past = clock % unit_s;

	return clock - (past < 0 ? past + unit_s : past);
}

/* The civil year and month of a day, by years that begin in March: as days_to() the other way. */
static int64_t floor_to_month(int64_t clock)
{
	int64_t days = floor_to(clock, DAY_S) / DAY_S + 719468;
	int64_t of_era = days - floor_to(days, 146097);
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t of_month = of_year - (153 * month + 2) / 5;

	return floor_to(clock, DAY_S) - of_month * DAY_S;
}

/* Where the unit begins on the clock of a stretch, in seconds of that clock. */
static int64_t floor_on_clock(int64_t time, int64_t ahead, int64_t unit_s)
{
	switch (unit_s) {
	case ZONE_WEEK_S:
		return floor_to(time + ahead - MONDAY_S, ZONE_WEEK_S) + MONDAY_S;
	case ZONE_MONTH_S:
		return floor_to_month(time + ahead);
	default:
		return floor_to(time + ahead, unit_s);
	}
}

int64_t zone_floor(const struct zone *zone, int64_t time, int64_t unit_s)
{
	size_t at;
	int64_t wanted;

	if (!zone) {
		return floor_on_clock(time, 0, unit_s);
	}
	at = find_stretch(zone, time);
	wanted = floor_on_clock(time, zone->stretches[at].ahead, unit_s);
	while (at > 0) {
		const struct zone_stretch *stretch = &zone->stretches[at];
		const struct zone_stretch *before = stretch - 1;
		int64_t begin = wanted - stretch->ahead;

		/* Where the clock was put back to midnight, the day had begun an hour before. */
		if (begin > stretch->start || (begin == stretch->start && unit_s < DAY_S)) {
			break;
		}
		/* It began before the clock was changed, unless the change skipped its beginning.
		 */
		if (floor_on_clock(stretch->start - 1, before->ahead, unit_s) != wanted) {
			return stretch->start;
		}
		at--;
	}
	return wanted - zone->stretches[at].ahead;
}
