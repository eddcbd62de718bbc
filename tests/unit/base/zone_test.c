/* SPDX-License-Identifier: MIT
 * Time zones, against libc's own reading of the same files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/zone.h"

#define HOUR INT64_C(3600)
#define DAY  INT64_C(86400)
#define YEAR (365 * DAY)

/* North, south, half and quarter hours, changes at midnight, days that were skipped, changes of
 * half an hour, summer time that is less than winter time, rules of every form. */
static const char *const names[] = {"UTC", "Etc/GMT+5", "Europe/Berlin", "Europe/London",
	"Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/St_Johns",
	"America/Sao_Paulo", "America/Havana", "America/Santiago", "America/Asuncion",
	"America/Nuuk", "America/Scoresbysund", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran",
	"Asia/Beirut", "Asia/Gaza", "Asia/Amman", "Asia/Tokyo", "Africa/Cairo", "Africa/Casablanca",
	"Africa/El_Aaiun", "Africa/Monrovia", "Australia/Lord_Howe", "Australia/Adelaide",
	"Antarctica/Troll", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kwajalein",
	"Pacific/Kiritimati"};

static void load(const char *name, struct arena *arena, struct zone *ret_zone)
{
	struct error err;

	if (zone_load(ret_zone, text_of(name), arena, &err) < 0) {
		fail_msg("%s", err.message);
	}
	setenv("TZ", name, 1);
	tzset();
}

static int64_t libc_ahead(int64_t at)
{
	time_t time = (time_t)at;
	struct tm tm;

	assert_non_null(localtime_r(&time, &tm));
	return tm.tm_gmtoff;
}

static void a_clock_is_as_far_ahead_as_libc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct zone zone;

		arena_init(&arena, SIZE_MAX);
		load(names[i], &arena, &zone);
		for (int64_t at = 0; at < 230 * YEAR; at += 41 * HOUR + 1801) {
			if (zone_ahead(&zone, at) != libc_ahead(at)) {
				fail_msg("%s at %lld: %lld, not %lld", names[i], (long long)at,
					(long long)zone_ahead(&zone, at),
					(long long)libc_ahead(at));
			}
		}
		for (size_t k = 1; k < zone.count; k++) {
			int64_t start = zone.stretches[k].start;

			assert_true(start > zone.stretches[k - 1].start);
			if (start > 0 && start < 230 * YEAR) {
				assert_int_equal(zone_ahead(&zone, start), libc_ahead(start));
				assert_int_equal(
					zone_ahead(&zone, start - 1), libc_ahead(start - 1));
			}
		}
	}
}

static int date_of(int64_t at)
{
	time_t time = (time_t)at;
	struct tm tm;

	assert_non_null(localtime_r(&time, &tm));
	return (tm.tm_year * 12 + tm.tm_mon) * 31 + tm.tm_mday;
}

/* A day's first second has its date, the one before has not, and no second between the two is of
 * another day. */
static void a_day_begins_with_the_first_moment_of_its_date(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct zone zone;
		int64_t last = INT64_MIN;

		arena_init(&arena, SIZE_MAX);
		load(names[i], &arena, &zone);
		/* Until 2011 one zone changed a minute after midnight: a date came twice. */
		for (int64_t at = 43 * YEAR; at < 75 * YEAR; at += 11 * HOUR + 17) {
			int64_t start = zone_floor(&zone, at, DAY);

			assert_true(start <= at && start > at - 26 * HOUR && start >= last);
			assert_int_equal(date_of(start), date_of(at));
			assert_int_not_equal(date_of(start - 1), date_of(at));
			last = start;
		}
		assert_true(zone.grain_s == 3600 || zone.grain_s == 60 || zone.grain_s == 1);
	}
}

static void days_and_hours_of_changes(void **state)
{
	static const struct {
		const char *zone;
		int64_t at, day_hours;
	} days[] = {
		{"America/New_York", 1773000000, 23}, /* 2026-03-08 */
		{"America/New_York", 1793530000, 25}, /* 2026-11-01 */
		{"America/New_York", 1795582800, 24}, /* 2026-11-25 00:00 */
		{"Europe/Berlin", 1774760000, 23},
		{"America/Sao_Paulo", 1541320000, 23}, /* no midnight: it begins at one */
		{"Pacific/Apia", 1325241000, 24},      /* the day before was left out */
		{"America/Havana", 1383480000, 25},    /* midnight comes twice */
		{"UTC", 1774760000, 24},
		{"Asia/Kolkata", 1774760000, 24},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct zone zone;
		int64_t start, next;

		arena_init(&arena, SIZE_MAX);
		load(days[i].zone, &arena, &zone);
		start = zone_floor(&zone, days[i].at, DAY);
		next = zone_floor(&zone, start + 26 * HOUR, DAY);
		assert_int_equal((next - start) / HOUR, days[i].day_hours);
		for (int64_t at = start; at < next;
			at += HOUR) { /* an hour that comes twice is two */
			assert_int_equal(zone_floor(&zone, at + HOUR - 1, HOUR), at);
		}
	}
}

