/* SPDX-License-Identifier: MIT
 * The histogram of latencies. */
#include "latency.h"

#define NS_PER_MS 1e6

/* Values below LATENCY_STEPS have a bucket each; above, the top seven bits choose it. */
static unsigned int bucket_of(uint64_t ns)
{
	if (ns < LATENCY_STEPS) {
		return (unsigned int)ns;
	}
	unsigned int power = 63 - (unsigned int)__builtin_clzll(ns);
	unsigned int shift = power - 6;

	return (shift + 1) * LATENCY_STEPS + (unsigned int)((ns >> shift) - LATENCY_STEPS);
}

static uint64_t upper_end(unsigned int bucket)
{
	if (bucket < LATENCY_STEPS) {
		return bucket;
	}
	unsigned int shift = bucket / LATENCY_STEPS - 1;

	return ((uint64_t)(bucket % LATENCY_STEPS + LATENCY_STEPS + 1) << shift) - 1;
}

void latency_add(struct latency *latency, uint64_t ns)
{
	latency->counts[bucket_of(ns)]++;
	latency->total++;
	if (ns > latency->max_ns) {
		latency->max_ns = ns;
	}
}

void latency_merge(struct latency *into, const struct latency *from)
{
	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++) {
		into->counts[i] += from->counts[i];
	}
	into->total += from->total;
	if (from->max_ns > into->max_ns) {
		into->max_ns = from->max_ns;
	}
}

double latency_ms(const struct latency *latency, double quantile)
{
	uint64_t wanted = (uint64_t)(quantile * (double)latency->total), seen = 0;

	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++) {
		seen += latency->counts[i];
		if (seen > wanted) {
			uint64_t ns = upper_end(i);

			return (double)(ns < latency->max_ns ? ns : latency->max_ns) / NS_PER_MS;
		}
	}
	return (double)latency->max_ns / NS_PER_MS;
}
