/* SPDX-License-Identifier: MIT
 * What of a question stands on record: numbers of headers and choices as they are, words without
 * their digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upkeep/asked.h"

#define MARK "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

static void digits_are_hidden_in_words_alone(void **state)
{
	static const struct {
		const char *name, *value, *written;
	} rows[] = {
		{"text", "4111111111111111", MARK},
		{"text", "card 4111 1111-1111/1111.", "card " MARK "."},
		{"-text", "\"4 1 1 1\" or 7291", "\"" MARK "\" or " MARK},
		{"text", "level 42 of 7", "level 42 of 7"},
		{"text", "12  34", "12  34"},
		{"text", "a12", "a12"},
		{"text", "1-2-3", MARK},
		{"text", "", ""},
		{"module", "menu", "menu"},
		{"variable", "4111111111111111", MARK},
		{"nobody-knows", "4111111111111111", MARK},
		{"dest", "*6177123001", "*6177123001"},
		{"-src", "6177123001", "6177123001"},
		{"start", "1790000000", "1790000000"},
		{"min-duration", "600", "600"},
		{"max_duration", "600", "600"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(buffer_deinit) struct buffer out;

		buffer_init(&out, 1000);
		asked_write(&out, text_of(rows[i].name), text_of(rows[i].value));
		if (!text_equal_string(buffer_text(&out), rows[i].written)) {
			fail_msg("%s=%s: '%.*s'", rows[i].name, rows[i].value,
				TEXT_ARG(buffer_text(&out)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_hidden_in_words_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
