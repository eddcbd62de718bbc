/* SPDX-License-Identifier: MIT
 * Sums of hashes: what is held is added, what is wanted taken off. */
#include "store/sqlite/word_sums.h"

#include <stdlib.h>

#define SUMS_MAX ((int64_t)1 << 20)

int sqlite_word_sums_init(struct sqlite_word_sums *sums, int64_t id_max, struct error *err)
{
	int64_t ids_a_sum = id_max / SUMS_MAX + 1;

	*sums = (struct sqlite_word_sums){
		.key = hash_key_random(),
		/* One more for ids that no call has. */
		.count = (size_t)(id_max / ids_a_sum) + 2,
		.ids_a_sum = ids_a_sum,
	};
	sums->sums = calloc(sums->count, sizeof(*sums->sums));
	sums->unknown = calloc(sums->count, sizeof(*sums->unknown));
	return sums->sums && sums->unknown ? 0 : error_no_memory(err);
}

void sqlite_word_sums_deinit(struct sqlite_word_sums *sums)
{
	free(sums->sums);
	free(sums->unknown);
}

static size_t place_of(const struct sqlite_word_sums *sums, int64_t id)
{
	size_t at = (size_t)(id / sums->ids_a_sum);

	return id < 0 || at >= sums->count ? sums->count - 1 : at;
}

static uint64_t hash_at(
	const struct sqlite_word_sums *sums, int64_t id, uint64_t word, int64_t place)
{
	return hash_pair(&sums->key, word ^ (uint64_t)id << 32, (uint64_t)place);
}

void sqlite_word_sums_held(
	struct sqlite_word_sums *sums, int64_t id, struct text word, int64_t place)
{
	sums->sums[place_of(sums, id)] += hash_at(sums, id, hash_text(&sums->key, word), place);
}

void sqlite_word_sums_wanted(struct sqlite_word_sums *sums, int64_t id, struct text words)
{
	uint64_t *sum = &sums->sums[place_of(sums, id)];
	struct text word;

	for (int64_t place = 0; words.size > 0 && text_split(&words, ' ', &word); place++) {
		*sum -= hash_at(sums, id, hash_text(&sums->key, word), place);
	}
}

void sqlite_word_sums_unknown(struct sqlite_word_sums *sums, int64_t id)
{
	sums->unknown[place_of(sums, id)] = true;
}

void sqlite_word_sums_compare(const struct sqlite_word_sums *sums,
	void (*differs)(void *context, int64_t id_first, int64_t id_last), void *context)
{
	for (size_t i = 0; i < sums->count; i++) {
		int64_t first = (int64_t)i * sums->ids_a_sum;

		if (sums->sums[i] != 0 && !sums->unknown[i]) {
			differs(context, first,
				i + 1 < sums->count ? first + sums->ids_a_sum - 1 : INT64_MAX);
		}
	}
}
