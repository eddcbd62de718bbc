/* SPDX-License-Identifier: MIT
 * The two clocks. */
#include "base/clock.h"

#define SECOND_US INT64_C(1000000)
#define SECOND_NS 1000000000L

int64_t clock_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int64_t read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_thread_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}

void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct timespec clock_add_us(struct timespec time, int64_t us)
{
	long nanoseconds = time.tv_nsec + (long)(us % SECOND_US) * 1000;

	time.tv_sec += us / SECOND_US + nanoseconds / SECOND_NS;
	time.tv_nsec = nanoseconds % SECOND_NS;
	return time;
}

struct timespec clock_in_us(int64_t us)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return clock_add_us(now, us);
}
