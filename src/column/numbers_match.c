/* SPDX-License-Identifier: MIT
 * Which numbers of a block a filter asks for. Whole numbers and beginnings narrow a range of the
 * sorted numbers plane by plane. An end is looked for in the last planes. What stands anywhere
 * takes all digits. */
#include "column/numbers.h"

/* A range of the numbers of a class. */
struct range {
	uint32_t low;
	uint32_t high;
};

static int damaged(const struct column_numbers *numbers, struct error *err)
{
	return column_damaged(&numbers->reader, "a plane has not as many bytes as numbers", err);
}

/* The first place of @range whose byte is at least @byte. */
static uint32_t lower_bound(const char *bytes, struct range range, uint32_t byte)
{
	while (range.low < range.high) {
		uint32_t middle = range.low + (range.high - range.low) / 2;

		if ((unsigned char)bytes[middle] < byte) {
			range.low = middle + 1;
		} else {
			range.high = middle;
		}
	}
	return range.low;
}

static int narrow_runs(const struct column_numbers *numbers, const struct column_plane *plane,
	uint32_t least, uint32_t most, struct range *range, struct error *err)
{
	struct column_reader runs = {.data = plane->data, .column = numbers->reader.column};
	struct range narrow = {.low = range->low, .high = range->low};
	uint64_t at = 0;

	while (at < range->high) {
		unsigned char byte;
		uint64_t length;

		if (runs.at == runs.data.size) {
			return damaged(numbers, err);
		}
		byte = (unsigned char)runs.data.data[runs.at++];
		if (column_read_varint(&runs, COLUMN_CALLS_MAX, &length, NULL) < 0) {
			return damaged(numbers, err);
		}
		at += length;
		if (at <= range->low) {
			continue;
		}
		if (byte < least) {
			narrow.low = (uint32_t)(at < range->high ? at : range->high);
		}
		if (byte <= most) {
			narrow.high = (uint32_t)(at < range->high ? at : range->high);
		}
	}
	narrow.high = narrow.high < narrow.low ? narrow.low : narrow.high;
	*range = narrow;
	return 0;
}

/* Narrows @range, in which all planes before it are the same, to bytes from @least to @most. */
static int narrow(const struct column_numbers *numbers, const struct column_plane *plane,
	uint32_t least, uint32_t most, struct range *range, struct error *err)
{
	if (plane->runs) {
		return narrow_runs(numbers, plane, least, most, range, err);
	}
	range->low = lower_bound(plane->data.data, *range, least);
	range->high = lower_bound(plane->data.data, *range, most + 1);
	return 0;
}

/* The numbers of @class that begin with the @digits digits @packed, at most its length. */
static int find_beginning(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t packed, uint32_t digits, struct range *ret_range, struct error *err)
{
	struct range range = {.low = 0, .high = class->count};
	uint64_t least = packed << 4 * (class->length - digits);
	uint64_t most = least | ((UINT64_C(1) << 4 * (class->length - digits)) - 1);
	uint32_t planes = (class->length + 1) / 2;

	for (uint32_t i = 0; i < planes && range.low < range.high; i++) {
		uint32_t shift = 8 * (planes - 1 - i);

		if (shift + 8 <= 4 * (class->length - digits)) {
			break;
		}
		if (narrow(numbers, &class->planes[i], least >> shift & 0xff, most >> shift & 0xff,
			    &range, err) < 0) {
			return -1;
		}
	}
	*ret_range = range;
	return 0;
}

static void mark_range(
	struct column_codes *codes, const struct column_class *class, struct range range)
{
	memset(codes->mask + class->first + range.low, 1, range.high - range.low);
}

static int mark_beginning(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t packed, uint32_t digits, struct column_codes *codes, struct error *err)
{
	struct range range;

	if (find_beginning(numbers, class, packed, digits, &range, err) < 0) {
		return -1;
	}
	mark_range(codes, class, range);
	return 0;
}

/* ---- ends ---- */

/* The bytes of a plane, one a number. */
static int plane_bytes(const struct column_numbers *numbers, const struct column_class *class,
	uint32_t which, struct column_codes *codes, const unsigned char **ret_bytes,
	struct error *err)
{
	const struct column_plane *plane = &class->planes[which];
	struct column_reader runs = {.data = plane->data, .column = numbers->reader.column};
	uint32_t at = 0;

	*ret_bytes = plane->runs ? codes->planes[which] : (const unsigned char *)plane->data.data;
	while (plane->runs && runs.at < runs.data.size) {
		int byte = (unsigned char)runs.data.data[runs.at++];
		uint64_t length;

		if (column_read_varint(&runs, class->count - at, &length, NULL) < 0) {
			return damaged(numbers, err);
		}
		memset(codes->planes[which] + at, byte, length);
		at += (uint32_t)length;
	}
	return !plane->runs || at == class->count ? 0 : damaged(numbers, err);
}

static bool ends_with(const unsigned char *const *bytes, uint32_t planes, uint32_t at,
	uint64_t packed, uint32_t digits)
{
	for (uint32_t i = 0; i * 2 < digits; i++) {
		unsigned int mask = digits - i * 2 == 1 ? 0x0f : 0xff;

		if (((bytes[planes - 1 - i][at] ^ (unsigned int)(packed >> 8 * i)) & mask) != 0) {
			return false;
		}
	}
	return true;
}

