/* SPDX-License-Identifier: MIT
 * Windows cut into buckets, and changes added up by bucket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/tally.h"

#define DAYS_32 (32 * DAY)
#define DAY	INT64_C(86400)
#define HOUR	INT64_C(3600)

static void windows_are_cut_into_the_largest_buckets(void **state)
{
	static const struct {
		int64_t start, end;
		size_t count;
		struct tally_span spans[TALLY_SPANS_MAX];
	} rows[] = {
		{5, 5, 0, {{0}}},
		{6, 5, 0, {{0}}},
		{5, 6, 1, {{TALLY_UNITS, 5, 6}}},
		{59, 61, 1, {{TALLY_UNITS, 59, 61}}},
		{60, 120, 1, {{TALLY_MINUTE, 60, 120}}},
		{59, 121, 3,
			{{TALLY_UNITS, 59, 60}, {TALLY_MINUTE, 60, 120}, {TALLY_UNITS, 120, 121}}},
		{0, DAY, 1, {{TALLY_DAY, 0, DAY}}},
		{0, INT64_MAX, 5,
			{{TALLY_32_DAYS, 0, INT64_MAX - INT64_MAX % DAYS_32},
				{TALLY_DAY, INT64_MAX - INT64_MAX % DAYS_32,
					INT64_MAX - INT64_MAX % DAY},
				{TALLY_HOUR, INT64_MAX - INT64_MAX % DAY,
					INT64_MAX - INT64_MAX % HOUR},
				{TALLY_MINUTE, INT64_MAX - INT64_MAX % HOUR,
					INT64_MAX - INT64_MAX % 60},
				{TALLY_UNITS, INT64_MAX - INT64_MAX % 60, INT64_MAX}}},
		{INT64_MAX - 1, INT64_MAX, 1, {{TALLY_UNITS, INT64_MAX - 1, INT64_MAX}}},
		{DAYS_32 - DAY - HOUR - 61, 2 * DAYS_32 + DAY + HOUR + 61, 9,
			{{TALLY_UNITS, DAYS_32 - DAY - HOUR - 61, DAYS_32 - DAY - HOUR - 60},
				{TALLY_MINUTE, DAYS_32 - DAY - HOUR - 60, DAYS_32 - DAY - HOUR},
				{TALLY_HOUR, DAYS_32 - DAY - HOUR, DAYS_32 - DAY},
				{TALLY_DAY, DAYS_32 - DAY, DAYS_32},
				{TALLY_32_DAYS, DAYS_32, 2 * DAYS_32},
				{TALLY_DAY, 2 * DAYS_32, 2 * DAYS_32 + DAY},
				{TALLY_HOUR, 2 * DAYS_32 + DAY, 2 * DAYS_32 + DAY + HOUR},
				{TALLY_MINUTE, 2 * DAYS_32 + DAY + HOUR,
					2 * DAYS_32 + DAY + HOUR + 60},
				{TALLY_UNITS, 2 * DAYS_32 + DAY + HOUR + 60,
					2 * DAYS_32 + DAY + HOUR + 61}}},
		{DAY - HOUR - 61, 2 * DAY + HOUR + 61, 7,
			{{TALLY_UNITS, DAY - HOUR - 61, DAY - HOUR - 60},
				{TALLY_MINUTE, DAY - HOUR - 60, DAY - HOUR},
				{TALLY_HOUR, DAY - HOUR, DAY}, {TALLY_DAY, DAY, 2 * DAY},
				{TALLY_HOUR, 2 * DAY, 2 * DAY + HOUR},
				{TALLY_MINUTE, 2 * DAY + HOUR, 2 * DAY + HOUR + 60},
				{TALLY_UNITS, 2 * DAY + HOUR + 60, 2 * DAY + HOUR + 61}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span spans[TALLY_SPANS_MAX];

		assert_int_equal(tally_split(rows[i].start, rows[i].end, spans), rows[i].count);
		for (size_t j = 0; j < rows[i].count; j++) {
			assert_int_equal(spans[j].unit, rows[i].spans[j].unit);
			assert_int_equal(spans[j].start, rows[i].spans[j].start);
			assert_int_equal(spans[j].end, rows[i].spans[j].end);
		}
	}
}

static void an_offset_ends_in_a_span_and_in_one_bucket_of_each_unit(void **state)
{
	const struct tally_span older = {TALLY_DAY, 0, 86400}, newer = {TALLY_HOUR, 86400, 93600};
	struct tally_passing passing = {.left = 12};

	(void)state;
	tally_pass_span(&passing, &newer, 5);
	assert_false(passing.found);
	tally_pass_span(&passing, &older, 8);
	tally_pass_span(&passing, &newer, 100);
	assert_true(passing.found);
	assert_int_equal(passing.left, 7);
	assert_int_equal(passing.span.start, 0);
	/* Two numbers have calls in the same hour: its rows are one bucket. */
	passing.span.unit = TALLY_HOUR;
	assert_false(tally_pass_bucket(&passing, 7200, 5));
	assert_false(tally_pass_bucket(&passing, 3600, 1));
	assert_false(tally_pass_bucket(&passing, 3600, 1));
	assert_true(tally_pass_bucket(&passing, 3600, 1));
	assert_int_equal(passing.left, 2);
	assert_int_equal(passing.span.unit, TALLY_MINUTE);
	assert_int_equal(passing.span.start, 3600);
	assert_int_equal(passing.span.end, 7200);
	assert_false(tally_pass_bucket(&passing, 3660, 2));
	assert_true(tally_pass_bucket(&passing, 3600, 1));
	assert_int_equal(passing.left, 0);
	assert_int_equal(passing.span.unit, TALLY_UNITS);
	assert_int_equal(passing.span.end, 3660);
}

