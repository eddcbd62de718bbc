/* SPDX-License-Identifier: MIT
 * Numbers that one thread counts and any thread reads, so that counting needs no lock and no
 * instruction that other cores wait for. What several threads count is summed when it is asked for.
 */
#ifndef METRIC_METRIC_H
#define METRIC_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define METRIC_BOUNDS_MAX 10

/* Up to which durations the buckets of a histogram go, in rising order. */
struct metric_bounds {
	size_t count;
	int64_t us[METRIC_BOUNDS_MAX];
};

/* Durations by how long they were. All zero: none. */
struct metric_histogram {
	_Atomic uint64_t buckets[METRIC_BOUNDS_MAX + 1]; /* the last: longer than all bounds */
	_Atomic uint64_t sum_us;
};

static inline uint64_t metric_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* By the one thread that counts. */
static inline void metric_add(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter, metric_read(counter) + more, memory_order_relaxed);
}

static inline void metric_note(
	struct metric_histogram *histogram, const struct metric_bounds *bounds, int64_t us)
{
	size_t bucket = 0;

	while (bucket < bounds->count && us > bounds->us[bucket]) {
		bucket++;
	}
	metric_add(&histogram->buckets[bucket], 1);
	metric_add(&histogram->sum_us, us > 0 ? (uint64_t)us : 0);
}

/* Adds @more, which another thread may count, to @sum, which is the caller's. */
static inline void metric_sum(struct metric_histogram *sum, const struct metric_histogram *more)
{
	for (size_t i = 0; i <= METRIC_BOUNDS_MAX; i++) {
		metric_add(&sum->buckets[i], metric_read(&more->buckets[i]));
	}
	metric_add(&sum->sum_us, metric_read(&more->sum_us));
}

#endif
