/* SPDX-License-Identifier: MIT
 * The table of sources, and telling which of them an input is for. */
#include "intake/sources/source.h"

#include "json/json_reader.h"

#define MEMBERS_MAX 64 /* of an object that is looked at */

extern const struct source_format source_json, source_ndjson, source_fuse, source_asterisk_cel,
	source_asterisk_cdr, source_freeswitch, source_queue_log, source_twilio, source_otlp;

/* What stands later is asked first: an object may be an event's row, too. */
const struct source_format *const source_formats[] = {
	&source_json,
	&source_ndjson,
	&source_fuse,
	&source_asterisk_cel,
	&source_asterisk_cdr,
	&source_freeswitch,
	&source_queue_log,
	&source_twilio,
	&source_otlp,
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

const char *source_option(const struct source_input *input, const char *name)
{
	for (const struct source_option *option = input->options; option && option->name;
		option++) {
		if (strcmp(option->name, name) == 0) {
			return option->value;
		}
	}
	return NULL;
}

struct text source_skip_blank(struct text text)
{
	static const struct text mark = {.data = "\xef\xbb\xbf", .size = 3};

	if (text_starts_with(text, mark)) {
		text = text_tail(text, mark.size);
	}
	while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) {
		text = text_tail(text, 1);
	}
	return text;
}

const struct source_format *source_detect(struct text beginning)
{
	const struct source_format *found = NULL;

	for (size_t i = 0; source_formats[i] && beginning.size > 0; i++) {
		if (source_formats[i]->looks_like_binary &&
			source_formats[i]->looks_like_binary(beginning)) {
			return source_formats[i];
		}
	}
	beginning = source_skip_blank(beginning);
	for (size_t i = 0; source_formats[i] && beginning.size > 0; i++) {
		if (source_formats[i]->looks_like(beginning)) {
			found = source_formats[i];
		}
	}
	return found;
}

bool source_has_members(struct text text, const char *first, const char *second)
{
	struct json_reader reader;
	struct json_token name, value;
	bool has_first = false, has_second = !second;

	json_reader_init(&reader, text, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 ||
		(value.kind == JSON_ARRAY && json_reader_next(&reader, &value, NULL) <= 0) ||
		value.kind != JSON_OBJECT) {
		return false;
	}
	for (int i = 0; i < MEMBERS_MAX && !(has_first && has_second); i++) {
		if (json_reader_next_member(&reader, &name, &value, NULL) <= 0) {
			break;
		}
		has_first |= text_equal_string(name.raw, first);
		has_second |= second && text_equal_string(name.raw, second);
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
	}
	return has_first && has_second;
}
