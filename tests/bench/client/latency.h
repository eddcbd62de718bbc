/* SPDX-License-Identifier: MIT
 * How long answers took, in a histogram whose steps are 1/64 of the value: small, and exact enough
 * for percentiles. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS	64 /* between a power of two and the next */
#define LATENCY_BUCKETS (64 * LATENCY_STEPS)

struct latency {
	uint64_t counts[LATENCY_BUCKETS];
	uint64_t total;
	uint64_t max_ns;
};

void latency_add(struct latency *latency, uint64_t ns);
void latency_merge(struct latency *into, const struct latency *from);

/* The value, in milliseconds, that the share @quantile (0 to 1) of all answers did not exceed; 0
 * without answers. */
double latency_ms(const struct latency *latency, double quantile);

#endif
