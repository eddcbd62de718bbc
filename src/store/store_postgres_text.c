/* SPDX-License-Identifier: MIT
 * Words as PostgreSQL's text search has them (PostgreSQL 15, chapter 8.11). The words are cut and folded by callstep, so a vector is written
 * out as it is; a gap of one place parts lines, which no phrase bridges. */
#include "store/store_index.h"
#include "store/store_postgres.h"

/* What a tsvector tells apart: places up to 16383, 255 of them for a word, and a megabyte in all. What is more is found otherwise. */
#define PLACE_MAX  16383
#define PLACES_MAX 255
#define BYTES_MAX  ((size_t)700000)

/* Whether some word has more places than a vector keeps. Only a text of that many words can have. */
static bool repeats_too_often(struct text words, struct arena *scratch)
{
	struct intern seen;
	uint32_t *counts = arena_calloc(scratch, PLACE_MAX + 1, sizeof(*counts));
	struct text word;
	uint32_t number;

	intern_init(&seen, scratch);
	while (counts && words.size > 0 && text_split(&words, ' ', &word)) {
		if (!intern_number(&seen, word, &number) || ++counts[number] > PLACES_MAX) {
			return true;
		}
	}
	return counts == NULL;
}

bool postgres_write_vector(struct buffer *out, struct text words, struct arena *scratch)
{
	struct text rest = words, word;
	int place = 0, count = 0;

	if (words.size > BYTES_MAX) {
		return false;
	}
	while (rest.size > 0 && text_split(&rest, ' ', &word)) {
		place++;
		if (text_equal_string(word, STORE_INDEX_LINE_END)) {
			continue;
		}
		buffer_printf(out, "'%.*s':%d ", TEXT_ARG(word), place);
		count++;
	}
	return place <= PLACE_MAX && (count <= PLACES_MAX || !repeats_too_often(words, scratch));
}

void postgres_write_query(struct buffer *out, int64_t account_id, const struct words_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		const struct words_phrase *phrase = &query->phrases[i];

		buffer_append(out, i > 0 ? TEXT(" & (") : TEXT("("));
		for (size_t k = 0; k < phrase->count; k++) {
			bool open = phrase->open && k == phrase->count - 1;

			buffer_printf(out, "%s'%lld:%.*s'%s", k > 0 ? " <-> " : "",
				(long long)account_id, TEXT_ARG(phrase->words[k]),
				open ? ":*" : "");
		}
		buffer_append_byte(out, ')');
	}
}
