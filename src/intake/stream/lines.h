/* SPDX-License-Identifier: MIT
 * NDJSON cut into its lines. */
#ifndef INTAKE_STREAM_LINES_H
#define INTAKE_STREAM_LINES_H

#include "intake/stream/call_sink.h"
#include "intake/stream/span.h"

struct lines {
	struct call_sink sink;
	struct place place;
	struct span span;
};

void lines_init(struct lines *lines, const struct call_sink *sink);
void lines_deinit(struct lines *lines);

/* Hands the calls that end in @data to the sink. A line that is empty but for white space is passed
 * over. */
int lines_feed(struct lines *lines, struct text data, struct error *err) CHECK_RESULT;

/* The last line needs no line feed; when @cut_off it is dropped. */
int lines_end(struct lines *lines, bool cut_off, struct error *err) CHECK_RESULT;

#endif
