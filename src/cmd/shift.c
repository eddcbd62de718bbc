/* SPDX-License-Identifier: MIT
 * Moving a call: its JSON is copied, the times in it replaced. */
#include "cmd/shift.h"

#include "json/json_reader.h"

/* Brackets open around a member: the call's own, and a step's (call, detail, step). */
#define CALL_DEPTH 1
#define STEP_DEPTH 3

struct shifter {
	struct text json;
	struct buffer *out;
	const char *copied; /* up to here the input is in the output */
	int64_t seconds;
};

static bool is_time(const struct json_token *name, int depth)
{
	if (depth == STEP_DEPTH) {
		return json_token_is(name, "timestamp");
	}
	return depth == CALL_DEPTH && (json_token_is(name, "start") || json_token_is(name, "end"));
}

static int replace(struct shifter *shifter, struct text raw, struct error *err)
{
	const char *from = shifter->copied;
	bool negative = raw.size > 0 && raw.data[0] == '-';
	int64_t time;

	if (!text_to_int64(negative ? text_tail(raw, 1) : raw, &time)) {
		return error_set(err, ERROR_INVALID, "'%.*s' is not a time that can be moved",
			TEXT_ARG(raw));
	}
	time = (negative ? -time : time) + shifter->seconds;
	buffer_append(shifter->out, (struct text){.data = from, .size = (size_t)(raw.data - from)});
	buffer_append_int64(shifter->out, time < 0 ? 0 : time);
	shifter->copied = raw.data + raw.size;
	return 0;
}

static int walk(struct shifter *shifter, struct error *err)
{
	struct json_reader reader;
	struct json_token token;
	bool next_is_time = false;
	int depth = 0;
	int more;

	json_reader_init(&reader, shifter->json, (struct json_position){.line = 1, .column = 1});
	while ((more = json_reader_next(&reader, &token, err)) > 0) {
		bool scalar = token.kind == JSON_STRING || token.kind == JSON_NUMBER;

		if (next_is_time && scalar && replace(shifter, token.raw, err) < 0) {
			return -1;
		}
		depth += token.kind == JSON_OBJECT || token.kind == JSON_ARRAY;
		depth -= token.kind == JSON_OBJECT_END || token.kind == JSON_ARRAY_END;
		next_is_time = token.kind == JSON_NAME && is_time(&token, depth);
	}
	return more;
}

int shift_call(struct text canonical, int64_t seconds, struct buffer *out, struct error *err)
{
	struct shifter shifter = {
		.json = canonical, .out = out, .copied = canonical.data, .seconds = seconds};

	if (walk(&shifter, err) < 0) {
		return -1;
	}
	buffer_append(out, text_tail(canonical, (size_t)(shifter.copied - canonical.data)));
	return out->failed ? error_no_memory(err) : 0;
}
