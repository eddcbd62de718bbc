/* SPDX-License-Identifier: MIT
 * The splitter: one cutter a shape. */
#include "intake/stream/splitter.h"

#include "intake/stream/envelope.h"
#include "intake/stream/lines.h"

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
	if (shape == STREAM_NDJSON) {
		lines_init(&splitter->lines, sink);
	} else {
		envelope_init(&splitter->envelope, sink);
	}
	*ret_splitter = splitter;
	return 0;
}

void splitter_destroy(struct splitter *splitter)
{
	if (!splitter) {
		return;
	}
	if (splitter->shape == STREAM_NDJSON) {
		lines_deinit(&splitter->lines);
	} else {
		envelope_deinit(&splitter->envelope);
	}
	free(splitter);
}

size_t splitter_holds(const struct splitter *splitter)
{
	return sizeof(*splitter) +
	       (splitter->shape == STREAM_NDJSON
			       ? splitter->lines.span.carried.capacity
			       : splitter->envelope.bare.carried.capacity +
					 splitter->envelope.span.carried.capacity);
}

static int feed(struct splitter *splitter, struct text data, struct error *err)
{
	if (data.size == 0) {
		return 0;
	}
	return splitter->shape == STREAM_NDJSON ? lines_feed(&splitter->lines, data, err)
						: envelope_feed(&splitter->envelope, data, err);
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
	return splitter->shape == STREAM_NDJSON ? lines_end(&splitter->lines, cut_off, err)
						: envelope_end(&splitter->envelope, cut_off, err);
}
