/* SPDX-License-Identifier: MIT
 * Finding single values in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_find.h"

static const char sample[] = "{\"a\": {\"b\\u0063\": [1, {\"x\": 2} , \"t\\n\"], \"n\": \"17\"},"
			     " \"z\": null, \"f\": 1.5}";

static void a_member_is_found_by_its_path(void **state)
{
	struct text json = text_of(sample);

	(void)state;
	assert_true(text_equal(json_find(json, "a.bc"), TEXT("[1, {\"x\": 2} , \"t\\n\"]")));
	assert_true(text_equal(json_find(json, "z"), TEXT("null")));
	assert_null(json_find(json, "a.bc.x").data);
	assert_null(json_find(json, "b").data);
	assert_null(json_find(TEXT("[1]"), "a").data);
	assert_null(json_find(TEXT("{\"a\""), "a").data);
	assert_null(json_find((struct text){0}, "a").data);
}

static void a_number_may_be_a_string_of_digits(void **state)
{
	struct text json = text_of(sample);

	(void)state;
	assert_int_equal(json_find_integer(json, "a.n", -1), 17);
	assert_int_equal(json_find_integer(json, "f", -1), -1);
	assert_int_equal(json_find_integer(json, "missing", 5), 5);
	assert_int_equal(json_find_integer(TEXT("{\"a\":12}"), "a", -1), 12);
}

static void a_string_is_unescaped(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct text json = TEXT("{\"a\":\"x\\n\\u00e9\",\"b\":1}");

	(void)state;
	arena_init(&arena, 4096);
	assert_true(text_equal(json_find_string(json, "a", &arena), TEXT("x\n\xc3\xa9")));
	assert_null(json_find_string(json, "b", &arena).data);
	assert_null(json_find_string(json, "c", &arena).data);
}

static void entries_are_walked_until_the_array_ends_or_breaks(void **state)
{
	struct json_entries entries;
	struct text entry = {0};

	(void)state;
	json_entries_init(&entries, json_find(text_of(sample), "a.bc"));
	assert_true(json_entries_next(&entries, &entry) && text_equal(entry, TEXT("1")));
	assert_true(json_entries_next(&entries, &entry) && text_equal(entry, TEXT("{\"x\": 2}")));
	assert_true(json_entries_next(&entries, &entry) && text_equal(entry, TEXT("\"t\\n\"")));
	assert_false(json_entries_next(&entries, &entry));
	assert_false(json_entries_next(&entries, &entry));
	json_entries_init(&entries, TEXT("{}"));
	assert_false(json_entries_next(&entries, &entry));
	json_entries_init(&entries, TEXT("[1, [2"));
	assert_true(json_entries_next(&entries, &entry));
	assert_false(json_entries_next(&entries, &entry));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_by_its_path),
		cmocka_unit_test(a_number_may_be_a_string_of_digits),
		cmocka_unit_test(a_string_is_unescaped),
		cmocka_unit_test(entries_are_walked_until_the_array_ends_or_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
