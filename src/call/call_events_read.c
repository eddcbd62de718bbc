/* SPDX-License-Identifier: MIT
 * Reading events lines and their parts, by the readers of calls. */
#include "call/call_events.h"

#include "call/call_reading.h"

struct reading {
	struct call_reading read;
	struct call_events *events;
	bool seen_session_id;
	size_t from_at; /* of the value of "from" */
};

static void init(struct reading *reading, struct text json, struct json_position position,
	struct call_events *events)
{
	*events = (struct call_events){.from = -1};
	reading->events = events;
	call_reading_init(&reading->read, json, position);
}

static int next(struct reading *reading, struct json_token *ret_token)
{
	return call_reading_next(&reading->read, ret_token);
}

/* Nothing but white space may follow. */
static int end(struct reading *reading)
{
	struct json_token token;

	return next(reading, &token) < 0 ? -1 : 0;
}

static int unknown(struct reading *reading, const struct json_token *name, const char *known)
{
	const struct json_reader *reader = &reading->read.reader;
	struct text raw = text_head(name->raw, name->raw.size < 64 ? name->raw.size : 64);

	return json_reader_error_at(reader, (size_t)(name->raw.data - reader->input.data) - 1,
		reading->read.err, "\"%.*s\" is not known here, only %s", TEXT_ARG(raw), known);
}

/* ---- the header ---- */

static int read_state(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	struct text state = {0};

	if (token->kind == JSON_STRING) {
		state = json_token_string(token, reading->arena);
	}
	return call_state_parse(state, place)
		       ? 0
		       : call_reading_wrong(reading, name, "\"live\" or \"ended\"");
}

#define HEADER_WORDS "dest, src, start, end, type, state, outcome, answered, talk and ended_by"

static const struct {
	const char *name;
	enum call_given given;
	size_t offset;
	call_reading_member *read;
	enum call_told told;
} header_members[] = {
	{"dest", CALL_GIVEN_DEST, offsetof(struct call, dest), call_reading_number, 0},
	{"src", CALL_GIVEN_SRC, offsetof(struct call, src), call_reading_number, 0},
	{"start", CALL_GIVEN_START, offsetof(struct call, start), call_reading_time, 0},
	{"end", CALL_GIVEN_END, offsetof(struct call, end), call_reading_time, 0},
	{"type", CALL_GIVEN_TYPE, offsetof(struct call, type), call_reading_type, 0},
	{"state", CALL_GIVEN_STATE, offsetof(struct call, state), read_state, 0},
	{"outcome", CALL_GIVEN_OUTCOME, offsetof(struct call, outcome), call_reading_outcome,
		CALL_TOLD_OUTCOME},
	{"answered", CALL_GIVEN_ANSWERED, offsetof(struct call, answered), call_reading_answered,
		CALL_TOLD_ANSWERED},
	{"talk", CALL_GIVEN_TALK, offsetof(struct call, talk), call_reading_talk, CALL_TOLD_TALK},
	{"ended_by", CALL_GIVEN_ENDED_BY, offsetof(struct call, ended_by), call_reading_ended_by,
		CALL_TOLD_ENDED_BY},
};

static int read_header_member(
	struct reading *reading, const struct json_token *name, const struct json_token *token)
{
	struct call_events *events = reading->events;

	for (size_t i = 0; i < COUNT_OF(header_members); i++) {
		if (json_token_is(name, header_members[i].name)) {
			events->given |= header_members[i].given;
			events->call.told |=
				token->kind != JSON_NULL ? (int64_t)header_members[i].told : 0;
			return header_members[i].read(&reading->read, token, header_members[i].name,
				(char *)&events->call + header_members[i].offset);
		}
	}
	return unknown(reading, name, HEADER_WORDS);
}

/* The object that was just opened. */
static int read_header(struct reading *reading)
{
	const unsigned int times = CALL_GIVEN_START | CALL_GIVEN_END;
	struct call_events *events = reading->events;
	struct json_token name, value;
	int more;

	while ((more = call_reading_next_member(&reading->read, &name, &value)) > 0) {
		if (read_header_member(reading, &name, &value) < 0) {
			return -1;
		}
	}
	if (more == 0 && (events->given & times) == times &&
		events->call.end < events->call.start) {
		return json_reader_error_at(&reading->read.reader, reading->read.times_at,
			reading->read.err, "\"end\" is before \"start\"");
	}
	return more;
}

int call_events_read_header(struct text json, struct json_position position, struct arena *arena,
	struct call_events *ret_events, struct error *err)
{
	struct reading reading = {.read = {.arena = arena, .err = err}};
	struct json_token token;

	init(&reading, json, position, ret_events);
	if (next(&reading, &token) < 0) {
		return -1;
	}
	if (token.kind != JSON_OBJECT) {
		return json_reader_error(
			&reading.read.reader, err, "an object of " HEADER_WORDS " is expected");
	}
	return read_header(&reading) < 0 ? -1 : end(&reading);
}

/* ---- steps ---- */

