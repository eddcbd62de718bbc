/* SPDX-License-Identifier: MIT
 * Reads a call strictly and writes it canonically: checked in one pass, each step written when it
 * is whole. */
#include "call/call_json.h"

#include "json/json_writer.h"

#define CLASS_MAX 32 /* bytes of a step's class: API.md §2 */

struct reading {
	struct json_reader reader;
	struct json_names names;
	struct arena *arena;
	struct buffer *canonical;
	struct call *call;
	unsigned int seen; /* a bit a row of call_members */
	size_t call_at;	   /* of the call's `{` */
	size_t times_at;   /* of the later of the values of "start" and "end", for a message */
	struct error *err;
};

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

static int next(struct reading *reading, struct json_token *ret_token)
{
	return json_reader_next(&reading->reader, ret_token, reading->err);
}

static int next_member(
	struct reading *reading, struct json_token *ret_name, struct json_token *ret_value)
{
	return json_reader_next_member(&reading->reader, ret_name, ret_value, reading->err);
}

/* What was read since @start, which is where a token begins. */
static struct text text_since(const struct reading *reading, size_t start)
{
	return text_tail(text_head(reading->reader.input, reading->reader.at), start);
}

/* The value that begins with @token, read to its end, as it stands in the input. */
static int take_value(
	struct reading *reading, const struct json_token *token, struct text *ret_value)
{
	struct json_reader *reader = &reading->reader;
	size_t start = reader->token_at;

	if (json_reader_skip(reader, token, reading->err) < 0) {
		return -1;
	}
	*ret_value = text_since(reading, start);
	return 0;
}

static int wrong(struct reading *reading, const char *name, const char *must)
{
	return json_reader_error(&reading->reader, reading->err, "\"%s\" must be %s", name, must);
}

/* ---- the header ---- */

static int read_text(struct reading *reading, const struct json_token *token, const char *name,
	size_t size_min, size_t size_max, struct text *ret)
{
	struct text text;

	if (token->kind != JSON_STRING) {
		return wrong(reading, name, "a string");
	}
	text = json_token_string(token, reading->arena);
	if (!text.data) {
		return error_no_memory(reading->err);
	}
	if (text.size < size_min || text.size > size_max) {
		return json_reader_error(&reading->reader, reading->err,
			"\"%s\" must be %zu to %zu bytes long, not %zu", name, size_min, size_max,
			text.size);
	}
	if (text_has_control(text)) {
		return wrong(reading, name, "without control characters");
	}
	*ret = text;
	return 0;
}

static int read_number(
	struct reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_text(reading, token, name, 0, CALL_NUMBER_MAX, place);
}

static int read_session_id(
	struct reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_text(reading, token, name, 1, CALL_SESSION_ID_MAX, place);
}

static int check_time(struct reading *reading, const char *name, int64_t time_s)
{
	return time_s < CALL_TIME_END
		       ? 0
		       : wrong(reading, name,
				 "UNIX seconds below 100000000000: is this in milliseconds?");
}

static int read_time(
	struct reading *reading, const struct json_token *token, const char *name, void *place)
{
	struct text digits = {0};
	int64_t *ret = place;

	reading->times_at = reading->reader.token_at;
	if (token->kind == JSON_NUMBER || token->kind == JSON_STRING) {
		digits = json_token_string(token, reading->arena);
	}
	if (!text_to_int64(digits, ret)) {
		return wrong(reading, name,
			"UNIX seconds: a whole number or a string of at most 18 digits");
	}
	return check_time(reading, name, *ret);
}

static int read_type(
	struct reading *reading, const struct json_token *token, const char *name, void *place)
{
	struct text type = {0};

	if (token->kind == JSON_STRING) {
		type = json_token_string(token, reading->arena);
	}
	if (!call_type_parse(type, place)) {
		return wrong(reading, name, "\"inbound\", \"outbound\" or \"transfer\"");
	}
	return 0;
}

/* ---- steps ---- */

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

static int read_event_member(struct reading *reading, const struct json_token *name,
	const struct json_token *token, struct step_parts *parts)
{
	struct text ignored;

	if (json_token_is(name, "line")) {
		note_member(&parts->event_members, 1);
		return token->kind == JSON_STRING ? take_value(reading, token, &parts->line)
						  : wrong(reading, "line", "a string");
	}
	if (json_token_is(name, "data")) {
		note_member(&parts->event_members, 2);
		return token->kind == JSON_OBJECT ? take_value(reading, token, &parts->data)
						  : wrong(reading, "data", "an object");
	}
	note_member(&parts->event_members, PLACE_UNKNOWN);
	return take_value(reading, token, &ignored);
}

static int read_event(
	struct reading *reading, const struct json_token *token, struct step_parts *parts)
{
	size_t start = reading->reader.token_at;
	struct json_token name, value;
	int more;

	if (token->kind != JSON_OBJECT) {
		return wrong(reading, "event", "an object");
	}
	while ((more = next_member(reading, &name, &value)) > 0) {
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
	struct reading *reading, const struct json_token *token, struct step_parts *parts)
{
	struct text name = {0};

	if (token->kind == JSON_STRING) {
		name = json_token_string(token, reading->arena);
	}
	if (!is_class(name)) {
		return wrong(reading, "class", "a word of 1 to 32 letters, digits and _");
	}
	parts->class_name = name;
	return 0;
}

static int read_timestamp(
	struct reading *reading, const struct json_token *token, struct step_parts *parts)
{
	int64_t seconds;

