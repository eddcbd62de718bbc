/* SPDX-License-Identifier: MIT
 * The sources json and ndjson: this API's JSON, call by call. A batch reads it itself where its
 * calls need not be seen one by one. */
#include "intake/sources/source.h"
#include "intake/stream/extent.h"
#include "intake/stream/splitter.h"

struct source {
	struct splitter *splitter;
	struct source_sink sink;
};

static void forward_call(
	void *context, struct text json, struct json_position position, uint64_t line)
{
	const struct source *source = context;

	(void)position;
	source->sink.call(source->sink.context, json, line);
}

static void forward_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	const struct source *source = context;

	source->sink.reject(source->sink.context, line, session_id, error, 1);
}

static void json_close(struct source *source)
{
	if (source) {
		splitter_destroy(source->splitter);
		free(source);
	}
}
AUTO_POINTER(struct source *, json_close);

static int json_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(json_closep) struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	if (splitter_create(&source->splitter, input->shape,
		    &(struct call_sink){.call = forward_call,
			    .reject = forward_reject,
			    .context = source,
			    .call_size_max = input->call_size_max},
		    err) < 0) {
		return -1;
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int json_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	return splitter_feed(source->splitter, (struct text){.data = data, .size = size}, err);
}

static int json_end(struct source *source, struct error *err)
{
	return splitter_end(source->splitter, false, err);
}

/* ---- which of the two ---- */

/* Where the object that @text begins with ends; 0 when that is not in @text, or its brackets do not
 * match. *@ret_lines: it goes over lines, as far as it is there. */
static size_t object_end(struct text text, bool *ret_lines)
{
	const char *at = text.data, *end = text.data + text.size;
	struct extent extent;
	struct place place;
	int ended;

	place_init(&place);
	place_begin(&place, text.data);
	extent_start(&extent, text.data[0]);
	ended = extent_scan(&extent, &place, &at, end, NULL);
	*ret_lines = place.line > 1;
	return ended > 0 ? (size_t)(at - text.data) : 0;
}

/* A call a line: the first object is a call, has its line alone, and is followed by another. */
static bool ndjson_looks_like(struct text text)
{
	bool lines;
	size_t end;
	struct text inside;

	if (text.data[0] != '{') {
		return false;
	}
	inside = source_skip_blank(text_tail(text, 1));
	if (text_starts_with(inside, TEXT("\"calls\"")) ||
		text_starts_with(inside, TEXT("\"total_calls\""))) {
		return false;
	}
	end = object_end(text, &lines);
	return end == 0 ? !lines : source_skip_blank(text_tail(text, end)).size > 0;
}

static bool json_looks_like(struct text text)
{
	return text.data[0] == '{';
}

const struct source_format source_json = {
	.name = "json",
	.looks_like = json_looks_like,
	.is_json = true,
	.shape = STREAM_DOCUMENT,
	.open = json_open,
	.feed = json_feed,
	.end = json_end,
	.close = json_close,
};

const struct source_format source_ndjson = {
	.name = "ndjson",
	.looks_like = ndjson_looks_like,
	.is_json = true,
	.shape = STREAM_NDJSON,
	.open = json_open,
	.feed = json_feed,
	.end = json_end,
	.close = json_close,
};
