/* SPDX-License-Identifier: MIT
 * Any bytes as a stored packed call: refused, or a stream that the next one can follow. The same
 * bytes as a call's JSON: packed and unpacked they are themselves. */
#include <zlib.h>

#include "call/glue.h"
#include "fuzz_target.h"

#define GZIP_WBITS (MAX_WBITS + 16)

/* What is glued of it inflates to its own text. */
static void check_glued(const struct packed *packed, const char *json)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer member;
	struct glue glue;
	z_stream stream = {0};
	char *out = malloc((size_t)packed->size + 2);

	arena_init(&arena, SIZE_MAX);
	buffer_init(&member, SIZE_MAX);
	fuzz_require(out != NULL);
	glue_init(&glue, &arena);
	glue_packed(&glue, packed, TEXT(","));
	fuzz_require(glue_end(&glue, NULL) == 0);
	for (size_t i = 0; i < glue.count; i++) {
		buffer_append(&member, (struct text){.data = glue.pieces[i].iov_base,
					       .size = glue.pieces[i].iov_len});
	}
	fuzz_require(inflateInit2(&stream, GZIP_WBITS) == Z_OK);
	stream.next_in = (Bytef *)member.data;
	stream.avail_in = (uInt)member.size;
	stream.next_out = (Bytef *)out;
	stream.avail_out = packed->size + 2;
	fuzz_require(inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0);
	fuzz_require(stream.total_out == (uLong)packed->size + 1);
	fuzz_require(packed->size == 0 || memcmp(out, json, packed->size) == 0);
	inflateEnd(&stream);
	free(out);
}

/* Returns whether @packed was good. */
static bool unpack(const struct packed *packed, char *out)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	struct error err = {0};

	fuzz_require(unpacker != NULL);
	if (unpacker_unpack(unpacker, packed, out, &err) == 0) {
		return true;
	}
	fuzz_require(err.code == ERROR_CORRUPT);
	return false;
}

/* Only its size and CRC keep bytes from being a packed call: the CRC is taken from what they
 * inflate to, so that streams of all kinds get past it. */
static void take_as_packed(const uint8_t *data, size_t size)
{
	struct packed packed = {
		.deflate = {.data = (const char *)data + 2, .size = size - 2},
		.size = (uint32_t)(data[0] << 8 | data[1]),
	};
	z_stream stream = {0};
	char *out = malloc((size_t)packed.size + 1);

	fuzz_require(out != NULL);
	fuzz_require(inflateInit2(&stream, -MAX_WBITS) == Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)packed.deflate.data;
	stream.avail_in = (uInt)packed.deflate.size;
	stream.next_out = (Bytef *)out;
	stream.avail_out = packed.size;
	inflate(&stream, Z_SYNC_FLUSH);
	packed.crc32 = (uint32_t)crc32(0, (const Bytef *)out, packed.size - stream.avail_out);
	packed.crc32_op = (uint32_t)crc32_combine_gen((z_off_t)packed.size);
	inflateEnd(&stream);
	if (unpack(&packed, out)) {
		check_glued(&packed, out);
	}
	free(out);
}

static void take_as_json(struct text json)
{
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	AUTO(buffer_deinit) struct buffer deflate;
	struct packed packed;
	char *out = malloc(json.size + 1);

	buffer_init(&deflate, SIZE_MAX);
	fuzz_require(out != NULL && packer != NULL);
	fuzz_require(packer_pack(packer, json, &deflate, &packed, NULL) == 0);
	fuzz_require(unpack(&packed, out));
	fuzz_require(json.size == 0 || memcmp(out, json.data, json.size) == 0);
	check_glued(&packed, json.data);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take_as_json((struct text){.data = (const char *)data, .size = size});
	if (size >= 2) {
		take_as_packed(data, size);
	}
	return 0;
}