/* What was read of steps, into the events. */
static int take_steps(struct reading *reading)
{
	reading->events->has_steps = true;
	reading->events->call.steps = reading->read.steps;
	return reading->read.canonical->failed
		       ? error_set(reading->read.err, ERROR_TOO_LARGE,
				 "the steps' canonical JSON is larger than %zu bytes",
				 reading->read.canonical->ceiling_bytes)
		       : 0;
}

/* The one step that begins with @token. */
static int read_single(struct reading *reading, const struct json_token *token)
{
	buffer_append_byte(reading->read.canonical, '[');
	if (call_reading_step(&reading->read, token) < 0) {
		return -1;
	}
	buffer_append_byte(reading->read.canonical, ']');
	return 0;
}

int call_events_read_steps(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err)
{
	struct reading reading = {.read = {.arena = arena, .canonical = canonical, .err = err}};
	struct json_token token;

	init(&reading, json, position, ret_events);
	if (next(&reading, &token) < 0) {
		return -1;
	}
	if (token.kind == JSON_ARRAY ? call_reading_steps(&reading.read) < 0
				     : read_single(&reading, &token) < 0) {
		return -1;
	}
	return end(&reading) < 0 ? -1 : take_steps(&reading);
}

static int read_line(struct reading *reading, struct text line, struct json_position position)
{
	struct json_token token;

	call_reading_init(&reading->read, line, position);
	if (next(reading, &token) < 0 || call_reading_step(&reading->read, &token) < 0) {
		return -1;
	}
	return end(reading);
}

int call_events_read_lines(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err)
{
	struct reading reading = {.read = {.arena = arena, .canonical = canonical, .err = err}};

	init(&reading, json, position, ret_events);
	buffer_append_byte(canonical, '[');
	while (json.size > 0) {
		const char *feed = memchr(json.data, '\n', json.size);
		size_t size = feed ? (size_t)(feed - json.data) : json.size;
		struct text line = text_head(json, size);

		if (text_trim(line).size > 0 && read_line(&reading, line, position) < 0) {
			return -1;
		}
		json = text_tail(json, size + (feed != NULL));
		position = (struct json_position){.line = position.line + 1, .column = 1};
	}
	buffer_append_byte(canonical, ']');
	return take_steps(&reading);
}

/* ---- an events line ---- */

static int read_from(struct reading *reading, const struct json_token *token)
{
	reading->from_at = reading->read.reader.token_at;
	if (token->kind != JSON_NUMBER || !text_to_int64(token->raw, &reading->events->from) ||
		reading->events->from < 0) {
		return call_reading_wrong(
			&reading->read, "from", "the place of a step: a whole number from 0 on");
	}
	return 0;
}

static int read_member(
	struct reading *reading, const struct json_token *name, const struct json_token *token)
{
	struct call_reading *read = &reading->read;

	if (json_token_is(name, "session_id")) {
		reading->seen_session_id = true;
		return call_reading_session_id(
			read, token, "session_id", &reading->events->call.session_id);
	}
	if (json_token_is(name, "call")) {
		return token->kind == JSON_OBJECT ? read_header(reading)
						  : call_reading_wrong(read, "call", "an object");
	}
	if (json_token_is(name, "from")) {
		return read_from(reading, token);
	}
	if (!json_token_is(name, "steps")) {
		return unknown(reading, name, "session_id, call, from and steps");
	}
	if (token->kind != JSON_ARRAY) {
		return call_reading_wrong(read, "steps", "an array of steps");
	}
	return call_reading_steps(read) < 0 ? -1 : take_steps(reading);
}

static int read_members(struct reading *reading)
{
	struct json_token name, value;
	size_t line_at;
	int more;

	if (next(reading, &value) < 0) {
		return -1;
	}
	line_at = reading->read.reader.token_at;
	if (value.kind != JSON_OBJECT) {
		return json_reader_error(&reading->read.reader, reading->read.err,
			"an events line must be an object");
	}
	while ((more = call_reading_next_member(&reading->read, &name, &value)) > 0) {
		if (read_member(reading, &name, &value) < 0) {
			return -1;
		}
	}
	if (more < 0 || end(reading) < 0) {
		return -1;
	}
	if (!reading->seen_session_id) {
		return json_reader_error_at(&reading->read.reader, line_at, reading->read.err,
			"the line has no \"session_id\"");
	}
	if (reading->events->from >= 0 && !reading->events->has_steps) {
		return json_reader_error_at(&reading->read.reader, reading->from_at,
			reading->read.err,
			"\"from\" says where steps stand: there are no \"steps\"");
	}
	return 0;
}

int call_events_read(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err)
{
	struct reading reading = {.read = {.arena = arena, .canonical = canonical, .err = err}};

	init(&reading, json, position, ret_events);
	if (read_members(&reading) == 0) {
		return 0;
	}
	if (!reading.seen_session_id) {
		call_reading_find_session_id(&reading.read, json, &ret_events->call.session_id);
	}
	return -1;
}
