/* SPDX-License-Identifier: MIT
 * The decoder: zlib for gzip, libzstd for zstd, nothing for identity. */
#include "intake/stream/decoder.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* inflateInit2(): the largest window, and gzip's header and trailer only. */
#define GZIP_WINDOW_BITS (15 + 16)

#define GZIP_MAGIC_SIZE 2

/* log2 of 8 MB. */
#define ZSTD_WINDOW_LOG_MAX 23

/* What zlib holds: its window and its state. */
#define GZIP_BYTES ((size_t)48 << 10)

/* What libzstd holds beside a frame's window: its tables, a block each of input and of output, and
 * room between. */
#define ZSTD_BYTES ((size_t)512 << 10)

/* A frame's header is no longer (RFC 8878 §3.1.1.1). */
#define ZSTD_HEADER_MAX	    18
#define ZSTD_MAGIC_SIZE	    4
#define ZSTD_BLOCK_HEADER   3
#define ZSTD_SKIPPED_HEADER 8 /* of a frame that is to be skipped: magic number and size */

struct decoder {
	enum stream_coding coding;
	z_stream gzip;
	bool gzip_open;
	ZSTD_DStream *zstd;
	/* of a zstd frame, as far as it came; libzstd has not seen it */
	char header[ZSTD_HEADER_MAX];
	size_t header_size;
	size_t window_bytes; /* of the frame whose header that is, or that is within */
	bool header_whole;
	size_t next_bytes; /* that libzstd wants next */
	bool more;	   /* libzstd may hold output back */
	bool damaged;	   /* the gzip body, behind what was given last */
	bool within;	   /* a gzip member or zstd frame has begun and not ended */
	bool any;	   /* one has ended */
	char *output;	   /* DECODER_STEP bytes; NULL until there is something to decode */
};

int decoder_create(struct decoder **ret_decoder, enum stream_coding coding, struct error *err)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder) {
		return error_no_memory(err);
	}
	decoder->coding = coding;
	*ret_decoder = decoder;
	return 0;
}

static int open_output(struct decoder *decoder, struct error *err)
{
	decoder->output = decoder->output ? decoder->output : malloc(DECODER_STEP);
	return decoder->output ? 0 : error_no_memory(err);
}

static int open_gzip(struct decoder *decoder, struct error *err)
{
	if (!decoder->gzip_open && inflateInit2(&decoder->gzip, GZIP_WINDOW_BITS) != Z_OK) {
		return error_no_memory(err);
	}
	decoder->gzip_open = true;
	return open_output(decoder, err);
}

static int open_zstd(struct decoder *decoder, struct error *err)
{
	if (!decoder->zstd) {
		decoder->zstd = ZSTD_createDStream();
		if (!decoder->zstd) {
			return error_no_memory(err);
		}
		ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	}
	return open_output(decoder, err);
}

void decoder_destroy(struct decoder *decoder)
{
	if (!decoder) {
		return;
	}
	if (decoder->gzip_open) {
		inflateEnd(&decoder->gzip);
	}
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
		return error_set(
			err, ERROR_INVALID, "bytes that are not gzip follow the gzip body");
	}
	if (decoder->gzip.total_in <= GZIP_MAGIC_SIZE) {
		return error_set(err, ERROR_INVALID,
			"the body is not gzip: %s; check Content-Encoding", decoder->gzip.msg);
	}
	return error_set(err, ERROR_INVALID, "the gzip body is damaged: %s", decoder->gzip.msg);
}

