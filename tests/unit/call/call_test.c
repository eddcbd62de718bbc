/* SPDX-License-Identifier: MIT
 * Types, numbers as they are compared, and how long detail is served (API.md §1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "call/call_number.h"

static void types_have_their_names(void **state)
{
	static const enum call_type types[] = {CALL_INBOUND, CALL_OUTBOUND, CALL_TRANSFER};
	enum call_type type;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_true(call_type_parse(text_of(call_type_name(types[i])), &type));
		assert_int_equal(type, types[i]);
	}
	assert_false(call_type_parse(TEXT("Inbound"), &type));
	assert_false(call_type_parse(TEXT("inboun"), &type));
	assert_false(call_type_parse((struct text){0}, &type));
}

static void numbers_are_compared_without_their_dress(void **state)
{
	static const struct {
		const char *number;
		const char *key;
	} cases[] = {
		{"6177123001", "6177123001"},
		{"+1 (617) 712-3001", "16177123001"},
		{"617.712.3001", "6177123001"},
		{"(+49) 30 123", "4930123"},
		{"+49", "49"},
		{"7", "7"},
		{"", ""},
		{"+", "+"},
		{" ", " "},
		{"()", "()"},
		{"++49", "++49"},
		{"4+9", "4+9"},
		{"49+", "49+"},
		{"617-CALL", "617-CALL"},
		{"Outbound", "Outbound"},
		{"*98", "*98"},
		{"617/712", "617712"},
		{"+49 (89) 123/45", "498912345"},
		{"+49\xc2\xa0"
		 "89\xc2\xa0"
		 "12345",
			"498912345"},				     /* U+00A0 */
		{"\xe2\x80\xaa+498912345\xe2\x80\xac", "498912345"}, /* U+202A, U+202C */
		{"4989\xe2\x80\x8b"
		 "12345\xef\xbb\xbf",
			"498912345"}, /* U+200B, U+FEFF */
		{"49\xe2\x80\x93"
		 "89\xe2\x80\x91"
		 "12\xe2\x88\x92"
		 "345",
			"498912345"}, /* dashes */
		{"sip:100@example.com", "100"},
		{"SIPS:+4989-12345;npdi@[2001:db8::1]:5061;user=phone", "498912345"},
		{"sip:201:secret@pbx", "201"},
		{"sip:201", "201"},
		{"sip:201;transport=udp", "201"},
		{"\"Ann\" <sip:+39021234567@example.com>;tag=1", "39021234567"},
		{"\"7\" <201>", "201"},
		{"<tel:+49 89 12345>", "498912345"},
		{"tel:+49-89-12345", "498912345"},
		{"\xe2\x80\xaatel:12345;phone-context=+4989\xe2\x80\xac", "12345"},
		/* What is not a number stays as it came. */
		{"sip:ann@example.com", "sip:ann@example.com"},
		{"sip:192.0.2.1", "sip:192.0.2.1"},
		{"sip:192.0.2.1:5060", "sip:192.0.2.1:5060"},
		{"tel:+49-89-12345;ext=12", "tel:+49-89-12345;ext=12"},
		{"tel:911;phone-context=x;ISUB=7", "tel:911;phone-context=x;ISUB=7"},
		{"tel:", "tel:"},
		{"sip:@example.com", "sip:@example.com"},
		{"201@example.com", "201@example.com"},
		{"\"201\" <", "\"201\" <"},
		{"201>", "201>"},
		{"+498912345,,12#", "+498912345,,12#"},
		{"\xd9\xa4\xd9\xa9", "\xd9\xa4\xd9\xa9"}, /* digits of another script */
		{"61\xff"
		 "7",
			"61\xff"
			"7"},
		{"61\t7", "61\t7"},
	};
	char buffer[CALL_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text key = call_number_key(text_of(cases[i].number), buffer);

		if (!text_equal_string(key, cases[i].key)) {
			fail_msg("'%s' became '%.*s'", cases[i].number, TEXT_ARG(key));
		}
	}
}

static void a_number_that_is_too_long_comes_back_as_it_is(void **state)
{
	char digits[CALL_NUMBER_MAX + 1];
	char buffer[CALL_NUMBER_MAX];
	struct text number = {.data = digits, .size = sizeof(digits)};

	(void)state;
	memset(digits, '5', sizeof(digits));
	assert_ptr_equal(call_number_key(number, buffer).data, digits);
	number.size--;
	assert_int_equal(call_number_key(number, buffer).size, CALL_NUMBER_MAX);
}

static void what_is_dialled_for_a_plus_makes_a_number_of_the_same_keys(void **state)
{
	static const struct {
		const char *prefixes, *number;
		const char *keys; /* with a space behind each */
	} rows[] = {
		{"00,011", "+49 89", "4989 004989 0114989 "},
		{"00,011", "004989", "4989 004989 0114989 "},
		{"00,011", "sip:0114989@pbx", "4989 004989 0114989 "},
		{"00", "089", "089 00089 "},
		{"00", "000049", "000049 "}, /* 0049, dialled */
		{"00", "00", "00 0000 "},
		{"0,00", "7", "7 07 007 "},
		{"0,00", "0007", "0007 "}, /* a longer prefix makes it another way to dial 07 */
		{"00,011", "sales", "sales "},
		{"00", "*98", "*98 "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct call_prefixes prefixes;
		struct call_keys keys = {0};
		char found[128] = "";
		struct error err;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(call_prefixes_read(text_of(rows[i].prefixes), &prefixes, &err), 0);
		for (int times = 0; times < 2; times++) { /* each key once */
			assert_int_equal(call_keys_add(&keys, text_of(rows[i].number), &prefixes,
						 &arena, &err),
				0);
		}
		for (size_t k = 0; k < keys.count; k++) {
			snprintf(found + strlen(found), sizeof(found) - strlen(found), "%.*s ",
				TEXT_ARG(keys.items[k]));
		}
		assert_string_equal(found, rows[i].keys);
	}
}

static void wrong_prefixes_are_told(void **state)
{
	static const char *const rows[] = {"", ",", "00,", "+", "0 0", "123456789", "1,2,3,4,5"};
	struct call_prefixes prefixes;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(call_prefixes_read(text_of(rows[i]), &prefixes, &err), -1);
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_have_their_names),
		cmocka_unit_test(numbers_are_compared_without_their_dress),
		cmocka_unit_test(a_number_that_is_too_long_comes_back_as_it_is),
		cmocka_unit_test(what_is_dialled_for_a_plus_makes_a_number_of_the_same_keys),
		cmocka_unit_test(wrong_prefixes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
