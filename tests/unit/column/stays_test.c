/* SPDX-License-Identifier: MIT
 * What a row says of a call's visits: what goes in comes out, and whatever bytes stand there are
 * read or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

static struct text write_visits(
	struct column_stays_writer *writer, const struct path_visit *visits, size_t count)
{
	column_stays_begin(writer);
	for (size_t i = 0; i < count; i++) {
		assert_true(column_stays_write(writer, &visits[i]));
	}
	return buffer_text(&writer->bytes);
}

/* docs/storage-format.md has it. */
static void the_example_of_the_document_is_right(void **state)
{
	static const struct path_visit visits[] = {
		{.from = 1770000002}, {.from = 1770000020, .wrong_input = 1}, {.from = 1770000034}};
	static const unsigned char wanted[] = {
		0x83, 0x9d, 0x80, 0xcc, 0x06, 0x00, 0x24, 0x00, 0x01, 0x0f};
	const struct call call = {.start = 1770000000, .end = 1770000061};
	struct column_stays_writer writer = {0};
	const struct column_stays *stays;
	struct arena arena;
	struct text bytes;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	buffer_init(&writer.bytes, SIZE_MAX);
	bytes = write_visits(&writer, visits, COUNT_OF(visits));
	assert_int_equal(bytes.size, sizeof(wanted));
	assert_memory_equal(bytes.data, wanted, sizeof(wanted));
	assert_int_equal(column_stays_read(&call, bytes, &arena, &stays, NULL), 1);
	assert_int_equal(stays->count, 3);
	assert_int_equal(stays->wait, 2);
	assert_int_equal(stays->visits[0].seconds, 18);
	assert_int_equal(stays->visits[1].seconds, 14);
	assert_int_equal(stays->visits[1].wrong_input, 1);
	assert_int_equal(stays->visits[2].seconds, 27);
	buffer_deinit(&writer.bytes);
	arena_deinit(&arena);
}

static int64_t between(int64_t from, int64_t to)
{
	return to > from ? to - from : 0;
}

/* Times go forth and back, by up to what a number of 18 digits says. */
static int64_t make_time(struct dice *dice)
{
	static const int64_t times[] = {0, 1, 126, 127, 128, 1770000000, 999999999999999000};

	return times[dice_throw(dice, COUNT_OF(times))] + dice_throw(dice, 200);
}

static void what_goes_in_comes_out(void **state)
{
	struct column_stays_writer writer = {0};
	struct dice dice = {5};
	struct arena arena;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	buffer_init(&writer.bytes, SIZE_MAX);
	for (int round = 0; round < 20000; round++) {
		const struct call call = {.start = make_time(&dice), .end = make_time(&dice)};
		struct path_visit visits[8] = {0};
		uint32_t count = dice_throw(&dice, 9);
		const struct column_stays *stays;
		struct text bytes;

		for (uint32_t i = 0; i < count; i++) {
			visits[i].from = make_time(&dice);
			visits[i].no_input = dice_throw(&dice, 4) ? 0 : dice_throw(&dice, 300);
			visits[i].wrong_input = dice_throw(&dice, 4) ? 0 : UINT32_MAX;
		}
		bytes = write_visits(&writer, visits, count);
		assert_int_equal(column_stays_read(&call, bytes, &arena, &stays, NULL), 1);
		assert_int_equal(stays->count, count);
		assert_int_equal(stays->wait, count > 0 ? between(call.start, visits[0].from) : 0);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(stays->visits[i].seconds,
				between(visits[i].from,
					i + 1 < count ? visits[i + 1].from : call.end));
			assert_int_equal(stays->visits[i].no_input, visits[i].no_input);
			assert_int_equal(stays->visits[i].wrong_input, visits[i].wrong_input);
		}
		arena_deinit(&arena);
	}
	buffer_deinit(&writer.bytes);
}

static void whatever_bytes_stand_there_are_read_or_refused(void **state)
{
	const struct call call = {.start = 5, .end = 10};
	struct dice dice = {7};
	struct arena arena;
	int read = 0, refused = 0;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (int round = 0; round < 20000; round++) {
		const struct column_stays *stays = NULL;
		uint32_t size = dice_throw(&dice, 12);
		char *bytes = arena_alloc(&arena, size);
		int status;

		assert_non_null(bytes);
		for (uint32_t i = 0; i < size; i++) {
			bytes[i] = (char)(dice_throw(&dice, 3) ? 0xff : dice_throw(&dice, 256));
		}
		status = column_stays_read(&call, (struct text){bytes, size}, &arena, &stays, NULL);
		assert_in_range(status, 0, 1);
		read += status;
		refused += !status;
		for (uint32_t i = 0; status > 0 && i < stays->count; i++) {
			assert_true(stays->visits[i].seconds >= 0);
		}
		arena_deinit(&arena);
	}
	assert_true(read > 1000 && refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_document_is_right),
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(whatever_bytes_stand_there_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
