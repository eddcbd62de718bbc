/* SPDX-License-Identifier: MIT
 * What days mean, to the second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upkeep/retention.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define DAY		INT64_C(86400)
#define NOW		(1000 * DAY + 17)

static void an_accounts_own_days_count_and_a_header_lasts_as_long_as_its_detail(void **state)
{
	static const struct {
		struct store_days program, account, seen;
	} rows[] = {
		{{5, 365}, {-1, -1}, {5, 365}},
		{{5, 365}, {30, -1}, {30, 365}},
		{{5, 365}, {-1, 90}, {5, 90}},
		{{5, 365}, {400, -1}, {400, 400}},
		{{5, 365}, {0, -1}, {0, 0}},
		{{5, 365}, {-1, 0}, {5, 0}},
		{{0, 365}, {-1, -1}, {0, 0}},
		{{0, 365}, {7, -1}, {7, 365}},
		{{5, 0}, {-1, -1}, {5, 0}},
		{{5, 3}, {-1, -1}, {5, 5}},
		{{0, 0}, {2, 1}, {2, 2}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_days seen = retention_days(&rows[i].program, &rows[i].account);

		assert_int_equal(seen.detail, rows[i].seen.detail);
		assert_int_equal(seen.header, rows[i].seen.header);
	}
}

static void a_call_is_seen_to_the_second(void **state)
{
	static const struct {
		int64_t start;
		bool shown, detail;
	} rows[] = {
		{NOW, true, true},
		{NOW - 5 * DAY + 1, true, true},
		{NOW - 5 * DAY, true, false},
		{NOW - 9 * DAY + 1, true, false},
		{NOW - 9 * DAY, false, false},
		{0, false, false},
	};
	const struct store_days days = {5, 9};
	const struct retention retention = retention_at(&days, NOW);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_call call = {
			.call = {.start = rows[i].start, .has_detail = true, .steps = 3}};

		assert_int_equal(retention_show(&retention, &call), rows[i].shown);
		assert_int_equal(call.call.has_detail, rows[i].detail);
		assert_int_equal(call.call.steps, rows[i].detail ? 3 : 0);
		assert_int_equal(
			retention_start(&retention, rows[i].start) == rows[i].start, rows[i].shown);
	}
}

static void for_ever_is_for_ever(void **state)
{
	const struct store_days days = {0, 0};
	const struct retention retention = retention_at(&days, NOW);
	struct store_call call = {.call = {.start = 0, .has_detail = true}};

	(void)state;
	assert_true(retention_show(&retention, &call));
	assert_true(call.call.has_detail);
	assert_int_equal(retention_start(&retention, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_accounts_own_days_count_and_a_header_lasts_as_long_as_its_detail),
		cmocka_unit_test(a_call_is_seen_to_the_second),
		cmocka_unit_test(for_ever_is_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
