/* SPDX-License-Identifier: MIT
 * Times as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/time_text.h"

#define NOW INT64_C(1795459153)

static void every_form_is_read(void **state)
{
	static const struct {
		const char *input;
		int64_t expected;
	} cases[] = {
		{"1575898386", 1575898386},
		{"now", NOW},
		{"-2h", NOW - 7200},
		{"-5d", NOW - 432000},
		{"+10m", NOW + 600},
		{"-1w", NOW - 604800},
		{"-30", NOW - 30},
		{"2019-12-09T13:33:06Z", 1575898386},
		{"2019-12-09 13:33:06Z", 1575898386},
		{"2019-12-09T13:33:06.999Z", 1575898386},
		{"2019-12-09T14:33:06+01:00", 1575898386},
		{"2019-12-09T08:33:06-0500", 1575898386},
		{"2019-12-09T13:33Z", 1575898380},
		/* without a zone: local, New York in this test */
		{"2019-12-09T08:33:06", 1575898386},
		{"2019-12-09", 1575867600},
		{"2019-07-01T00:00", 1561953600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		int64_t got = 0;

		assert_int_equal(time_text_parse(text_of(cases[i].input), NOW, &got, &err), 0);
		assert_int_equal(got, cases[i].expected);
	}
}

static void anything_else_is_an_error_that_names_it(void **state)
{
	static const char *const cases[] = {"", "yesterday", "-", "-2y", "2019-13-01",
		"2019-02-30Z", "2019-12-09T25:00Z", "2019-12-09T10:00+99:00",
		"2019-12-09T10:00Zjunk", "1000000000000000000", "2019-12-9"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		int64_t got = -7;

		assert_true(time_text_parse(text_of(cases[i]), NOW, &got, &err) < 0);
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.message, cases[i]));
		assert_int_equal(got, -7);
	}
}

static void times_are_written_in_the_zone_asked_for(void **state)
{
	char buffer[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_text_format(1575898386, true, buffer), "2019-12-09 13:33:06Z");
	assert_string_equal(
		time_text_format(1575898386, false, buffer), "2019-12-09 08:33:06 -0500");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read),
		cmocka_unit_test(anything_else_is_an_error_that_names_it),
		cmocka_unit_test(times_are_written_in_the_zone_asked_for),
	};

	setenv("TZ", "America/New_York", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
