/* SPDX-License-Identifier: MIT
 * Any bytes as a stream of events: however they are cut, the same events come out. The first byte
 * says where they are cut. */
#include "collect/event_stream.h"
#include "fuzz_target.h"

#define EVENT_SIZE_MAX ((size_t)200)

static int note(
	void *context, struct text kind, struct text id, struct text data, struct error *err)
{
	struct buffer *events = context;

	(void)err;
	fuzz_require(data.size <= EVENT_SIZE_MAX);
	buffer_append(events, kind);
	buffer_append_byte(events, '\0');
	buffer_append(events, id);
	buffer_append_byte(events, '\0');
	buffer_append(events, data);
	buffer_append_byte(events, '\0');
	return 0;
}

static int feed(struct buffer *events, struct text text, size_t piece)
{
	struct event_stream stream;
	struct error err = {0};
	int fed = 0;

	event_stream_init(&stream, EVENT_SIZE_MAX);
	stream.take = note;
	stream.context = events;
	while (fed == 0 && text.size > 0) {
		size_t size = piece < text.size ? piece : text.size;

		fed = event_stream_feed(&stream, text_head(text, size), &err);
		text = text_tail(text, size);
	}
	fuzz_require(fed == 0 || err.message[0] != '\0');
	event_stream_deinit(&stream);
	return fed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buffer_deinit) struct buffer whole = {0};
	AUTO(buffer_deinit) struct buffer cut = {0};
	struct text text = {.data = (const char *)data, .size = size};

	if (size == 0) {
		return 0;
	}
	buffer_init(&whole, 8 * size + 4096);
	buffer_init(&cut, 8 * size + 4096);
	text = text_tail(text, 1);
	fuzz_require(feed(&whole, text, text.size + 1) == feed(&cut, text, data[0] % 16 + 1U));
	fuzz_require(text_equal(buffer_text(&whole), buffer_text(&cut)));
	return 0;
}