struct sums {
	int64_t all[TALLY_UNITS];
	int64_t of_number[TALLY_UNITS];
	int deltas;
};

static int sum(void *context, const struct tally_delta *delta, struct error *err)
{
	struct sums *sums = context;

	sums->deltas++;
	if (delta->calls == 9) {
		return error_set(err, ERROR_INVALID, "nine");
	}
	(delta->is_all ? sums->all : sums->of_number)[delta->unit] += delta->calls;
	assert_int_equal(delta->bucket % tally_unit_seconds(delta->unit), 0);
	return 0;
}

static void changes_of_one_bucket_become_one(void **state)
{
	struct tally_change changes[] = {
		{1, TEXT("b"), 10, 1},
		{1, TEXT("a"), 70, 1},
		{1, TEXT("a"), 11, 1},
		{1, TEXT("b"), 12, 1},
	};
	struct sums sums = {0};

	(void)state;
	assert_int_equal(tally_add_up(changes, 4, sum, &sums, NULL), 0);
	/* All: two minutes, one hour, one day, once 32 days; a: the same; b: one of each. */
	assert_int_equal(sums.deltas, 14);
	for (int unit = 0; unit < TALLY_UNITS; unit++) {
		assert_int_equal(sums.all[unit], 4);
		assert_int_equal(sums.of_number[unit], 4);
	}
}

static void changes_that_cancel_out_change_nothing(void **state)
{
	struct tally_change changes[] = {{1, TEXT("a"), 3601, -1}, {1, TEXT("a"), 3659, 1}};
	struct sums sums = {0};

	(void)state;
	assert_int_equal(tally_add_up(changes, 2, sum, &sums, NULL), 0);
	assert_int_equal(tally_add_up(changes, 0, sum, &sums, NULL), 0);
	assert_int_equal(sums.deltas, 0);
}

static void a_failure_ends_the_adding_up(void **state)
{
	struct tally_change changes[] = {{1, TEXT("a"), 1, 9}};
	struct sums sums = {0};
	struct error err;

	(void)state;
	assert_int_equal(tally_add_up(changes, 1, sum, &sums, &err), -1);
	assert_int_equal(sums.deltas, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_cut_into_the_largest_buckets),
		cmocka_unit_test(an_offset_ends_in_a_span_and_in_one_bucket_of_each_unit),
		cmocka_unit_test(changes_of_one_bucket_become_one),
		cmocka_unit_test(changes_that_cancel_out_change_nothing),
		cmocka_unit_test(a_failure_ends_the_adding_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
