/* SPDX-License-Identifier: MIT
 * A stream that is one text: what is said of a single call. */
#ifndef INTAKE_STREAM_WHOLE_H
#define INTAKE_STREAM_WHOLE_H

#include "intake/stream/call_sink.h"
#include "intake/stream/span.h"

struct whole {
	struct call_sink sink;
	struct span span;
};

void whole_init(struct whole *whole, const struct call_sink *sink);
void whole_deinit(struct whole *whole);

/* ERROR_TOO_LARGE as soon as it is longer than sink->call_size_max. */
int whole_feed(struct whole *whole, struct text data, struct error *err) CHECK_RESULT;

/* Hands the text to the sink, whatever it is; when @cut_off it is dropped. */
int whole_end(struct whole *whole, bool cut_off, struct error *err) CHECK_RESULT;

#endif
