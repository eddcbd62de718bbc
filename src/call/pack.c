/* SPDX-License-Identifier: MIT
 * Packing by ISA-L, unpacking by libdeflate. */
#include "call/pack.h"

#include <isa-l.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

/* What packing may add: with fixed codes (RFC 1951 §3.2.6) a byte takes at most 9 bits, and there
 * are a header and the tail. */
#define OVERHEAD_BYTES(size) ((size) / 8 + 64)

#define DEFLATE_RATIO_MAX 1032

static const unsigned char tail[PACKED_TAIL_SIZE] = {0x00, 0x00, 0xff, 0xff};

/* An empty final block with fixed codes: what libdeflate wants to see at the end of a stream. */
static const unsigned char final_block[] = {0x03, 0x00};

struct packer {
	struct isal_zstream stream;
};

bool packed_has_tail(const struct packed *packed)
{
	struct text deflate = packed->deflate;

	return deflate.size >= sizeof(tail) &&
	       memcmp(deflate.data + deflate.size - sizeof(tail), tail, sizeof(tail)) == 0;
}

bool packed_may_hold_size(const struct packed *packed)
{
	return packed->size / DEFLATE_RATIO_MAX <= packed->deflate.size;
}

static uint32_t op_of(size_t size)
{
	return (uint32_t)crc32_combine_gen((z_off_t)size);
}

bool packed_has_op_of_size(const struct packed *packed)
{
	return packed->crc32_op == op_of(packed->size);
}

struct packer *packer_create(void)
{
	return calloc(1, sizeof(struct packer));
}

void packer_destroy(struct packer *packer)
{
	free(packer);
}

/* Returns the bytes written; 0 when @room was too small. A sync flush always ends with the tail;
 * ISA-L's stateless full flush does not for input that is tiny or cannot be compressed. */
static size_t deflate_call(struct packer *packer, struct text json, char *out, size_t room)
{
	struct isal_zstream *stream = &packer->stream;

	/* Level 0 with fixed codes: half the time to inflate, for what that costs see
	 * docs/decisions/0013-fixed-codes.md. */
	isal_deflate_init(stream);
	isal_deflate_set_hufftables(stream, NULL, IGZIP_HUFFTABLE_STATIC);
	stream->gzip_flag = IGZIP_DEFLATE;
	stream->flush = SYNC_FLUSH;
	stream->end_of_stream = 0;
	stream->next_in = (uint8_t *)(uintptr_t)json.data;
	stream->avail_in = (uint32_t)json.size;
	stream->next_out = (uint8_t *)out;
	stream->avail_out = (uint32_t)room;
	if (isal_deflate(stream) != COMP_OK || stream->avail_in > 0 || stream->avail_out == 0) {
		return 0;
	}
	return room - stream->avail_out;
}

int packer_pack(struct packer *packer, struct text json, struct buffer *out,
	struct packed *ret_packed, struct error *err)
{
	size_t room = json.size + OVERHEAD_BYTES(json.size);
	size_t size;
	char *to;

	if (room > UINT32_MAX) {
		return error_set(err, ERROR_TOO_LARGE,
			"a call of %zu bytes is too large to be packed", json.size);
	}
	to = buffer_reserve(out, room);
	if (!to) {
		return error_no_memory(err);
	}
	size = deflate_call(packer, json, to, room);
	if (size == 0) {
		return error_set(
			err, ERROR_SYSTEM, "cannot compress a call of %zu bytes", json.size);
	}
	buffer_advance(out, size);
	*ret_packed = (struct packed){
		.deflate = {.data = to, .size = size},
		.size = (uint32_t)json.size,
		.crc32 = crc32_gzip_refl(0, (const unsigned char *)json.data, json.size),
		.crc32_op = op_of(json.size),
	};
	return 0;
}

struct unpacker {
	struct libdeflate_decompressor *decompressor;
	struct buffer input; /* the packed call with a final block behind it */
};

struct unpacker *unpacker_create(void)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker) {
		return NULL;
	}
	buffer_init(&unpacker->input, UINT32_MAX);
	unpacker->decompressor = libdeflate_alloc_decompressor();
	if (!unpacker->decompressor) {
		free(unpacker);
		return NULL;
	}
	return unpacker;
}

void unpacker_destroy(struct unpacker *unpacker)
{
	if (!unpacker) {
		return;
	}
	libdeflate_free_decompressor(unpacker->decompressor);
	buffer_deinit(&unpacker->input);
	free(unpacker);
}

/* Whether @input is a stream of exactly @size bytes that ends where @input does. Otherwise what
 * stands behind it in a glued answer would not be read as meant. */
static bool inflate_call(
	struct unpacker *unpacker, const struct buffer *input, char *out, size_t size)
{
	size_t used;

	/* Without a place for the real size libdeflate takes nothing but exactly @size bytes. */
	return libdeflate_deflate_decompress_ex(unpacker->decompressor, input->data, input->size,
		       out, size, &used, NULL) == LIBDEFLATE_SUCCESS &&
	       used == input->size;
}

int unpacker_unpack(
	struct unpacker *unpacker, const struct packed *packed, char *out, struct error *err)
{
	struct buffer *input = &unpacker->input;

	if (!packed_has_tail(packed)) {
		return error_set(err, ERROR_CORRUPT, "a packed call does not end as it should");
	}
	buffer_clear(input);
	buffer_append(input, packed->deflate);
	buffer_append(input,
		(struct text){.data = (const char *)final_block, .size = sizeof(final_block)});
	if (input->failed) {
		return error_no_memory(err);
	}
	if (!inflate_call(unpacker, input, out, packed->size)) {
		return error_set(err, ERROR_CORRUPT,
			"a packed call does not inflate to its %u bytes", packed->size);
	}
	if (crc32_gzip_refl(0, (const unsigned char *)out, packed->size) != packed->crc32) {
		return error_set(err, ERROR_CORRUPT, "a packed call has the wrong checksum");
	}
	return 0;
}

int unpacker_append(struct unpacker *unpacker, const struct packed *packed, struct buffer *out,
	struct error *err)
{
	char *room;

	/* A call is never empty, but a damaged row may say so. */
	if (packed->size == 0 || !packed_may_hold_size(packed)) {
		return error_set(err, ERROR_CORRUPT, "a packed call of %zu bytes cannot hold %u",
			packed->deflate.size, packed->size);
	}
	room = buffer_reserve(out, packed->size);
	if (!room) {
		return error_no_memory(err);
	}
	if (unpacker_unpack(unpacker, packed, room, err) < 0) {
		return -1;
	}
	buffer_advance(out, packed->size);
	return 0;
}
