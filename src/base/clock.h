/* SPDX-License-Identifier: MIT
 * What time it is. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z, by the system's clock. */
int64_t clock_now_s(void);

/* Microseconds from an arbitrary start, never running backwards; for measuring durations. */
int64_t clock_monotonic_us(void);

#endif
