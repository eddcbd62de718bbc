/* SPDX-License-Identifier: MIT
 * Reading a file call by call. */
#include "cmd/import_file.h"

#include "intake/sources/source_guess.h"
#include "intake/stream/splitter.h"

/* The formats that are read by the intake itself. */
static bool is_json_format(const char *name)
{
	return strcmp(name, "json") == 0 || strcmp(name, "ndjson") == 0;
}

int import_format_check(const char *name, struct error *err)
{
	char names[256] = "";
	size_t used = 0;

	if (!name || is_json_format(name) || source_format_find(text_of(name))) {
		return 0;
	}
	for (size_t i = 0; source_formats[i] && used < sizeof(names); i++) {
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, ", %s", source_formats[i]->name);
	}
	return error_set(err, ERROR_INVALID, "'%s' is no value for --format: write json, ndjson%s",
		name, names);
}

static bool is_blank(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!memchr(" \t\r\n", text.data[i], 4)) {
			return false;
		}
	}
	return true;
}

/* What is neither this API's nor named by --format. */
static int refuse(struct text head, struct error *err)
{
	char words[SOURCE_GUESS_WORDS_SIZE];

	source_guess_unknown(head, words);
	return error_set(err, ERROR_UNSUPPORTED, "%s", words);
}

static int detect(struct import_format *ret_format, struct input *input, struct error *err)
{
	char words[SOURCE_GUESS_WORDS_SIZE];
	struct source_guess guess;
	struct text head;

	if (input_peek(input, &head, err) < 0) {
		return -1;
	}
	if (source_guess_foreign(head, &guess)) {
		source_guess_words(&guess, words);
		return error_set(err, ERROR_UNSUPPORTED, "%s", words);
	}
	*ret_format = (struct import_format){.shape = BATCH_NDJSON};
	switch (source_detect(head)) {
	case SOURCE_JSON:
		ret_format->shape = BATCH_DOCUMENT;
		return 0;
	case SOURCE_NDJSON:
		return 0;
	case SOURCE_XML:
		ret_format->source = source_format_find(TEXT("fuse"));
		return 0;
	case SOURCE_ASTERISK_CEL:
		return error_set(err, ERROR_UNSUPPORTED,
			"it seems to be Asterisk's channel event log: say --format asterisk-cel");
	default:
		return is_blank(head) ? 0 : refuse(head, err);
	}
}

int import_format_find(
	struct import_format *ret_format, const char *name, struct input *input, struct error *err)
{
	if (!name || strcmp(name, "fuse") == 0) {
		return detect(ret_format, input, err);
	}
	*ret_format = (struct import_format){
		.source = is_json_format(name) ? NULL : source_format_find(text_of(name)),
		.shape = strcmp(name, "json") == 0 ? BATCH_DOCUMENT : BATCH_NDJSON,
	};
	return 0;
}

/* ---- by a source ---- */

struct open_source {
	const struct source_format *format;
	struct source *source;
};

static void close_source(struct open_source *open)
{
	if (open->source) {
		open->format->close(open->source);
	}
}

static int cut_by_source(struct input *input, const struct source_format *format,
	const struct source_options *options, const struct source_sink *sink,
	void (*progress)(void *context), struct error *err)
{
	AUTO(close_source) struct open_source open = {.format = format};
	struct text text;
	int more;

	if (format->open(&open.source, options, sink, err) < 0) {
		return -1;
	}
	while ((more = input_next(input, &text, err)) > 0) {
		if (format->feed(open.source, text.data, text.size, err) < 0) {
			return -1;
		}
		progress(sink->context);
	}
	if (more < 0) {
		/* The input broke off: what was read of it is handed over and told all the same. */
		(void)!format->end(open.source, NULL);
		return -1;
	}
	return format->end(open.source, err);
}

/* ---- JSON ---- */

static void forward_call(
	void *context, struct text json, struct json_position position, uint64_t line)
{
	const struct source_sink *sink = context;

	(void)position;
	sink->call(sink->context, json, line);
}

static void forward_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	const struct source_sink *sink = context;

	sink->reject(sink->context, line, session_id, error, 1);
}

static int cut_json(struct input *input, enum batch_shape shape, size_t call_size_max,
	const struct source_sink *sink, void (*progress)(void *context), struct error *err)
{
	AUTO(splitter_destroyp) struct splitter *splitter = NULL;
	struct source_sink copy = *sink;
	struct call_sink call_sink = {
		.call = forward_call,
		.reject = forward_reject,
		.context = &copy,
		.call_size_max = call_size_max,
	};
	struct text text;
	int more;

	if (splitter_create(&splitter, shape, &call_sink, err) < 0) {
		return -1;
	}
	while ((more = input_next(input, &text, err)) > 0) {
		if (splitter_feed(splitter, text, err) < 0) {
			return -1;
		}
		progress(sink->context);
	}
	return more < 0 ? -1 : splitter_end(splitter, false, err);
}

int import_file_cut(struct input *input, const struct import_format *format,
	const struct source_options *options, size_t call_size_max, const struct source_sink *sink,
	void (*progress)(void *context), struct error *err)
{
	if (format->source) {
		return cut_by_source(input, format->source, options, sink, progress, err);
	}
	return cut_json(input, format->shape, call_size_max, sink, progress, err);
}
