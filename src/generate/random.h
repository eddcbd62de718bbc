/* SPDX-License-Identifier: MIT
 * Random numbers that are the same everywhere for the same seed. */
#ifndef GENERATE_RANDOM_H
#define GENERATE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014. */
struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Another stream for each @index of @seed. */
static inline struct random random_of(uint64_t seed, uint64_t index)
{
	struct random random = {.state = seed};

	random.state = random_next(&random) ^ (index * UINT64_C(0xd1342543de82ef95));
	random.state = random_next(&random);
	return random;
}

/* 0 to @bound - 1; @bound is not 0. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

/* From @low to @high, both among them. */
static inline int64_t random_between(struct random *random, uint32_t low, uint32_t high)
{
	return (int64_t)low + random_below(random, high - low + 1);
}

static inline bool random_percent(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}

/* 0 to @bound - 1, small numbers far more often. */
static inline uint32_t random_skewed(struct random *random, uint32_t bound)
{
	uint64_t a = random_next(random) >> 32;

	return (uint32_t)((((a * a) >> 32) * bound) >> 32);
}

#endif
