/* SPDX-License-Identifier: MIT
 * Server-sent events: lines, and the events that empty lines end. */
#include "collect/event_stream.h"

#define NAME_MAX_BYTES ((size_t)256)

void event_stream_init(struct event_stream *stream, size_t event_size_max)
{
	*stream = (struct event_stream){0};
	buffer_init(&stream->line, event_size_max);
	buffer_init(&stream->data, event_size_max);
	buffer_init(&stream->kind, NAME_MAX_BYTES);
	buffer_init(&stream->id, NAME_MAX_BYTES);
}

void event_stream_deinit(struct event_stream *stream)
{
	buffer_deinit(&stream->line);
	buffer_deinit(&stream->data);
	buffer_deinit(&stream->kind);
	buffer_deinit(&stream->id);
}

static int too_large(const struct event_stream *stream, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "an event is larger than %zu bytes",
		stream->data.ceiling_bytes);
}

static int end_event(struct event_stream *stream, struct error *err)
{
	struct text kind = buffer_text(&stream->kind);
	int taken = 0;

	if (stream->has_data || stream->has_id) {
		taken = stream->take(stream->context, kind.size > 0 ? kind : TEXT("message"),
			buffer_text(&stream->id), buffer_text(&stream->data), err);
	}
	buffer_clear(&stream->kind);
	buffer_clear(&stream->data);
	stream->has_data = false;
	stream->has_id = false;
	return taken;
}

static void take_field(struct event_stream *stream, struct text name, struct text value)
{
	if (text_equal_string(name, "data")) {
		if (stream->has_data) {
			buffer_append_byte(&stream->data, '\n');
		}
		buffer_append(&stream->data, value);
		stream->has_data = true;
	} else if (text_equal_string(name, "event")) {
		buffer_clear(&stream->kind);
		buffer_append(&stream->kind, value);
	} else if (text_equal_string(name, "id") &&
		   (value.size == 0 || !memchr(value.data, '\0', value.size))) {
		buffer_clear(&stream->id);
		buffer_append(&stream->id, value);
		stream->has_id = true;
	}
}

static int end_line(struct event_stream *stream, struct error *err)
{
	struct text value = buffer_text(&stream->line), name;

	if (stream->line.failed) {
		return too_large(stream, err);
	}
	if (value.size == 0) {
		return end_event(stream, err);
	}
	text_split(&value, ':', &name);
	if (value.size > 0 && value.data[0] == ' ') {
		value = text_tail(value, 1);
	}
	if (name.size > 0) {
		take_field(stream, name, value);
	}
	buffer_clear(&stream->line);
	return stream->data.failed || stream->kind.failed || stream->id.failed
		       ? too_large(stream, err)
		       : 0;
}

/* How many bytes of @data stand before the end of a line. */
static size_t line_length(struct text data)
{
	size_t at = 0;

	while (at < data.size && data.data[at] != '\n' && data.data[at] != '\r') {
		at++;
	}
	return at;
}

int event_stream_feed(struct event_stream *stream, struct text data, struct error *err)
{
	while (data.size > 0) {
		size_t size = line_length(data);

		if (stream->after_return && data.data[0] == '\n') {
			stream->after_return = false;
			data = text_tail(data, 1);
			continue;
		}
		stream->after_return = false;
		buffer_append(&stream->line, text_head(data, size));
		data = text_tail(data, size);
		if (data.size == 0) {
			return stream->line.failed ? too_large(stream, err) : 0;
		}
		stream->after_return = data.data[0] == '\r';
		data = text_tail(data, 1);
		if (end_line(stream, err) < 0) {
			return -1;
		}
	}
	return 0;
}
