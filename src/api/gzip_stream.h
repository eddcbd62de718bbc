/* SPDX-License-Identifier: MIT
 * Compressing an answer as it is pulled, for what does not lie compressed in the store. */
#ifndef API_GZIP_STREAM_H
#define API_GZIP_STREAM_H

#include "base/buffer.h"

#define GZIP_STREAM_BYTES ((size_t)384 << 10) /* what one holds */

/* One gzip member under way. */
struct gzip_stream;
struct gzip_stream *gzip_stream_create(void); /* NULL: out of memory */
void gzip_stream_destroy(struct gzip_stream *stream);

/* Takes bytes off the front of @input and writes at most @max to @to. @last: nothing follows
 * @input. Returns how many were written; 0 when it only took. */
size_t gzip_stream_run(
	struct gzip_stream *stream, struct text *input, bool last, char *to, size_t max);

/* Whether the member is complete. */
bool gzip_stream_done(const struct gzip_stream *stream);

/* Appends all of @text as one member to @out, which says whether it fitted. */
void gzip_text(struct text text, struct buffer *out);

#endif
