/* SPDX-License-Identifier: MIT
 * Any bytes as OTLP, in protobuf or JSON by their first byte: every line that comes out is JSON
 * whose objects have no name twice. */
#include "fuzz_target.h"

#include "base/arena.h"
#include "intake/sources/otlp/otlp_trace.h"
#include "json/json_reader.h"

static int check_line(void *context, struct text line, uint64_t spans, struct error *err)
{
	struct arena arena;
	struct json_reader reader;
	struct json_names names;
	struct json_token token;

	(void)context;
	(void)spans;
	(void)err;
	arena_init(&arena, (size_t)64 << 20);
	json_reader_init(&reader, line, (struct json_position){1, 1});
	json_reader_check_names(&reader, &names, &arena);
	while (json_reader_next(&reader, &token, NULL) > 0) {
	}
	fuzz_require(json_reader_next(&reader, &token, NULL) == 0);
	arena_deinit(&arena);
	return 0;
}

static int say_held(void *context, struct text trace_id, struct error *err)
{
	(void)context;
	(void)err;
	return trace_id.data[0] == 'a';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text body = {.data = (const char *)data, .size = size};
	const struct otlp_sink sink = {
		.line = check_line,
		.is_call = say_held,
		.all_spans = size % 2,
	};
	struct otlp_request request;
	struct arena arena;
	int result;

	arena_init(&arena, OTLP_MEMORY_MIN + OTLP_MEMORY_TIMES * size);
	otlp_request_init(&request, &arena);
	if (size > 0 && data[0] == '{') {
		result = otlp_read_json(&request, body, 1, NULL);
	} else {
		result = otlp_read_protobuf(&request, body, NULL);
	}
	if (result == 0) {
		result = otlp_write_lines(&request, &sink, NULL);
	}
	fuzz_require(result == 0 || result == -1);
	arena_deinit(&arena);
	return 0;
}
