/* SPDX-License-Identifier: MIT
 * Doubled names, in small objects and in large ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_reader.h"

/* An object of @count members n0, n1, …, the last of which is called as the one at @doubled (or
 * like none: -1). */
static int read_members(int count, int doubled, size_t arena_size, struct error *err)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(arena_deinit) struct arena arena;
	struct json_names names;
	struct json_reader reader;
	struct json_token token;
	int result;

	buffer_init(&json, 1 << 24);
	arena_init(&arena, arena_size);
	buffer_append_byte(&json, '{');
	for (int i = 0; i < count; i++) {
		bool last = i == count - 1;

		buffer_printf(
			&json, "%s\"n%d\":0", i > 0 ? "," : "", last && doubled >= 0 ? doubled : i);
	}
	buffer_append_byte(&json, '}');
	json_reader_init(
		&reader, buffer_text(&json), (struct json_position){.line = 1, .column = 1});
	json_reader_check_names(&reader, &names, &arena);
	do {
		result = json_reader_next(&reader, &token, err);
	} while (result > 0);
	return result;
}

static void a_doubled_name_is_found_wherever_it_stands(void **state)
{
	static const int counts[] = {2, 3, 10, 31, 32, 33, 34, 64, 65, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int count = counts[i];

		assert_int_equal(read_members(count, -1, 1 << 20, NULL), 0);
		assert_int_equal(read_members(count, 0, 1 << 20, NULL), -1);
		assert_int_equal(read_members(count, count / 2 - (count == 2), 1 << 20, NULL), -1);
		assert_int_equal(read_members(count, count - 2, 1 << 20, NULL), -1);
	}
}

static void a_hundred_thousand_members_are_no_trouble(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(read_members(100000, -1, 1 << 24, &err), 0);
	assert_int_equal(read_members(100000, 50000, 1 << 24, &err), -1);
	assert_non_null(strstr(err.message, "a member of this name is in the object already"));
}

static void names_that_do_not_fit_are_a_failure_and_no_silence(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(read_members(1000, -1, 4096, &err), -1);
	assert_int_equal(err.code, ERROR_NO_MEMORY);
}

static void the_place_is_the_second_name(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(read_members(3, 0, 4096, &err), -1);
	assert_string_equal(
		err.message, "line 1, column 16: a member of this name is in the object already");
	/* More than are searched as they come: found at the end, told at the name all the same. */
	assert_int_equal(read_members(34, 0, 4096, &err), -1);
	assert_null(strstr(err.message, "column 1:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_doubled_name_is_found_wherever_it_stands),
		cmocka_unit_test(a_hundred_thousand_members_are_no_trouble),
		cmocka_unit_test(names_that_do_not_fit_are_a_failure_and_no_silence),
		cmocka_unit_test(the_place_is_the_second_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
