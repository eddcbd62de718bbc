/* SPDX-License-Identifier: MIT
 * Arena and buffer: growth up to the ceiling and not past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"

static void arena_gives_until_its_ceiling(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	assert_non_null(arena_alloc(&arena, 9000));
	assert_null(arena_alloc(&arena, 2000));
	assert_non_null(arena_alloc(&arena, 500));
	assert_null(arena_alloc(&arena, SIZE_MAX - 3));
	assert_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
	assert_true(arena.used_bytes <= 10000);
	arena_deinit(&arena);
	assert_int_equal(arena.used_bytes, 0);
}

static void arena_texts_end_with_nul(void **state)
{
	struct arena arena;
	struct text copy, printed;

	(void)state;
	arena_init(&arena, 1 << 20);
	copy = arena_copy(&arena, TEXT("abc"));
	printed = arena_printf(&arena, "%d-%s", 7, "x");
	assert_string_equal(copy.data, "abc");
	assert_true(text_equal_string(printed, "7-x"));
	arena_deinit(&arena);
}

static void a_pool_gives_an_arena_the_blocks_of_the_last(void **state)
{
	struct arena_pool pool;
	struct arena arena;
	char *first;

	(void)state;
	arena_pool_init(&pool, 1 << 20, 1 << 20);
	arena_init_pooled(&arena, 4 << 20, &pool);
	first = arena_alloc(&arena, 100);
	assert_non_null(first);
	assert_non_null(arena_alloc(&arena, 200000));
	arena_deinit(&arena);
	assert_int_equal(pool.spare_bytes, 4096 + 262144);
	assert_ptr_equal(arena_alloc(&arena, 100), first);
	assert_int_equal(pool.spare_bytes, 262144);
	arena_deinit(&arena);
	arena_pool_deinit(&pool);
}

static void fill(struct arena *arena, struct arena_pool *pool)
{
	arena_init_pooled(arena, SIZE_MAX, pool);
	for (int i = 0; i < 100; i++) {
		assert_non_null(arena_alloc(arena, 60000));
	}
	assert_non_null(arena_alloc(arena, 5 << 20)); /* larger than any that is kept */
}

static void a_pool_keeps_less_when_none_of_its_blocks_is_in_use(void **state)
{
	struct arena_pool pool;
	struct arena first, second;

	(void)state;
	arena_pool_init(&pool, 2 << 20, 6 << 20);
	for (int round = 0; round < 2; round++) {
		fill(&first, &pool);
		fill(&second, &pool);
		arena_deinit(&first);
		assert_true(pool.spare_bytes > 4 << 20 && pool.spare_bytes <= 6 << 20);
		arena_deinit(&second);
		assert_true(pool.spare_bytes > 0 && pool.spare_bytes <= 2 << 20);
		assert_int_equal(pool.lent_bytes, 0);
	}
	arena_pool_deinit(&pool);
}

static void buffer_keeps_a_failure_until_cleared(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 1000);
	for (int i = 0; i < 100; i++) {
		buffer_append(&buffer, TEXT("0123456789"));
	}
	assert_false(buffer.failed);
	buffer_append_byte(&buffer, 'x');
	assert_true(buffer.failed);
	assert_int_equal(buffer.size, 1000);
	buffer_clear(&buffer);
	buffer_printf(&buffer, "%s=%d", "n", 5);
	buffer_append_int64(&buffer, INT64_MIN);
	assert_true(text_equal_string(buffer_text(&buffer), "n=5-9223372036854775808"));
	buffer_deinit(&buffer);
}

static void buffer_writes_integers_as_printf_does(void **state)
{
	static const int64_t values[] = {
		0, 1, -1, 9, 10, -10, 1767225587, INT64_MAX, INT64_MIN, INT64_MIN + 1};
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 1000);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);
		buffer_clear(&buffer);
		buffer_append_int64(&buffer, values[i]);
		assert_true(text_equal_string(buffer_text(&buffer), expected));
	}
	buffer_deinit(&buffer);
}

static void log_values_cannot_forge_a_line(void **state)
{
	char buffer[32];

	(void)state;
	assert_string_equal(log_value(TEXT("plain"), buffer, sizeof(buffer)), "plain");
	assert_string_equal(
		log_value(TEXT("a\nb=\"c"), buffer, sizeof(buffer)), "\"a\\x0ab=\\\"c\"");
	assert_string_equal(log_value(TEXT(""), buffer, sizeof(buffer)), "\"\"");
	assert_true(strlen(log_value(TEXT("aaaaaaaaaa aaaaaaaaaa aaaaaaaaaa aaaaaaaaaa"), buffer,
			    sizeof(buffer))) < sizeof(buffer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_until_its_ceiling),
		cmocka_unit_test(arena_texts_end_with_nul),
		cmocka_unit_test(a_pool_gives_an_arena_the_blocks_of_the_last),
		cmocka_unit_test(a_pool_keeps_less_when_none_of_its_blocks_is_in_use),
		cmocka_unit_test(buffer_keeps_a_failure_until_cleared),
		cmocka_unit_test(buffer_writes_integers_as_printf_does),
		cmocka_unit_test(log_values_cannot_forge_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
