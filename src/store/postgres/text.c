/* SPDX-License-Identifier: MIT
 * Words as PostgreSQL's text search has them (PostgreSQL 15, chapter 8.11). The words are cut
 * and folded by callstep, so a vector is written out as it is. A gap of one place, which no
 * phrase bridges, separates lines. */
#include "store/index.h"
#include "store/postgres/postgres.h"

/* What a tsvector tells apart: places up to 16383, 255 of them for a word, and a megabyte in all.
 * What is more is found otherwise. */
#define PLACE_MAX  16383
#define PLACES_MAX 255
#define BYTES_MAX  ((size_t)700000)

struct placed_word {
	struct text word;
	uint16_t place;
};

static int compare_placed(const void *left, const void *right)
{
	const struct placed_word *a = left, *b = right;
	int order = text_compare(a->word, b->word);

	return order != 0 ? order : (int)a->place - (int)b->place;
}

/* Lists the words with their places. Returns how many, negative when there are more places than a
 * vector has. */
static ptrdiff_t list_words(struct text words, struct arena *scratch, struct placed_word **ret_list)
{
	size_t room = 1;
	ptrdiff_t count = 0;
	struct text word;

	for (size_t i = 0; i < words.size; i++) {
		room += words.data[i] == ' ';
	}
	*ret_list = arena_calloc(scratch, room, sizeof(**ret_list));
	if (!*ret_list) {
		return -1;
	}
	for (int place = 1; words.size > 0 && text_split(&words, ' ', &word); place++) {
		if (place > PLACE_MAX) {
			return -1;
		}
		if (!text_equal_string(word, STORE_INDEX_LINE_END)) {
			(*ret_list)[count++] = (struct placed_word){word, (uint16_t)place};
		}
	}
	return count;
}

/* How many of the sorted words are the same as the first. */
static size_t count_same(const struct placed_word *list, size_t count)
{
	size_t same = 1;

	while (same < count && text_equal(list[same].word, list[0].word)) {
		same++;
	}
	return same;
}

/* In the form that tsvectorrecv() takes: how many words; each in the order of their bytes with its
 * end, how many places, and these. */
bool postgres_write_vector(struct buffer *out, struct text words, struct arena *scratch)
{
	struct placed_word *list;
	uint32_t different = 0;
	ptrdiff_t count = words.size > BYTES_MAX ? -1 : list_words(words, scratch, &list);

	if (count < 0) {
		return false;
	}
	qsort(list, (size_t)count, sizeof(*list), compare_placed);
	for (size_t i = 0; i < (size_t)count; different++) {
		size_t same = count_same(&list[i], (size_t)count - i);

		if (same > PLACES_MAX) {
			return false;
		}
		i += same;
	}
	postgres_append_integer(out, different, sizeof(uint32_t));
	for (size_t i = 0; i < (size_t)count;) {
		size_t same = count_same(&list[i], (size_t)count - i);

		buffer_append(out, list[i].word);
		buffer_append_byte(out, '\0');
		postgres_append_integer(out, (uint16_t)same, sizeof(uint16_t));
		for (size_t end = i + same; i < end; i++) {
			postgres_append_integer(out, list[i].place, sizeof(uint16_t));
		}
	}
	return true;
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
