/* SPDX-License-Identifier: MIT
 * The decoder: every coding comes out as it went in, wherever it is cut, and what is not coded is
 * told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "intake/stream/decoder.h"

#define CEILING ((size_t)64 << 20)

static void append_gzip(struct buffer *out, struct text text)
{
	z_stream gzip = {0};
	size_t room;

	assert_int_equal(deflateInit2(&gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	room = deflateBound(&gzip, text.size);
	gzip.next_in = (unsigned char *)(uintptr_t)text.data;
	gzip.avail_in = (uInt)text.size;
	gzip.next_out = (unsigned char *)buffer_reserve(out, room);
	gzip.avail_out = (uInt)room;
	assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
	buffer_advance(out, room - gzip.avail_out);
	deflateEnd(&gzip);
}

static void append_zstd_window(struct buffer *out, struct text text, int window_log)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(text.size);
	size_t size;

	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
	/* A frame that knows its size is given a window no larger than that. */
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
	ZSTD_inBuffer in = {.src = text.data, .size = text.size};
	ZSTD_outBuffer to = {.dst = buffer_reserve(out, room), .size = room};
	size = ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush);
	assert_int_equal(size, 0);
	assert_int_equal(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0);
	buffer_advance(out, to.pos);
	ZSTD_freeCCtx(context);
}

static void append_zstd(struct buffer *out, struct text text)
{
	append_zstd_window(out, text, 17);
}

static void append_identity(struct buffer *out, struct text text)
{
	buffer_append(out, text);
}

static const struct coding {
	enum stream_coding coding;
	void (*append)(struct buffer *out, struct text text);
} codings[] = {
	{STREAM_IDENTITY, append_identity},
	{STREAM_GZIP, append_gzip},
	{STREAM_ZSTD, append_zstd},
};

/* Decodes @input, given in pieces of @piece bytes, into @out. Returns what the decoder said last.
 */
static int decode(enum stream_coding coding, struct text input, size_t piece, struct buffer *out,
	struct error *err)
{
	AUTO(decoder_destroyp) struct decoder *decoder = NULL;

	buffer_clear(out);
	assert_int_equal(decoder_create(&decoder, coding, err), 0);
	while (input.size > 0) {
		size_t size = input.size < piece ? input.size : piece;
		struct text part = text_head(input, size), output;
		int more = 0;

		input = text_tail(input, size);
		while (part.size > 0 || more) {
			more = decoder_step(decoder, &part, &output, err);
			if (more < 0) {
				return -1;
			}
			assert_true(output.size <= DECODER_STEP);
			buffer_append(out, output);
		}
	}
	return decoder_end(decoder, err);
}

/* Half of it repeats, half does not. */
static struct text make_sample(struct buffer *buffer, size_t size)
{
	uint32_t random = 7;

	for (size_t i = 0; i < size; i++) {
		random = random * 1664525 + 1013904223;
		buffer_append_byte(buffer, i / 1000 % 2 ? (char)(random >> 24) : 'a');
	}
	return buffer_text(buffer);
}

static void what_was_coded_comes_back_however_it_is_cut(void **state)
{
	static const size_t pieces[] = {1, 7, 1000, DECODER_STEP, SIZE_MAX};
	struct buffer sample, coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&sample, CEILING);
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	make_sample(&sample, 300000);
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		buffer_clear(&coded);
		codings[i].append(&coded, buffer_text(&sample));
		for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
			assert_int_equal(decode(codings[i].coding, buffer_text(&coded), pieces[p],
						 &decoded, &err),
				0);
			assert_true(text_equal(buffer_text(&sample), buffer_text(&decoded)));
		}
	}
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
	buffer_deinit(&sample);
}

static void members_and_frames_follow_each_other(void **state)
{
	struct buffer coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		buffer_clear(&coded);
		codings[i].append(&coded, TEXT("one,"));
		codings[i].append(&coded, TEXT(""));
		codings[i].append(&coded, TEXT("two"));
		for (size_t piece = 1; piece <= coded.size; piece++) {
			assert_int_equal(decode(codings[i].coding, buffer_text(&coded), piece,
						 &decoded, &err),
				0);
			assert_true(text_equal_string(buffer_text(&decoded), "one,two"));
		}
	}
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
}

