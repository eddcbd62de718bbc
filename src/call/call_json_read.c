/* SPDX-License-Identifier: MIT
 * Reads a call strictly and writes it canonically: checked in one pass, each step written when it
 * is whole. */
#include "call/call_json.h"
#include "call/call_reading.h"

struct reading {
	struct call_reading read;
	struct call *call;
	unsigned int seen; /* a bit a row of call_members */
	size_t call_at;	   /* of the call's `{` */
};

static int read_detail(struct call_reading *reading, const struct json_token *token,
	const char *name, void *has_detail)
{
	if (token->kind == JSON_FALSE) {
		return 0;
	}
	if (token->kind != JSON_ARRAY) {
		return call_reading_wrong(reading, name, "an array of steps, or false");
	}
	*(bool *)has_detail = true;
	return call_reading_steps(reading);
}

static const struct {
	const char *name;
	bool required;
	size_t offset;
	call_reading_member *read;
	enum call_told told;
} call_members[] = {
	{"dest", true, offsetof(struct call, dest), call_reading_number, 0},
	{"src", true, offsetof(struct call, src), call_reading_number, 0},
	{"start", true, offsetof(struct call, start), call_reading_time, 0},
	{"end", true, offsetof(struct call, end), call_reading_time, 0},
	{"session_id", true, offsetof(struct call, session_id), call_reading_session_id, 0},
	{"type", true, offsetof(struct call, type), call_reading_type, 0},
	{"detail", false, offsetof(struct call, has_detail), read_detail, 0},
	{"outcome", false, offsetof(struct call, outcome), call_reading_outcome, CALL_TOLD_OUTCOME},
	{"answered", false, offsetof(struct call, answered), call_reading_answered,
		CALL_TOLD_ANSWERED},
	{"talk", false, offsetof(struct call, talk), call_reading_talk, CALL_TOLD_TALK},
	{"ended_by", false, offsetof(struct call, ended_by), call_reading_ended_by,
		CALL_TOLD_ENDED_BY},
};

#define CALL_MEMBERS COUNT_OF(call_members)

static int read_member(
	struct reading *reading, const struct json_token *name, const struct json_token *token)
{
	for (size_t i = 0; i < CALL_MEMBERS; i++) {
		if (json_token_is(name, call_members[i].name)) {
			reading->seen |= 1U << i;
			reading->call->told |=
				token->kind != JSON_NULL ? (int64_t)call_members[i].told : 0;
			return call_members[i].read(&reading->read, token, call_members[i].name,
				(char *)reading->call + call_members[i].offset);
		}
	}
	return json_reader_skip(&reading->read.reader, token, reading->read.err);
}

static int read_members(struct reading *reading)
{
	struct json_token name, value;
	int more;

	if (call_reading_next(&reading->read, &value) < 0) {
		return -1;
	}
	reading->call_at = reading->read.reader.token_at;
	if (value.kind != JSON_OBJECT) {
		return json_reader_error(
			&reading->read.reader, reading->read.err, "a call must be an object");
	}
	while ((more = call_reading_next_member(&reading->read, &name, &value)) > 0) {
		if (read_member(reading, &name, &value) < 0) {
			return -1;
		}
	}
	/* Nothing but white space may follow. */
	return more < 0 ? -1 : call_reading_next(&reading->read, &value);
}

static int check_call(struct reading *reading)
{
	for (size_t i = 0; i < CALL_MEMBERS; i++) {
		if (call_members[i].required && !(reading->seen & (1U << i))) {
			return json_reader_error_at(&reading->read.reader, reading->call_at,
				reading->read.err, "the call has no \"%s\"", call_members[i].name);
		}
	}
	if (reading->call->end < reading->call->start) {
		return json_reader_error_at(&reading->read.reader, reading->read.times_at,
			reading->read.err, "\"end\" is before \"start\"");
	}
	return 0;
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
		.read = {.arena = arena, .canonical = canonical, .err = err},
		.call = ret_call,
	};

	*ret_call = (struct call){0};
	call_reading_init(&reading.read, json, position);
	if (read_members(&reading) < 0 || check_call(&reading) < 0) {
		if (!ret_call->session_id.data) {
			call_reading_find_session_id(&reading.read, json, &ret_call->session_id);
		}
		return -1;
	}
	ret_call->steps = reading.read.steps;
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
