/* SPDX-License-Identifier: MIT
 * What a mistyped word was probably meant to be. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/text.h"

/* How many letters must be put in, left out, replaced or swapped with their neighbour to make @b of
 * @a. Words longer than 63 bytes are as far apart as can be. */
size_t suggest_distance(struct text a, struct text b);

/* A mistyped word and what was nearest to it so far: {.word = …, .distance = SIZE_MAX} at first. */
struct suggestion {
	struct text word;
	struct text found; /* data NULL: nothing is near */
	size_t distance;
};

/* Looks at a word that there is; @name must last as long as the suggestion. */
void suggest_consider(struct suggestion *suggestion, const char *name);

/* Whether @word is so near to @candidate that it may stand for it, and nearer than @best, which is
 * then updated. Start with @best = SIZE_MAX. */
bool suggest_nearer(struct text word, struct text candidate, size_t *best);

#endif
