/* SPDX-License-Identifier: MIT
 * The decoder: zlib for gzip, libzstd for zstd, nothing for identity. */
#include "intake/decoder.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* inflateInit2(): the largest window, and gzip's header and trailer only. */
#define GZIP_WINDOW_BITS (15 + 16)

#define GZIP_MAGIC_SIZE 2

/* log2 of 8 MB. */
#define ZSTD_WINDOW_LOG_MAX 23

struct decoder {
	enum batch_coding coding;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool within;  /* a gzip member or zstd frame has begun and not ended */
	bool any;     /* one has ended */
	char *output; /* DECODER_STEP bytes; NULL for identity, which needs none */
};

static int open_gzip(struct decoder *decoder, struct error *err)
{
	return inflateInit2(&decoder->gzip, GZIP_WINDOW_BITS) == Z_OK ? 0 : error_no_memory(err);
}

static int open_zstd(struct decoder *decoder, struct error *err)
{
	decoder->zstd = ZSTD_createDStream();
	if (!decoder->zstd) {
		return error_no_memory(err);
	}
	ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	return 0;
}

int decoder_create(struct decoder **ret_decoder, enum batch_coding coding, struct error *err)
{
	AUTO(decoder_destroyp) struct decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder) {
		return error_no_memory(err);
	}
	decoder->coding = coding;
	decoder->output = coding == BATCH_IDENTITY ? NULL : malloc(DECODER_STEP);
	if (coding != BATCH_IDENTITY && !decoder->output) {
		return error_no_memory(err);
	}
	if (coding == BATCH_GZIP && open_gzip(decoder, err) < 0) {
		return -1;
	}
	if (coding == BATCH_ZSTD && open_zstd(decoder, err) < 0) {
		return -1;
	}
	*ret_decoder = decoder;
	decoder = NULL;
	return 0;
}

void decoder_destroy(struct decoder *decoder)
{
	if (!decoder) {
		return;
	}
	inflateEnd(&decoder->gzip);
	ZSTD_freeDStream(decoder->zstd);
	free(decoder->output);
	free(decoder);
}

static int step_identity(struct text *input, struct text *ret_output)
{
	size_t size = input->size < DECODER_STEP ? input->size : DECODER_STEP;

	*ret_output = text_head(*input, size);
	*input = text_tail(*input, size);
	return 0;
}

static int fail_gzip(const struct decoder *decoder, struct error *err)
{
	if (decoder->any && decoder->gzip.total_in <= GZIP_MAGIC_SIZE) {
		return error_set(err, ERROR_INVALID, "bytes that are no gzip follow the gzip body");
	}
	if (decoder->gzip.total_in <= GZIP_MAGIC_SIZE) {
		return error_set(err, ERROR_INVALID,
			"the body is no gzip: %s; check Content-Encoding", decoder->gzip.msg);
	}
	return error_set(err, ERROR_INVALID, "the gzip body is damaged: %s", decoder->gzip.msg);
}

static int step_gzip(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	z_stream *gzip = &decoder->gzip;
	size_t size = input->size < UINT32_MAX ? input->size : UINT32_MAX;
	int status;

	if (size > 0 && !decoder->within) {
		inflateReset(gzip);
		decoder->within = true;
	}
	if (!decoder->within) {
		*ret_output = (struct text){0};
		return 0;
	}
	/* zlib does not write to its input, its type is from before const. */
	gzip->next_in = (unsigned char *)(uintptr_t)input->data;
	gzip->avail_in = (uInt)size;
	gzip->next_out = (unsigned char *)decoder->output;
	gzip->avail_out = DECODER_STEP;
	status = inflate(gzip, Z_NO_FLUSH);
	*input = text_tail(*input, size - gzip->avail_in);
	*ret_output = (struct text){
		.data = decoder->output,
		.size = DECODER_STEP - gzip->avail_out,
	};
	if (status == Z_STREAM_END) {
		decoder->within = false;
		decoder->any = true;
		return 0;
	}
	if (status == Z_MEM_ERROR) {
		return error_no_memory(err);
	}
	/* Z_BUF_ERROR only says that there was nothing to do. */
	return status == Z_OK || status == Z_BUF_ERROR ? gzip->avail_out == 0
						       : fail_gzip(decoder, err);
}

/* Whether a frame may begin with @byte (RFC 8878 §3.1): a frame of compressed data or one to be skipped. Other first bytes
 * are those of formats from before the RFC, which libzstd would read, with less care. */
static bool begins_zstd(char byte)
{
	return (unsigned char)byte == 0x28 || ((unsigned char)byte & 0xf0) == 0x50;
}

static int fail_no_zstd(const struct decoder *decoder, struct error *err)
{
	return decoder->any ? error_set(err, ERROR_INVALID,
				      "bytes that are no zstd follow the zstd body")
			    : error_set(err, ERROR_INVALID,
				      "the body is no zstd; check Content-Encoding");
}

static int fail_zstd(const struct decoder *decoder, size_t status, struct error *err)
{
	const char *name = ZSTD_getErrorName(status);

	switch (ZSTD_getErrorCode(status)) {
	case ZSTD_error_memory_allocation:
		return error_no_memory(err);
	case ZSTD_error_frameParameter_windowTooLarge:
		return error_set(err, ERROR_UNSUPPORTED,
			"the zstd window is larger than 8 MB: compress at level 19 or below, "
			"without --long");
	case ZSTD_error_prefix_unknown:
		return fail_no_zstd(decoder, err);
	default:
		return error_set(err, ERROR_INVALID, "the zstd body is damaged: %s", name);
	}
}

static int step_zstd(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	ZSTD_inBuffer in = {.src = input->data, .size = input->size};
	ZSTD_outBuffer out = {.dst = decoder->output, .size = DECODER_STEP};
	size_t status;

	*ret_output = (struct text){0};
	if (input->size == 0 && !decoder->within) {
		return 0;
	}
	if (!decoder->within && !begins_zstd(input->data[0])) {
		return fail_no_zstd(decoder, err);
	}
	status = ZSTD_decompressStream(decoder->zstd, &out, &in);
	if (ZSTD_isError(status)) {
		return fail_zstd(decoder, status, err);
	}
	*input = text_tail(*input, in.pos);
	*ret_output = (struct text){.data = decoder->output, .size = out.pos};
	decoder->within = status != 0;
	decoder->any |= status == 0;
	return out.pos == DECODER_STEP && decoder->within;
}

int decoder_step(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	switch (decoder->coding) {
	case BATCH_GZIP:
		return step_gzip(decoder, input, ret_output, err);
	case BATCH_ZSTD:
		return step_zstd(decoder, input, ret_output, err);
	default:
		return step_identity(input, ret_output);
	}
}

int decoder_end(struct decoder *decoder, struct error *err)
{
	const char *name = decoder->coding == BATCH_ZSTD ? "zstd" : "gzip";

	if (decoder->coding == BATCH_IDENTITY) {
		return 0;
	}
	if (decoder->within) {
		return error_set(err, ERROR_INVALID, "the %s body is cut off", name);
	}
	return decoder->any ? 0 : error_set(err, ERROR_INVALID, "the %s body is empty", name);
}