static int mark_end(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t packed, uint32_t digits, struct column_codes *codes, struct error *err)
{
	const unsigned char *bytes[NUMBERS_PLANES_MAX] = {0};
	uint32_t planes = (class->length + 1) / 2;
	const unsigned char *last;
	uint32_t at = 0;

	for (uint32_t i = 0; i * 2 < digits; i++) {
		uint32_t plane = planes - 1 - i;

		if (plane_bytes(numbers, class, plane, codes, &bytes[plane], err) < 0) {
			return -1;
		}
	}
	last = bytes[planes - 1];
	while (at < class->count) {
		if (digits > 1) { /* most numbers are passed over by their last two digits */
			const unsigned char *found =
				memchr(last + at, (int)(packed & 0xff), class->count - at);

			if (!found) {
				break;
			}
			at = (uint32_t)(found - last);
		}
		if (ends_with(bytes, planes, at, packed, digits)) {
			codes->mask[class->first + at] = 1;
		}
		at++;
	}
	return 0;
}

/* ---- anywhere ---- */

static int mark_anywhere(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t packed, uint32_t digits, struct column_codes *codes, struct error *err)
{
	uint64_t mask = (UINT64_C(1) << 4 * digits) - 1;

	if (column_class_unpack(numbers, class, codes->packed, err) < 0) {
		return -1;
	}
	for (uint32_t shift = 0; shift <= 4 * (class->length - digits); shift += 4) {
		for (uint32_t i = 0; i < class->count; i++) {
			codes->mask[class->first + i] |=
				(codes->packed[i] >> shift & mask) == packed;
		}
	}
	return 0;
}

/* ---- all that is asked for ---- */

static int mark_part(const struct column_numbers *numbers, const struct filter_part *part,
	struct column_codes *codes, struct error *err)
{
	uint64_t packed;

	if (!column_digits_pack(part->key, &packed)) {
		return 0; /* only texts can have that */
	}
	for (size_t i = 0; i < NUMBERS_CLASSES; i++) {
		const struct column_class *class = &numbers->classes[i];
		uint32_t digits = (uint32_t)part->key.size;
		int status;

		if (class->length < digits) {
			continue;
		}
		if (part->open_left && part->open_right) {
			status = mark_anywhere(numbers, class, packed, digits, codes, err);
		} else if (part->open_left) {
			status = mark_end(numbers, class, packed, digits, codes, err);
		} else {
			status = mark_beginning(numbers, class, packed, digits, codes, err);
		}
		if (status < 0) {
			return -1;
		}
	}
	return 0;
}

static int mark_whole(const struct column_numbers *numbers, struct text key,
	struct column_codes *codes, struct error *err)
{
	uint64_t packed;

	if (!column_digits_pack(key, &packed)) {
		return 0;
	}
	for (size_t i = key.size - 1; i < NUMBERS_CLASSES; i += NUMBERS_DIGITS_MAX) {
		const struct column_class *class = &numbers->classes[i];

		if (class->length > 0 && mark_beginning(numbers, class, packed, (uint32_t)key.size,
						 codes, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static bool matches(
	const struct filter *filter, const struct filter_numbers *wanted, struct text number)
{
	char buffer[CALL_NUMBER_MAX];

	return filter_number_matches(filter, wanted, call_number_key(number, buffer));
}

static void mark_texts(const struct column_numbers *numbers, const struct filter *filter,
	const struct filter_numbers *wanted, struct column_codes *codes)
{
	for (uint32_t i = 0; i < numbers->texts_count; i++) {
		codes->mask[numbers->texts_first + i] =
			matches(filter, wanted, column_numbers_at(numbers, i));
	}
}

/* What is dialled for a + goes before a part is compared: the few numbers that begin with it are
 * looked at one by one. */
static int mark_dialled(const struct column_numbers *numbers, const struct filter *filter,
	const struct filter_numbers *wanted, struct text prefix, struct column_codes *codes,
	struct error *err)
{
	uint64_t packed;

	for (size_t i = 0; i < NUMBERS_CLASSES && column_digits_pack(prefix, &packed); i++) {
		const struct column_class *class = &numbers->classes[i];
		struct range range;

		if (class->length <= prefix.size) {
			continue;
		}
		if (find_beginning(numbers, class, packed, (uint32_t)prefix.size, &range, err) <
			0) {
			return -1;
		}
		for (uint32_t at = range.low; at < range.high; at++) {
			char buffer[CALL_NUMBER_MAX];
			struct text number;

			if (column_numbers_text(numbers, class->first + at, buffer, &number, err) <
				0) {
				return -1;
			}
			codes->mask[class->first + at] = matches(filter, wanted, number);
		}
	}
	return 0;
}

static int mark_all(const struct column_numbers *numbers, const struct filter *filter,
	const struct filter_numbers *wanted, struct column_codes *codes, struct error *err)
{
	for (size_t i = 0; i < wanted->whole.count; i++) {
		if (mark_whole(numbers, wanted->whole.items[i], codes, err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < wanted->parts_count; i++) {
		if (mark_part(numbers, &wanted->parts[i], codes, err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0;
		wanted->parts_count > 0 && filter->prefixes && i < filter->prefixes->count; i++) {
		if (mark_dialled(numbers, filter, wanted, filter->prefixes->items[i], codes, err) <
			0) {
			return -1;
		}
	}
	mark_texts(numbers, filter, wanted, codes);
	return 0;
}

int column_numbers_match(const struct column_numbers *numbers, const struct filter *filter,
	const struct filter_numbers *wanted, struct column_codes *codes, struct error *err)
{
	memset(codes->mask, 0, sizeof(codes->mask));
	if (mark_all(numbers, filter, wanted, codes, err) < 0) {
		return -1;
	}
	codes->matched = 0;
	for (uint32_t i = 0; i < numbers->count; i++) {
		codes->matched += codes->mask[i];
	}
	return 0;
}
