/* SPDX-License-Identifier: MIT
 * Developer keys: their shape, their hash, their scopes. */
#include "api/key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_key_is_cs_and_43_characters_of_base64url(void **state)
{
	unsigned char hash[STORE_KEY_HASH_SIZE];
	char key[KEY_TEXT_SIZE];
	struct error err;

	(void)state;
	assert_int_equal(key_make(key, hash, &err), 0);
	assert_int_equal(strlen(key), 46);
	assert_memory_equal(key, "cs_", 3);
	assert_int_equal(
		strspn(key + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		43);
}

static void two_keys_differ_and_each_has_the_hash_of_its_text(void **state)
{
	unsigned char hashes[2][STORE_KEY_HASH_SIZE];
	unsigned char again[STORE_KEY_HASH_SIZE];
	char keys[2][KEY_TEXT_SIZE];
	struct error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(key_make(keys[i], hashes[i], &err), 0);
		key_hash(text_of(keys[i]), again);
		assert_memory_equal(hashes[i], again, sizeof(again));
	}
	assert_string_not_equal(keys[0], keys[1]);
	assert_memory_not_equal(hashes[0], hashes[1], sizeof(again));
}

/* The first 8 bytes of `printf abc | b2sum -l 256`, so that another program can check a key. */
static void the_hash_is_blake2b_of_256_bits(void **state)
{
	static const unsigned char expected[] = {0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72};
	unsigned char hash[STORE_KEY_HASH_SIZE];

	(void)state;
	key_hash(TEXT("abc"), hash);
	assert_memory_equal(hash, expected, sizeof(expected));
}

static void scopes_are_read_in_any_order_and_written_in_one(void **state)
{
	static const struct {
		const char *text;
		const char *written; /* NULL: refused */
	} cases[] = {
		{"read", "read"},
		{"write,read", "read,write"},
		{"admin, write ,read", "read,write,admin"},
		{"read,read", "read"},
		{"", NULL},
		{"read,", NULL},
		{"Read", NULL},
		{"all", NULL},
	};
	char buffer[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		unsigned int scopes = 0;
		int result = key_scopes_parse(text_of(cases[i].text), &scopes, &err);

		if (!cases[i].written) {
			assert_int_equal(result, -1);
			assert_int_equal(err.code, ERROR_INVALID);
			assert_int_equal(scopes, 0);
			continue;
		}
		assert_int_equal(result, 0);
		assert_string_equal(
			key_scopes_format(scopes, buffer, sizeof(buffer)), cases[i].written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_cs_and_43_characters_of_base64url),
		cmocka_unit_test(two_keys_differ_and_each_has_the_hash_of_its_text),
		cmocka_unit_test(the_hash_is_blake2b_of_256_bits),
		cmocka_unit_test(scopes_are_read_in_any_order_and_written_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
