/* SPDX-License-Identifier: MIT
 * Text: splitting, numbers, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

static void numbers_are_digits_only(void **state)
{
	static const struct {
		const char *input;
		bool valid;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"1575898386", true, 1575898386},
		{"007", true, 7},
		{"999999999999999999", true, INT64_C(999999999999999999)},
		{"1000000000000000000", false, 0},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1x", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = -1;

		assert_int_equal(text_to_int64(text_of(cases[i].input), &value), cases[i].valid);
		assert_int_equal(value, cases[i].valid ? cases[i].value : -1);
	}
}

static void split_gives_empty_parts_too(void **state)
{
	struct text rest = TEXT("a,,b,");
	const char *const expected[] = {"a", "", "b", ""};
	struct text part;
	size_t count = 0;

	(void)state;
	while (text_split(&rest, ',', &part)) {
		assert_true(count < 4);
		assert_true(text_equal_string(part, expected[count]));
		count++;
	}
	assert_int_equal(count, 4);
}

static void utf8_follows_rfc_3629(void **state)
{
	static const struct {
		struct text input;
		bool valid;
		size_t at;
	} cases[] = {
		{TEXT("plain ascii, longer than a word"), true, 0},
		{TEXT("Jos\xc3\xa9 \xc3\x91\xc3\xba\xc3\xb1"
		      "ez"),
			true, 0},
		{TEXT("\xf0\x9f\x93\x9e"), true, 0}, {TEXT("ab\xff"), false, 2},
		{TEXT("\xc0\x80"), false, 0},	      /* not the shortest form */
		{TEXT("\xe0\x80\xaf"), false, 0},     /* the same, three bytes */
		{TEXT("\xed\xa0\x80"), false, 0},     /* a surrogate */
		{TEXT("\xf4\x90\x80\x80"), false, 0}, /* above U+10FFFF */
		{TEXT("12345678\xe2\x82"), false, 8}, /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at = 0;

		assert_int_equal(text_utf8_valid(cases[i].input, &at), cases[i].valid);
		assert_int_equal(at, cases[i].at);
	}
}

static void comparing_looks_at_bytes(void **state)
{
	(void)state;
	assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
	assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
	assert_true(text_compare(TEXT("\xc3"), TEXT("a")) > 0);
	assert_int_equal(text_compare(TEXT("x"), TEXT("x")), 0);
	assert_true(text_equal_ascii_case(TEXT("Gzip"), TEXT("gZIP")));
	assert_false(text_equal_ascii_case(TEXT("gzip"), TEXT("gzi")));
	assert_true(text_equal(text_trim(TEXT(" \ta b\t ")), TEXT("a b")));
	assert_true(text_has_control(TEXT("a\x7f")));
	assert_false(text_has_control(TEXT("a b")));
}

static void controls_are_told_from_what_is_written(void **state)
{
	static const char *const controls[] = {"\x1b", "\n", "\x7f", "\xc2\x80", "\xc2\x9b",
		"\xc2\x9f", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"};
	static const char *const others[] = {"a", " ", "\xc2\xa0", "\xc3\xa9", "\xd8\x9b",
		"\xd8\x9d", "\xe2\x80\x8d", "\xe2\x80\x90", "\xe2\x80\xa7", "\xe2\x80\xaf",
		"\xe2\x81\xa5", "\xe2\x81\xaa", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		assert_true(text_is_control(text_of(controls[i])));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(text_is_control(text_of(others[i])));
	}
}

static void hexadecimal_digits_and_what_they_encode_are_read(void **state)
{
	(void)state;
	for (int byte = -128; byte < 128; byte++) {
		const char *found = byte ? strchr("0123456789abcdefABCDEF", byte) : NULL;

		assert_int_equal(text_hex_digit((char)byte),
			found ? strtol((char[]){(char)byte, 0}, NULL, 16) : -1);
	}
	assert_int_equal(text_percent_byte(TEXT("%4Af")), 'J');
	assert_int_equal(text_percent_byte(TEXT("%ff")), 0xff);
	assert_int_equal(text_percent_byte(TEXT("%4")), -1);
	assert_int_equal(text_percent_byte(TEXT("%4g")), -1);
	assert_int_equal(text_percent_byte(TEXT("x41")), -1);
	assert_int_equal(text_percent_byte(TEXT("")), -1);
}

static void bytes_of_ascii_have_classes_in_any_locale(void **state)
{
	(void)state;
	for (int byte = -128; byte < 128; byte++) {
		bool digit = byte >= '0' && byte <= '9';
		bool capital = byte >= 'A' && byte <= 'Z', small = byte >= 'a' && byte <= 'z';

		assert_int_equal(text_is_digit((char)byte), digit);
		assert_int_equal(text_is_letter((char)byte), capital || small);
		assert_int_equal(text_is_alphanumeric((char)byte), digit || capital || small);
		assert_int_equal(text_lower((char)byte), capital ? byte + 32 : byte);
	}
	assert_true(text_digit_at(TEXT("a1"), 1));
	assert_false(text_digit_at(TEXT("a1"), 0));
	assert_false(text_digit_at(TEXT("a1"), 2));
	assert_true(text_is_digits(TEXT("0123456789")));
	assert_false(text_is_digits(TEXT("12a")));
	assert_false(text_is_digits(TEXT("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_only),
		cmocka_unit_test(split_gives_empty_parts_too),
		cmocka_unit_test(utf8_follows_rfc_3629),
		cmocka_unit_test(comparing_looks_at_bytes),
		cmocka_unit_test(controls_are_told_from_what_is_written),
		cmocka_unit_test(hexadecimal_digits_and_what_they_encode_are_read),
		cmocka_unit_test(bytes_of_ascii_have_classes_in_any_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
