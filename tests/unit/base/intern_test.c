/* SPDX-License-Identifier: MIT
 * Numbers for texts, and the hash below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/intern.h"

#define TEXTS 20000

static void each_text_has_one_number(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct intern intern;

	(void)state;
	arena_init(&arena, (size_t)16 << 20);
	intern_init(&intern, &arena);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < TEXTS; i++) {
			char text[16];
			int size = snprintf(text, sizeof(text), "%u", i);
			uint32_t number;

			assert_true(intern_number(&intern,
				(struct text){.data = text, .size = (size_t)size}, &number));
			assert_int_equal(number, i);
			assert_true(text_equal_string(intern.texts[number], text));
		}
	}
	assert_int_equal(intern.count, TEXTS);
}

static void texts_may_be_empty_and_hold_any_byte(void **state)
{
	static const struct text texts[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"a\0", 2}, {"a", 1}};
	AUTO(arena_deinit) struct arena arena;
	struct intern intern;
	uint32_t number;

	(void)state;
	arena_init(&arena, 1 << 20);
	intern_init(&intern, &arena);
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(intern_number(&intern, texts[i % 5], &number));
		assert_int_equal(number, i % 5);
	}
	assert_true(intern_number(&intern, (struct text){0}, &number));
	assert_int_equal(number, 0);
}

static void a_full_arena_is_told_and_harms_nothing(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct intern intern;
	uint32_t number = 0, count = 0;
	char text[16] = "0";

	(void)state;
	arena_init(&arena, 20000);
	intern_init(&intern, &arena);
	while (intern_number(&intern, text_of(text), &number)) {
		snprintf(text, sizeof(text), "%u", ++count);
	}
	assert_true(count > 100 && count < 1000);
	assert_true(intern_number(&intern, TEXT("7"), &number));
	assert_int_equal(number, 7);
}

/* CPython 3.11 hashes bytes so, with a key of zeros when PYTHONHASHSEED is 0. */
static void the_hash_is_siphash_1_3(void **state)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} cases[] = {
		{1, UINT64_C(0x68a914128e01e473)},
		{7, UINT64_C(0x2f098ab0c751325a)},
		{8, UINT64_C(0xead411e67ebe2eea)},
		{9, UINT64_C(0x75927f9d95124362)},
		{15, UINT64_C(0xf30eb725bb91c9ea)},
		{64, UINT64_C(0x75e05fd5bbc870c6)},
	};
	struct hash_key key = {{0, 0}};
	char bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (char)i;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(hash_text(&key, (struct text){bytes, cases[i].size}) == cases[i].hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_has_one_number),
		cmocka_unit_test(texts_may_be_empty_and_hold_any_byte),
		cmocka_unit_test(a_full_arena_is_told_and_harms_nothing),
		cmocka_unit_test(the_hash_is_siphash_1_3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
