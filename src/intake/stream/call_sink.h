/* SPDX-License-Identifier: MIT
 * Where the texts that a splitter cuts out go: to the batch as calls, or as rejects. */
#ifndef INTAKE_STREAM_CALL_SINK_H
#define INTAKE_STREAM_CALL_SINK_H

#include "intake/stream/place.h"

struct call_sink {
	/* A JSON object by its look, whole, valid during the call. */
	void (*call)(void *context, struct text json, struct json_position position, uint64_t line);
	/* Something in the place of a call that cannot be one. */
	void (*reject)(void *context, uint64_t line, struct text session_id, const char *error);
	void *context;
	size_t call_size_max;
	/* A member of a document that stands beside `calls`: its name as it is written, and its
	 * value's JSON. NULL: nobody is told. */
	void (*member)(void *context, struct text name, struct text value);
};

/* Whether a text that holds @byte outside of strings is likely UTF-16: half of a letter, or of a
 * byte order mark. */
static inline bool call_sink_is_utf16(char byte)
{
	return byte == '\0' || (unsigned char)byte >= 0xfe;
}

#define CALL_SINK_UTF16 "this seems to be UTF-16: JSON is sent as UTF-8"

/* Hands over @text as a call or as a reject. @oversize: it is only the beginning of a longer one.
 * @line goes into a reject, @position is where @text begins. */
void call_sink_take(const struct call_sink *sink, struct text text, bool oversize,
	struct json_position position, uint64_t line);

#endif