/* As libc has it: its week or month begins where the day does that is the first of it. */
static void weeks_and_months_begin_with_their_first_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct zone zone;

		arena_init(&arena, SIZE_MAX);
		load(names[i], &arena, &zone);
		for (int64_t at = 43 * YEAR; at < 75 * YEAR; at += 31 * HOUR + 17) {
			int64_t week = zone_floor(&zone, at, ZONE_WEEK_S);
			int64_t month = zone_floor(&zone, at, ZONE_MONTH_S);
			time_t time = (time_t)week;
			struct tm tm, day;

			assert_non_null(localtime_r(&time, &tm));
			assert_true(week <= at && week > at - 8 * DAY);
			assert_int_equal(tm.tm_wday, 1);
			assert_int_equal(zone_floor(&zone, week, DAY), week);
			time = (time_t)at;
			assert_non_null(localtime_r(&time, &day));
			time = (time_t)month;
			assert_non_null(localtime_r(&time, &tm));
			assert_true(month <= at && tm.tm_mday == 1);
			assert_int_equal(tm.tm_mon, day.tm_mon);
			assert_int_equal(tm.tm_year, day.tm_year);
			assert_int_equal(zone_floor(&zone, month, DAY), month);
		}
	}
	for (int64_t at = -400 * YEAR; at < 800 * YEAR; at += 13 * DAY + 7) {
		time_t time = (time_t)zone_floor(NULL, at, ZONE_MONTH_S);
		struct tm tm;

		assert_non_null(gmtime_r(&time, &tm));
		assert_true(time <= at && at - time < 31 * DAY && tm.tm_mday == 1);
		assert_int_equal(time % DAY, 0);
	}
	assert_int_equal(zone_floor(NULL, 1795582800, ZONE_WEEK_S), 1795392000); /* 2026-11-23 */
}

static void what_is_not_a_zone_is_refused(void **state)
{
	static const char *const wrong[] = {"", "Nowhere/City", "../../etc/passwd",
		"/etc/localtime", "America", "Europe/Berlin ", "tzdata.zi", "zone.tab",
		"EST5EDT,M3.2.0,M11.1.0", "\xff",
		"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	AUTO(arena_deinit) struct arena arena;
	struct zone zone;
	struct error err;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(zone_load(&zone, text_of(wrong[i]), &arena, &err), -1);
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

/* Cut off or changed anywhere, a file is refused or read, and never read beyond its end. */
static void damaged_files_are_refused_or_read(void **state)
{
	static char file[8192];
	AUTO(arena_deinit) struct arena arena;
	FILE *stream = fopen("/usr/share/zoneinfo/America/New_York", "rb");
	struct zone zone;
	struct error err;
	size_t size;

	(void)state;
	assert_non_null(stream);
	size = fread(file, 1, sizeof(file), stream);
	fclose(stream);
	arena_init(&arena, SIZE_MAX);
	assert_int_equal(zone_read(&zone, (struct text){file, size}, &arena, &err), 0);
	for (size_t i = 0; i < size; i++) {
		char *cut = malloc(i + 1); /* its end is watched by sanitizers */

		memcpy(cut, file, i);
		assert_int_equal(zone_read(&zone, (struct text){cut, i}, &arena, &err), -1);
		free(cut);
		arena_deinit(&arena);
	}
	for (size_t i = 0; i < size; i++) {
		char before = file[i];

		file[i] = (char)(before ^ 0xff);
		if (zone_read(&zone, (struct text){file, size}, &arena, &err) == 0) {
			(void)zone_floor(&zone, 1795582800, DAY);
		}
		file[i] = before;
		arena_deinit(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_is_as_far_ahead_as_libc_says),
		cmocka_unit_test(a_day_begins_with_the_first_moment_of_its_date),
		cmocka_unit_test(days_and_hours_of_changes),
		cmocka_unit_test(weeks_and_months_begin_with_their_first_day),
		cmocka_unit_test(what_is_not_a_zone_is_refused),
		cmocka_unit_test(damaged_files_are_refused_or_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
