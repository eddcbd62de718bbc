/* SPDX-License-Identifier: MIT
 * Threads: waking, resting, ending, and how many cores there are. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/thread.h"

struct counter {
	struct thread thread;
	pthread_cond_t counted;
	int64_t us; /* of each wait */
	bool rests;
	int turns;
};

static void *count_turns(void *context)
{
	struct counter *counter = context;
	bool more = true;

	thread_lock(&counter->thread);
	while (more) {
		more = counter->rests ? thread_rest(&counter->thread, counter->us)
				      : thread_wait(&counter->thread, counter->us);
		counter->turns++;
		pthread_cond_signal(&counter->counted);
	}
	thread_unlock(&counter->thread);
	return NULL;
}

static void begin(struct counter *counter, int64_t us, bool rests)
{
	struct error err = {0};

	*counter = (struct counter){.us = us, .rests = rests};
	thread_init(&counter->thread);
	pthread_cond_init(&counter->counted, NULL);
	assert_int_equal(thread_start(&counter->thread, count_turns, counter,
				 "the thread that counts", &err),
		0);
}

static void wait_for(struct counter *counter, int turns)
{
	thread_lock(&counter->thread);
	while (counter->turns < turns) {
		pthread_cond_wait(&counter->counted, &counter->thread.lock);
	}
	thread_unlock(&counter->thread);
}

static void end(struct counter *counter)
{
	thread_stop(&counter->thread);
	thread_deinit(&counter->thread);
	pthread_cond_destroy(&counter->counted);
}

static void a_thread_waits_until_it_is_woken(void **state)
{
	struct counter counter;

	(void)state;
	begin(&counter, -1, false);
	for (int i = 1; i <= 100; i++) {
		thread_lock(&counter.thread);
		assert_int_equal(counter.turns, i - 1);
		thread_wake(&counter.thread);
		thread_unlock(&counter.thread);
		wait_for(&counter, i);
	}
	end(&counter);
	assert_int_equal(counter.turns, 101);
}

static void a_wake_up_before_the_wait_is_not_lost(void **state)
{
	struct thread thread;

	(void)state;
	thread_init(&thread);
	thread_lock(&thread);
	thread_wake(&thread);
	assert_true(thread_wait(&thread, -1));
	assert_true(thread_wait(&thread, 1000));
	thread_unlock(&thread);
	thread_deinit(&thread);
}

static void a_wait_ends_with_its_time(void **state)
{
	struct counter counter;

	(void)state;
	begin(&counter, 1000, false);
	wait_for(&counter, 3);
	end(&counter);
	begin(&counter, 1000, true);
	wait_for(&counter, 3);
	end(&counter);
}

static void a_rest_is_not_ended_by_a_wake_up(void **state)
{
	struct thread thread;
	int64_t began_us = clock_monotonic_us();

	(void)state;
	thread_init(&thread);
	thread_lock(&thread);
	thread_wake(&thread);
	assert_true(thread_rest(&thread, 20000));
	assert_true(clock_monotonic_us() - began_us >= 20000);
	assert_true(thread_wait(&thread, -1));
	thread_unlock(&thread);
	thread_deinit(&thread);
}

static void the_word_to_end_ends_every_wait(void **state)
{
	struct counter counter;
	int64_t began_us = clock_monotonic_us();

	(void)state;
	begin(&counter, INT64_C(3600000000), false);
	end(&counter);
	begin(&counter, INT64_C(3600000000), true);
	end(&counter);
	assert_int_equal(counter.turns, 1);
	assert_true(clock_monotonic_us() - began_us < INT64_C(1800000000));
}

static void a_thread_that_was_not_started_is_stopped_too(void **state)
{
	struct thread thread;

	(void)state;
	thread_init(&thread);
	thread_stop(&thread);
	thread_stop(&thread);
	thread_deinit(&thread);
}

static void cores_are_those_that_the_process_may_run_on(void **state)
{
	cpu_set_t before, one;
	size_t cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(thread_cores(), CPU_COUNT(&before));
	while (!CPU_ISSET(cpu, &before)) {
		cpu++;
	}
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(thread_cores(), 1);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_waits_until_it_is_woken),
		cmocka_unit_test(a_wake_up_before_the_wait_is_not_lost),
		cmocka_unit_test(a_wait_ends_with_its_time),
		cmocka_unit_test(a_rest_is_not_ended_by_a_wake_up),
		cmocka_unit_test(the_word_to_end_ends_every_wait),
		cmocka_unit_test(a_thread_that_was_not_started_is_stopped_too),
		cmocka_unit_test(cores_are_those_that_the_process_may_run_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
