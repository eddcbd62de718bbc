/* SPDX-License-Identifier: MIT
 * Reading the members of a call's header. */
#include "call/call_reading.h"

void call_reading_init(
	struct call_reading *reading, struct text json, struct json_position position)
{
	json_reader_init(&reading->reader, json, position);
	json_reader_check_names(&reading->reader, &reading->names, reading->arena);
}

int call_reading_wrong(struct call_reading *reading, const char *name, const char *must)
{
	return json_reader_error(&reading->reader, reading->err, "\"%s\" must be %s", name, must);
}

static int read_text(struct call_reading *reading, const struct json_token *token, const char *name,
	size_t size_min, size_t size_max, struct text *ret)
{
	struct text text;

	if (token->kind != JSON_STRING) {
		return call_reading_wrong(reading, name, "a string");
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
		return call_reading_wrong(reading, name, "without control characters");
	}
	*ret = text;
	return 0;
}

int call_reading_number(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_text(reading, token, name, 0, CALL_NUMBER_MAX, place);
}

int call_reading_session_id(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_text(reading, token, name, 1, CALL_SESSION_ID_MAX, place);
}

int call_reading_check_time(struct call_reading *reading, const char *name, int64_t time_s)
{
	return time_s < CALL_TIME_END
		       ? 0
		       : call_reading_wrong(reading, name,
				 "UNIX seconds below 100000000000: is this in milliseconds?");
}

int call_reading_time(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	struct text digits = {0};
	int64_t *ret = place;

	reading->times_at = reading->reader.token_at;
	if (token->kind == JSON_NUMBER || token->kind == JSON_STRING) {
		digits = json_token_string(token, reading->arena);
	}
	if (!text_to_int64(digits, ret)) {
		return call_reading_wrong(reading, name,
			"UNIX seconds: a whole number or a string of at most 18 digits");
	}
	return call_reading_check_time(reading, name, *ret);
}

int call_reading_type(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	struct text type = {0};

	if (token->kind == JSON_STRING) {
		type = json_token_string(token, reading->arena);
	}
	if (!call_type_parse(type, place)) {
		return call_reading_wrong(
			reading, name, "\"inbound\", \"outbound\" or \"transfer\"");
	}
	return 0;
}

/* Reads a name of @names; null is the value that has none. */
static int read_name(struct call_reading *reading, const struct json_token *token, const char *name,
	const struct call_names *names, const char *must, unsigned int *ret)
{
	struct text text = {0};
	int value = 0;

	if (token->kind == JSON_STRING) {
		text = json_token_string(token, reading->arena);
	}
	if (token->kind != JSON_NULL) {
		value = call_names_find(names, text);
	}
	if (value < 0) {
		return call_reading_wrong(reading, name, must);
	}
	*ret = (unsigned int)value;
	return 0;
}

int call_reading_outcome(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	unsigned int value = 0;

	if (read_name(reading, token, name, &call_outcome_names,
		    "answered, missed, abandoned, busy, failed, voicemail, transferred, completed "
		    "or null",
		    &value) < 0) {
		return -1;
	}
	*(enum call_outcome *)place = (enum call_outcome)value;
	return 0;
}

int call_reading_ended_by(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	unsigned int value = 0;

	if (read_name(reading, token, name, &call_ended_by_names, "caller, called, system or null",
		    &value) < 0) {
		return -1;
	}
	*(enum call_ended_by *)place = (enum call_ended_by)value;
	return 0;
}

/* @must: what is said where it is not a whole number. */
static int read_whole(struct call_reading *reading, const struct json_token *token,
	const char *name, const char *must, int64_t *ret)
{
	struct text digits = {0};
	int64_t value = 0;

	if (token->kind == JSON_NUMBER || token->kind == JSON_STRING) {
		digits = json_token_string(token, reading->arena);
	}
	if (token->kind != JSON_NULL && !text_to_int64(digits, &value)) {
		return call_reading_wrong(reading, name, must);
	}
	if (call_reading_check_time(reading, name, value) < 0) {
		return -1;
	}
	*ret = value;
	return 0;
}

int call_reading_answered(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_whole(reading, token, name,
		"UNIX seconds: a whole number, a string of at most 18 digits, or null", place);
}

int call_reading_talk(
	struct call_reading *reading, const struct json_token *token, const char *name, void *place)
{
	return read_whole(reading, token, name,
		"seconds: a whole number, a string of at most 18 digits, or null", place);
}

void call_reading_find_session_id(
	struct call_reading *reading, struct text json, struct text *session_id)
{
	struct json_reader *reader = &reading->reader;
	struct json_token name, value;

	reading->err = NULL;
	json_reader_init(reader, json, reader->start);
	if (call_reading_next(reading, &value) <= 0 || value.kind != JSON_OBJECT) {
		return;
	}
	while (call_reading_next_member(reading, &name, &value) > 0) {
		if (json_token_is(&name, "session_id")) {
			(void)!call_reading_session_id(reading, &value, "session_id", session_id);
			return;
		}
		if (json_reader_skip(reader, &value, NULL) < 0) {
			return;
		}
	}
}
