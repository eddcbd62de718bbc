/* SPDX-License-Identifier: MIT
 * Cuts a stream of any size into the texts of its calls, in bounded memory, wherever its pieces
 * begin and end. */
#ifndef INTAKE_STREAM_SPLITTER_H
#define INTAKE_STREAM_SPLITTER_H

#include "intake/stream/call_sink.h"
#include "intake/stream/stream.h"

struct splitter;

/* Memory: at most twice sink->call_size_max. */
int splitter_create(struct splitter **ret_splitter, enum stream_shape shape,
	const struct call_sink *sink, struct error *err) CHECK_RESULT;
void splitter_destroy(struct splitter *splitter);
AUTO_POINTER(struct splitter *, splitter_destroy);

/* The bytes that it holds. */
size_t splitter_holds(const struct splitter *splitter);

/* Hands to the sink what is whole. A byte order mark at the very beginning is passed over. Negative
 * (ERROR_INVALID, ERROR_TOO_LARGE, ERROR_NO_MEMORY) when nothing after this point can be told
 * apart: the splitter must not be fed any more. */
int splitter_feed(struct splitter *splitter, struct text data, struct error *err) CHECK_RESULT;

/* The stream is at its end; @cut_off says that its sender did not mean it to be, so that what is
 * unfinished is dropped. Negative with ERROR_INVALID when it ends too early. */
int splitter_end(struct splitter *splitter, bool cut_off, struct error *err) CHECK_RESULT;

#endif
