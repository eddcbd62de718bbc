/* SPDX-License-Identifier: MIT
 * The reader's tokens, its messages with their places, and the strings that tokens spell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_reader.h"

static void tokens_come_in_their_order(void **state)
{
	static const struct {
		enum json_kind kind;
		const char *raw;
		bool escaped;
	} expected[] = {
		{JSON_OBJECT, NULL, false},
		{JSON_NAME, "a", false},
		{JSON_ARRAY, NULL, false},
		{JSON_NUMBER, "1.50", false},
		{JSON_STRING, "x\\ny", true},
		{JSON_ARRAY_END, NULL, false},
		{JSON_NAME, "\\u0062", true},
		{JSON_TRUE, NULL, false},
		{JSON_NAME, "c", false},
		{JSON_FALSE, NULL, false},
		{JSON_NAME, "d", false},
		{JSON_NULL, NULL, false},
		{JSON_OBJECT_END, NULL, false},
	};
	struct json_reader reader;
	struct json_token token;

	(void)state;
	json_reader_init(&reader,
		TEXT(" {\"a\" : [1.50, \"x\\ny\"], \"\\u0062\":true,\"c\":false,\"d\":null} "),
		(struct json_position){.line = 1, .column = 1});
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(json_reader_next(&reader, &token, NULL), 1);
		assert_int_equal(token.kind, expected[i].kind);
		if (expected[i].raw) {
			assert_true(text_equal_string(token.raw, expected[i].raw));
			assert_int_equal(token.escaped, expected[i].escaped);
		}
	}
	assert_int_equal(json_reader_next(&reader, &token, NULL), 0);
	assert_int_equal(token.kind, JSON_END);
	assert_int_equal(json_reader_next(&reader, &token, NULL), 0);
}

static void messages_say_line_and_column(void **state)
{
	static const struct {
		struct text input;
		struct json_position start;
		const char *message;
	} cases[] = {
		{TEXT("[1,\n 2,\n  x]"), {1, 1}, "line 3, column 3: a value is expected, not 'x'"},
		{TEXT("[1,\n 2,\n  x]"), {7, 5}, "line 9, column 3: a value is expected, not 'x'"},
		{TEXT("[x]"), {7, 5}, "line 7, column 6: a value is expected, not 'x'"},
		{TEXT("\n\n"), {1, 1},
			"line 3, column 1: the input ends where a value is expected"},
		{TEXT("\xef\xbb\xbf{}"), {1, 1},
			"line 1, column 1: a byte order mark is not JSON, leave it out"},
		{TEXT("[\"\303\251\",!]"), {1, 1},
			"line 1, column 7: a value is expected, not '!'"},
		{TEXT("\"a\001b\""), {1, 1},
			"line 1, column 3: raw control character 0x01 in a string, write it as "
			"\\u0001"},
		{TEXT("\"ab\377\""), {1, 1}, "line 1, column 4: byte 0xff is not UTF-8 here"},
		{TEXT("\"\\ud800\""), {1, 1},
			"line 1, column 2: \\ud800 is half of a surrogate pair without the other "
			"half"},
		{TEXT("[\"ab"), {1, 1}, "line 1, column 2: the string has no end"},
		{TEXT("01"), {1, 1}, "line 1, column 1: a number has no leading zeros"},
		{TEXT("[1 2]"), {1, 1}, "line 1, column 4: ',' or ']' is expected, not '2'"},
		{TEXT("{\"a\":1]"), {1, 1}, "line 1, column 7: ',' or '}' is expected, not ']'"},
		{TEXT("{} x"), {1, 1}, "line 1, column 4: nothing more is expected, not 'x'"},
		{TEXT("[\377]"), {1, 1}, "line 1, column 2: a value is expected, not byte 0xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_reader reader;
		struct json_token token;
		struct error err = {0};
		int result;

		json_reader_init(&reader, cases[i].input, cases[i].start);
		do {
			result = json_reader_next(&reader, &token, &err);
		} while (result > 0);
		assert_int_equal(result, -1);
		assert_int_equal(err.code, ERROR_INVALID);
		assert_string_equal(err.message, cases[i].message);
	}
}

static void too_deep_is_too_large(void **state)
{
	char deep[JSON_DEPTH_MAX + 1];
	struct json_reader reader;
	struct json_token token;
	struct error err = {0};

	(void)state;
	memset(deep, '[', sizeof(deep));
	json_reader_init(&reader, (struct text){.data = deep, .size = sizeof(deep)},
		(struct json_position){.line = 1, .column = 1});
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		assert_int_equal(json_reader_next(&reader, &token, &err), 1);
	}
	assert_int_equal(json_reader_next(&reader, &token, &err), -1);
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	assert_string_equal(err.message, "line 1, column 65: nested deeper than 64 levels");
}

static void skip_passes_over_a_whole_value(void **state)
{
	struct json_reader reader;
	struct json_token token;

	(void)state;
	json_reader_init(&reader, TEXT("[[1,[2,{\"a\":[]}]],\"x\",{},9]"),
		(struct json_position){.line = 1, .column = 1});
	assert_int_equal(json_reader_next(&reader, &token, NULL), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(json_reader_next(&reader, &token, NULL), 1);
		assert_int_equal(json_reader_skip(&reader, &token, NULL), 0);
	}
	assert_int_equal(json_reader_next(&reader, &token, NULL), 1);
	assert_true(text_equal_string(token.raw, "9"));
	assert_int_equal(reader.token_at, 25);
}

static void tokens_spell_strings(void **state)
{
	static const struct {
		struct json_token token;
		struct text string;
	} cases[] = {
		{{JSON_STRING, TEXT("plain"), false}, TEXT("plain")},
		{{JSON_STRING, TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), true}, TEXT("\"\\/\b\f\n\r\t")},
		{{JSON_STRING, TEXT("a\\u0000b"), true}, TEXT("a\000b")},
		{{JSON_STRING, TEXT("\\u00e9\\u20AC"), true}, TEXT("\303\251\342\202\254")},
		{{JSON_STRING, TEXT("\\ud83d\\udcde"), true}, TEXT("\360\237\223\236")},
	};
	AUTO(arena_deinit) struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(
			text_equal(json_token_string(&cases[i].token, &arena), cases[i].string));
	}
	assert_true(json_token_is(&cases[3].token, "\303\251\342\202\254"));
	assert_false(json_token_is(&cases[3].token, "\303\251"));
	assert_false(json_token_is(&cases[3].token, "\303\251\342\202\254."));
	assert_true(json_token_is(&cases[0].token, "plain"));
	assert_false(json_token_is(&cases[2].token, "a"));
}

static void a_full_arena_gives_no_string(void **state)
{
	struct json_token token = {JSON_STRING, TEXT("\\n"), true};
	AUTO(arena_deinit) struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_null(json_token_string(&token, &arena).data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_in_their_order),
		cmocka_unit_test(messages_say_line_and_column),
		cmocka_unit_test(too_deep_is_too_large),
		cmocka_unit_test(skip_passes_over_a_whole_value),
		cmocka_unit_test(tokens_spell_strings),
		cmocka_unit_test(a_full_arena_gives_no_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
