/* SPDX-License-Identifier: MIT
 * Words: cutting, folding, questions, phrases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/words.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The words of @line with a bar behind each. */
static void write_words(struct text line, struct buffer *out)
{
	char buffer[WORDS_WORD_MAX];
	struct text word;

	while (words_next(&line, buffer, &word)) {
		buffer_append(out, word);
		buffer_append_byte(out, '|');
	}
}

static void lines_are_cut_into_folded_words(void **state)
{
	static const struct {
		const char *line, *words;
	} rows[] = {
		{"", ""}, {" .-! ", ""}, {"Press ONE", "press|one|"},
		{"user-input: 3", "user|input|3|"}, {"don't", "don|t|"}, {"a1b2", "a1b2|"},
		{"Gr\xc3\xbc\xc3\x9f Gott", "gruss|gott|"},
		{"GRU\xcc\x88SSE", "grusse|"}, /* u and a separate mark */
		{"\xc4\xb0stanbul", "istanbul|"},
		{"\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
			"\xcf\x83\xce\xb9\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83"
			"|"},					       /* final sigma */
		{"\xef\xbc\xa1\xef\xbc\x91", "a1|"},		       /* full width */
		{"\xef\xac\x81ne", "fine|"},			       /* the ligature fi */
		{"\xc2\xbd cup", "12|cup|"}, {"\xe2\x91\xb4x", "1x|"}, /* a number in brackets */
		{"\xd0\x9d\xd0\xb0\xd0\xb6\xd0\xbc\xd0\xb8\xd1\x82\xd0\xb5",
			"\xd0\xbd\xd0\xb0\xd0\xb6\xd0\xbc\xd0\xb8\xd1\x82\xd0\xb5"
			"|"},
		{"1\xe3\x82\x92\xe6\x8a\xbc", "1|\xe3\x82\x92|\xe6\x8a\xbc|"}, /* Kana, Han */
		{"\xe3\x81\x8c\xe3\x81\x8b\xe3\x82\x99",
			"\xe3\x81\x8b|\xe3\x81\x8b|"}, /* ga in two spellings */
		{"\xe6\x8a\xbcOK", "\xe6\x8a\xbc|ok|"},
		{"a\xcc\x81\xcc\x81 \xcc\x81", "a|"}, /* a mark alone is not a word */
		{"a\xff"
		 "b\xc3",
			"a|b|"}, /* no UTF-8 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(buffer_deinit) struct buffer out;

		buffer_init(&out, SIZE_MAX);
		write_words(text_of(rows[i].line), &out);
		if (!text_equal_string(buffer_text(&out), rows[i].words)) {
			fail_msg("row %zu: '%.*s'", i, TEXT_ARG(buffer_text(&out)));
		}
	}
}

static void long_words_are_cut_off_between_characters(void **state)
{
	char line[4 * WORDS_WORD_MAX], buffer[WORDS_WORD_MAX];
	struct text rest = {.data = line, .size = sizeof(line)}, word;

	(void)state;
	memset(line, 'a', sizeof(line));
	assert_true(words_next(&rest, buffer, &word));
	assert_int_equal(word.size, WORDS_WORD_MAX);
	assert_int_equal(rest.size, 0);

	/* Two bytes do not fit any more; what comes after them does not either. */
	memcpy(line + WORDS_WORD_MAX - 1, "\xce\xb1z ", 4);
	rest = (struct text){.data = line, .size = sizeof(line)};
	assert_true(words_next(&rest, buffer, &word));
	assert_int_equal(word.size, WORDS_WORD_MAX - 1);
	assert_int_equal(rest.data[0], ' ');
}

static void write_query(const struct words_query *query, struct buffer *out)
{
	for (size_t i = 0; i < query->count; i++) {
		const struct words_phrase *phrase = &query->phrases[i];

		for (size_t k = 0; k < phrase->count; k++) {
			buffer_printf(out, k > 0 ? " %.*s" : "%.*s", TEXT_ARG(phrase->words[k]));
		}
		buffer_append(out, phrase->open ? TEXT("*|") : TEXT("|"));
	}
}

static void questions_are_read_into_phrases(void **state)
{
	static const struct {
		const char *text, *phrases; /* NULL: refused */
	} rows[] = {
		{"invalid \"press one\" confir*", "invalid|press one|confir*|"},
		{"user-input", "user input|"},
		{"user-inp*", "user inp*|"},
		{"\"Press On*\"", "press on*|"},
		{"a\"b c\"d", "a|b c|d|"},
		{"- a ?", "a|"},
		{"a*, b*.", "a*|b*|"},
		{"a * b", NULL},
		{"*a", NULL},
		{"a*b", NULL},
		{"a**", NULL},
		{"*", NULL},
		{"\"*a b\"", NULL},
		{"\"a* b\"", NULL},
		{"\"a b *\"", NULL},
		{"a\xe3\x80\x80"
		 "b\xc2\xa0"
		 "c\td",
			"a|b|c|d|"},
		{"\xe9\x85\x8d\xe9\x81\x94", "\xe9\x85\x8d \xe9\x81\x94|"},
		{"\"\" a", "a|"},
		{"", NULL},
		{"...", NULL},
		{"\"", NULL},
		{"a \"b", NULL},
		{"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 "
		 "31 32 33",
			NULL},
		{"1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17-18-19-20-21-22-23-24-25-26-27-28-29-30-"
		 "31-32-33",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		AUTO(buffer_deinit) struct buffer out;
		struct words_query query;
		struct error err;
		int status;

		arena_init(&arena, SIZE_MAX);
		buffer_init(&out, SIZE_MAX);
		status = words_query_read(text_of(rows[i].text), &arena, &query, &err);
		if (!rows[i].phrases) {
			assert_int_equal(status, -1);
			assert_int_equal(err.code, ERROR_INVALID);
			continue;
		}
		assert_int_equal(status, 0);
		write_query(&query, &out);
		if (!text_equal_string(buffer_text(&out), rows[i].phrases)) {
			fail_msg("row %zu: '%.*s'", i, TEXT_ARG(buffer_text(&out)));
		}
	}
}

static void a_phrase_stands_in_a_line_or_does_not(void **state)
{
	static const struct {
		const char *phrase, *line;
		bool stands;
	} rows[] = {
		{"one", "Press one.", true},
		{"on", "Press one.", false},
		{"on*", "Press one.", true},
		{"\"press one\"", "To go on, press ONE", true},
		{"\"press one\"", "press two, then one", false},
		{"\"a a b\"", "a a a b", true},
		{"\"a b\"", "a", false},
		{"\"press on*\"", "press only", true},
		{"cafe", "Caf\xc3\xa9", true},
		{"CAF\xc3\x89", "cafe\xcc\x81", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct words_query query;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(
			words_query_read(text_of(rows[i].phrase), &arena, &query, NULL), 0);
		assert_int_equal(query.count, 1);
		if (words_phrase_in(&query.phrases[0], text_of(rows[i].line)) != rows[i].stands) {
			fail_msg("row %zu", i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_into_folded_words),
		cmocka_unit_test(long_words_are_cut_off_between_characters),
		cmocka_unit_test(questions_are_read_into_phrases),
		cmocka_unit_test(a_phrase_stands_in_a_line_or_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
