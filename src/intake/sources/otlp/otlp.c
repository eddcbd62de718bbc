/* SPDX-License-Identifier: MIT
 * The source otlp: files of OpenTelemetry's spans. JSON: requests one after the other, each on its
 * line or not, as the collector's file exporter writes them. Protobuf: one request, or requests
 * each behind its size in four bytes, the highest first, as the same exporter writes them. */
#include <stdlib.h>

#include "base/intern.h"
#include "intake/sources/otlp/otlp_trace.h"
#include "intake/sources/source.h"
#include "intake/stream/extent.h"

#define REQUEST_BYTES_MAX ((size_t)64 << 20)
#define KNOWN_BYTES_MAX	  ((size_t)256 << 20)
#define SIZE_BYTES	  4 /* before a request in protobuf */
#define LOOKED_AT	  ((size_t)64)

enum shape {
	SHAPE_UNKNOWN, /* until its first byte */
	SHAPE_JSON,
	SHAPE_PROTOBUF, /* the whole input is one request */
	SHAPE_SIZED,	/* its size stands before each */
};

struct source {
	struct source_sink sink;
	enum shape shape;
	struct buffer held; /* of the request that is not whole yet; of SHAPE_SIZED its size, too */
	struct extent extent;
	struct place place;
	bool open;     /* a JSON object has begun */
	uint64_t line; /* where it did; of protobuf its number */
	struct arena known_arena;
	struct intern known; /* the traces that are calls */
};

/* ---- a request ---- */

static int take_line(void *context, struct text line, uint64_t spans, struct error *err)
{
	const struct source *source = context;

	(void)spans;
	(void)err;
	source->sink.events(source->sink.context, line, source->line);
	return 0;
}

static int note_known(void *context, struct text trace_id, struct error *err)
{
	struct source *source = context;
	uint32_t number;

	return intern_number(&source->known, trace_id, &number) ? 0 : error_no_memory(err);
}

static int is_known(void *context, struct text trace_id, struct error *err)
{
	struct source *source = context;
	const struct intern *known = &source->known;

	(void)err;
	HASH_TABLE_EACH(place, &known->table, hash_text(&known->key, trace_id)) {
		if (text_equal(known->texts[place], trace_id)) {
			return 1;
		}
	}
	return 0;
}

static int take_request(struct source *source, struct text body, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct otlp_sink sink = {
		.line = take_line,
		.is_call = is_known,
		.known = note_known,
		.context = source,
	};
	struct otlp_request request;
	int result;

	arena_init(&arena, OTLP_MEMORY_MIN + OTLP_MEMORY_TIMES * body.size);
	otlp_request_init(&request, &arena);
	result = source->shape == SHAPE_JSON ? otlp_read_json(&request, body, source->line, err)
					     : otlp_read_protobuf(&request, body, err);
	if (result == 0) {
		result = otlp_write_lines(&request, &sink, err);
	}
	if (request.rejected > 0) {
		source->sink.reject(source->sink.context, source->line, (struct text){0},
			request.reasons, request.rejected);
	} else if (request.reasons[0]) {
		source->sink.warn(source->sink.context, request.reasons);
	}
	return result;
}

/* ---- JSON ---- */

static int hold(struct source *source, const char *data, size_t size, struct error *err)
{
	buffer_append(&source->held, (struct text){.data = data, .size = size});
	if (source->held.failed) {
		return error_set(err, ERROR_TOO_LARGE,
			"a request is larger than %zu bytes, or there is no memory for it",
			REQUEST_BYTES_MAX);
	}
	return 0;
}

/* Passes over what stands between requests, up to where one begins, if it does. */
static int find_object(struct source *source, const char **at, const char *end, struct error *err)
{
	for (; *at < end; (*at)++) {
		if (**at == '\n') {
			place_line_feed(&source->place, *at);
		} else if (**at == '{') {
			source->line = source->place.line;
			source->open = true;
			buffer_clear(&source->held);
			extent_start(&source->extent, '{');
			return 0;
		} else if (!memchr(" \t\r", **at, 3)) {
			error_set(err, ERROR_INVALID, "an object is expected");
			return place_prefix(place_of(&source->place, *at), err);
		}
	}
	return 0;
}

static int feed_json(struct source *source, const char *data, size_t size, struct error *err)
{
	const char *at = data, *end = data + size;

	place_begin(&source->place, data);
	while (at < end) {
		const char *from;
		int ended;

		if (!source->open && find_object(source, &at, end, err) < 0) {
			return -1;
		}
		if (!source->open) {
			break;
		}
		from = at;
		ended = extent_scan(&source->extent, &source->place, &at, end, err);
		if (ended < 0 || hold(source, from, (size_t)((ended ? at : end) - from), err) < 0) {
			return -1;
		}
		if (ended == 0) {
			break;
		}
		source->open = false;
		if (take_request(source, buffer_text(&source->held), err) < 0) {
			return -1;
		}
	}
	place_end(&source->place, size);
	return 0;
}

