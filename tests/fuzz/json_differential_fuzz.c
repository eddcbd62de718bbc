/* SPDX-License-Identifier: MIT
 * The JSON reader against Jansson: both take the same texts, and read the same values out of them.
 * Differences, each for a reason: we nest to 64 and say ERROR_TOO_LARGE beyond; what Jansson cannot
 * hold stands in reference.h. */
#include "fuzz_target.h"
#include "reference.h"
#include "json/json_reader.h"

static void dump_string(struct buffer *dump, const struct json_token *token, struct arena *arena)
{
	struct text string = json_token_string(token, arena);

	buffer_printf(dump, "\"%zu:", string.size);
	buffer_append(dump, string);
}

static void dump_token(struct buffer *dump, const struct json_token *token, struct arena *arena)
{
	static const char marks[] = {[JSON_OBJECT] = '{',
		[JSON_OBJECT_END] = '}',
		[JSON_ARRAY] = '[',
		[JSON_ARRAY_END] = ']',
		[JSON_TRUE] = 't',
		[JSON_FALSE] = 'f',
		[JSON_NULL] = 'n'};

	switch (token->kind) {
	case JSON_NAME:
	case JSON_STRING:
		dump_string(dump, token, arena);
		break;
	case JSON_NUMBER:
		reference_number(token->raw, dump);
		break;
	default:
		buffer_append_byte(dump, marks[token->kind]);
		break;
	}
}

/* 0: the whole of @input is JSON; its value is in @dump, as reference_read() writes it. */
static int read_all(struct text input, struct buffer *dump, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_names names;
	struct json_reader reader;
	struct json_token token;
	int result;

	arena_init(&arena, SIZE_MAX);
	json_reader_init(&reader, input, (struct json_position){.line = 1, .column = 1});
	json_reader_check_names(&reader, &names, &arena);
	while ((result = json_reader_next(&reader, &token, err)) > 0) {
		dump_token(dump, &token, &arena);
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	AUTO(buffer_deinit) struct buffer ours, theirs;
	struct error err = {0};
	enum reference verdict;
	int result;

	buffer_init(&ours, SIZE_MAX);
	buffer_init(&theirs, SIZE_MAX);
	verdict = reference_read(input, &theirs);
	result = read_all(input, &ours, &err);
	if (memchr(input.data, '\0', input.size)) {
		fuzz_require(result < 0); /* Jansson passes over one behind a literal */
		return 0;
	}
	if (verdict == REFERENCE_CANNOT || (result < 0 && err.code == ERROR_TOO_LARGE)) {
		return 0;
	}
	fuzz_require((result == 0) == (verdict == REFERENCE_TAKES));
	fuzz_require(result < 0 || text_equal(buffer_text(&ours), buffer_text(&theirs)));
	return 0;
}
