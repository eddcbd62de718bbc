/* SPDX-License-Identifier: MIT
 * Texts that are read a few at a time: deflated group by group. */
#include <libdeflate.h>

#include "column/layout.h"

#define DEFLATE_LEVEL	  6
#define DEFLATE_RATIO_MAX 1032 /* pack.h says why */
#define GROUP_ENTRY	  8    /* bytes of a group in the table: two sizes */

uint32_t column_crc32(uint32_t crc, struct text data)
{
	return data.size > 0 ? libdeflate_crc32(crc, data.data, data.size) : crc;
}

static void free_compressor(struct libdeflate_compressor **compressor)
{
	libdeflate_free_compressor(*compressor);
}

static void free_decompressor(struct libdeflate_decompressor **decompressor)
{
	libdeflate_free_decompressor(*decompressor);
}

static uint32_t groups_of(uint32_t calls)
{
	return (calls + COLUMN_GROUP - 1) / COLUMN_GROUP;
}

/* Deflates @plain to the end of @out. */
static bool add_group(
	struct libdeflate_compressor *compressor, struct text plain, struct buffer *out)
{
	size_t room = libdeflate_deflate_compress_bound(compressor, plain.size);
	char *at = buffer_reserve(out, room);
	size_t size =
		at ? libdeflate_deflate_compress(compressor, plain.data, plain.size, at, room) : 0;

	buffer_advance(out, size);
	return size > 0;
}

int column_groups_write(const struct column_groups *groups, struct buffer *out, struct error *err)
{
	AUTO(free_compressor)
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(DEFLATE_LEVEL);
	AUTO(buffer_deinit) struct buffer plain, packed;
	uint32_t count = groups_of(groups->calls);

	buffer_init(&plain, UINT32_MAX);
	buffer_init(&packed, UINT32_MAX);
	column_put(out, count, 4);
	for (uint32_t group = 0; compressor && group < count; group++) {
		size_t before = packed.size;

		buffer_clear(&plain);
		for (uint32_t i = group * COLUMN_GROUP;
			i < groups->calls && i < (group + 1) * COLUMN_GROUP; i++) {
			column_put_varint(&plain, groups->records[i].size);
			buffer_append(&plain, groups->records[i]);
		}
		if (plain.failed || !add_group(compressor, buffer_text(&plain), &packed)) {
			return error_no_memory(err);
		}
		column_put(out, packed.size - before, 4);
		column_put(out, plain.size, 4);
	}
	buffer_append(out, buffer_text(&packed));
	return compressor && !out->failed ? 0 : error_no_memory(err);
}

/* ---- reading ---- */

void column_group_view_init(struct column_group_view *view)
{
	view->group = UINT32_MAX;
	view->count = 0;
	buffer_init(&view->memory, SIZE_MAX);
}

void column_group_view_deinit(struct column_group_view *view)
{
	buffer_deinit(&view->memory);
}

/* Finds where the group lies: its bytes, and what they inflate to. */
static int find_group(struct column_reader *reader, uint32_t calls, uint32_t group,
	struct text *ret_packed, size_t *ret_size, struct error *err)
{
	uint64_t count, offset = 0, packed = 0, size;
	const char *table;

	reader->at = 0;
	if (column_read_number(reader, 4, &count, err) < 0) {
		return -1;
	}
	if (count != groups_of(calls)) {
		return column_damaged(reader, "it has not as many groups as its calls need", err);
	}
	table = column_read(reader, count * GROUP_ENTRY, err);
	if (!table) {
		return -1;
	}
	for (uint32_t i = 0; i <= group; i++) {
		offset += packed;
		packed = column_get32(table + (size_t)i * GROUP_ENTRY);
	}
	size = column_get32(table + (size_t)group * GROUP_ENTRY + 4);
	if (!column_read(reader, offset, err)) {
		return -1;
	}
	ret_packed->data = column_read(reader, packed, err);
	if (!ret_packed->data) {
		return -1;
	}
	ret_packed->size = packed;
	if (size / DEFLATE_RATIO_MAX > packed) {
		return column_damaged(reader, "a group cannot be so large", err);
	}
	*ret_size = size;
	return 0;
}

static int inflate_group(const struct column_reader *reader, struct text packed, size_t size,
	struct buffer *memory, struct error *err)
{
	AUTO(free_decompressor)
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	char *at;

	buffer_clear(memory);
	at = buffer_reserve(memory, size + 1);
	if (!at || !decompressor) {
		return error_no_memory(err);
	}
	if (libdeflate_deflate_decompress(decompressor, packed.data, packed.size, at, size, NULL) !=
		LIBDEFLATE_SUCCESS) {
		return column_damaged(reader, "a group does not inflate", err);
	}
	buffer_advance(memory, size);
	return 0;
}

static int cut_group(const struct column_reader *reader, struct column_group_view *view,
	uint32_t count, struct error *err)
{
	struct column_reader inside = {.data = buffer_text(&view->memory),
		.column = reader->column,
		.block = reader->block};

	for (uint32_t i = 0; i < count; i++) {
		uint64_t size;
		const char *at;

		if (column_read_varint(&inside, UINT32_MAX, &size, NULL) < 0 ||
			!(at = column_read(&inside, size, NULL))) {
			return column_damaged(reader, "a group ends within a record", err);
		}
		view->records[i] = (struct text){.data = at, .size = size};
	}
	return inside.at == inside.data.size
		       ? 0
		       : column_damaged(reader, "a group has more than its records", err);
}

int column_groups_read(struct column_reader *reader, uint32_t calls, uint32_t at,
	struct column_group_view *view, struct text *ret_record, struct error *err)
{
	uint32_t group = at / COLUMN_GROUP;
	uint32_t left = calls - group * COLUMN_GROUP;
	uint32_t count = left < COLUMN_GROUP ? left : COLUMN_GROUP;
	struct text packed = {0};
	size_t size = 0;

	if (view->group != group) {
		view->group = UINT32_MAX;
		if (find_group(reader, calls, group, &packed, &size, err) < 0 ||
			inflate_group(reader, packed, size, &view->memory, err) < 0 ||
			cut_group(reader, view, count, err) < 0) {
			return -1;
		}
		view->group = group;
	}
	*ret_record = view->records[at % COLUMN_GROUP];
	return 0;
}
