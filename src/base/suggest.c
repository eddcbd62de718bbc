/* SPDX-License-Identifier: MIT
 * The distance of two words, by the optimal string alignment. */
#include "base/suggest.h"

#define WORD_MAX 63

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(struct text a, struct text b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (a.size > WORD_MAX || b.size > WORD_MAX) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b.size; j++) {
		last[j] = j;
	}
	for (size_t i = 1; i <= a.size; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t change = a.data[i - 1] != b.data[j - 1];

			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + change);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
				a.data[i - 2] == b.data[j - 1]) {
				row[j] = least(row[j], before[j - 2] + 1);
			}
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[b.size];
}

void suggest_consider(struct suggestion *suggestion, const char *name)
{
	if (suggest_nearer(suggestion->word, text_of(name), &suggestion->distance)) {
		suggestion->found = text_of(name);
	}
}

bool suggest_nearer(struct text word, struct text candidate, size_t *best)
{
	size_t distance = suggest_distance(word, candidate);
	bool begins = word.size >= 3 && text_starts_with(candidate, word);

	/* One letter in six may be wrong, and one more; the beginning of a word stands for it
	 * whatever follows. */
	if (!begins && (distance > 1 + word.size / 6 || distance >= word.size)) {
		return false;
	}
	if (distance >= *best) {
		return false;
	}
	*best = distance;
	return true;
}
