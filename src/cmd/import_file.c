/* SPDX-License-Identifier: MIT
 * Reading a file call by call. */
#include "cmd/import_file.h"

#include "intake/sources/source_guess.h"

int import_format_check(const char *name, struct error *err)
{
	char names[256] = "";
	size_t used = 0;

	if (!name || source_format_find(text_of(name))) {
		return 0;
	}
	for (size_t i = 0; source_formats[i] && used < sizeof(names); i++) {
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
			i > 0 ? ", " : "", source_formats[i]->name);
	}
	return error_set(
		err, ERROR_INVALID, "'%s' is not a value for --format: write %s", name, names);
}

static int detect(const struct source_format **ret_format, struct input *input, struct error *err)
{
	char words[SOURCE_GUESS_WORDS_SIZE];
	const struct source_format *format;
	struct source_guess guess;
	struct text head;

	if (input_peek(input, &head, err) < 0) {
		return -1;
	}
	if (source_guess_foreign(head, &guess)) {
		source_guess_words(&guess, words);
		return error_set(err, ERROR_UNSUPPORTED, "%s", words);
	}
	if (source_guess_other(head, NULL, words)) {
		return error_set(err, ERROR_UNSUPPORTED, "%s", words);
	}
	format = source_detect(head);
	if (!format && source_skip_blank(head).size > 0) {
		source_guess_unknown(head, words);
		return error_set(err, ERROR_UNSUPPORTED, "%s", words);
	}
	*ret_format = format ? format : source_format_find(TEXT("ndjson"));
	return 0;
}

int import_format_find(const struct source_format **ret_format, const char *name,
	struct input *input, struct error *err)
{
	if (!name || strcmp(name, "fuse") == 0) {
		return detect(ret_format, input, err);
	}
	*ret_format = source_format_find(text_of(name));
	return 0;
}

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

int import_file_cut(struct input *input, const struct source_format *format,
	const struct source_input *opened, const struct source_sink *sink,
	void (*progress)(void *context), struct error *err)
{
	AUTO(close_source) struct open_source open = {.format = format};
	struct text text;
	int more;

	if (format->open(&open.source, opened, sink, err) < 0) {
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
