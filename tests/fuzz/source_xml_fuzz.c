/* SPDX-License-Identifier: MIT
 * Any bytes as this API's XML: every call that comes out is well-formed JSON. */
#include "fuzz_target.h"

#include "intake/sources/source.h"
#include "json/json_reader.h"

static void check_call(void *context, struct text json, uint64_t line)
{
	struct json_reader reader;
	struct json_token token;

	(void)context;
	(void)line;
	json_reader_init(&reader, json, (struct json_position){1, 1});
	while (json_reader_next(&reader, &token, NULL) > 0) {
	}
	/* Elements may be nested a little deeper than a call's JSON: that is the intake's to
	 * refuse. */
	fuzz_require(
		json_reader_next(&reader, &token, NULL) == 0 || reader.depth >= JSON_DEPTH_MAX);
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
	const struct source_format *format = source_format_find(TEXT("fuse"));
	const struct source_sink sink = {
		.call = check_call, .reject = take_reject, .warn = take_warning};
	const struct source_input options = {0};
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
