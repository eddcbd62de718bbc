/* SPDX-License-Identifier: MIT
 * A block on disk: which columns it has, and what stands before each. docs/columns.md gives the
 * layout to the byte. All numbers are little-endian and may lie at any address. */
#ifndef COLUMN_LAYOUT_H
#define COLUMN_LAYOUT_H

#include <endian.h>

#include "base/buffer.h"
#include "base/error.h"

#define COLUMN_VERSION	      3	    /* that is written */
#define COLUMN_VERSION_COURSE 2	    /* from here on blocks say how calls went, */
#define COLUMN_VERSION_STAYS  3	    /* and how long they stayed where */
#define COLUMN_CALLS_MAX      65536 /* of a block: codes of numbers and paths take 2 bytes */
#define COLUMN_HEADER_SIZE    16    /* bytes before what a column says */
#define COLUMN_GROUP	      128   /* calls of a deflated group */
#define COLUMN_SPAN	      64    /* calls that share the base of a number that grows */

/* The numbers are those on disk. */
enum column_id {
	COLUMN_HEAD,
	COLUMN_START,
	COLUMN_DURATION,
	COLUMN_FLAGS,
	COLUMN_DEST,
	COLUMN_SRC,
	COLUMN_DEST_NUMBERS,
	COLUMN_SRC_NUMBERS,
	COLUMN_PATH,
	COLUMN_PATH_INFO,
	COLUMN_SHAPES,
	COLUMN_VISITS,
	COLUMN_PATHS,
	COLUMN_PATH_CALLS,
	COLUMN_SESSION,
	COLUMN_CALL_ID,
	COLUMN_OUTCOME,
	COLUMN_ANSWERED,
	COLUMN_TALK,
	COLUMN_ENDED_BY,
	COLUMN_STAYS,
	COLUMN_GONE, /* not made with the others: which calls of a block no longer count */
	COLUMN_COUNT,
};

/* "start", "dest numbers". */
const char *column_name(enum column_id column);

/* A call's byte in COLUMN_FLAGS. */
#define COLUMN_FLAG_TYPE   0x03 /* enum call_type */
#define COLUMN_FLAG_DETAIL 0x04 /* has_detail */
#define COLUMN_FLAG_TOLD   0x78 /* enum call_told, or-ed */
#define COLUMN_TOLD_SHIFT  3

static inline uint32_t column_get16(const char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static inline uint32_t column_get32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t column_get64(const char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

/* @width is 1, 2, 4 or 8. */
static inline uint64_t column_get(const char *at, uint32_t width)
{
	switch (width) {
	case 1:
		return (unsigned char)*at;
	case 2:
		return column_get16(at);
	case 4:
		return column_get32(at);
	default:
		return column_get64(at);
	}
}

void column_put(struct buffer *out, uint64_t value, uint32_t width);

/* A number that may be below zero, so that a small one takes few bytes: its sign is the lowest bit,
 * and says that the rest is inverted. */
static inline uint64_t column_fold(uint64_t value)
{
	return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

static inline uint64_t column_unfold(uint64_t folded)
{
	return folded >> 1 ^ -(folded & 1);
}

/* 7 bits a byte, the lowest first; a byte of 0x80 or more has another one behind it. */
void column_put_varint(struct buffer *out, uint64_t value);

/* The least of 1, 2, 4 and 8 that @value fits in. */
uint32_t column_width(uint64_t value);

/* ---- segments ---- */

/* What stands before a column. The stamp is one for all columns of a block, so that those of two
 * blocks cannot be mixed. */
struct column_header {
	uint32_t version; /* that was read; COLUMN_VERSION is written */
	enum column_id column;
	uint32_t calls;
	uint32_t stamp;
};

uint32_t column_crc32(uint32_t crc, struct text data);

/* Writes the header into the COLUMN_HEADER_SIZE bytes at @at, for the @payload. */
void column_header_write(char *at, const struct column_header *header, struct text payload);

/* Reads it. @block is only named in messages. ERROR_CORRUPT when the bytes are not a segment of
 * that column or their checksum is wrong, ERROR_UNSUPPORTED for a version that is newer. */
int column_header_read(struct text segment, enum column_id column, int64_t block,
	struct column_header *ret_header, struct text *ret_payload, struct error *err) CHECK_RESULT;

/* ---- reading ---- */

/* Reads a column from its front to its end; never past it. */
struct column_reader {
	struct text data; /* the payload */
	size_t at;
	enum column_id column;
	int64_t block; /* named in messages */
};

/* ERROR_CORRUPT: "block 7: column 'dest numbers' is damaged at byte 12: …". The byte counts from
 * the start of the segment. */
int column_damaged(const struct column_reader *reader, const char *what, struct error *err);

/* The next @size bytes; NULL: there are fewer, and @err says so. */
const char *column_read(
	struct column_reader *reader, uint64_t size, struct error *err) CHECK_RESULT;

int column_read_number(struct column_reader *reader, uint32_t width, uint64_t *ret_value,
	struct error *err) CHECK_RESULT;

/* A width that a number of 1, 2, 4 or 8 bytes may have, at most @max. */
int column_read_width(struct column_reader *reader, uint32_t max, uint32_t *ret_width,
	struct error *err) CHECK_RESULT;

/* Reads one that is at most @max. */
int column_read_varint(struct column_reader *reader, uint64_t max, uint64_t *ret_value,
	struct error *err) CHECK_RESULT;

int column_read_end(const struct column_reader *reader, struct error *err) CHECK_RESULT;

/* ---- deflated groups ---- */

/* Records of calls, COLUMN_GROUP of them deflated together: u32 how many groups, for each the u32
 * size of its bytes and of what they inflate to, then the groups. In a group each record is a
 * varint of its size and its bytes. */
struct column_groups {
	struct text *records; /* by call; data NULL: none */
	uint32_t calls;
};
int column_groups_write(
	const struct column_groups *groups, struct buffer *out, struct error *err) CHECK_RESULT;

/* One group, inflated. */
struct column_group_view {
	struct buffer memory;
	uint32_t group; /* UINT32_MAX: none is */
	uint32_t count;
	struct text records[COLUMN_GROUP]; /* in memory */
};
void column_group_view_init(struct column_group_view *view);
void column_group_view_deinit(struct column_group_view *view);

/* The record of the call @at of @calls, valid until one of another group is asked for. */
int column_groups_read(struct column_reader *reader, uint32_t calls, uint32_t at,
	struct column_group_view *view, struct text *ret_record, struct error *err) CHECK_RESULT;

#endif
