/* SPDX-License-Identifier: MIT
 * Any bytes as a channel event log: every call that comes out is one that the intake takes. */
#include "fuzz_target.h"

#include "call/call_json.h"
#include "intake/sources/source.h"

static void check_call(void *context, struct text json, uint64_t line)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical;
	struct call call;

	(void)context;
	(void)line;
	arena_init(&arena, SIZE_MAX / 2);
	buffer_init(&canonical, SIZE_MAX / 2);
	if (json.size > CALL_SIZE_MAX_DEFAULT || call_json_read(json, (struct json_position){1, 1},
							 &arena, &canonical, &call, NULL) < 0) {
		abort();
	}
}

static void take_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	(void)context;
	(void)line;
	(void)session_id;
	fuzz_require(error[0] && count > 0);
}

static void take_warning(void *context, const char *warning)
{
	(void)context;
	fuzz_require(warning[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct source_format *format = source_format_find(TEXT("asterisk-cel"));
	const struct source_sink sink = {
		.call = check_call, .reject = take_reject, .warn = take_warning};
	const struct source_option zone[] = {{"zone", ""}, {NULL, NULL}};
	const struct source_input options = {.options = size % 2 ? zone : NULL};
	size_t cut = size / 2;
	struct source *source;

	if (format->open(&source, &options, &sink, NULL) < 0) {
		return 0;
	}
	if (format->feed(source, (const char *)data, cut, NULL) == 0 &&
		format->feed(source, (const char *)data + cut, size - cut, NULL) == 0 &&
		format->end(source, NULL) == 0) {
		source_detect((struct text){.data = (const char *)data, .size = size});
	}
	format->close(source);
	return 0;
}
