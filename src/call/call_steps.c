/* SPDX-License-Identifier: MIT
 * Canonical steps by their fixed shape:
 * {"event":{"line":…,"data":{…},…},"class":…,"timestamp":…,…}. */
#include "call/call_steps.h"

#include "json/json_reader.h"

void call_steps_init(struct call_steps *steps, struct text detail)
{
	call_steps_resume(steps, detail, 0);
}

void call_steps_resume(struct call_steps *steps, struct text detail, size_t at)
{
	*steps = (struct call_steps){.detail = detail, .at = at < detail.size ? at : detail.size};
	if (at < detail.size) {
		json_stretch_look(&steps->stretch, detail, at);
	}
}

static bool stands(const struct call_steps *steps, char byte)
{
	return steps->at < steps->detail.size && steps->detail.data[steps->at] == byte;
}

static bool take(struct call_steps *steps, struct text expected)
{
	if (!text_starts_with(text_tail(steps->detail, steps->at), expected)) {
		return false;
	}
	steps->at += expected.size;
	return true;
}

/* Passes over a string; @ret may be NULL. */
static bool take_string(struct call_steps *steps, struct call_string *ret)
{
	struct text detail = steps->detail;
	uint64_t ignored = 0;
	bool escaped = false;
	size_t begin = steps->at + 1, at = begin;

	if (!stands(steps, '"')) {
		return false;
	}
	for (;;) {
		at = json_stretch_find(&steps->stretch, detail, at, &ignored);
		if (at >= detail.size) {
			return false;
		}
		if (detail.data[at] == '"') {
			break;
		}
		escaped = true;
		at += detail.data[at] == '\\' ? 2 : 1;
		if (at >= detail.size) {
			return false;
		}
	}
	steps->at = at + 1;
	if (ret) {
		*ret = (struct call_string){
			{.data = detail.data + begin, .size = at - begin}, escaped};
	}
	return true;
}

/* Passes over an object or an array, whose strings may hold brackets. */
static bool skip_nested(struct call_steps *steps)
{
	size_t depth = 0;

	while (steps->at < steps->detail.size) {
		char byte = steps->detail.data[steps->at];

		if (byte == '"') {
			if (!take_string(steps, NULL)) {
				return false;
			}
			continue;
		}
		steps->at++;
		depth += byte == '{' || byte == '[';
		depth -= byte == '}' || byte == ']';
		if (depth == 0) {
			return true;
		}
	}
	return false;
}

static bool skip_value(struct call_steps *steps)
{
	size_t begin = steps->at;

	if (stands(steps, '"')) {
		return take_string(steps, NULL);
	}
	if (stands(steps, '{') || stands(steps, '[')) {
		return skip_nested(steps);
	}
	while (steps->at < steps->detail.size && !stands(steps, ',') && !stands(steps, '}')) {
		steps->at++;
	}
	return steps->at > begin && steps->at < steps->detail.size;
}

/* Passes over `,"name":value` as long as there are more, and the `}` behind them. */
static bool skip_members(struct call_steps *steps)
{
	while (take(steps, TEXT(","))) {
		if (!take_string(steps, NULL) || !take(steps, TEXT(":")) || !skip_value(steps)) {
			return false;
		}
	}
	return take(steps, TEXT("}"));
}

static bool take_data_member(struct call_steps *steps, struct call_step_look *step)
{
	struct call_string name, *wanted = NULL;

	if (!take_string(steps, &name) || !take(steps, TEXT(":"))) {
		return false;
	}
	if (text_equal(name.raw, TEXT("module_type"))) {
		wanted = &step->module;
	} else if (text_equal(name.raw, TEXT("result_variable"))) {
		wanted = &step->variable;
	}
	return wanted && stands(steps, '"') ? take_string(steps, wanted) : skip_value(steps);
}

/* What was passed over since @begin. */
static struct text text_since(const struct call_steps *steps, size_t begin)
{
	return text_tail(text_head(steps->detail, steps->at), begin);
}

static bool take_data(struct call_steps *steps, struct call_step_look *step)
{
	size_t begin = steps->at;

	if (!take(steps, TEXT("{}"))) {
		if (!take(steps, TEXT("{"))) {
			return false;
		}
		do {
			if (!take_data_member(steps, step)) {
				return false;
			}
		} while (take(steps, TEXT(",")));
		if (!take(steps, TEXT("}"))) {
			return false;
		}
	}
	step->data = text_since(steps, begin);
	return true;
}

static bool take_timestamp(struct call_steps *steps, int64_t *ret_timestamp)
{
	size_t begin = steps->at;

	while (text_digit_at(steps->detail, steps->at)) {
		steps->at++;
	}
	return text_to_int64(text_since(steps, begin), ret_timestamp);
}

static bool take_step(struct call_steps *steps, struct call_step_look *step)
{
	struct call_string class_name;
	size_t begin = steps->at;

	if (!take(steps, TEXT("{\"event\":{\"line\":")) || !take_string(steps, &step->line)) {
		return false;
	}
	if (take(steps, TEXT(",\"data\":")) && !take_data(steps, step)) {
		return false;
	}
	if (!skip_members(steps) || !take(steps, TEXT(",\"class\":")) ||
		!take_string(steps, &class_name) || !take(steps, TEXT(",\"timestamp\":")) ||
		!take_timestamp(steps, &step->timestamp) || !skip_members(steps)) {
		return false;
	}
	step->class_name = class_name.raw;
	step->json = text_since(steps, begin);
	return true;
}

int call_steps_next(struct call_steps *steps, struct call_step_look *ret_step, struct error *err)
{
	const struct call_string none = {.raw = TEXT("")};
	struct call_step_look step = {.module = none, .variable = none};
	bool first = steps->at == 0;

	if (steps->detail.size == 0) {
		return error_set(err, ERROR_CORRUPT, "there are no steps");
	}
	if (first ? take(steps, TEXT("[]")) : take(steps, TEXT("]"))) {
		if (steps->at == steps->detail.size) {
			return 0;
		}
	} else if (take(steps, first ? TEXT("[") : TEXT(",")) && take_step(steps, &step)) {
		*ret_step = step;
		return 1;
	}
	return error_set(err, ERROR_CORRUPT, "the steps are not canonical JSON at byte %zu of them",
		steps->at);
}

struct text call_string_text(const struct call_string *string, struct arena *arena)
{
	const struct json_token token = {
		.kind = JSON_STRING, .raw = string->raw, .escaped = string->escaped};

	return string->escaped ? json_token_string(&token, arena) : string->raw;
}

enum call_input call_step_input(const struct call_step_look *step)
{
	static const struct {
		struct text words;
		enum call_input input;
	} beginnings[] = {{{"no input", 8}, CALL_INPUT_NONE}, {{"timeout", 7}, CALL_INPUT_NONE},
		{{"invalid input", 13}, CALL_INPUT_WRONG}, {{"wrong input", 11}, CALL_INPUT_WRONG}};
	struct text line = step->line.raw;

	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		struct text words = beginnings[i].words;

		if (line.size >= words.size && text_lower(line.data[0]) == words.data[0] &&
			text_equal_ascii_case(text_head(line, words.size), words)) {
			return text_equal(step->class_name, TEXT("prompt")) ? CALL_INPUT_UNTOLD
									    : beginnings[i].input;
		}
	}
	return CALL_INPUT_UNTOLD;
}
