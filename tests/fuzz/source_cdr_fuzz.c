/* SPDX-License-Identifier: MIT
 * Any bytes as call detail records: every line of events that comes out is one JSON object. */
#include "fuzz_target.h"

#include "intake/sources/source.h"
#include "json/json_reader.h"

static void check_events(void *context, struct text events, uint64_t line)
{
	struct json_reader reader;
	struct json_token token;
	int more;

	(void)context;
	fuzz_require(line > 0 && text_count(events, '\n') == 1);
	fuzz_require(text_starts_with(events, TEXT("{\"session_id\":")));
	json_reader_init(&reader, events, (struct json_position){1, 1});
	while ((more = json_reader_next(&reader, &token, NULL)) > 0) {
	}
	fuzz_require(more == 0);
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
	const struct source_format *format = source_format_find(TEXT("asterisk-cdr"));
	const struct source_sink sink = {
		.events = check_events, .reject = take_reject, .warn = take_warning};
	const struct source_option given[] = {{"zone", ""}, {"system", "east"}, {NULL, NULL}};
	const struct source_input options = {.options = size % 2 ? given : NULL};
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
