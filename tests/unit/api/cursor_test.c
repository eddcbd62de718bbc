/* SPDX-License-Identifier: MIT
 * Cursors: what is written can be read, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/cursor.h"

static struct call make_call(int64_t start, struct text session_id)
{
	return (struct call){.start = start, .session_id = session_id};
}

static void what_is_written_can_be_read(void **state)
{
	static const int64_t starts[] = {0, 1, 1795459000, INT64_MAX};
	char longest[CALL_SESSION_ID_MAX];
	const struct text sessions[] = {
		TEXT("a"), TEXT("930423;001;1795459000"), {longest, sizeof(longest)}};
	AUTO(arena_deinit) struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	memset(longest, 0xc3, sizeof(longest));
	for (size_t i = 0; i < 4 * 3; i++) {
		struct call call = make_call(starts[i / 3], sessions[i % 3]);
		char text[CURSOR_TEXT_SIZE];
		struct store_place place;

		assert_true(cursor_read(text_of(cursor_write(&call, text)), &arena, &place));
		assert_int_equal(place.start, call.start);
		assert_true(text_equal(place.session_id, call.session_id));
	}
}

static void nothing_else_can_be_read(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct call call = make_call(1795459000, TEXT("a session"));
	char text[CURSOR_TEXT_SIZE];
	struct store_place place = {.start = 7};
	size_t size = strlen(cursor_write(&call, text));

	(void)state;
	arena_init(&arena, 65536);
	for (size_t i = 0; i <= size; i++) {
		char kept = text[i];

		assert_false(i < size && cursor_read((struct text){text, i}, &arena, &place));
		for (const char *other = "AQz9_-=%"; *other; other++) {
			text[i] = *other;
			assert_false(*other != kept &&
				     cursor_read((struct text){text, i < size ? size : size + 1},
					     &arena, &place));
		}
		text[i] = kept;
	}
	assert_false(cursor_read((struct text){0}, &arena, &place));
	assert_int_equal(place.start, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(nothing_else_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
