/* SPDX-License-Identifier: MIT
 * What time it is, and waiting until it is later. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Seconds since 1970-01-01T00:00:00Z, by the system's clock. */
int64_t clock_now_s(void);

/* Microseconds from an arbitrary start, never running backwards; for measuring durations. */
int64_t clock_monotonic_us(void);

/* Microseconds that the processor has spent on this thread. */
int64_t clock_thread_us(void);

/* A condition whose waits end by the monotonic clock: a clock that is set neither prolongs nor cuts
 * them. */
void clock_cond_init(pthread_cond_t *cond);

/* The monotonic clock @us microseconds from now, not negative: when a wait for such a condition is
 * to end. */
struct timespec clock_in_us(int64_t us);

/* @us microseconds after @time. */
struct timespec clock_add_us(struct timespec time, int64_t us);

#endif
