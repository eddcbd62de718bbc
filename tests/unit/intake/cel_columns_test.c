/* SPDX-License-Identifier: MIT
 * Columns and times of a channel event log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/cel_columns.h"
#include "intake/sources/cel_time.h"

static void a_mapping_is_read_in_every_way_it_is_written(void **state)
{
	static const char *const configs[] = {
		"[mappings]\nMaster.csv => ${CSV_QUOTE(${eventtype})},${CSV_QUOTE(${eventtime})},"
		"${CSV_QUOTE(${CHANNEL(uniqueid)})},${CSV_QUOTE(${CALLERID(name)})}\n",
		"[mappings]\r\nMaster.csv=\"${eventtype}\",\"${eventtime}\",\"${CHANNEL(uniqueid)}"
		"\","
		"\"${CALLERID(name)}\"\r\n",
		"; a comment\n[general]\nx => y\n[mappings]\n;old.csv => ${CHANNEL(exten)}\n"
		"Master.csv => ${eventtype}, ${eventtime}, ${CHANNEL(uniqueid)},${CALLERID(name)} "
		"; all",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct cel_columns columns;

		assert_int_equal(cel_columns_config(text_of(configs[i]), NULL, &columns, NULL), 0);
		assert_int_equal(columns.width, 4);
		assert_int_equal(columns.place[CEL_EVENT_TYPE], 0);
		assert_int_equal(columns.place[CEL_EVENT_TIME], 1);
		assert_int_equal(columns.place[CEL_UNIQUE_ID], 2);
		assert_int_equal(columns.place[CEL_CALLER_NAME], 3);
		assert_int_equal(columns.place[CEL_LINKED_ID], -1);
		assert_int_equal(cel_columns_check(&columns, NULL), 0);
	}
}

static void a_column_of_several_variables_is_passed_over(void **state)
{
	struct cel_columns columns;

	(void)state;
	assert_int_equal(
		cel_columns_config(
			TEXT("[mappings]\nx => ${CALLERID(name)} <${CALLERID(num)}>,literal,"
			     "${IF($[1 = 1]?a,b:c)},${eventtype}"),
			NULL, &columns, NULL),
		0);
	assert_int_equal(columns.width, 4);
	assert_int_equal(columns.place[CEL_CALLER_NAME], -1);
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 3);
}

static void what_is_indispensable_is_named(void **state)
{
	static const struct {
		const char *mapping;
		const char *missing;
	} cases[] = {
		{"[mappings]\nx => ${eventtime},${CHANNEL(linkedid)}", "eventtype"},
		{"[mappings]\nx => ${eventtype},${CHANNEL(linkedid)}", "eventtime"},
		{"[mappings]\nx => ${eventtype},${eventtime}", "linkedid"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cel_columns columns;
		struct error err;

		assert_int_equal(
			cel_columns_config(text_of(cases[i].mapping), NULL, &columns, &err), 0);
		assert_int_equal(cel_columns_check(&columns, &err), -1);
		assert_non_null(strstr(err.message, cases[i].missing));
	}
}

static void a_file_without_a_mapping_is_refused(void **state)
{
	static const char *const configs[] = {"", "[mappings]\n", "Master.csv => ${eventtype}\n",
		"[mappings]\n;x => ${eventtype}\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct cel_columns columns = {.width = 99};
		struct error err;

		assert_int_equal(cel_columns_config(text_of(configs[i]), NULL, &columns, &err), -1);
		assert_non_null(strstr(err.message, "[mappings]"));
		assert_int_equal(columns.width, 99);
	}
}

static void a_header_row_is_known_by_its_names(void **state)
{
	const struct text header[] = {TEXT("id"), TEXT("EventTime"), TEXT(" EVENTTYPE "),
		TEXT("cid_name"), TEXT("linkedid"), TEXT("extra")};
	const struct text row[] = {TEXT("1"), TEXT("2026-11-23 14:19:13"), TEXT("eventtype")};
	struct cel_columns columns;

	(void)state;
	assert_true(cel_columns_header(header, 6, &columns));
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 2);
	assert_int_equal(columns.place[CEL_EXTRA], 5);
	assert_int_equal(columns.width, 6);
	assert_false(cel_columns_header(row, 3, &columns));
}

static void times_are_read_to_the_microsecond(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t us;
	} cases[] = {
		{"1795459157.369387", true, INT64_C(1795459157369387)},
		{"1795459157", true, INT64_C(1795459157000000)},
		{"1795459157.3", true, INT64_C(1795459157300000)},
		{"1795459157.3693871", true, INT64_C(1795459157369387)},
		{"2026-11-23 18:39:17.369387", true, INT64_C(1795459157369387)},
		{"2026-11-23T18:39:17Z", true, INT64_C(1795459157000000)},
		{"2026-11-23 13:39:17.5-0500", true, INT64_C(1795459157500000)},
		{"2026-11-23 13:39:17 -05:00", true, INT64_C(1795459157000000)},
		{"2026-11-23 18:39:17.369387+00", true, INT64_C(1795459157369387)},
		{"2026-11-24 00:09:17+0530", true, INT64_C(1795459157000000)},
		{"2026-11-23 18:39:17,5", true, INT64_C(1795459157500000)},
		{"2026-11-23 8:39:17", true, INT64_C(1795423157000000)},
		{"2026-11-23 18:39:17+1", false, 0},
		{"2026-11-23 18:39:17+01:", false, 0},
		{"2026-11-23 18:39:17 EST", false, 0},
		{"23/11/2026 18:39:17", false, 0},
		{"11/23/2026 06:39:17 PM", false, 0},
		{"Mon Nov 23 18:39:17 2026", false, 0},
		{"1795459157369", false, 0},
		{"2026-02-29 00:00:00", false, 0},
		{"2026-13-01 00:00:00", false, 0},
		{"2026-11-23 24:00:00", false, 0},
		{"2026-11-23", false, 0},
		{"1795459157.", false, 0},
		{".5", false, 0},
		{"-1", false, 0},
		{"999999999999999999", false, 0},
		{"1969-12-31 23:59:59", false, 0},
		{"yesterday", false, 0},
		{"", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = -1;

		assert_int_equal(
			cel_time_parse(text_of(cases[i].text), false, 0, &us), cases[i].valid);
		assert_int_equal(us, cases[i].valid ? cases[i].us : -1);
	}
}

static void the_hour_that_comes_twice_is_told_by_what_was_before(void **state)
{
	/* In New York the clock goes from 01:59:59 EDT back to 01:00:00 EST on 2026-11-01. */
	const int64_t before = INT64_C(1793511000000000); /* 01:30:00 EDT */
	int64_t us;

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	assert_true(cel_time_parse(TEXT("2026-11-01 01:30:00"), true, 0, &us));
	assert_int_equal(us, before);
	assert_true(cel_time_parse(TEXT("2026-11-01 01:30:00.5"), true, before, &us));
	assert_int_equal(us, before + 500000);
	assert_true(cel_time_parse(TEXT("2026-11-01 01:00:01"), true, before, &us));
	assert_int_equal(us, before + INT64_C(1801000000));
	assert_true(cel_time_parse(TEXT("2026-11-23 13:39:17"), true, 0, &us));
	assert_int_equal(us, INT64_C(1795459157000000));
	assert_true(cel_time_parse(TEXT("2026-07-01 12:00:00"), true, 0, &us));
	assert_int_equal(us, INT64_C(1782921600000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_is_read_in_every_way_it_is_written),
		cmocka_unit_test(a_column_of_several_variables_is_passed_over),
		cmocka_unit_test(what_is_indispensable_is_named),
		cmocka_unit_test(a_file_without_a_mapping_is_refused),
		cmocka_unit_test(a_header_row_is_known_by_its_names),
		cmocka_unit_test(times_are_read_to_the_microsecond),
		cmocka_unit_test(the_hour_that_comes_twice_is_told_by_what_was_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
