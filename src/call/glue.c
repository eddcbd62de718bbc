/* SPDX-License-Identifier: MIT
 * Gluing: a gzip member (RFC 1952) of pieces that were compressed before, and stored blocks between them. */
#include "call/glue.h"

#include <assert.h>
#include <isa-l.h>
#include <zlib.h>

#define STORED_MAX	   ((size_t)65535) /* bytes of a stored block: RFC 1951 §3.2.4 */
#define STORED_HEADER_SIZE 5
#define TRAILER_SIZE	   10

/* ID1 ID2 CM FLG MTIME×4 XFL OS: deflate, no name, no time, unknown system. */
static const unsigned char gzip_header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};

static void add_piece(struct glue *glue, const void *data, size_t size)
{
	if (glue->failed || glue->count == glue->capacity) {
		glue->failed = true;
		return;
	}
	glue->pieces[glue->count++] =
		(struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	glue->size_bytes += size;
}

void glue_init(struct glue *glue, struct arena *arena, size_t packed_max, size_t text_max)
{
	*glue = (struct glue){.arena = arena};
	/* A packed call is two pieces, a text two for each stored block; header and trailer one each. Texts of more than one
	 * block ask for more pieces when they come. */
	glue->capacity = 2 * packed_max + 2 * text_max + 2;
	glue->pieces = arena_calloc(arena, glue->capacity, sizeof(*glue->pieces));
	glue->failed = !glue->pieces;
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

/* Doubles the room for pieces: the old array stays behind in the arena. */
static void grow(struct glue *glue)
{
	struct iovec *pieces = arena_calloc(glue->arena, glue->capacity * 2, sizeof(*pieces));

	if (!pieces) {
		glue->failed = true;
		return;
	}
	memcpy(pieces, glue->pieces, glue->count * sizeof(*pieces));
	glue->pieces = pieces;
	glue->capacity *= 2;
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

		if (glue->capacity - glue->count < 4) {
			grow(glue);
		}
		add_stored(glue, text_head(text, size));
		text = text_tail(text, size);
	}
}

void glue_packed(struct glue *glue, const struct packed *packed, struct text separator)
{
	unsigned char *block;

	assert(separator.size <= STORED_MAX);
	if (!packed_has_tail(packed)) {
		glue->corrupt = true;
		return;
	}
	block = arena_alloc(glue->arena, PACKED_TAIL_SIZE + separator.size);
	if (!block) {
		glue->failed = true;
		return;
	}
	/* The header bits of the empty stored block that ends the call stay; its length becomes the separator's. */
	write_length(block, separator.size);
	if (separator.size > 0) {
		memcpy(block + PACKED_TAIL_SIZE, separator.data, separator.size);
	}
	add_piece(glue, packed->deflate.data, packed->deflate.size - PACKED_TAIL_SIZE);
	add_piece(glue, block, PACKED_TAIL_SIZE + separator.size);
	glue->crc32 = (uint32_t)crc32_combine_op(glue->crc32, packed->crc32, packed->crc32_op);
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
