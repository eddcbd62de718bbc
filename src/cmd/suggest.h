/* SPDX-License-Identifier: MIT
 * What a mistyped word was probably meant to be. */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include "base/text.h"

/* How many letters must be put in, left out, replaced or swapped with their neighbour to make @b of @a. Words longer than 63 bytes are
 * as far apart as can be. */
size_t suggest_distance(struct text a, struct text b);

/* Whether @word is so near to @candidate that it may stand for it, and nearer than @best, which is then
 * updated. Start with @best = SIZE_MAX. */
bool suggest_nearer(struct text word, struct text candidate, size_t *best);

#endif
