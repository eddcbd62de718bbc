/* SPDX-License-Identifier: MIT
 * The source twilio: saved answers and events, as one document or a document a line. */
#include "base/buffer.h"
#include "base/clock.h"
#include "intake/sources/twilio/twilio.h"

#define FILE_BYTES_MAX ((size_t)256 << 20)

struct source {
	struct source_sink sink;
	struct twilio_executions *executions;
	struct buffer text;
	uint64_t unknown;
	uint64_t line; /* of the document that is read; 0: it is the only one */
};

static void twilio_close(struct source *source)
{
	if (source) {
		twilio_executions_destroy(source->executions);
		buffer_deinit(&source->text);
		free(source);
	}
}
AUTO_POINTER(struct source *, twilio_close);

static int twilio_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(twilio_closep) struct source *source = calloc(1, sizeof(*source));

	(void)input;
	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	buffer_init(&source->text, FILE_BYTES_MAX);
	source->executions = twilio_executions_create();
	if (!source->executions) {
		return error_no_memory(err);
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int twilio_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	buffer_append(&source->text, (struct text){.data = data, .size = size});
	return source->text.failed ? error_set(err, ERROR_TOO_LARGE, "it is larger than 256 MiB")
				   : 0;
}

static void forward_events(void *context, struct text events, uint64_t place)
{
	const struct source *source = context;

	source->sink.events(source->sink.context, events, source->line ? source->line : place);
}

static void forward_reject(
	void *context, uint64_t place, struct text session_id, const char *error, uint64_t count)
{
	const struct source *source = context;

	source->sink.reject(source->sink.context, source->line ? source->line : place, session_id,
		error, count);
}

static int take(struct source *source, struct text text, struct error *err)
{
	const struct source_sink sink = {
		.events = forward_events, .reject = forward_reject, .context = source};
	AUTO(arena_deinit) struct arena arena;
	uint64_t unknown = 0;
	int result;

	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	result = twilio_take(
		text, 0, clock_now_s(), source->executions, &arena, &sink, &unknown, err);
	source->unknown += unknown;
	return result;
}

/* A document a line: one that cannot be read is told, and the others go on. */
static void take_lines(struct source *source)
{
	struct text rest = buffer_text(&source->text), line;
	struct error err;

	while (text_split(&rest, '\n', &line)) {
		source->line++;
		if (source_skip_blank(line).size > 0 && take(source, line, &err) < 0) {
			source->sink.reject(
				source->sink.context, source->line, TEXT(""), err.message, 1);
		}
	}
}

static bool has_lines(struct text text)
{
	struct text line = TEXT(""), rest = source_skip_blank(text);

	text_split(&rest, '\n', &line);
	line = text_trim(line);
	while (line.size > 0 && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	return line.size > 1 && memchr("}]", line.data[line.size - 1], 2) &&
	       source_skip_blank(rest).size > 0;
}

static int twilio_end(struct source *source, struct error *err)
{
	int result = 0;

	if (source_skip_blank(buffer_text(&source->text)).size == 0) {
		source->sink.warn(source->sink.context, "no call was found: it is empty");
	} else if (has_lines(buffer_text(&source->text))) {
		take_lines(source);
	} else {
		result = take(source, buffer_text(&source->text), err);
	}
	if (source->unknown > 0) {
		source->sink.reject(source->sink.context, 1, TEXT(""),
			"the execution of a step is not known: give the executions before the "
			"steps, in one input",
			source->unknown);
	}
	return result;
}

static bool twilio_looks_like(struct text beginning)
{
	return (beginning.data[0] == '{' || beginning.data[0] == '[') &&
	       (source_has_members(beginning, "specversion", "type") ||
		       source_has_members(beginning, "first_page_uri", "calls") ||
		       source_has_members(beginning, "meta", "executions") ||
		       source_has_members(beginning, "meta", "steps"));
}

const struct source_format source_twilio = {
	.name = "twilio",
	.foreign = "Twilio's events or answers",
	.looks_like = twilio_looks_like,
	.in_parts = true,
	.shape = STREAM_NDJSON,
	.open = twilio_open,
	.feed = twilio_feed,
	.end = twilio_end,
	.close = twilio_close,
};
