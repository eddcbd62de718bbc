/* SPDX-License-Identifier: MIT
 * What stands in a call's place: a call by its look, or a reject. */
#include "intake/call_sink.h"

/* Enough for a session_id that is written with escapes. */
#define SESSION_ID_ARENA ((size_t)8192)

/* The session_id at the top of an object whose end may be missing; empty when it does not come
 * before the end. */
static struct text find_session_id(struct text beginning, struct arena *arena)
{
	struct json_reader reader;
	struct json_token token;
	bool found = false;

	json_reader_init(&reader, beginning, (struct json_position){.line = 1, .column = 1});
	if (json_reader_next(&reader, &token, NULL) <= 0) {
		return (struct text){0};
	}
	while (json_reader_next(&reader, &token, NULL) > 0) {
		if (token.kind == JSON_NAME) {
			found = json_token_is(&token, "session_id");
			continue;
		}
		if (found) {
			return token.kind == JSON_STRING ? json_token_string(&token, arena)
							 : (struct text){0};
		}
		if (json_reader_skip(&reader, &token, NULL) < 0) {
			break;
		}
	}
	return (struct text){0};
}

static void reject_oversize(const struct call_sink *sink, struct text text,
	struct json_position position, uint64_t line)
{
	struct error err;
	struct arena arena;

	error_set(&err, ERROR_TOO_LARGE,
		"line %llu, column %llu: the call is larger than %zu bytes",
		(unsigned long long)position.line, (unsigned long long)position.column,
		sink->call_size_max);
	arena_init(&arena, SESSION_ID_ARENA);
	sink->reject(sink->context, line, find_session_id(text, &arena), err.message);
	arena_deinit(&arena);
}

void call_sink_take(const struct call_sink *sink, const struct piece *piece, struct text text,
	struct json_position position, uint64_t line)
{
	struct error err;

	if (piece->oversize) {
		reject_oversize(sink, text, position, line);
		return;
	}
	if (text.size > 0 &&
		(call_sink_is_utf16(text.data[0]) || (text.size > 1 && text.data[1] == '\0'))) {
		error_set(&err, ERROR_INVALID, "line %llu, column %llu: " CALL_SINK_UTF16,
			(unsigned long long)position.line, (unsigned long long)position.column);
		sink->reject(sink->context, line, (struct text){0}, err.message);
		return;
	}
	if (text.size > 0 && text.data[0] == '{') {
		sink->call(sink->context, text, position, line);
		return;
	}
	error_set(&err, ERROR_INVALID, "line %llu, column %llu: a call must be an object",
		(unsigned long long)position.line, (unsigned long long)position.column);
	sink->reject(sink->context, line, (struct text){0}, err.message);
}
