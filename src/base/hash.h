/* SPDX-License-Identifier: MIT
 * A keyed hash for tables whose keys come from outside: without the key nobody can choose texts
 * that collide. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/text.h"

struct hash_key {
	uint64_t words[2];
};

/* A key that nobody knows, of the system's random numbers. */
struct hash_key hash_key_random(void);

/* SipHash-1-3 of @text (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
uint64_t hash_text(const struct hash_key *key, struct text text);

/* A pair of numbers; much quicker, for tables whose keys are not chosen from outside byte by byte.
 */
static inline uint64_t hash_pair(const struct hash_key *key, uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ key->words[0]) * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ (hash >> 32) ^ b ^ key->words[1]) * UINT64_C(0xd6e8feb86659fd93);
	return hash ^ (hash >> 32);
}

#endif
