/* SPDX-License-Identifier: MIT
 * The writer: strings go in runs between the bytes that must be escaped. */
#include "json/json_writer.h"

#include "json/json_escape.h"

void json_write_string(struct buffer *buffer, struct text string)
{
	struct text rest = string;

	buffer_append_byte(buffer, '"');
	while (rest.size > 0) {
		size_t plain = json_plain_length(rest.data, rest.size);
		char escape[6];

		buffer_append(buffer, text_head(rest, plain));
		rest = text_tail(rest, plain);
		if (rest.size > 0) {
			size_t size = json_escape_write((unsigned char)rest.data[0], escape);

			buffer_append(buffer, (struct text){.data = escape, .size = size});
			rest = text_tail(rest, 1);
		}
	}
	buffer_append_byte(buffer, '"');
}

static size_t take_plain(char *out, struct text *rest)
{
	const char *backslash = memchr(rest->data, '\\', rest->size);
	size_t size = backslash ? (size_t)(backslash - rest->data) : rest->size;

	memcpy(out, rest->data, size);
	*rest = text_tail(*rest, size);
	return size;
}

size_t json_minimal(char *out, struct text raw)
{
	struct text rest = raw;
	size_t size = 0;

	while (rest.size > 0) {
		uint32_t code;
		size_t taken;

		size += take_plain(out + size, &rest);
		taken = json_escape_read(rest, &code);
		if (taken > 0) {
			size += json_escape_write(code, out + size);
			rest = text_tail(rest, taken);
		} else if (rest.size > 0) {
			/* Not from a token, then: kept, so that nothing is lost. */
			out[size++] = rest.data[0];
			rest = text_tail(rest, 1);
		}
	}
	return size;
}

void json_write_raw_string(struct buffer *buffer, struct text raw, bool escaped)
{
	char *out;

	if (!escaped) {
		buffer_append_byte(buffer, '"');
		buffer_append(buffer, raw);
		buffer_append_byte(buffer, '"');
		return;
	}
	out = buffer_reserve(buffer, raw.size + 2);
	if (out) {
		size_t size = json_minimal(out + 1, raw);

		out[0] = '"';
		out[size + 1] = '"';
		buffer_advance(buffer, size + 2);
	}
}

/* The size of the string that @json begins with, both quotes included. */
static size_t string_size(struct text json, bool *ret_escaped)
{
	size_t size = 1 + json_raw_length(json.data + 1, json.size - 1, ret_escaped);

	return size < json.size ? size + 1 : size;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* How much of @json can be taken as it stands: up to white space or a string with escapes. */
static size_t canonical_size(struct text json)
{
	size_t at = 0;

	while (at < json.size && !is_space(json.data[at])) {
		bool escaped = false;
		size_t size = 1;

		if (json.data[at] == '"') {
			size = string_size(text_tail(json, at), &escaped);
		}
		if (escaped) {
			break;
		}
		at += size;
	}
	return at;
}

void json_write_canonical(struct buffer *buffer, struct text json)
{
	while (json.size > 0) {
		size_t size = canonical_size(json);
		bool escaped = false;

		buffer_append(buffer, text_head(json, size));
		json = text_tail(json, size);
		if (json.size == 0) {
			break;
		}
		size = 1;
		if (json.data[0] == '"') {
			size = string_size(json, &escaped);
			json_write_raw_string(buffer,
				(struct text){.data = json.data + 1, .size = size - 2}, escaped);
		}
		json = text_tail(json, size);
	}
}

static bool wants_comma(const struct buffer *buffer)
{
	char last = buffer->size > 0 ? buffer->data[buffer->size - 1] : '{';

	return last != '{' && last != '[';
}

void json_write_comma(struct buffer *buffer)
{
	if (wants_comma(buffer)) {
		buffer_append_byte(buffer, ',');
	}
}

/* In one piece: most of what is written are members. */
void json_write_name(struct buffer *buffer, const char *name)
{
	size_t size = strlen(name);
	char *at = buffer_reserve(buffer, size + 4);

	if (!at) {
		return;
	}
	if (wants_comma(buffer)) {
		*at++ = ',';
	}
	*at++ = '"';
	memcpy(at, name, size);
	memcpy(at + size, "\":", 2);
	buffer_advance(buffer, (size_t)(at - buffer->data) - buffer->size + size + 2);
}

void json_add_string(struct buffer *buffer, const char *name, struct text value)
{
	json_write_name(buffer, name);
	json_write_string(buffer, value);
}

void json_add_number(struct buffer *buffer, const char *name, int64_t value)
{
	json_write_name(buffer, name);
	buffer_append_int64(buffer, value);
}

static void add_null(struct buffer *buffer, const char *name)
{
	json_write_name(buffer, name);
	buffer_append(buffer, TEXT("null"));
}

void json_add_string_or_null(struct buffer *buffer, const char *name, struct text value)
{
	if (value.size > 0) {
		json_add_string(buffer, name, value);
	} else {
		add_null(buffer, name);
	}
}

void json_add_number_or_null(struct buffer *buffer, const char *name, int64_t value, bool known)
{
	if (known) {
		json_add_number(buffer, name, value);
	} else {
		add_null(buffer, name);
	}
}
