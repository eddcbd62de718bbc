/* SPDX-License-Identifier: MIT
 * The source freeswitch: files that mod_json_cdr and mod_xml_cdr leave, a record each. */
#include "intake/sources/freeswitch/freeswitch_body.h"
#include "intake/sources/freeswitch/freeswitch_cdr.h"
#include "intake/sources/source.h"

struct source {
	struct source_sink sink;
	struct buffer body;
};

static void freeswitch_close(struct source *source)
{
	if (source) {
		buffer_deinit(&source->body);
		free(source);
	}
}

static int freeswitch_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	struct source *source = calloc(1, sizeof(*source));

	(void)input;
	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	/* URL-encoding makes three bytes of one. */
	buffer_init(&source->body, 3 * TREE_BYTES_MAX);
	*ret_source = source;
	return 0;
}

static int freeswitch_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	buffer_append(&source->body, (struct text){.data = data, .size = size});
	return source->body.failed
		       ? error_set(err, ERROR_TOO_LARGE,
				 "it is larger than a call detail record can be (%zu MiB)",
				 3 * TREE_BYTES_MAX >> 20)
		       : 0;
}

int freeswitch_take(struct text body, const struct freeswitch_options *options, struct arena *arena,
	const struct source_sink *sink, struct error *err)
{
	AUTO(buffer_deinit) struct buffer line;
	struct report report;
	struct tree *tree;

	buffer_init(&line, TREE_ARENA_BYTES_MAX);
	report_init(&report, arena);
	if (freeswitch_body_read(&tree, body, arena, err) < 0 ||
		freeswitch_cdr_report(tree, options, &report, err) < 0 ||
		report_write(&report, &line, err) < 0) {
		return -1;
	}
	sink->events(sink->context, buffer_text(&line), 1);
	return 0;
}

static int freeswitch_end(struct source *source, struct error *err)
{
	static const struct freeswitch_options options = {.is_past = true};
	AUTO(arena_deinit) struct arena arena;

	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	if (source_skip_blank(buffer_text(&source->body)).size == 0) {
		source->sink.warn(source->sink.context, "no call was found: it is empty");
		return 0;
	}
	return freeswitch_take(buffer_text(&source->body), &options, &arena, &source->sink, err);
}

const struct source_format source_freeswitch = {
	.name = "freeswitch",
	.foreign = "FreeSWITCH's call detail record",
	.looks_like = freeswitch_body_looks_like,
	.in_parts = true,
	.shape = STREAM_NDJSON,
	.open = freeswitch_open,
	.feed = freeswitch_feed,
	.end = freeswitch_end,
	.close = freeswitch_close,
};
