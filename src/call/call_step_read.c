/* SPDX-License-Identifier: MIT
 * Reads steps strictly and writes them canonically: each is checked in one pass, and written when
 * it is whole. */
#include "call/call_reading.h"

#include "json/json_writer.h"

#define CLASS_MAX 32 /* bytes of a step's class: API.md §2 */

/* What members an object has. The known ones have places, from 1 on, by their canonical order; all
 * others come behind. */
struct members {
	unsigned int last; /* the highest place so far */
	bool disordered;
};

#define PLACE_UNKNOWN 9

/* What one step is made of: values as they stand in the input, checked. */
struct step_parts {
	struct text event; /* the whole object */
	struct text line;
	struct text data;
	struct text class_name;
	struct text timestamp;
	struct members event_members;
	struct members step_members;
};

/* What was read since @start, which is where a token begins. */
static struct text text_since(const struct call_reading *reading, size_t start)
{
	return text_tail(text_head(reading->reader.input, reading->reader.at), start);
}

/* The value that begins with @token, read to its end, as it stands in the input. */
static int take_value(
	struct call_reading *reading, const struct json_token *token, struct text *ret_value)
{
	struct json_reader *reader = &reading->reader;
	size_t start = reader->token_at;

	if (json_reader_skip(reader, token, reading->err) < 0) {
		return -1;
	}
	*ret_value = text_since(reading, start);
	return 0;
}

static bool is_class(struct text name)
{
	if (name.size == 0 || name.size > CLASS_MAX) {
		return false;
	}
	for (size_t i = 0; i < name.size; i++) {
		if (!text_is_alphanumeric(name.data[i]) && name.data[i] != '_') {
			return false;
		}
	}
	return true;
}

static void note_member(struct members *members, unsigned int place)
{
	members->disordered |= place < members->last;
	members->last = place > members->last ? place : members->last;
}

static int read_event_member(struct call_reading *reading, const struct json_token *name,
	const struct json_token *token, struct step_parts *parts)
{
	struct text ignored;

	if (json_token_is(name, "line")) {
		note_member(&parts->event_members, 1);
		return token->kind == JSON_STRING ? take_value(reading, token, &parts->line)
						  : call_reading_wrong(reading, "line", "a string");
	}
	if (json_token_is(name, "data")) {
		note_member(&parts->event_members, 2);
		return token->kind == JSON_OBJECT
			       ? take_value(reading, token, &parts->data)
			       : call_reading_wrong(reading, "data", "an object");
	}
	note_member(&parts->event_members, PLACE_UNKNOWN);
	return take_value(reading, token, &ignored);
}

static int read_event(
	struct call_reading *reading, const struct json_token *token, struct step_parts *parts)
{
	size_t start = reading->reader.token_at;
	struct json_token name, value;
	int more;

	if (token->kind != JSON_OBJECT) {
		return call_reading_wrong(reading, "event", "an object");
	}
	while ((more = call_reading_next_member(reading, &name, &value)) > 0) {
		if (read_event_member(reading, &name, &value, parts) < 0) {
			return -1;
		}
	}
	parts->event = text_since(reading, start);
	if (more == 0 && !parts->line.data) {
		return json_reader_error_at(
			&reading->reader, start, reading->err, "the event has no \"line\"");
	}
	return more;
}

static int read_class(
	struct call_reading *reading, const struct json_token *token, struct step_parts *parts)
{
	struct text name = {0};

	if (token->kind == JSON_STRING) {
		name = json_token_string(token, reading->arena);
	}
	if (!is_class(name)) {
		return call_reading_wrong(
			reading, "class", "a word of 1 to 32 letters, digits and _");
	}
	parts->class_name = name;
	return 0;
}

static int read_timestamp(
	struct call_reading *reading, const struct json_token *token, struct step_parts *parts)
{
	int64_t seconds;

	if (token->kind != JSON_NUMBER || !text_to_int64(token->raw, &seconds)) {
		return call_reading_wrong(
			reading, "timestamp", "UNIX seconds: a whole number of at most 18 digits");
	}
	parts->timestamp = token->raw;
	return call_reading_check_time(reading, "timestamp", seconds);
}

