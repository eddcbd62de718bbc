/* SPDX-License-Identifier: MIT
 * Finding special bytes, against looking at one byte after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_block.h"

#define TEXT_SIZE 300

/* Every byte there is, in a mixed order. */
static void fill(char *data, size_t size, unsigned int step, unsigned int mask)
{
	for (size_t i = 0; i < size; i++) {
		unsigned int byte = (unsigned int)(i * step) & 0xff;

		/* Most bytes are plain, as they are in a string. */
		data[i] = (char)(i % (step + 7) ? byte | mask : byte);
	}
}

static void find_agrees_from(struct text input, size_t from)
{
	struct json_stretch stretch;
	uint64_t high = 0;
	bool expected_high = false;
	size_t expected = from;

	while (expected < input.size && !json_is_special(input.data[expected])) {
		expected_high |= (input.data[expected] & 0x80) != 0;
		expected++;
	}
	json_stretch_look(&stretch, input, from / 2);
	assert_int_equal(json_stretch_find(&stretch, input, from, &high), expected);
	assert_int_equal(high != 0, expected_high);
}

static void special_bytes_are_found_from_every_place(void **state)
{
	static const unsigned int masks[] = {0x40, 0x60, 0xc0};
	char data[TEXT_SIZE];

	(void)state;
	for (unsigned int step = 1; step < 64; step++) {
		for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
			struct text input = {.data = data, .size = TEXT_SIZE - step};

			fill(data, sizeof(data), step, masks[i]);
			for (size_t from = 0; from <= input.size; from++) {
				find_agrees_from(input, from);
			}
		}
	}
}

static void each_byte_is_special_or_not_beside_any_other(void **state)
{
	char data[JSON_STRETCH_BYTES];

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		for (int other = 0; other < 256; other++) {
			struct json_stretch stretch;
			uint64_t special = 0, high = 0;

			for (size_t i = 0; i < sizeof(data); i++) {
				data[i] = (char)(i % 3 ? byte : other);
				special |= (uint64_t)json_is_special(data[i]) << i;
				high |= (uint64_t)((data[i] & 0x80) != 0) << i;
			}
			json_stretch_look(
				&stretch, (struct text){.data = data, .size = sizeof(data)}, 0);
			assert_true(stretch.special == special && stretch.high == high);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_bytes_are_found_from_every_place),
		cmocka_unit_test(each_byte_is_special_or_not_beside_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