static void a_body_cut_off_anywhere_is_told(void **state)
{
	struct buffer coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	for (size_t i = 1; i < sizeof(codings) / sizeof(codings[0]); i++) {
		buffer_clear(&coded);
		codings[i].append(&coded, TEXT("{\"calls\":[]}"));
		for (size_t size = 0; size < coded.size; size++) {
			struct text part = text_head(buffer_text(&coded), size);

			assert_int_equal(decode(codings[i].coding, part, 5, &decoded, &err), -1);
			assert_int_equal(err.code, ERROR_INVALID);
			assert_non_null(strstr(err.message, size ? "is cut off" : "is empty"));
		}
	}
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
}

static void what_is_not_of_its_coding_is_told(void **state)
{
	static const struct {
		enum stream_coding coding;
		bool after_good;
		const char *garbage;
		const char *message;
	} examples[] = {
		{STREAM_GZIP, false, "{\"calls\":[]}", "the body is not gzip"},
		{STREAM_GZIP, true, "{\"calls\":[]}", "bytes that are not gzip follow"},
		{STREAM_GZIP, false, "\x1f\x8b\x08\x04zzzzzzzzzzzzz", "the gzip body is "},
		{STREAM_ZSTD, false, "{\"calls\":[]}", "the body is not zstd"},
		{STREAM_ZSTD, false, "\x26\xb5\x2f\xfd\xce", "the body is not zstd"},
		{STREAM_ZSTD, true, "{\"calls\":[]}", "bytes that are not zstd follow"},
		{STREAM_ZSTD, false, "\x28\xb5\x2f\xfd\x04\x01\xff\xff\xff\xff\xff",
			"the zstd body is damaged"},
	};
	struct buffer coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		buffer_clear(&coded);
		if (examples[i].after_good) {
			codings[examples[i].coding].append(&coded, TEXT("good"));
		}
		buffer_append(&coded, text_of(examples[i].garbage));
		for (size_t piece = 1; piece <= coded.size; piece++) {
			assert_int_equal(decode(examples[i].coding, buffer_text(&coded), piece,
						 &decoded, &err),
				-1);
			assert_int_equal(err.code, ERROR_INVALID);
			assert_non_null(strstr(err.message, examples[i].message));
		}
	}
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
}

static void a_changed_byte_does_not_go_unnoticed_by_gzip(void **state)
{
	struct buffer coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	append_gzip(&coded, TEXT("{\"calls\":[]}"));
	coded.data[coded.size - 6] ^= 1; /* the CRC */
	assert_int_equal(decode(STREAM_GZIP, buffer_text(&coded), SIZE_MAX, &decoded, &err), -1);
	assert_non_null(strstr(err.message, "the gzip body is damaged"));
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
}

static void a_zstd_window_of_more_than_8_mb_is_refused(void **state)
{
	struct buffer coded, decoded;
	struct error err;

	(void)state;
	buffer_init(&coded, CEILING);
	buffer_init(&decoded, CEILING);
	append_zstd_window(&coded, TEXT("{}"), 23);
	assert_int_equal(decode(STREAM_ZSTD, buffer_text(&coded), SIZE_MAX, &decoded, &err), 0);
	buffer_clear(&coded);
	append_zstd_window(&coded, TEXT("{}"), 24);
	assert_int_equal(decode(STREAM_ZSTD, buffer_text(&coded), SIZE_MAX, &decoded, &err), -1);
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	buffer_deinit(&decoded);
	buffer_deinit(&coded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_coded_comes_back_however_it_is_cut),
		cmocka_unit_test(members_and_frames_follow_each_other),
		cmocka_unit_test(a_body_cut_off_anywhere_is_told),
		cmocka_unit_test(what_is_not_of_its_coding_is_told),
		cmocka_unit_test(a_changed_byte_does_not_go_unnoticed_by_gzip),
		cmocka_unit_test(a_zstd_window_of_more_than_8_mb_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
