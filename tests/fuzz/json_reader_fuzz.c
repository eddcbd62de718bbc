/* SPDX-License-Identifier: MIT
 * The JSON reader on any bytes: reading and skipping agree, and what a token spells stays itself
 * when written and read. */
#include "fuzz_target.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

static const struct json_position beginning = {.line = 1, .column = 1};

static void check_string(const struct json_token *token, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer raw;
	AUTO(buffer_deinit) struct buffer spelled;
	struct text string = json_token_string(token, arena);

	fuzz_require(string.data != NULL);
	fuzz_require(text_utf8_valid(string, NULL));
	buffer_init(&raw, SIZE_MAX);
	buffer_init(&spelled, SIZE_MAX);
	json_write_raw_string(&raw, token->raw, token->escaped);
	json_write_string(&spelled, string);
	fuzz_require(text_equal(buffer_text(&raw), buffer_text(&spelled)));
	fuzz_require(raw.size <= token->raw.size + 2);
}

static int read_all(struct text input, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_names names;
	struct json_reader reader;
	struct json_token token;
	int result;

	arena_init(&arena, SIZE_MAX);
	json_reader_init(&reader, input, beginning);
	json_reader_check_names(&reader, &names, &arena);
	while ((result = json_reader_next(&reader, &token, err)) > 0) {
		fuzz_require(reader.at <= input.size && reader.depth <= JSON_DEPTH_MAX);
		fuzz_require(reader.token_at <= reader.at);
		if (token.kind == JSON_NAME || token.kind == JSON_STRING) {
			check_string(&token, &arena);
		}
	}
	return result;
}

static int skip_all(struct text input)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, input, beginning);
	if (json_reader_next(&reader, &token, NULL) <= 0 ||
		json_reader_skip(&reader, &token, NULL) < 0) {
		return -1;
	}
	return json_reader_next(&reader, &token, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	struct error err = {0};
	int result = read_all(input, &err);

	fuzz_require(result == 0 || err.message[0] != '\0');
	fuzz_require(result == skip_all(input));
	return 0;
}
