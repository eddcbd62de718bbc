/* SPDX-License-Identifier: MIT
 * Canonical JSON: copying checked JSON without its white space, and the header round the steps. */
#include "call/canonical.h"

#include "call/call_json.h"
#include "json/json_escape.h"
#include "json/json_writer.h"

/* The size of the string that @json begins with, both quotes included. */
static size_t string_size(struct text json, bool *ret_escaped)
{
	size_t at = 1;

	*ret_escaped = false;
	for (;;) {
		at += json_plain_length(json.data + at, json.size - at);
		if (at >= json.size || json.data[at] == '"') {
			return at < json.size ? at + 1 : json.size;
		}
		*ret_escaped = true;
		at += at + 1 < json.size ? 2 : 1;
	}
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

void canonical_write(struct buffer *buffer, struct text json)
{
	while (json.size > 0) {
		size_t size = canonical_size(json);
		bool escaped;

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

static bool is_known(const struct json_token *name, const char *const *known)
{
	for (; *known; known++) {
		if (json_token_is(name, *known)) {
			return true;
		}
	}
	return false;
}

void canonical_write_members(struct buffer *buffer, struct text object, const char *const *known)
{
	struct json_reader reader;
	struct json_token name, value;

	json_reader_init(&reader, object, (struct json_position){.line = 1, .column = 1});
	if (json_reader_next(&reader, &name, NULL) <= 0) {
		return;
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		size_t start = reader.token_at;

		if (json_reader_skip(&reader, &value, NULL) < 0) {
			return;
		}
		if (!is_known(&name, known)) {
			buffer_append_byte(buffer, ',');
			json_write_raw_string(buffer, name.raw, name.escaped);
			buffer_append_byte(buffer, ':');
			canonical_write(buffer, text_tail(text_head(object, reader.at), start));
		}
	}
}

void canonical_wrap(struct buffer *buffer, const struct call *call)
{
	size_t steps = buffer->size;
	size_t front;
	char *start;

	/* The beginning is written behind the steps, then both change places. */
	call_json_write_beginning(buffer, call);
	if (buffer->failed) {
		return;
	}
	front = buffer->size - steps;
	start = buffer_reserve(buffer, front);
	if (!start) {
		return;
	}
	memcpy(start, buffer->data + steps, front);
	memmove(buffer->data + front, buffer->data, steps);
	memcpy(buffer->data, start, front);
	call_json_write_end(buffer, call);
}
