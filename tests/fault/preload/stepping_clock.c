/* SPDX-License-Identifier: MIT
 * A wall clock that is set while the program runs: it is as many seconds ahead of the real one as
 * the file named by CALLSTEP_TEST_CLOCK says. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "control.h"

static const _Atomic int64_t *ahead;

static void __attribute__((constructor)) begin(void)
{
	ahead = control_open("CALLSTEP_TEST_CLOCK");
}

static time_t ahead_s(void)
{
	return ahead ? (time_t)*ahead : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, now);

	if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		now->tv_sec += ahead_s();
	}
	return status;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret) {
		*ret = now.tv_sec;
	}
	return now.tv_sec;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}
