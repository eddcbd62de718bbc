/* SPDX-License-Identifier: MIT
 * Taking canonical calls apart again: the steps of a call, the parts of a step. */
#include "call/call_json.h"

/* Passes over `"…"` at @at; returns where it ends, 0 when there is none. */
static size_t skip_string(struct text text, size_t at)
{
	if (at >= text.size || text.data[at] != '"') {
		return 0;
	}
	for (at++; at < text.size; at++) {
		if (text.data[at] == '"') {
			return at + 1;
		}
		at += text.data[at] == '\\' ? 1 : 0;
	}
	return 0;
}

/* Passes over `"name":"value",` at @at; returns where it ends, 0 when there is none. */
static size_t skip_string_member(struct text text, size_t at)
{
	at = skip_string(text, at);
	if (at == 0 || at >= text.size || text.data[at] != ':') {
		return 0;
	}
	at = skip_string(text, at + 1);
	return at > 0 && at < text.size && text.data[at] == ',' ? at + 1 : 0;
}

static bool ends_with(struct text text, struct text end)
{
	return text.size >= end.size && text_equal(text_tail(text, text.size - end.size), end);
}

/* `@text` without `,"type":"…","log":true}`; {NULL, 0} when that is not its end. */
static struct text strip_back(struct text text)
{
	static const struct text backs[] = {
		TEXT(",\"type\":\"inbound\",\"log\":true}"),
		TEXT(",\"type\":\"outbound\",\"log\":true}"),
		TEXT(",\"type\":\"transfer\",\"log\":true}"),
	};

	for (size_t i = 0; i < sizeof(backs) / sizeof(backs[0]); i++) {
		if (ends_with(text, backs[i])) {
			return text_head(text, text.size - backs[i].size);
		}
	}
	return (struct text){0};
}

struct text call_json_detail(struct text canonical)
{
	const struct text name = TEXT("\"detail\":");
	struct text front;
	size_t at = 1;

	/* dest src start end session_id */
	for (int i = 0; i < 5; i++) {
		at = skip_string_member(canonical, at);
		if (at == 0) {
			return (struct text){0};
		}
	}
	front = strip_back(canonical);
	if (front.size < at + name.size || !text_starts_with(text_tail(front, at), name)) {
		return (struct text){0};
	}
	return text_tail(front, at + name.size);
}

/* Where the object at @at ends; 0 when it does not. */
static size_t skip_object(struct text text, size_t at)
{
	size_t depth = 0;

	while (at < text.size) {
		char byte = text.data[at];

		if (byte == '"') {
			at = skip_string(text, at);
			if (at == 0) {
				return 0;
			}
			continue;
		}
		at++;
		if (byte == '{' || byte == '[') {
			depth++;
		} else if ((byte == '}' || byte == ']') && --depth == 0) {
			return at;
		}
	}
	return 0;
}

/* Where in @detail the step at @cursor begins; 0 at the end. */
static size_t step_start(struct text detail, size_t cursor)
{
	size_t at = cursor + 1; /* behind the `[` or the last step's comma */

	return at < detail.size && detail.data[at] == '{' ? at : 0;
}

struct member {
	struct json_token name;
	struct json_token value;
	struct text raw; /* the value as it stands */
};

/* The next member of the object that @reader is in: 1, or 0 at its end, negative when broken. */
static int next_member(struct json_reader *reader, struct member *ret_member)
{
	size_t start;

	if (json_reader_next(reader, &ret_member->name, NULL) <= 0) {
		return -1;
	}
	if (ret_member->name.kind != JSON_NAME) {
		return 0;
	}
	if (json_reader_next(reader, &ret_member->value, NULL) <= 0) {
		return -1;
	}
	start = reader->token_at;
	if (json_reader_skip(reader, &ret_member->value, NULL) < 0) {
		return -1;
	}
	ret_member->raw = text_tail(text_head(reader->input, reader->at), start);
	return 1;
}

static int open_object(struct json_reader *reader, struct text object)
{
	struct json_token token;

	json_reader_init(reader, object, (struct json_position){.line = 1, .column = 1});
	return json_reader_next(reader, &token, NULL) > 0 && token.kind == JSON_OBJECT ? 0 : -1;
}

static int read_event(struct text event, struct arena *arena, struct call_step *step)
{
	struct json_reader reader;
	struct member member;
	int more = open_object(&reader, event);

	while (more >= 0 && (more = next_member(&reader, &member)) > 0) {
		if (json_token_is(&member.name, "line") && member.value.kind == JSON_STRING) {
			step->line = json_token_string(&member.value, arena);
		} else if (json_token_is(&member.name, "data")) {
			step->data = member.raw;
		}
	}
	return more < 0 || !step->line.data ? -1 : 0;
}

static int read_step(struct text text, struct arena *arena, struct call_step *step)
{
	struct json_reader reader;
	struct member member;
	int more = open_object(&reader, text);

	while (more >= 0 && (more = next_member(&reader, &member)) > 0) {
		if (json_token_is(&member.name, "event")) {
			more = read_event(member.raw, arena, step) < 0 ? -1 : 1;
		} else if (json_token_is(&member.name, "class")) {
			step->class_name = member.value.raw;
		} else if (json_token_is(&member.name, "timestamp") &&
			   !text_to_int64(member.value.raw, &step->timestamp)) {
			more = -1;
		}
	}
	return more < 0 || !step->class_name.data ? -1 : 0;
}

int call_json_next_step(struct text detail, size_t *cursor, struct arena *arena,
	struct call_step *ret_step, struct error *err)
{
	size_t start = step_start(detail, *cursor);
	size_t end = start > 0 ? skip_object(detail, start) : 0;
	struct call_step step = {0};

	if (start == 0) {
		bool at_end = *cursor + 1 >= detail.size || detail.data[*cursor] == ']' ||
			      (*cursor == 0 && text_equal(detail, TEXT("[]")));

		return at_end ? 0
			      : error_set(err, ERROR_CORRUPT, "the steps are not canonical JSON");
	}
	if (end == 0 || read_step(text_tail(text_head(detail, end), start), arena, &step) < 0) {
		return error_set(err, ERROR_CORRUPT, "the steps are not canonical JSON");
	}
	*cursor = end;
	*ret_step = step;
	return 1;
}

struct text call_json_data_member(struct text data, const char *name, struct arena *arena)
{
	struct json_reader reader;
	struct member member;

	if (!data.data || open_object(&reader, data) < 0) {
		return (struct text){0};
	}
	while (next_member(&reader, &member) > 0) {
		if (json_token_is(&member.name, name)) {
			return member.value.kind == JSON_STRING
				       ? json_token_string(&member.value, arena)
				       : (struct text){0};
		}
	}
	return (struct text){0};
}
