/* SPDX-License-Identifier: MIT
 * Words are marked where they stand, as they were written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/highlight.h"

#define ON  "\033[1m\033[31m"
#define OFF "\033[0m"

static const struct {
	const char *words;
	const char *line;
	const char *marked; /* NULL: it is not found, and stays as it is */
} cases[] = {
	{"invalid", "Invalid input: 7 (dtmf)", ON "Invalid" OFF " input: 7 (dtmf)"},
	{"input", "(input)", "(" ON "input" OFF ")"},
	{"input", "no inputs", NULL},
	{"inp*", "no inputs, no input", "no " ON "inputs" OFF ", no " ON "input" OFF},
	{"\"no input\"", "input no input no", "input " ON "no input" OFF " no"},
	{"\"no input\"", "no, input", ON "no, input" OFF},
	{"no input", "input: no!", ON "input" OFF ": " ON "no" OFF "!"},
	{"no missing", "no!", ON "no" OFF "!"},
	{"begrussung", "die Begr\xc3\xbc\xc3\x9fung", "die " ON "Begr\xc3\xbc\xc3\x9fung" OFF},
	{"begrussung", "die Begr\xc3\xbcssung!", "die " ON "Begr\xc3\xbcssung" OFF "!"},
	{"e",
		"\xe2\x80\x9c"
		"E\xcc\x81"
		"\xe2\x80\x9d",
		"\xe2\x80\x9c" ON "E\xcc\x81" OFF "\xe2\x80\x9d"},
	{"a", "", NULL},
	{"a",
		"\xff"
		"a"
		"\xff"
		"b",
		"\xef\xbf\xbd" ON "a" OFF "\xef\xbf\xbd"
		"b"},
};

static void words_are_marked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct text line = text_of(cases[i].line);
		struct words_query query;
		char *written = NULL;
		size_t size = 0;
		struct error err;
		FILE *stream = open_memstream(&written, &size);

		arena_init(&arena, 1 << 20);
		assert_int_equal(
			0, words_query_read(text_of(cases[i].words), &arena, &query, &err));
		highlight_write(stream, &query, line, true);
		fclose(stream);
		assert_string_equal(written, cases[i].marked ? cases[i].marked : cases[i].line);
		assert_int_equal(highlight_finds(&query, line), cases[i].marked != NULL);
		free(written);
	}
}

static void without_colour_nothing_is_marked(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct words_query query;
	char *written = NULL;
	size_t size = 0;
	struct error err;
	FILE *stream = open_memstream(&written, &size);

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(0, words_query_read(TEXT("a"), &arena, &query, &err));
	highlight_write(stream, &query, TEXT("a\tb"), false);
	fclose(stream);
	assert_string_equal(written, "a b");
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_marked),
		cmocka_unit_test(without_colour_nothing_is_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
