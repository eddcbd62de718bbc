/* SPDX-License-Identifier: MIT
 * Headers with checksums, numbers, and reading that never passes the end. */
#include "column/layout.h"

static const char *const names[COLUMN_COUNT] = {"head", "start", "duration", "flags", "dest", "src",
	"dest numbers", "src numbers", "path", "path info", "shapes", "visits", "paths",
	"path calls", "session", "call id", "outcome", "answered", "talk", "ended by", "stays",
	"gone"};

const char *column_name(enum column_id column)
{
	return names[column];
}

void column_put(struct buffer *out, uint64_t value, uint32_t width)
{
	uint64_t little = htole64(value);

	buffer_append(out, (struct text){.data = (const char *)&little, .size = width});
}

void column_put_varint(struct buffer *out, uint64_t value)
{
	while (value >= 0x80) {
		buffer_append_byte(out, (char)(value | 0x80));
		value >>= 7;
	}
	buffer_append_byte(out, (char)value);
}

uint32_t column_width(uint64_t value)
{
	if (value <= UINT8_MAX) {
		return 1;
	}
	if (value <= UINT16_MAX) {
		return 2;
	}
	return value <= UINT32_MAX ? 4 : 8;
}

/* ---- segments ---- */

enum { AT_VERSION = 0, AT_COLUMN = 1, AT_ZERO = 2, AT_CALLS = 4, AT_STAMP = 8, AT_CRC = 12 };

static void put32(char *at, uint32_t value)
{
	uint32_t little = htole32(value);

	memcpy(at, &little, sizeof(little));
}

/* Over all of the header but itself, and the payload. */
static uint32_t checksum(const char *header, struct text payload)
{
	uint32_t crc = column_crc32(0, (struct text){.data = header, .size = AT_CRC});

	return column_crc32(crc, payload);
}

void column_header_write(char *at, const struct column_header *header, struct text payload)
{
	memset(at, 0, COLUMN_HEADER_SIZE);
	at[AT_VERSION] = COLUMN_VERSION;
	at[AT_COLUMN] = (char)header->column;
	put32(at + AT_CALLS, header->calls);
	put32(at + AT_STAMP, header->stamp);
	put32(at + AT_CRC, checksum(at, payload));
}

static int check_header(
	const struct column_reader *reader, const struct column_header *header, struct error *err)
{
	const char *at = reader->data.data;

	if ((enum column_id)(unsigned char)at[AT_COLUMN] != reader->column) {
		return column_damaged(reader, "it is another column", err);
	}
	if (column_get16(at + AT_ZERO) != 0) {
		return column_damaged(reader, "bytes that are not used are not zero", err);
	}
	if (header->calls == 0 || header->calls > COLUMN_CALLS_MAX) {
		return column_damaged(reader, "it has not 1 to 65536 calls", err);
	}
	return 0;
}

int column_header_read(struct text segment, enum column_id column, int64_t block,
	struct column_header *ret_header, struct text *ret_payload, struct error *err)
{
	struct column_reader reader = {.data = segment, .column = column, .block = block};
	struct column_header header = {.column = column};
	struct text payload;

	if (segment.size < COLUMN_HEADER_SIZE) {
		return column_damaged(&reader, "it ends within its header", err);
	}
	header.version = (unsigned char)segment.data[AT_VERSION];
	if (header.version < 1 || header.version > COLUMN_VERSION) {
		return error_set(err, ERROR_UNSUPPORTED,
			"block %lld: column '%s' has version %u, this program reads versions 1 to "
			"%d: update callstep",
			(long long)block, column_name(column), header.version, COLUMN_VERSION);
	}
	payload = text_tail(segment, COLUMN_HEADER_SIZE);
	if (column_get32(segment.data + AT_CRC) != checksum(segment.data, payload)) {
		return column_damaged(&reader, "its checksum is wrong", err);
	}
	header.calls = column_get32(segment.data + AT_CALLS);
	header.stamp = column_get32(segment.data + AT_STAMP);
	if (check_header(&reader, &header, err) < 0) {
		return -1;
	}
	*ret_header = header;
	*ret_payload = payload;
	return 0;
}

/* ---- reading ---- */

int column_damaged(const struct column_reader *reader, const char *what, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "block %lld: column '%s' is damaged at byte %zu: %s",
		(long long)reader->block, column_name(reader->column),
		reader->at + COLUMN_HEADER_SIZE, what);
}

const char *column_read(struct column_reader *reader, uint64_t size, struct error *err)
{
	const char *at = reader->data.data + reader->at;

	if (size > reader->data.size - reader->at) {
		column_damaged(reader, "it ends too early", err);
		return NULL;
	}
	reader->at += size;
	return at;
}

int column_read_number(
	struct column_reader *reader, uint32_t width, uint64_t *ret_value, struct error *err)
{
	const char *at = column_read(reader, width, err);

	if (!at) {
		return -1;
	}
	*ret_value = column_get(at, width);
	return 0;
}

int column_read_width(
	struct column_reader *reader, uint32_t max, uint32_t *ret_width, struct error *err)
{
	uint64_t width;

	if (column_read_number(reader, 1, &width, err) < 0) {
		return -1;
	}
	if ((width != 1 && width != 2 && width != 4 && width != 8) || width > max) {
		reader->at--;
		return column_damaged(reader, "a number cannot be so wide", err);
	}
	*ret_width = (uint32_t)width;
	return 0;
}

int column_read_varint(
	struct column_reader *reader, uint64_t max, uint64_t *ret_value, struct error *err)
{
	uint64_t value = 0;

	for (uint32_t shift = 0; shift < 64; shift += 7) {
		unsigned char byte;

		if (reader->at == reader->data.size) {
			return column_damaged(reader, "it ends too early", err);
		}
		byte = (unsigned char)reader->data.data[reader->at++];
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			if (value > max) {
				return column_damaged(reader, "a number is too large", err);
			}
			*ret_value = value;
			return 0;
		}
	}
	return column_damaged(reader, "a number does not end", err);
}

int column_read_end(const struct column_reader *reader, struct error *err)
{
	return reader->at == reader->data.size
		       ? 0
		       : column_damaged(reader, "more follows than belongs to it", err);
}