static int step_gzip(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	z_stream *gzip = &decoder->gzip;
	size_t size = input->size < UINT32_MAX ? input->size : UINT32_MAX;
	int status;

	*ret_output = (struct text){0};
	if (decoder->damaged) {
		return fail_gzip(decoder, err);
	}
	if (size == 0 && !decoder->within) {
		return 0;
	}
	if (!decoder->within) {
		if (open_gzip(decoder, err) < 0) {
			return -1;
		}
		inflateReset(gzip);
		decoder->within = true;
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
	if (status == Z_OK || status == Z_BUF_ERROR) {
		return gzip->avail_out == 0;
	}
	/* What comes before a damage is given, however the body was cut. */
	decoder->damaged = true;
	return ret_output->size > 0 ? 1 : fail_gzip(decoder, err);
}

/* Whether a frame may begin with @byte (RFC 8878 §3.1): a frame of compressed data or one to be
 * skipped. Other first bytes are those of formats from before the RFC, which libzstd would read,
 * with less care. */
static bool begins_zstd(char byte)
{
	return (unsigned char)byte == 0x28 || ((unsigned char)byte & 0xf0) == 0x50;
}

static int fail_no_zstd(const struct decoder *decoder, struct error *err)
{
	return error_set(err, ERROR_INVALID,
		decoder->any ? "bytes that are not zstd follow the zstd body"
			     : "the body is not zstd; check Content-Encoding");
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

/* ---- a frame's header (RFC 8878 §3.1.1.1, §3.1.2) ---- */

static uint64_t little_endian(const char *bytes, size_t size)
{
	uint64_t value = 0;

	while (size-- > 0) {
		value = value << 8 | (unsigned char)bytes[size];
	}
	return value;
}

struct frame {
	size_t header_size;
	uint64_t window_bytes;
};

/* Of a frame of compressed data whose first bytes up to the descriptor are in @header. The window
 * is set only when the header is whole. */
static struct frame describe_data(const char *header, size_t size)
{
	static const size_t dictionary_sizes[] = {0, 1, 2, 4};
	unsigned int descriptor = (unsigned char)header[ZSTD_MAGIC_SIZE];
	bool single = descriptor >> 5 & 1;
	size_t length_size = descriptor >> 6 ? (size_t)1 << (descriptor >> 6) : single;
	size_t dictionary_size = dictionary_sizes[descriptor & 3];
	struct frame frame = {.header_size = ZSTD_MAGIC_SIZE + 1 + (size_t)!single +
					     dictionary_size + length_size};

	if (size < frame.header_size) {
		return frame;
	}
	if (single) {
		/* A length of two bytes begins at 256. */
		frame.window_bytes =
			little_endian(header + frame.header_size - length_size, length_size) +
			(length_size == 2 ? 256 : 0);
	} else {
		unsigned int window = (unsigned char)header[ZSTD_MAGIC_SIZE + 1];
		uint64_t base = UINT64_C(1) << (10 + (window >> 3));

		frame.window_bytes = base + base / 8 * (window & 7);
	}
	return frame;
}

static bool is_skipped(const char *header)
{
	return ((unsigned char)header[0] & 0xf0) == 0x50;
}

/* Whether the header is whole. */
static bool know_frame(struct decoder *decoder)
{
	struct frame frame = {.header_size = ZSTD_SKIPPED_HEADER};

	if (decoder->header_size <= ZSTD_MAGIC_SIZE) {
		return false;
	}
	if (!is_skipped(decoder->header)) {
		frame = describe_data(decoder->header, decoder->header_size);
	}
	/* libzstd refuses a larger one. */
	decoder->window_bytes = frame.window_bytes <= (UINT64_C(1) << ZSTD_WINDOW_LOG_MAX)
					? (size_t)frame.window_bytes
					: 0;
	return decoder->header_size >= frame.header_size;
}

/* Takes the bytes of a frame's header, one by one since each may be the last of them. */
static int take_header(struct decoder *decoder, struct text *input, struct error *err)
{
	while (!decoder->header_whole && input->size > 0) {
		if (decoder->header_size == 0 && !begins_zstd(input->data[0])) {
			return fail_no_zstd(decoder, err);
		}
		decoder->header[decoder->header_size++] = input->data[0];
		*input = text_tail(*input, 1);
		decoder->within = true;
		decoder->header_whole = know_frame(decoder);
	}
	return decoder->header_whole;
}

static int note_zstd(struct decoder *decoder, size_t status, struct error *err)
{
	if (ZSTD_isError(status)) {
		return fail_zstd(decoder, status, err);
	}
	decoder->within = status != 0;
	decoder->any |= status == 0;
	decoder->next_bytes = status;
	return 0;
}

/* libzstd is given each header alone. Given a whole frame at once it would take another way through
 * it, which refuses other damages than the one for frames in pieces. What a body is would depend on
 * how it was cut. */
static int give_header(struct decoder *decoder, struct error *err)
{
	ZSTD_inBuffer in = {.src = decoder->header, .size = decoder->header_size};
	ZSTD_outBuffer out = {.dst = decoder->output, .size = DECODER_STEP};
	size_t status = ZSTD_decompressStream(decoder->zstd, &out, &in);

	decoder->header_size = 0;
	decoder->header_whole = false;
	return note_zstd(decoder, status, err);
}

/* How much is given to libzstd at once. The last byte of each block goes by itself: what the block
 * holds was given before its end is found to be wrong. What libzstd wants next goes to the end of
 * this block, or of the header that follows it. */
static size_t give_at_once(const struct decoder *decoder)
{
	const size_t last = ZSTD_BLOCK_HEADER + 1;

	return decoder->next_bytes > last ? decoder->next_bytes - last : 1;
}

static int step_zstd(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	ZSTD_inBuffer in;
	ZSTD_outBuffer out;

	*ret_output = (struct text){0};
	if (!decoder->within || decoder->header_size > 0) {
		if (!decoder->header_whole) {
			return take_header(decoder, input, err);
		}
		return open_zstd(decoder, err) < 0 ? -1 : give_header(decoder, err);
	}
	/* No more than this block, and none before the last one is given: what comes before
	 * a damage is, however the body was cut. */
	in = (ZSTD_inBuffer){.src = input->data, .size = input->size};
	in.size = in.size < give_at_once(decoder) ? in.size : give_at_once(decoder);
	in.size = decoder->more ? 0 : in.size;
	out = (ZSTD_outBuffer){.dst = decoder->output, .size = DECODER_STEP};
	if (note_zstd(decoder, ZSTD_decompressStream(decoder->zstd, &out, &in), err) < 0) {
		return -1;
	}
	*input = text_tail(*input, in.pos);
	*ret_output = (struct text){.data = decoder->output, .size = out.pos};
	decoder->more = out.pos == DECODER_STEP && decoder->within;
	return decoder->more;
}

int decoder_step(
	struct decoder *decoder, struct text *input, struct text *ret_output, struct error *err)
{
	switch (decoder->coding) {
	case STREAM_GZIP:
		return step_gzip(decoder, input, ret_output, err);
	case STREAM_ZSTD:
		return step_zstd(decoder, input, ret_output, err);
	default:
		return step_identity(input, ret_output);
	}
}

size_t decoder_holds(const struct decoder *decoder)
{
	return sizeof(*decoder) + (decoder->output ? DECODER_STEP : 0) +
	       (decoder->gzip_open ? GZIP_BYTES : 0) + ZSTD_sizeof_DStream(decoder->zstd);
}

size_t decoder_wants(const struct decoder *decoder)
{
	size_t wants = sizeof(*decoder) + DECODER_STEP;
	size_t holds = decoder_holds(decoder);

	if (decoder->coding == STREAM_IDENTITY ||
		(decoder->coding == STREAM_ZSTD && !decoder->header_whole)) {
		return 0;
	}
	wants += decoder->coding == STREAM_GZIP ? GZIP_BYTES : ZSTD_BYTES + decoder->window_bytes;
	return wants > holds ? wants - holds : 0;
}

int decoder_end(struct decoder *decoder, struct error *err)
{
	const char *name = decoder->coding == STREAM_ZSTD ? "zstd" : "gzip";

	if (decoder->coding == STREAM_IDENTITY) {
		return 0;
	}
	if (decoder->within) {
		return error_set(err, ERROR_INVALID, "the %s body is cut off", name);
	}
	return decoder->any ? 0 : error_set(err, ERROR_INVALID, "the %s body is empty", name);
}
