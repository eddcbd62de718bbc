/* SPDX-License-Identifier: MIT
 * The table of sources, and telling what an input is by its first bytes. */
#include "intake/sources/source.h"

#include "intake/sources/source_guess.h"

extern const struct source_format source_fuse;
extern const struct source_format source_asterisk_cel;

const struct source_format *const source_formats[] = {
	&source_fuse,
	&source_asterisk_cel,
	NULL,
};

const struct source_format *source_format_find(struct text name)
{
	for (size_t i = 0; source_formats[i]; i++) {
		if (text_equal_string(name, source_formats[i]->name)) {
			return source_formats[i];
		}
	}
	return NULL;
}

static struct text skip_blank(struct text text)
{
	while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) {
		text = text_tail(text, 1);
	}
	return text;
}

/* Where the JSON object that @text begins with ends; 0 when that is not in @text. *@ret_broken: it
 * goes over lines. */
static size_t object_end(struct text text, bool *ret_broken)
{
	bool in_string = false;
	size_t depth = 0;

	*ret_broken = false;
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.data[i];

		if (in_string) {
			in_string = byte != '"';
			i += byte == '\\';
			continue;
		}
		in_string = byte == '"';
		*ret_broken |= byte == '\n';
		depth += byte == '{' || byte == '[';
		depth -= byte == '}' || byte == ']';
		if (depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static enum source_kind json_kind(struct text text)
{
	struct text inside = skip_blank(text_tail(text, 1));
	bool broken;
	size_t end;

	if (text_starts_with(inside, TEXT("\"calls\"")) ||
		text_starts_with(inside, TEXT("\"total_calls\""))) {
		return SOURCE_JSON;
	}
	end = object_end(text, &broken);
	if (end == 0) {
		return broken ? SOURCE_JSON : SOURCE_NDJSON;
	}
	return skip_blank(text_tail(text, end)).size > 0 ? SOURCE_NDJSON : SOURCE_JSON;
}

enum source_kind source_detect(struct text beginning)
{
	static const struct text mark = {.data = "\xef\xbb\xbf", .size = 3};

	if (text_starts_with(beginning, mark)) {
		beginning = text_tail(beginning, mark.size);
	}
	beginning = skip_blank(beginning);
	if (beginning.size == 0) {
		return SOURCE_UNKNOWN;
	}
	switch (beginning.data[0]) {
	case '{':
		return source_guess_event_log(beginning) ? SOURCE_ASTERISK_CEL
							 : json_kind(beginning);
	case '<':
		return SOURCE_XML;
	case '[':
		return SOURCE_UNKNOWN;
	default:
		return source_guess_event_log(beginning) ? SOURCE_ASTERISK_CEL : SOURCE_UNKNOWN;
	}
}
