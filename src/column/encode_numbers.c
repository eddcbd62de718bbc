/* SPDX-License-Identifier: MIT
 * Sorting numbers into classes, and their digits into planes. */
#include "column/encode.h"
#include "column/numbers.h"

#define TEXTS NUMBERS_CLASSES /* the class of those that are not packed, behind all others */

struct entry {
	uint32_t class;
	uint32_t row;
	uint64_t packed;
	struct text text;
};

static struct entry entry_of(struct text number, uint32_t row)
{
	struct entry entry = {.class = TEXTS, .row = row, .text = number};
	bool plus = number.size > 0 && number.data[0] == '+';
	struct text digits = text_tail(number, plus ? 1 : 0);

	if (column_digits_pack(digits, &entry.packed)) {
		entry.class = (plus ? NUMBERS_DIGITS_MAX : 0U) + (uint32_t)digits.size - 1;
	}
	return entry;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->class != b->class) {
		return a->class < b->class ? -1 : 1;
	}
	if (a->class == TEXTS) {
		return text_compare(a->text, b->text);
	}
	return a->packed < b->packed ? -1 : a->packed > b->packed;
}

static unsigned char byte_at(const struct entry *entry, uint32_t planes, uint32_t plane)
{
	return (unsigned char)(entry->packed >> 8 * (planes - 1 - plane));
}

/* The shorter of the two ways to write a plane. */
static void put_plane(struct buffer *out, const struct entry *entries, uint32_t count,
	uint32_t planes, uint32_t plane)
{
	AUTO(buffer_deinit) struct buffer runs;
	uint32_t from = 0;

	buffer_init(&runs, SIZE_MAX);
	for (uint32_t i = 1; i <= count; i++) {
		unsigned char byte = byte_at(&entries[from], planes, plane);

		if (i == count || byte_at(&entries[i], planes, plane) != byte) {
			buffer_append_byte(&runs, (char)byte);
			column_put_varint(&runs, i - from);
			from = i;
		}
	}
	if (runs.size < count) {
		buffer_append_byte(out, 1);
		column_put(out, runs.size, 4);
		buffer_append(out, buffer_text(&runs));
	} else {
		buffer_append_byte(out, 0);
		for (uint32_t i = 0; i < count; i++) {
			buffer_append_byte(out, (char)byte_at(&entries[i], planes, plane));
		}
	}
	out->failed |= runs.failed;
}

static void put_class(struct buffer *out, const struct entry *entries, uint32_t count)
{
	uint32_t length = entries->class % NUMBERS_DIGITS_MAX + 1;
	uint32_t planes = (length + 1) / 2;

	column_put(out, entries->class, 1);
	column_put(out, count, 4);
	for (uint32_t plane = 0; plane < planes; plane++) {
		put_plane(out, entries, count, planes, plane);
	}
}

static void put_texts(struct buffer *out, const struct entry *entries, uint32_t count)
{
	uint64_t end = 0;

	column_put(out, TEXTS, 1);
	column_put(out, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		end += entries[i].text.size;
		column_put(out, end, 4);
	}
	for (uint32_t i = 0; i < count; i++) {
		buffer_append(out, entries[i].text);
	}
}

/* The different ones are brought to the front; each row gets the place of that it has. */
static uint32_t number_rows(struct entry *entries, uint32_t count, uint32_t *codes)
{
	uint32_t different = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (i == 0 || compare(&entries[different - 1], &entries[i]) != 0) {
			entries[different++] = entries[i];
		}
		codes[entries[i].row] = different - 1;
	}
	return different;
}

static void put_numbers(struct buffer *out, const struct entry *entries, uint32_t count)
{
	column_put(out, count, 4);
	for (uint32_t from = 0, to = 0; from < count; from = to) {
		while (to < count && entries[to].class == entries[from].class) {
			to++;
		}
		if (entries[from].class == TEXTS) {
			put_texts(out, entries + from, to - from);
		} else {
			put_class(out, entries + from, to - from);
		}
	}
}

static int encode(struct column_encoder *encoder, bool dest, struct error *err)
{
	enum column_id codes_column = dest ? COLUMN_DEST : COLUMN_SRC;
	enum column_id numbers_column = dest ? COLUMN_DEST_NUMBERS : COLUMN_SRC_NUMBERS;
	struct entry *entries = arena_calloc(&encoder->arena, encoder->count, sizeof(*entries));
	uint32_t *codes = arena_calloc(&encoder->arena, encoder->count, sizeof(*codes));
	uint32_t different, width;

	if (!entries || !codes) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		const struct call *call = &encoder->rows[i].call;

		entries[i] = entry_of(dest ? call->dest : call->src, i);
	}
	qsort(entries, encoder->count, sizeof(*entries), compare);
	different = number_rows(entries, encoder->count, codes);
	put_numbers(&encoder->columns[numbers_column], entries, different);
	width = different > 256 ? 2 : 1;
	column_put(&encoder->columns[codes_column], width, 1);
	for (uint32_t i = 0; i < encoder->count; i++) {
		column_put(&encoder->columns[codes_column], codes[i], width);
	}
	return 0;
}

int column_encode_numbers(struct column_encoder *encoder, struct error *err)
{
	return encode(encoder, true, err) < 0 ? -1 : encode(encoder, false, err);
}
