/* SPDX-License-Identifier: MIT
 * Opening the numbers of a block, and reading one or all of them. */
#include "column/numbers.h"

bool column_digits_pack(struct text digits, uint64_t *ret_packed)
{
	uint64_t packed = 0;

	if (digits.size == 0 || digits.size > NUMBERS_DIGITS_MAX) {
		return false;
	}
	for (size_t i = 0; i < digits.size; i++) {
		if (!text_is_digit(digits.data[i])) {
			return false;
		}
		packed = packed << 4 | (uint64_t)(digits.data[i] - '0');
	}
	*ret_packed = packed;
	return true;
}

/* ---- opening ---- */

static int open_plane(struct column_numbers *numbers, uint32_t count, struct column_plane *plane,
	struct error *err)
{
	struct column_reader *reader = &numbers->reader;
	uint64_t runs, size = count;

	if (column_read_number(reader, 1, &runs, err) < 0) {
		return -1;
	}
	if (runs > 1) {
		return column_damaged(reader, "a plane is neither bytes nor runs", err);
	}
	if (runs && column_read_number(reader, 4, &size, err) < 0) {
		return -1;
	}
	plane->runs = runs == 1;
	plane->data.data = column_read(reader, size, err);
	plane->data.size = size;
	return plane->data.data ? 0 : -1;
}

static int open_class(
	struct column_numbers *numbers, uint32_t which, uint32_t count, struct error *err)
{
	struct column_class *class = &numbers->classes[which];

