/* SPDX-License-Identifier: MIT
 * Server-sent events as bytes come in (HTML Standard §9.2.6 "Interpreting an event stream"). */
#ifndef COLLECT_EVENT_STREAM_H
#define COLLECT_EVENT_STREAM_H

#include "base/buffer.h"
#include "base/error.h"

struct event_stream {
	/* Takes an event: its kind, "message" where it has no name; its data without the last line
	 * feed; and the id that is in force. The data is empty where only the id came. */
	int (*take)(void *context, struct text kind, struct text id, struct text data,
		struct error *err);
	void *context;
	/* private */
	struct buffer line;
	struct buffer data;
	struct buffer kind;
	struct buffer id;
	bool after_return; /* the last byte was a carriage return, which ended a line */
	bool has_data;
	bool has_id;
};

/* @event_size_max bounds each line and each event. */
void event_stream_init(struct event_stream *stream, size_t event_size_max);
void event_stream_deinit(struct event_stream *stream);

/* Negative when an event is too large, or @take fails. What is unfinished at the end of the stream
 * is not an event. */
int event_stream_feed(
	struct event_stream *stream, struct text data, struct error *err) CHECK_RESULT;

#endif
