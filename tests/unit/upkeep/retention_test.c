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

static void detail_is_served_for_less_than_it_is_kept_and_never_for_more(void **state)
{
	static const struct {
		int64_t kept_days, served_days, after;
	} rows[] = {
		{31, 5, NOW - 5 * DAY},
		{31, 0, NOW - 31 * DAY},
		{3, 5, NOW - 3 * DAY},
		{0, 5, NOW - 5 * DAY},
		{0, 0, INT64_MIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct store_days days = {rows[i].kept_days, 365};
		const struct retention kept = retention_at(&days, NOW);
		const struct retention served = retention_served(&kept, rows[i].served_days, NOW);

		assert_int_equal(served.detail_after, rows[i].after);
		assert_int_equal(served.header_after, kept.header_after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_seen_to_the_second),
		cmocka_unit_test(for_ever_is_for_ever),
		cmocka_unit_test(detail_is_served_for_less_than_it_is_kept_and_never_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
