/* SPDX-License-Identifier: MIT
 * One call of an answer. */
#include "collect/pull_call.h"

#include <stdlib.h>

#include "base/array.h"
#include "call/call_json.h"
#include "intake/event_line.h"
#include "json/json_find.h"
#include "json/json_writer.h"

static const struct json_position at_start = {.line = 1, .column = 1};

/* ---- members ---- */

/* A time as a number or a string of digits; negative when it is neither. */
static int64_t read_number(const struct json_token *token)
{
	int64_t number;

	return (token->kind == JSON_NUMBER || token->kind == JSON_STRING) && !token->escaped &&
			       text_to_int64(token->raw, &number)
		       ? number
		       : -1;
}

static int take_member(struct pull_call *call, const struct json_token *name,
	const struct json_token *value, struct arena *arena, struct error *err)
{
	if (json_token_is(name, "session_id") && value->kind == JSON_STRING) {
		call->session_id = json_token_string(value, arena);
		return call->session_id.data ? 0 : error_no_memory(err);
	}
	if (json_token_is(name, "start")) {
		call->start = read_number(value);
	} else if (json_token_is(name, "detail")) {
		call->has_detail = value->kind == JSON_ARRAY;
	} else if (json_token_is(name, "log")) {
		call->has_log = value->kind == JSON_TRUE;
	} else if (json_token_is(name, "state")) {
		call->live = value->kind == JSON_STRING && json_token_is(value, "live");
	}
	return 0;
}

static int open_object(struct json_reader *reader, struct text json, struct error *err)
{
	struct json_token token;

	json_reader_init(reader, json, at_start);
	if (json_reader_next(reader, &token, err) < 0) {
		return -1;
	}
	return token.kind == JSON_OBJECT ? 0 : json_reader_error(reader, err, "this is not a call");
}

int pull_call_look(
	struct text json, struct arena *arena, struct pull_call *ret_call, struct error *err)
{
	struct pull_call call = {.start = -1};
	struct json_reader reader;
	struct json_token name, value;
	int more;

	if (open_object(&reader, json, err) < 0) {
		return -1;
	}
	while ((more = json_reader_next_member(&reader, &name, &value, err)) > 0) {
		if (take_member(&call, &name, &value, arena, err) < 0 ||
			json_reader_skip(&reader, &value, err) < 0) {
			return -1;
		}
	}
	if (more == 0) {
		*ret_call = call;
	}
	return more;
}

/* ---- with its steps ---- */

/* Reads @json as a call, with its canonical JSON in @canonical. */
static int read_call(struct text json, struct arena *arena, struct buffer *canonical,
	struct call *ret_call, struct error *err)
{
	buffer_init(canonical, 2 * json.size + 4096);
	if (call_json_read(json, at_start, arena, canonical, ret_call, err) < 0) {
		return -1;
	}
	return canonical->failed ? error_no_memory(err) : 0;
}

int pull_call_complete(struct text json, struct text detail, struct arena *arena,
	struct buffer *out, struct error *err)
{
	AUTO(buffer_deinit) struct buffer canonical = {0};
	struct call call;

	if (read_call(json, arena, &canonical, &call, err) < 0) {
		return -1;
	}
	call_json_write(out, &call, detail);
	return out->failed ? error_no_memory(err) : 0;
}

/* ---- events lines ---- */

/* The texts of the steps of the array @detail. The caller frees *@ret_steps. */
static int list_steps(
	struct text detail, struct text **ret_steps, size_t *ret_count, struct error *err)
{
	struct json_entries entries;
	size_t capacity = 0;
	struct text step;

	json_entries_init(&entries, detail);
	while (json_entries_next(&entries, &step)) {
		if (!ARRAY_RESERVE(*ret_steps, capacity, *ret_count + 1)) {
			return error_no_memory(err);
		}
		(*ret_steps)[(*ret_count)++] = step;
	}
	return 0;
}

static void free_steps(struct text **steps)
{
	free(*steps);
}

static int write_line(
	struct buffer *out, struct event_line *line, struct text detail, struct error *err)
{
	AUTO(free_steps) struct text *steps = NULL;

	if (detail.size > 0 && list_steps(detail, &steps, &line->step_count, err) < 0) {
		return -1;
	}
	line->steps = steps;
	event_line_write(out, line);
	return out->failed ? error_no_memory(err) : 0;
}

static int write_call(struct text json, enum event_line_state state, struct arena *arena,
	struct buffer *out, struct error *err)
{
	AUTO(buffer_deinit) struct buffer canonical = {0};
	struct event_line line;
	struct call call;

	if (read_call(json, arena, &canonical, &call, err) < 0) {
		return -1;
	}
	line = event_line_of(call.session_id);
	line.dest = call.dest;
	line.src = call.src;
	line.start = call.start;
	line.has_type = true;
	line.type = call.type;
	line.state = state;
	line.end = state == EVENT_LINE_ENDED ? call.end : EVENT_LINE_NONE;
	/* Of a live call the steps will say it. */
	line.outcome = state == EVENT_LINE_ENDED ? &call : NULL;
	if (!call.has_detail) {
		return write_line(out, &line, (struct text){0}, err);
	}
	line.from = 0;
	return write_line(out, &line, call_json_detail(buffer_text(&canonical)), err);
}

int pull_call_whole(struct text json, struct arena *arena, struct buffer *out, struct error *err)
{
	return write_call(json, EVENT_LINE_ENDED, arena, out, err);
}

int pull_call_live(struct text json, struct arena *arena, struct buffer *out, struct error *err)
{
	return write_call(json, EVENT_LINE_LIVE, arena, out, err);
}

int pull_call_step(struct text data, struct arena *arena, struct buffer *out, struct error *err)
{
	AUTO(buffer_deinit) struct buffer canonical = {0};
	struct pull_call call;
	struct event_line line;
	struct text steps;

	if (pull_call_look(data, arena, &call, err) < 0) {
		return -1;
	}
	steps = json_find(data, "steps");
	line = event_line_of(call.session_id);
	line.from = json_find_integer(data, "first", EVENT_LINE_NONE);
	if (call.session_id.size == 0 || line.from < 0 || steps.size == 0 || steps.data[0] != '[') {
		return error_set(
			err, ERROR_INVALID, "a 'step' event needs session_id, first and steps");
	}
	buffer_init(&canonical, steps.size);
	json_write_canonical(&canonical, steps);
	if (canonical.failed) {
		return error_no_memory(err);
	}
	return write_line(out, &line, buffer_text(&canonical), err);
}
