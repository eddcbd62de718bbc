/* SPDX-License-Identifier: MIT
 * Strings are escaped minimally, however they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_writer.h"

static const struct {
	struct text string;
	struct text written;
} strings[] = {
	{TEXT(""), TEXT("\"\"")},
	{TEXT("plain"), TEXT("\"plain\"")},
	{TEXT("a\"b\\c/d"), TEXT("\"a\\\"b\\\\c/d\"")},
	{TEXT("\b\f\n\r\t"), TEXT("\"\\b\\f\\n\\r\\t\"")},
	{TEXT("\000\001\013\037"), TEXT("\"\\u0000\\u0001\\u000b\\u001f\"")},
	{TEXT("\177"), TEXT("\"\177\"")},
	{TEXT("\303\251\342\202\254\360\237\223\236"),
		TEXT("\"\303\251\342\202\254\360\237\223\236\"")},
	{TEXT("long enough for words, then \"quotes\""),
		TEXT("\"long enough for words, then \\\"quotes\\\"\"")},
};

static void strings_are_escaped_minimally(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		AUTO(buffer_deinit) struct buffer buffer;

		buffer_init(&buffer, 1000);
		json_write_string(&buffer, strings[i].string);
		assert_true(text_equal(buffer_text(&buffer), strings[i].written));
	}
}

static void raw_strings_come_to_the_same_form(void **state)
{
	static const struct {
		struct text raw;
		struct text written;
	} cases[] = {
		{TEXT("plain"), TEXT("\"plain\"")},
		{TEXT("\\u0061\\/\\u00e9"), TEXT("\"a/\303\251\"")},
		{TEXT("\\u000A\\u0008\\u0022\\u005C"), TEXT("\"\\n\\b\\\"\\\\\"")},
		{TEXT("\\u001F\\u0000"), TEXT("\"\\u001f\\u0000\"")},
		{TEXT("\\u007f"), TEXT("\"\177\"")},
		{TEXT("x\\ud83d\\uDE00y"), TEXT("\"x\360\237\230\200y\"")},
		{TEXT("\\\"\\\\\\b\\f\\n\\r\\t"), TEXT("\"\\\"\\\\\\b\\f\\n\\r\\t\"")},
		{TEXT("\303\251\\n"), TEXT("\"\303\251\\n\"")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(buffer_deinit) struct buffer buffer;
		bool escaped = memchr(cases[i].raw.data, '\\', cases[i].raw.size) != NULL;

		buffer_init(&buffer, 1000);
		json_write_raw_string(&buffer, cases[i].raw, escaped);
		assert_true(text_equal(buffer_text(&buffer), cases[i].written));
	}
}

static void a_full_buffer_is_noted(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 4);
	json_write_raw_string(&buffer, TEXT("a\\nbc"), true);
	assert_true(buffer.failed);
}

static void names_are_followed_by_a_colon(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 100);
	json_write_name(&buffer, "dest");
	assert_true(text_equal(buffer_text(&buffer), TEXT("\"dest\":")));
}

static void members_and_entries_are_separated_by_commas(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 200);
	buffer_append_byte(&buffer, '{');
	json_add_string(&buffer, "a", TEXT("[{"));
	json_add_number(&buffer, "b", -7);
	json_add_string_or_null(&buffer, "d", TEXT("x"));
	json_add_string_or_null(&buffer, "e", TEXT(""));
	json_add_number_or_null(&buffer, "f", 1, true);
	json_add_number_or_null(&buffer, "g", 1, false);
	json_write_name(&buffer, "h");
	buffer_append_byte(&buffer, '[');
	for (int i = 0; i < 2; i++) {
		json_write_comma(&buffer);
		buffer_append_int64(&buffer, i);
	}
	buffer_append(&buffer, TEXT("]}"));
	assert_true(
		text_equal(buffer_text(&buffer), TEXT("{\"a\":\"[{\",\"b\":-7,\"d\":\"x\",\"e\":"
						      "null,\"f\":1,\"g\":null,\"h\":[0,1]}")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped_minimally),
		cmocka_unit_test(raw_strings_come_to_the_same_form),
		cmocka_unit_test(a_full_buffer_is_noted),
		cmocka_unit_test(names_are_followed_by_a_colon),
		cmocka_unit_test(members_and_entries_are_separated_by_commas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
