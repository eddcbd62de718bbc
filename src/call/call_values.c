/* SPDX-License-Identifier: MIT
 * Going over all that a step says. */
#include "call/call_values.h"

void call_values_init(struct call_values *values, struct text step)
{
	*values = (struct call_values){0};
	json_reader_init(&values->reader, step, (struct json_position){.line = 1, .column = 1});
}

static bool is_named(const struct call_values *values, unsigned int depth, const char *name)
{
	return text_equal_string(values->names[depth - 1], name);
}

static bool is_fixed(const struct call_values *values, unsigned int depth)
{
	if (depth == 1) {
		return is_named(values, 1, "class") || is_named(values, 1, "timestamp");
	}
	return depth == 3 && is_named(values, 1, "event") && is_named(values, 2, "data") &&
	       (is_named(values, 3, "module_type") || is_named(values, 3, "result_variable") ||
		       is_named(values, 3, "event_id") || is_named(values, 3, "event_time"));
}

static void note_name(struct call_values *values, const struct json_token *token)
{
	unsigned int depth = values->reader.depth;

	values->name = token->raw;
	if (depth <= CALL_VALUES_NAMES) {
		values->names[depth - 1] = token->raw;
	}
}

static struct call_value value_of(const struct call_values *values, const struct json_token *token)
{
	const struct json_reader *reader = &values->reader;
	unsigned int depth = reader->depth;
	bool name = token->kind == JSON_NAME;
	size_t begin = reader->token_at;
	size_t quotes = token->kind == JSON_NUMBER ? 0 : 2;

	return (struct call_value){
		.token = *token,
		.written = text_head(text_tail(reader->input, begin), token->raw.size + quotes),
		.depth = depth,
		.name = values->name,
		.is_line = !name && depth == 2 && is_named(values, 1, "event") &&
			   is_named(values, 2, "line"),
		.is_fixed = !name && depth >= 1 && is_fixed(values, depth),
	};
}

int call_values_next(struct call_values *values, struct call_value *ret_value, struct error *err)
{
	struct json_token token;
	int more;

	while ((more = json_reader_next(&values->reader, &token, err)) > 0) {
		if (token.kind == JSON_NAME) {
			note_name(values, &token);
		}
		if (token.kind == JSON_NAME || token.kind == JSON_STRING ||
			token.kind == JSON_NUMBER) {
			*ret_value = value_of(values, &token);
			return 1;
		}
	}
	return more;
}
