/* SPDX-License-Identifier: MIT
 * Gluing: a gzip member (RFC 1952) of pieces that were compressed before, and stored blocks between
 * them. */
#include "call/glue.h"

#include <assert.h>
#include <isa-l.h>

#define STORED_MAX	   ((size_t)65535) /* bytes of a stored block: RFC 1951 §3.2.4 */
#define STORED_HEADER_SIZE 5
#define TRAILER_SIZE	   10
#define CRC_POLYNOMIAL	   0xedb88320U /* of gzip's CRC, lowest bit first */

/* ID1 ID2 CM FLG MTIME×4 XFL OS: deflate, no name, no time, unknown system. */
static const unsigned char gzip_header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};

static void add_piece(struct glue *glue, const void *data, size_t size)
{
	struct iovec *last = glue->count > 0 ? &glue->pieces[glue->count - 1] : NULL;
	struct iovec *pieces;

	glue->size_bytes += size;
	if (last && (char *)last->iov_base + last->iov_len == data) {
		last->iov_len += size;
		return;
	}
	pieces = arena_list_grow(glue->arena, glue->pieces, glue->count, sizeof(*pieces));
	if (!pieces) {
		glue->failed = true;
		return;
	}
	glue->pieces = pieces;
	glue->pieces[glue->count++] =
		(struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

void glue_init(struct glue *glue, struct arena *arena)
{
	*glue = (struct glue){.arena = arena};
	add_piece(glue, gzip_header, sizeof(gzip_header));
}

/* Writes LEN and its complement, little-endian. */
static void write_length(unsigned char *to, size_t size)
{
	to[0] = (unsigned char)(size & 0xff);
	to[1] = (unsigned char)(size >> 8);
	to[2] = (unsigned char)~to[0];
	to[3] = (unsigned char)~to[1];
}

static void count_text(struct glue *glue, struct text text)
{
	glue->crc32 = crc32_gzip_refl(glue->crc32, (const unsigned char *)text.data, text.size);
	glue->text_bytes += text.size;
}

static void add_stored(struct glue *glue, struct text text)
{
	unsigned char *header = arena_alloc(glue->arena, STORED_HEADER_SIZE);

	if (!header) {
		glue->failed = true;
		return;
	}
	header[0] = 0; /* BFINAL 0, BTYPE 00, and the rest of the byte */
	write_length(header + 1, text.size);
	add_piece(glue, header, STORED_HEADER_SIZE);
	add_piece(glue, text.data, text.size);
	count_text(glue, text);
}

void glue_text(struct glue *glue, struct text text)
{
	while (text.size > 0 && !glue->failed) {
		size_t size = text.size < STORED_MAX ? text.size : STORED_MAX;

		add_stored(glue, text_head(text, size));
		text = text_tail(text, size);
	}
}

/* The place of the block that holds what follows a call: behind it where it has room. Then the call
 * with its separator is one piece, and one with its neighbours. */
static unsigned char *place_block(struct glue *glue, const struct packed *packed, size_t separator)
{
	size_t kept = packed->deflate.size - PACKED_TAIL_SIZE;

	return separator <= packed->room ? (unsigned char *)(uintptr_t)packed->deflate.data + kept
					 : arena_alloc(glue->arena, PACKED_TAIL_SIZE + separator);
}

/* The header bits of the empty stored block that ends the call stay; its length becomes the
 * separator's. */
static void add_separated(struct glue *glue, const struct packed *packed, struct text separator)
{
	unsigned char *block = place_block(glue, packed, separator.size);

	if (!block) {
		glue->failed = true;
		return;
	}
	write_length(block, separator.size);
	memcpy(block + PACKED_TAIL_SIZE, separator.data, separator.size);
	add_piece(glue, packed->deflate.data, packed->deflate.size - PACKED_TAIL_SIZE);
	add_piece(glue, block, PACKED_TAIL_SIZE + separator.size);
}

/* The CRC of two pieces, one behind the other, where @op is of the second one's length. It is what
 * zlib's crc32_combine_op() computes, the product of @first and @op modulo the polynomial. The
 * branches in zlib, which no processor can foresee, take three times as long. */
static uint32_t join_crc(uint32_t first, uint32_t second, uint32_t op)
{
	uint32_t product = 0;

	for (int bit = 31; bit >= 0; bit--) {
		product ^= first & (0 - (op >> bit & 1));
		first = (first >> 1) ^ (CRC_POLYNOMIAL & (0 - (first & 1)));
	}
	return product ^ second;
}

void glue_packed(struct glue *glue, const struct packed *packed, struct text separator)
{
	assert(separator.size <= STORED_MAX);
	if (!packed_has_tail(packed)) {
		glue->corrupt = true;
		return;
	}
	if (separator.size > 0) {
		add_separated(glue, packed, separator);
	} else {
		add_piece(glue, packed->deflate.data, packed->deflate.size);
	}
	glue->crc32 = join_crc(glue->crc32, packed->crc32, packed->crc32_op);
	glue->text_bytes += packed->size;
	count_text(glue, separator);
}

static void write_little_endian(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (unsigned char)(value >> (8 * i));
	}
}

int glue_end(struct glue *glue, struct error *err)
{
	/* An empty final block with fixed codes, CRC32, ISIZE. */
	unsigned char *trailer = arena_alloc(glue->arena, TRAILER_SIZE);

	if (!trailer) {
		return error_no_memory(err);
	}
	if (glue->corrupt) {
		return error_set(err, ERROR_CORRUPT, "a packed call does not end as it should");
	}
	trailer[0] = 0x03;
	trailer[1] = 0x00;
	write_little_endian(trailer + 2, glue->crc32);
	write_little_endian(trailer + 6, (uint32_t)glue->text_bytes);
	add_piece(glue, trailer, TRAILER_SIZE);
	return glue->failed ? error_no_memory(err) : 0;
}
