/* SPDX-License-Identifier: MIT
 * What stands in a call's place: a call by its look, or a reject. */
#include "intake/stream/call_sink.h"

/* Enough for a session_id that is written with escapes. */
#define SESSION_ID_ARENA ((size_t)8192)

/* The session_id at the top of an object whose end may be missing; empty when it does not come
 * before the end. */
static struct text find_session_id(struct text beginning, struct arena *arena)
{
	struct json_reader reader;
	struct json_token name, value;

	json_reader_init(&reader, beginning, (struct json_position){.line = 1, .column = 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return (struct text){0};
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		if (json_token_is(&name, "session_id")) {
			return value.kind == JSON_STRING ? json_token_string(&value, arena)
							 : (struct text){0};
		}
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
	}
	return (struct text){0};
}

void call_sink_take(const struct call_sink *sink, struct text text, bool oversize,
	struct json_position position, uint64_t line)
{
	AUTO(arena_deinit) struct arena arena;
	struct text session_id = {0};
	struct error err;

	arena_init(&arena, SESSION_ID_ARENA);
	if (oversize) {
		session_id = find_session_id(text, &arena);
		error_set(&err, ERROR_TOO_LARGE, "the call is larger than %zu bytes",
			sink->call_size_max);
	} else if (text.size > 0 &&
		   (call_sink_is_utf16(text.data[0]) || (text.size > 1 && text.data[1] == '\0'))) {
		error_set(&err, ERROR_INVALID, CALL_SINK_UTF16);
	} else if (text.size > 0 && text.data[0] == '{') {
		sink->call(sink->context, text, position, line);
		return;
	} else {
		error_set(&err, ERROR_INVALID, "a call must be an object");
	}
	place_prefix(position, &err);
	sink->reject(sink->context, line, session_id, err.message);
}
