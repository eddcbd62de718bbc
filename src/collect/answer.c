/* SPDX-License-Identifier: MIT
 * Reads a server's answers. */
#include "collect/answer.h"

#include "json/json_reader.h"

#define REJECT_BYTES_MAX ((size_t)64 << 10)

/* Opens the object that @answer is and goes to the value of its member @wanted. */
static bool find_member(struct json_reader *reader, struct text answer, const char *wanted,
	struct json_token *ret_value)
{
	struct json_token name;

	json_reader_init(reader, answer, (struct json_position){1, 1});
	if (json_reader_next(reader, ret_value, NULL) <= 0 || ret_value->kind != JSON_OBJECT) {
		return false;
	}
	while (json_reader_next_member(reader, &name, ret_value, NULL) > 0) {
		if (json_token_is(&name, wanted)) {
			return true;
		}
		if (json_reader_skip(reader, ret_value, NULL) < 0) {
			return false;
		}
	}
	return false;
}

static bool read_reject(
	struct json_reader *reader, struct arena *arena, struct answer_reject *reject)
{
	struct json_token name, value;
	int64_t line;
	int more;

	*reject = (struct answer_reject){
		.session_id = TEXT(""), .reason = TEXT("the server gave no reason"), .held = -1};
	while ((more = json_reader_next_member(reader, &name, &value, NULL)) > 0) {
		bool text = value.kind == JSON_STRING;

		if (json_token_is(&name, "line") && text_to_int64(value.raw, &line)) {
			reject->line = (uint64_t)line;
		} else if (json_token_is(&name, "steps")) {
			text_to_int64(value.raw, &reject->held);
		} else if (json_token_is(&name, "session_id") && text) {
			reject->session_id = json_token_string(&value, arena);
		} else if (json_token_is(&name, "error") && text) {
			reject->reason = json_token_string(&value, arena);
		}
		if (json_reader_skip(reader, &value, NULL) < 0) {
			return false;
		}
	}
	return more == 0 && reject->session_id.data && reject->reason.data;
}

bool answer_read_rejects(struct text answer,
	void (*take)(void *context, const struct answer_reject *reject), void *context)
{
	struct json_reader reader;
	struct json_token value;

	if (!find_member(&reader, answer, "rejected", &value) || value.kind != JSON_ARRAY) {
		return false;
	}
	while (json_reader_next(&reader, &value, NULL) > 0 && value.kind == JSON_OBJECT) {
		AUTO(arena_deinit) struct arena arena = {0};
		struct answer_reject reject;

		arena_init(&arena, REJECT_BYTES_MAX);
		if (!read_reject(&reader, &arena, &reject)) {
			break;
		}
		take(context, &reject);
	}
	return true;
}

int64_t answer_count_steps(struct text answer)
{
	struct json_reader reader;
	struct json_token value;
	int64_t steps = 0;

	if (!find_member(&reader, answer, "detail", &value) || value.kind != JSON_ARRAY) {
		return 0;
	}
	while (json_reader_next(&reader, &value, NULL) > 0 && value.kind == JSON_OBJECT) {
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
		steps++;
	}
	return steps;
}

struct text answer_line(struct text batch, uint64_t number)
{
	struct text line = TEXT("");

	for (uint64_t i = 0; i < number; i++) {
		if (!text_split(&batch, '\n', &line)) {
			return TEXT("");
		}
	}
	return line;
}

struct text answer_session(const struct buffer *batch)
{
	struct json_reader reader;
	struct json_token value;

	return find_member(&reader, answer_line(buffer_text(batch), 1), "session_id", &value)
		       ? value.raw
		       : TEXT("");
}