static int read_step_member(struct call_reading *reading, const struct json_token *name,
	const struct json_token *token, struct step_parts *parts)
{
	struct text ignored;

	if (json_token_is(name, "event")) {
		note_member(&parts->step_members, 1);
		return read_event(reading, token, parts);
	}
	if (json_token_is(name, "class")) {
		note_member(&parts->step_members, 2);
		return read_class(reading, token, parts);
	}
	if (json_token_is(name, "timestamp")) {
		note_member(&parts->step_members, 3);
		return read_timestamp(reading, token, parts);
	}
	note_member(&parts->step_members, PLACE_UNKNOWN);
	return take_value(reading, token, &ignored);
}

static int check_step(struct call_reading *reading, const struct step_parts *parts, size_t step_at)
{
	const char *missing = !parts->event.data	? "event"
			      : !parts->class_name.data ? "class"
			      : !parts->timestamp.data	? "timestamp"
							: NULL;

	if (missing) {
		return json_reader_error_at(
			&reading->reader, step_at, reading->err, "the step has no \"%s\"", missing);
	}
	return 0;
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

/* Writes `,"name":value` for each member of the valid @object whose name is not among @known,
 * NULL-ended. */
static void write_other_members(struct buffer *buffer, struct text object, const char *const *known)
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
			json_write_canonical(
				buffer, text_tail(text_head(object, reader.at), start));
		}
	}
}

static void write_step(struct buffer *out, const struct step_parts *parts, struct text step)
{
	static const char *const event_known[] = {"line", "data", NULL};
	static const char *const step_known[] = {"event", "class", "timestamp", NULL};

	buffer_append(out, TEXT("{\"event\":{\"line\":"));
	json_write_canonical(out, parts->line);
	if (parts->data.data) {
		buffer_append(out, TEXT(",\"data\":"));
		json_write_canonical(out, parts->data);
	}
	if (parts->event_members.last == PLACE_UNKNOWN) {
		write_other_members(out, parts->event, event_known);
	}
	buffer_append(out, TEXT("},\"class\":\""));
	buffer_append(out, parts->class_name);
	buffer_append(out, TEXT("\",\"timestamp\":"));
	buffer_append(out, parts->timestamp);
	if (parts->step_members.last == PLACE_UNKNOWN) {
		write_other_members(out, step, step_known);
	}
	buffer_append_byte(out, '}');
}

/* @rewrites is what the reader counted before the step. When nothing was added and all members are
 * in place, the step is canonical as it stands. Most senders send such steps. */
static void take_step(struct call_reading *reading, const struct step_parts *parts,
	struct text step, size_t rewrites)
{
	struct buffer *out = reading->canonical;

	if (reading->steps > 0) {
		buffer_append_byte(out, ',');
	}
	if (reading->reader.rewrites == rewrites && !parts->event_members.disordered &&
		!parts->step_members.disordered) {
		buffer_append(out, step);
	} else {
		write_step(out, parts, step);
	}
	reading->steps++;
}

int call_reading_step(struct call_reading *reading, const struct json_token *token)
{
	size_t start = reading->reader.token_at;
	size_t rewrites = reading->reader.rewrites;
	struct step_parts parts = {0};
	struct json_token name, value;
	int more;

	if (token->kind != JSON_OBJECT) {
		return json_reader_error(
			&reading->reader, reading->err, "a step must be an object");
	}
	while ((more = call_reading_next_member(reading, &name, &value)) > 0) {
		if (read_step_member(reading, &name, &value, &parts) < 0) {
			return -1;
		}
	}
	if (more < 0 || check_step(reading, &parts, start) < 0) {
		return -1;
	}
	take_step(reading, &parts, text_since(reading, start), rewrites);
	return 0;
}

int call_reading_steps(struct call_reading *reading)
{
	struct json_token step;

	buffer_append_byte(reading->canonical, '[');
	for (;;) {
		if (call_reading_next(reading, &step) < 0) {
			return -1;
		}
		if (step.kind == JSON_ARRAY_END) {
			break;
		}
		if (call_reading_step(reading, &step) < 0) {
			return -1;
		}
	}
	buffer_append_byte(reading->canonical, ']');
	return 0;
}
