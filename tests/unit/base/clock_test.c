/* SPDX-License-Identifier: MIT
 * Reckoning with times, and waits that end by the monotonic clock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void microseconds_carry_into_seconds(void **state)
{
	static const struct {
		struct timespec time;
		int64_t us;
		struct timespec sum;
	} rows[] = {
		{{5, 0}, 0, {5, 0}},
		{{5, 999999999}, 1, {6, 999}},
		{{5, 1000}, 999999, {6, 0}},
		{{5, 999999999}, 2999999, {8, 999998999}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timespec sum = clock_add_us(rows[i].time, rows[i].us);

		assert_int_equal(sum.tv_sec, rows[i].sum.tv_sec);
		assert_int_equal(sum.tv_nsec, rows[i].sum.tv_nsec);
	}
}

static void a_wait_lasts_as_long_as_it_says(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	int64_t began_us = clock_monotonic_us();
	struct timespec until = clock_in_us(2000);
	int waited = 0;

	(void)state;
	clock_cond_init(&cond);
	pthread_mutex_lock(&lock);
	while (waited == 0) {
		waited = pthread_cond_timedwait(&cond, &lock, &until);
	}
	pthread_mutex_unlock(&lock);
	assert_int_equal(waited, ETIMEDOUT);
	assert_true(clock_monotonic_us() - began_us >= 2000);
	pthread_cond_destroy(&cond);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(microseconds_carry_into_seconds),
		cmocka_unit_test(a_wait_lasts_as_long_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