/* ---- protobuf ---- */

/* How long the request is that the size at the beginning of @held is of; 0: that is not there. */
static size_t sized(const struct buffer *held)
{
	const unsigned char *bytes = (const unsigned char *)held->data;

	if (held->size < SIZE_BYTES) {
		return 0;
	}
	return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* Takes of @data what is missing of the size, or of the request. Returns how many bytes. */
static size_t missing(const struct source *source, size_t size)
{
	size_t whole = SIZE_BYTES + sized(&source->held);
	size_t wanted = whole > source->held.size ? whole - source->held.size : 0;

	return wanted < size ? wanted : size;
}

static int feed_sized(struct source *source, const char *data, size_t size, struct error *err)
{
	while (size > 0) {
		size_t part = missing(source, size);

		if (hold(source, data, part, err) < 0) {
			return -1;
		}
		data += part;
		size -= part;
		if (source->held.size < SIZE_BYTES ||
			source->held.size < SIZE_BYTES + sized(&source->held)) {
			continue;
		}
		source->line++;
		if (take_request(source, text_tail(buffer_text(&source->held), SIZE_BYTES), err) <
			0) {
			return error_prefix(err, "request %llu", (unsigned long long)source->line);
		}
		buffer_clear(&source->held);
	}
	return 0;
}

/* ---- the source ---- */

static void otlp_close(struct source *source)
{
	if (source) {
		buffer_deinit(&source->held);
		arena_deinit(&source->known_arena);
		free(source);
	}
}

static int otlp_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	struct source *source = calloc(1, sizeof(*source));

	(void)input;
	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	buffer_init(&source->held, REQUEST_BYTES_MAX);
	arena_init(&source->known_arena, KNOWN_BYTES_MAX);
	intern_init(&source->known, &source->known_arena);
	place_init(&source->place);
	*ret_source = source;
	return 0;
}

/* A line feed is the first byte of a request in protobuf; JSON may stand behind one as well. */
static enum shape shape_of(struct text beginning)
{
	struct text text = source_skip_blank(beginning);

	if (text.size > 0 && text.data[0] == '{') {
		return SHAPE_JSON;
	}
	return beginning.data[0] == '\0' ? SHAPE_SIZED : SHAPE_PROTOBUF;
}

static int otlp_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	if (size == 0) {
		return 0;
	}
	if (source->shape == SHAPE_UNKNOWN) {
		source->shape = shape_of((struct text){.data = data, .size = size});
	}
	switch (source->shape) {
	case SHAPE_JSON:
		return feed_json(source, data, size, err);
	case SHAPE_SIZED:
		return feed_sized(source, data, size, err);
	default:
		return hold(source, data, size, err);
	}
}

static int otlp_end(struct source *source, struct error *err)
{
	if (source->shape == SHAPE_PROTOBUF) {
		source->line = 1;
		return take_request(source, buffer_text(&source->held), err);
	}
	if (source->open || (source->shape == SHAPE_SIZED && source->held.size > 0)) {
		return error_set(err, ERROR_INVALID, "the last request is cut off");
	}
	return 0;
}

static bool otlp_looks_like(struct text text)
{
	return text.data[0] == '{' && source_has_members(text, "resourceSpans", NULL);
}

/* A message's length at *@at, whose tag is one of @tags, that ends at @limit or before it. */
static bool look_inside(struct text *text, const char *tags, size_t *limit)
{
	size_t length = 0, at = 1;

	if (text->size < 2 || !strchr(tags, text->data[0]) || text->data[0] == '\0') {
		return false;
	}
	for (unsigned int shift = 0; at < text->size && shift < 32; shift += 7) {
		unsigned char byte = (unsigned char)text->data[at++];

		length |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			break;
		}
	}
	if (at + length > *limit) {
		return false;
	}
	*limit = length;
	*text = text_tail(*text, at);
	return true;
}

static bool has_binary(struct text text)
{
	for (size_t i = 0; i < text.size && i < LOOKED_AT; i++) {
		if ((unsigned char)text.data[i] < 0x20 && !memchr("\t\r\n", text.data[i], 3)) {
			return true;
		}
	}
	return false;
}

/* A request's first field, in which the first is a resource or the spans of a scope. */
static bool otlp_looks_like_binary(struct text text)
{
	size_t limit = REQUEST_BYTES_MAX;

	if (text.size > SIZE_BYTES && text.data[0] == '\0') {
		text = text_tail(text, SIZE_BYTES);
	}
	return has_binary(text) && look_inside(&text, "\x0a", &limit) &&
	       look_inside(&text, "\x0a\x12", &limit);
}

const struct source_format source_otlp = {
	.name = "otlp",
	.foreign = "spans of OpenTelemetry (OTLP)",
	.looks_like = otlp_looks_like,
	.looks_like_binary = otlp_looks_like_binary,
	.in_parts = true,
	.shape = STREAM_NDJSON,
	.open = otlp_open,
	.feed = otlp_feed,
	.end = otlp_end,
	.close = otlp_close,
};
