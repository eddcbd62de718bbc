/* SPDX-License-Identifier: MIT
 * Texts to pack and transcode: what calls look like, and what does not look like one. */
#ifndef TESTS_CALL_SAMPLE_H
#define TESTS_CALL_SAMPLE_H

#include "base/arena.h"

/* The next of a row of numbers that a @seed, not 0, always gives the same (xorshift64). */
static inline uint64_t sample_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* @size bytes that repeat themselves about as much as a call's JSON does. */
static inline struct text sample_words(struct arena *arena, size_t size, uint64_t seed)
{
	static const char *const words[] = {"\"event\":{\"line\":\"", "\",\"data\":{",
		"\"module_type\":", "\"prompt\",", "\"timestamp\":15758", "caller ", "menu ",
		"\"class\":\"info\"}", "Please enter a number ", "\xc3\xb1", "}},"};
	char *data = arena_alloc(arena, size + 1);
	size_t at = 0;

	while (data && at < size) {
		const char *word = words[sample_random(&seed) % (sizeof(words) / sizeof(*words))];

		while (at < size && *word) {
			data[at++] = *word++;
		}
		data[at < size ? at++ : size] = (char)('0' + sample_random(&seed) % 10);
	}
	return (struct text){.data = data, .size = data ? size : 0};
}

/* @size bytes that nothing compresses. */
static inline struct text sample_noise(struct arena *arena, size_t size, uint64_t seed)
{
	char *data = arena_alloc(arena, size + 1);

	for (size_t i = 0; data && i < size; i++) {
		data[i] = (char)(sample_random(&seed) >> 24);
	}
	return (struct text){.data = data, .size = data ? size : 0};
}

#endif
