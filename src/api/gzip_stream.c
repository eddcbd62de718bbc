/* SPDX-License-Identifier: MIT
 * gzip by ISA-L at level 1. */
#include "api/gzip_stream.h"

#include <isa-l.h>
#include <stdlib.h>

#define OUTPUT_STEP ((size_t)65536)

struct gzip_stream {
	struct isal_zstream stream;
	uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
};

_Static_assert(sizeof(struct gzip_stream) <= GZIP_STREAM_BYTES, "GZIP_STREAM_BYTES is too small");

struct gzip_stream *gzip_stream_create(void)
{
	struct gzip_stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		return NULL;
	}
	isal_deflate_init(&stream->stream);
	stream->stream.level = 1;
	stream->stream.level_buf = stream->level_buffer;
	stream->stream.level_buf_size = sizeof(stream->level_buffer);
	stream->stream.gzip_flag = IGZIP_GZIP;
	return stream;
}

void gzip_stream_destroy(struct gzip_stream *stream)
{
	free(stream);
}

size_t gzip_stream_run(
	struct gzip_stream *stream, struct text *input, bool last, char *to, size_t max)
{
	size_t size = input->size < UINT32_MAX ? input->size : UINT32_MAX;

	max = max < UINT32_MAX ? max : UINT32_MAX;
	stream->stream.next_in = (uint8_t *)(uintptr_t)input->data;
	stream->stream.avail_in = (uint32_t)size;
	stream->stream.end_of_stream = last && size == input->size;
	stream->stream.next_out = (uint8_t *)to;
	stream->stream.avail_out = (uint32_t)max;
	/* It fails only for a wrong level or buffer, which are fixed. */
	isal_deflate(&stream->stream);
	*input = text_tail(*input, size - stream->stream.avail_in);
	return max - stream->stream.avail_out;
}

bool gzip_stream_done(const struct gzip_stream *stream)
{
	return stream->stream.internal_state.state == ZSTATE_END;
}

void gzip_text(struct text text, struct buffer *out)
{
	struct gzip_stream *stream = gzip_stream_create();

	out->failed |= !stream;
	while (!out->failed && !gzip_stream_done(stream)) {
		char *to = buffer_reserve(out, OUTPUT_STEP);

		if (to) {
			buffer_advance(out, gzip_stream_run(stream, &text, true, to, OUTPUT_STEP));
		}
	}
	gzip_stream_destroy(stream);
}
