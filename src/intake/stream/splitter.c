/* SPDX-License-Identifier: MIT
 * The splitter: one cutter a shape. */
#include "intake/stream/splitter.h"

#include "intake/stream/envelope.h"
#include "intake/stream/lines.h"
#include "intake/stream/whole.h"

/* A byte order mark (RFC 8259 §8.1 lets it be passed over); the number of its bytes. */
#define MARK	  "\xef\xbb\xbf"
#define MARK_SIZE ((size_t)3)

struct splitter {
	enum stream_shape shape;
	size_t mark_seen; /* bytes that the stream begins with so far */
	bool begun;	  /* behind the mark, or known to have none */
	union {
		struct envelope envelope;
		struct lines lines;
		struct whole whole;
	};
};

int splitter_create(struct splitter **ret_splitter, enum stream_shape shape,
	const struct call_sink *sink, struct error *err)
{
	struct splitter *splitter = calloc(1, sizeof(*splitter));

	if (!splitter) {
		return error_no_memory(err);
	}
	splitter->shape = shape;
	switch (shape) {
	case STREAM_DOCUMENT:
		envelope_init(&splitter->envelope, sink);
		break;
	case STREAM_NDJSON:
		lines_init(&splitter->lines, sink);
		break;
	case STREAM_WHOLE:
		whole_init(&splitter->whole, sink);
		break;
	}
	*ret_splitter = splitter;
	return 0;
}

void splitter_destroy(struct splitter *splitter)
{
	if (!splitter) {
		return;
	}
	switch (splitter->shape) {
	case STREAM_DOCUMENT:
		envelope_deinit(&splitter->envelope);
		break;
	case STREAM_NDJSON:
		lines_deinit(&splitter->lines);
		break;
	case STREAM_WHOLE:
		whole_deinit(&splitter->whole);
		break;
	}
	free(splitter);
}

static size_t carried(const struct splitter *splitter)
{
	switch (splitter->shape) {
	case STREAM_NDJSON:
		return splitter->lines.span.carried.capacity;
	case STREAM_WHOLE:
		return splitter->whole.span.carried.capacity;
	default:
		return splitter->envelope.bare.carried.capacity +
		       splitter->envelope.span.carried.capacity;
	}
}

size_t splitter_holds(const struct splitter *splitter)
{
	return sizeof(*splitter) + carried(splitter);
}

static int feed(struct splitter *splitter, struct text data, struct error *err)
{
	if (data.size == 0) {
		return 0;
	}
	switch (splitter->shape) {
	case STREAM_NDJSON:
		return lines_feed(&splitter->lines, data, err);
	case STREAM_WHOLE:
		return whole_feed(&splitter->whole, data, err);
	default:
		return envelope_feed(&splitter->envelope, data, err);
	}
}

/* What looked like the beginning of a mark and is not one belongs to the text. */
static int begin(struct splitter *splitter, struct error *err)
{
	struct text begun = {.data = MARK, .size = splitter->mark_seen};

	splitter->begun = true;
	return splitter->mark_seen < MARK_SIZE ? feed(splitter, begun, err) : 0;
}

int splitter_feed(struct splitter *splitter, struct text data, struct error *err)
{
	while (!splitter->begun && data.size > 0) {
		if (splitter->mark_seen < MARK_SIZE && data.data[0] == MARK[splitter->mark_seen]) {
			splitter->mark_seen++;
			data = text_tail(data, 1);
		} else if (begin(splitter, err) < 0) {
			return -1;
		}
	}
	return feed(splitter, data, err);
}

int splitter_end(struct splitter *splitter, bool cut_off, struct error *err)
{
	if (!splitter->begun && begin(splitter, err) < 0) {
		return -1;
	}
	switch (splitter->shape) {
	case STREAM_NDJSON:
		return lines_end(&splitter->lines, cut_off, err);
	case STREAM_WHOLE:
		return whole_end(&splitter->whole, cut_off, err);
	default:
		return envelope_end(&splitter->envelope, cut_off, err);
	}
}