	class->length = which % NUMBERS_DIGITS_MAX + 1;
	class->plus = which >= NUMBERS_DIGITS_MAX;
	class->count = count;
	class->first = numbers->count;
	for (uint32_t plane = 0; plane < (class->length + 1) / 2; plane++) {
		if (open_plane(numbers, count, &class->planes[plane], err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int open_texts(struct column_numbers *numbers, uint32_t count, struct error *err)
{
	struct column_reader *reader = &numbers->reader;
	uint32_t before = 0;

	numbers->texts_first = numbers->count;
	numbers->texts_count = count;
	numbers->text_ends = column_read(reader, (uint64_t)count * 4, err);
	for (uint32_t i = 0; numbers->text_ends && i < count; i++) {
		uint32_t end = column_get32(numbers->text_ends + (size_t)i * 4);

		if (end < before || end - before > CALL_NUMBER_MAX) {
			return column_damaged(reader, "a number is longer than numbers are", err);
		}
		before = end;
	}
	numbers->texts.data = numbers->text_ends ? column_read(reader, before, err) : NULL;
	numbers->texts.size = before;
	return numbers->texts.data ? 0 : -1;
}

static int open_next(struct column_numbers *numbers, int64_t *last, uint32_t all, struct error *err)
{
	struct column_reader *reader = &numbers->reader;
	uint64_t which, count;

	if (column_read_number(reader, 1, &which, err) < 0 ||
		column_read_number(reader, 4, &count, err) < 0) {
		return -1;
	}
	if ((int64_t)which <= *last || which > NUMBERS_CLASSES) {
		return column_damaged(reader, "a class of numbers stands where it cannot", err);
	}
	if (count == 0 || count > all - numbers->count) {
		return column_damaged(reader, "a class has more numbers than there are", err);
	}
	if (which == NUMBERS_CLASSES
			? open_texts(numbers, (uint32_t)count, err) < 0
			: open_class(numbers, (uint32_t)which, (uint32_t)count, err) < 0) {
		return -1;
	}
	*last = (int64_t)which;
	numbers->count += (uint32_t)count;
	return 0;
}

int column_numbers_open(struct column_numbers *numbers, struct text payload, enum column_id column,
	int64_t block, struct error *err)
{
	int64_t last = -1;
	uint64_t all;

	*numbers = (struct column_numbers){
		.reader = {.data = payload, .column = column, .block = block}};
	if (column_read_number(&numbers->reader, 4, &all, err) < 0) {
		return -1;
	}
	if (all == 0 || all > COLUMN_CALLS_MAX) {
		return column_damaged(&numbers->reader, "it has not 1 to 65536 numbers", err);
	}
	while (numbers->count < all) {
		if (open_next(numbers, &last, (uint32_t)all, err) < 0) {
			return -1;
		}
	}
	return column_read_end(&numbers->reader, err);
}

/* ---- reading ---- */

static int plane_damaged(const struct column_numbers *numbers, struct error *err)
{
	return column_damaged(&numbers->reader, "a plane has not as many bytes as numbers", err);
}

static int byte_in_runs(const struct column_numbers *numbers, const struct column_plane *plane,
	uint32_t at, unsigned char *ret_byte, struct error *err)
{
	struct column_reader runs = {.data = plane->data, .column = numbers->reader.column};
	uint64_t passed = 0;

	while (runs.at < runs.data.size) {
		unsigned char byte = (unsigned char)runs.data.data[runs.at++];
		uint64_t length;

		if (column_read_varint(&runs, COLUMN_CALLS_MAX, &length, NULL) < 0) {
			break;
		}
		passed += length;
		if (passed > at) {
			*ret_byte = byte;
			return 0;
		}
	}
	return plane_damaged(numbers, err);
}

static int unpack_one(const struct column_numbers *numbers, const struct column_class *class,
	uint32_t at, uint64_t *ret_packed, struct error *err)
{
	uint64_t packed = 0;

	for (uint32_t i = 0; i < (class->length + 1) / 2; i++) {
		const struct column_plane *plane = &class->planes[i];
		unsigned char byte = 0;

		if (!plane->runs) {
			byte = (unsigned char)plane->data.data[at];
		} else if (byte_in_runs(numbers, plane, at, &byte, err) < 0) {
			return -1;
		}
		packed = packed << 8 | byte;
	}
	*ret_packed = packed;
	return 0;
}

static int write_digits(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t packed, char *buffer, struct text *ret_number, struct error *err)
{
	char *at = buffer;

	if (class->plus) {
		*at++ = '+';
	}
	for (uint32_t i = class->length; i > 0; i--) {
		uint32_t digit = packed >> 4 * (i - 1) & 0xf;

		if (digit > 9) {
			return column_damaged(&numbers->reader, "a digit is more than 9", err);
		}
		*at++ = (char)('0' + digit);
	}
	*ret_number = (struct text){.data = buffer, .size = (size_t)(at - buffer)};
	return 0;
}

struct text column_numbers_at(const struct column_numbers *numbers, uint32_t at)
{
	uint32_t from = at > 0 ? column_get32(numbers->text_ends + (size_t)(at - 1) * 4) : 0;
	uint32_t end = column_get32(numbers->text_ends + (size_t)at * 4);

	return (struct text){.data = numbers->texts.data + from, .size = end - from};
}

int column_numbers_text(const struct column_numbers *numbers, uint32_t code,
	char buffer[CALL_NUMBER_MAX], struct text *ret_number, struct error *err)
{
	if (numbers->texts_count > 0 && code >= numbers->texts_first && code < numbers->count) {
		*ret_number = column_numbers_at(numbers, code - numbers->texts_first);
		return 0;
	}
	for (size_t i = 0; i < NUMBERS_CLASSES; i++) {
		const struct column_class *class = &numbers->classes[i];
		uint64_t packed;

		if (class->length == 0 || code < class->first ||
			code - class->first >= class->count) {
			continue;
		}
		if (unpack_one(numbers, class, code - class->first, &packed, err) < 0) {
			return -1;
		}
		return write_digits(numbers, class, packed, buffer, ret_number, err);
	}
	return column_damaged(&numbers->reader, "a call has a number that is not there", err);
}

static int add_runs(const struct column_numbers *numbers, const struct column_plane *plane,
	uint64_t *packed, uint32_t count, struct error *err)
{
	struct column_reader runs = {.data = plane->data, .column = numbers->reader.column};
	uint32_t at = 0;

	while (runs.at < runs.data.size) {
		unsigned char byte = (unsigned char)runs.data.data[runs.at++];
		uint64_t length;

		if (column_read_varint(&runs, count - at, &length, NULL) < 0) {
			return plane_damaged(numbers, err);
		}
		for (uint64_t i = 0; i < length; i++, at++) {
			packed[at] = packed[at] << 8 | byte;
		}
	}
	return at == count ? 0 : plane_damaged(numbers, err);
}

int column_class_unpack(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t *ret_packed, struct error *err)
{
	memset(ret_packed, 0, class->count * sizeof(*ret_packed));
	for (uint32_t i = 0; i < (class->length + 1) / 2; i++) {
		const struct column_plane *plane = &class->planes[i];

		if (plane->runs) {
			if (add_runs(numbers, plane, ret_packed, class->count, err) < 0) {
				return -1;
			}
			continue;
		}
		for (uint32_t at = 0; at < class->count; at++) {
			ret_packed[at] = ret_packed[at] << 8 | (unsigned char)plane->data.data[at];
		}
	}
	return 0;
}
