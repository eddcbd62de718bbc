/* SPDX-License-Identifier: MIT
 * A body, from its coding to its calls: what is handed over, what is rejected and what is said does
 * not depend on where the pieces end. The first byte of the input says coding and shape, the second
 * where it is cut. Also with the text coded here, cut short or with a bit changed, since a fuzzer
 * does not find many good bodies by itself. */
#include <zlib.h>
#include <zstd.h>

#include "fuzz_target.h"
#include "intake/stream/decoder.h"
#include "intake/stream/splitter.h"

#define CALL_SIZE_MAX ((size_t)64)
#define EVENTS_MAX    ((size_t)8 << 20)

struct way {
	enum stream_coding coding;
	enum stream_shape shape;
};

static void note_call(void *context, struct text json, struct json_position position, uint64_t line)
{
	struct buffer *events = context;

	buffer_printf(events, "call %llu %llu:%llu ", (unsigned long long)line,
		(unsigned long long)position.line, (unsigned long long)position.column);
	buffer_append(events, json);
}

static void note_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	struct buffer *events = context;

	buffer_printf(events, "reject %llu %s ", (unsigned long long)line, error);
	buffer_append(events, session_id);
}

static int take_part(
	struct decoder *decoder, struct splitter *splitter, struct text part, struct error *err)
{
	int more = 0;

	while (part.size > 0 || more > 0) {
		struct text output;

		more = decoder_step(decoder, &part, &output, err);
		if (more < 0 || splitter_feed(splitter, output, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Pieces of uneven sizes that @seed determines; 0: all at once. */
static int take(struct decoder *decoder, struct splitter *splitter, struct text body,
	unsigned int seed, struct error *err)
{
	while (body.size > 0) {
		size_t size = seed ? seed % 23 + 1 : body.size;
		char *copy;
		int taken;

		size = size < body.size ? size : body.size;
		copy = malloc(size);
		fuzz_require(copy != NULL);
		memcpy(copy, body.data, size);
		taken = take_part(
			decoder, splitter, (struct text){.data = copy, .size = size}, err);
		free(copy);
		if (taken < 0) {
			return -1;
		}
		body = text_tail(body, size);
		seed = seed ? (seed * 1103515245 + 12345) >> 4 | 1 : 0;
	}
	return decoder_end(decoder, err) < 0 ? -1 : splitter_end(splitter, false, err);
}

static void read_body(struct way way, struct text body, unsigned int seed, struct buffer *events)
{
	AUTO(decoder_destroyp) struct decoder *decoder = NULL;
	AUTO(splitter_destroyp) struct splitter *splitter = NULL;
	const struct call_sink sink = {
		.call = note_call,
		.reject = note_reject,
		.context = events,
		.call_size_max = CALL_SIZE_MAX,
	};
	struct error err = {0};

	fuzz_require(decoder_create(&decoder, way.coding, NULL) == 0);
	fuzz_require(splitter_create(&splitter, way.shape, &sink, NULL) == 0);
	if (take(decoder, splitter, body, seed, &err) < 0) {
		buffer_append(events, text_of(err.message));
	}
}

static void check_cuts(struct way way, struct text body, unsigned int seed)
{
	struct buffer whole, pieces;

	buffer_init(&whole, EVENTS_MAX);
	buffer_init(&pieces, EVENTS_MAX);
	read_body(way, body, 0, &whole);
	read_body(way, body, seed, &pieces);
	fuzz_require(text_equal(buffer_text(&whole), buffer_text(&pieces)));
	buffer_deinit(&whole);
	buffer_deinit(&pieces);
}

static void append_coded(struct buffer *out, enum stream_coding coding, struct text text)
{
	size_t room = coding == STREAM_ZSTD ? ZSTD_compressBound(text.size)
					    : compressBound(text.size) + 32;
	char *to = buffer_reserve(out, room);

	fuzz_require(to != NULL);
	if (coding == STREAM_ZSTD) {
		buffer_advance(out, ZSTD_compress(to, room, text.data, text.size, 1));
	} else {
		z_stream gzip = {.next_in = (unsigned char *)(uintptr_t)text.data,
			.avail_in = (uInt)text.size,
			.next_out = (unsigned char *)to,
			.avail_out = (uInt)room};

		fuzz_require(deflateInit2(&gzip, 1, Z_DEFLATED, 15 + 16, 8, 0) == Z_OK);
		fuzz_require(deflate(&gzip, Z_FINISH) == Z_STREAM_END);
		buffer_advance(out, room - gzip.avail_out);
		deflateEnd(&gzip);
	}
}

/* As two members or frames, of which one bit is changed, or the end is missing. */
static void check_coded(struct way way, struct text text, unsigned int seed)
{
	AUTO(buffer_deinit) struct buffer coded;
	struct text body;

	buffer_init(&coded, EVENTS_MAX);
	append_coded(&coded, way.coding, text_head(text, text.size / 2));
	append_coded(&coded, way.coding, text_tail(text, text.size / 2));
	body = buffer_text(&coded);
	check_cuts(way, body, seed);
	check_cuts(way, text_head(body, seed * 7 % body.size), seed);
	coded.data[seed * 31 % coded.size] ^= (char)(1 << seed % 8);
	check_cuts(way, body, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stream_coding codings[] = {STREAM_IDENTITY, STREAM_GZIP, STREAM_ZSTD};
	struct text body = {.data = (const char *)data, .size = size};
	struct way way;
	unsigned int seed;

	if (size < 2) {
		return 0;
	}
	way.coding = codings[data[0] / 2 % 3];
	way.shape = data[0] & 1 ? STREAM_NDJSON : STREAM_DOCUMENT;
	seed = data[1] | 1;
	body = text_tail(body, 2);
	check_cuts(way, body, seed);
	if (way.coding != STREAM_IDENTITY) {
		check_coded(way, body, seed);
	}
	return 0;
}
