/* SPDX-License-Identifier: MIT
 * SipHash with one round a word and three at the end. */
#include "base/hash.h"

#include <endian.h>
#include <sys/random.h>

#include "base/clock.h"

struct hash_key hash_key_random(void)
{
	struct hash_key key;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		/* A kernel without it: harder to guess than a constant. */
		key.words[0] = (uint64_t)clock_monotonic_us();
		key.words[1] = (uint64_t)(uintptr_t)&key;
	}
	return key;
}

static uint64_t rotate(uint64_t word, int bits)
{
	return (word << bits) | (word >> (64 - bits));
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void take_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

uint64_t hash_text(const struct hash_key *key, struct text text)
{
	uint64_t v[4] = {
		key->words[0] ^ UINT64_C(0x736f6d6570736575),
		key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		key->words[0] ^ UINT64_C(0x6c7967656e657261),
		key->words[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)text.size << 56;
	uint64_t word = 0;
	size_t at = 0;

	for (; text.size - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text.data + at, sizeof(word));
		take_word(v, le64toh(word));
	}
	word = 0;
	if (at < text.size) {
		memcpy(&word, text.data + at, text.size - at);
	}
	take_word(v, last | le64toh(word));
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++) {
		mix(v);
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