	if (token->kind != JSON_NUMBER || !text_to_int64(token->raw, &seconds)) {
		return wrong(
			reading, "timestamp", "UNIX seconds: a whole number of at most 18 digits");
	}
	parts->timestamp = token->raw;
	return check_time(reading, "timestamp", seconds);
}

static int read_step_member(struct reading *reading, const struct json_token *name,
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

static int check_step(struct reading *reading, const struct step_parts *parts, size_t step_at)
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
static void take_step(
	struct reading *reading, const struct step_parts *parts, struct text step, size_t rewrites)
{
	struct buffer *out = reading->canonical;

	if (reading->call->steps > 0) {
		buffer_append_byte(out, ',');
	}
	if (reading->reader.rewrites == rewrites && !parts->event_members.disordered &&
		!parts->step_members.disordered) {
		buffer_append(out, step);
	} else {
		write_step(out, parts, step);
	}
	reading->call->steps++;
}

static int read_step(struct reading *reading, const struct json_token *token)
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
	while ((more = next_member(reading, &name, &value)) > 0) {
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

static int read_detail(
	struct reading *reading, const struct json_token *token, const char *name, void *has_detail)
{
	struct json_token step;

	if (token->kind == JSON_FALSE) {
		return 0;
	}
	if (token->kind != JSON_ARRAY) {
		return wrong(reading, name, "an array of steps, or false");
	}
	*(bool *)has_detail = true;
	buffer_append_byte(reading->canonical, '[');
	for (;;) {
		if (next(reading, &step) < 0) {
			return -1;
		}
		if (step.kind == JSON_ARRAY_END) {
			break;
		}
		if (read_step(reading, &step) < 0) {
			return -1;
		}
	}
	buffer_append_byte(reading->canonical, ']');
	return 0;
}

/* ---- the call ---- */

static const struct {
	const char *name;
	bool required;
	size_t offset;
	int (*read)(struct reading *reading, const struct json_token *token, const char *name,
		void *place);
} call_members[] = {
	{"dest", true, offsetof(struct call, dest), read_number},
	{"src", true, offsetof(struct call, src), read_number},
	{"start", true, offsetof(struct call, start), read_time},
	{"end", true, offsetof(struct call, end), read_time},
	{"session_id", true, offsetof(struct call, session_id), read_session_id},
	{"type", true, offsetof(struct call, type), read_type},
	{"detail", false, offsetof(struct call, has_detail), read_detail},
};

#define CALL_MEMBERS COUNT_OF(call_members)

static int read_member(
	struct reading *reading, const struct json_token *name, const struct json_token *token)
{
	for (size_t i = 0; i < CALL_MEMBERS; i++) {
		if (json_token_is(name, call_members[i].name)) {
			reading->seen |= 1U << i;
			return call_members[i].read(reading, token, call_members[i].name,
				(char *)reading->call + call_members[i].offset);
		}
	}
	return json_reader_skip(&reading->reader, token, reading->err);
}

static int read_members(struct reading *reading)
{
	struct json_token name, value;
	int more;

	if (next(reading, &value) < 0) {
		return -1;
	}
	reading->call_at = reading->reader.token_at;
	if (value.kind != JSON_OBJECT) {
		return json_reader_error(
			&reading->reader, reading->err, "a call must be an object");
	}
	while ((more = next_member(reading, &name, &value)) > 0) {
		if (read_member(reading, &name, &value) < 0) {
			return -1;
		}
	}
	/* Nothing but white space may follow. */
	return more < 0 ? -1 : next(reading, &value);
}

static int check_call(struct reading *reading)
{
	for (size_t i = 0; i < CALL_MEMBERS; i++) {
		if (call_members[i].required && !(reading->seen & (1U << i))) {
			return json_reader_error_at(&reading->reader, reading->call_at,
				reading->err, "the call has no \"%s\"", call_members[i].name);
		}
	}
	if (reading->call->end < reading->call->start) {
		return json_reader_error_at(&reading->reader, reading->times_at, reading->err,
			"\"end\" is before \"start\"");
	}
	return 0;
}

/* A reject is named by its session_id also when that comes behind what is wrong: as far as @json
 * can be read. */
static void find_session_id(struct reading *reading, struct text json)
{
	struct json_reader *reader = &reading->reader;
	struct json_token name, value;

	reading->err = NULL;
	json_reader_init(reader, json, reader->start);
	if (next(reading, &value) <= 0 || value.kind != JSON_OBJECT) {
		return;
	}
	while (next_member(reading, &name, &value) > 0) {
		if (json_token_is(&name, "session_id")) {
			(void)!read_session_id(
				reading, &value, "session_id", &reading->call->session_id);
			return;
		}
		if (json_reader_skip(reader, &value, NULL) < 0) {
			return;
		}
	}
}

/* Puts the header of @call round the steps `[…]` that are all of @buffer so far. */
static void wrap(struct buffer *buffer, const struct call *call)
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

int call_json_read(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call *ret_call, struct error *err)
{
	struct reading reading = {
		.arena = arena, .canonical = canonical, .call = ret_call, .err = err};

	*ret_call = (struct call){0};
	json_reader_init(&reading.reader, json, position);
	json_reader_check_names(&reading.reader, &reading.names, arena);
	if (read_members(&reading) < 0 || check_call(&reading) < 0) {
		if (!ret_call->session_id.data) {
			find_session_id(&reading, json);
		}
		return -1;
	}
	if (ret_call->has_detail) {
		wrap(canonical, ret_call);
	}
	if (canonical->failed) {
		return error_set(err, ERROR_TOO_LARGE,
			"the call's canonical JSON is larger than %zu bytes",
			canonical->ceiling_bytes);
	}
	return 0;
}
