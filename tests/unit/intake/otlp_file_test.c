/* SPDX-License-Identifier: MIT
 * The source otlp: files of OpenTelemetry's spans, and telling them from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "otlp_pack.h"
#include "source_run.h"

#define FILE_BYTES ((size_t)1 << 20)

#define HANGUP(id)                                                                                 \
	"{\"traceId\":\"" TRACE "\",\"spanId\":\"" id                                              \
	"\",\"parentSpanId\":\"2222222222222222\"" TIMES ",\"name\":\"verb:hangup\"}"

static const struct source_input no_options = {0};

static void assert_two_requests(struct run *run, uint64_t second_line)
{
	if (run->result < 0) {
		fail_msg("%s", run->err.message);
	}
	assert_int_equal(run->event_count, 2);
	assert_int_equal(run->reject_count, 0);
	assert_non_null(strstr(run->events[0].text.data, "1111111111111111"));
	assert_non_null(strstr(run->events[1].text.data, "3333333333333333"));
	assert_int_equal(run->events[1].line, second_line);
	run_free(run);
}

static void a_file_has_requests_on_lines_or_over_them(void **state)
{
	static const char lines[] =
		"\n" GROUP(HANGUP("1111111111111111")) "\r\n\n" GROUP(HANGUP("3333333333333333"));
	static const char document[] =
		"{\n\"resourceSpans\": [\n{\"scopeSpans\":\n[{\"spans\":[" HANGUP(
			"1111111111111111") "]}]}]}\n" GROUP(HANGUP("3333333333333333")) "\n";

	(void)state;
	for (size_t piece = 3; piece < 700; piece += 41) {
		assert_two_requests(run_source("otlp", &no_options, text_of(lines), piece), 4);
		assert_two_requests(run_source("otlp", &no_options, text_of(document), piece), 5);
	}
}

/* Each request behind its size. */
static void append_sized(struct arena *arena, struct buffer *file, const char *body)
{
	struct otlp_request request;
	struct buffer packed;

	otlp_request_init(&request, arena);
	assert_int_equal(otlp_read_json(&request, text_of(body), 1, NULL), 0);
	buffer_init(&packed, FILE_BYTES);
	otlp_pack(&packed, &request);
	for (int shift = 24; shift >= 0; shift -= 8) {
		buffer_append_byte(file, (char)(packed.size >> shift & 255));
	}
	buffer_append(file, buffer_text(&packed));
	buffer_deinit(&packed);
}

static void a_file_of_protobuf_has_a_request_or_several(void **state)
{
	struct buffer file;
	struct arena arena;
	struct run *run;

	(void)state;
	arena_init(&arena, FILE_BYTES);
	buffer_init(&file, FILE_BYTES);
	append_sized(&arena, &file, GROUP(HANGUP("1111111111111111")));
	append_sized(&arena, &file, GROUP(HANGUP("3333333333333333")));
	for (size_t piece = 1; piece < 200; piece += 13) {
		assert_two_requests(run_source("otlp", &no_options, buffer_text(&file), piece), 2);
	}
	assert_string_equal(source_detect(buffer_text(&file))->name, "otlp");
	run = run_source("otlp", &no_options, text_head(buffer_text(&file), file.size - 1), 0);
	assert_int_equal(run->result, -1);
	assert_non_null(strstr(run->err.message, "cut off"));
	assert_int_equal(run->event_count, 1);
	run_free(run);
	buffer_clear(&file);
	append_sized(&arena, &file, GROUP(HANGUP("1111111111111111")));
	run = run_source("otlp", &no_options, text_tail(buffer_text(&file), 4), 7);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->event_count, 1);
	assert_string_equal(source_detect(text_tail(buffer_text(&file), 4))->name, "otlp");
	run_free(run);
	buffer_deinit(&file);
	arena_deinit(&arena);
}

/* A later request of a trace is of its call, whatever its spans' names. */
static void a_file_remembers_which_traces_are_calls(void **state)
{
	static const char other[] =
		GROUP("{\"traceId\":\"1bf92f3577b34da6a3ce929d0e0e4736\","
		      "\"spanId\":\"00f067aa0ba902b7\"" TIMES ",\"name\":\"GET /\"}") "\n";
	static const char first[] = GROUP(HANGUP("1111111111111111")) "\n";
	static const char root[] = GROUP("{" IDS TIMES ",\"name\":\"server\"}") "\n";
	char file[2000];
	struct run *run;

	(void)state;
	snprintf(file, sizeof(file), "%s%s%s", other, first, root);
	run = run_source("otlp", &no_options, text_of(file), 0);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->event_count, 2);
	assert_non_null(strstr(run->events[1].text.data, "\"state\":\"ended\""));
	assert_int_equal(run->reject_count, 1);
	assert_int_equal(run->rejects[0].line, 1);
	assert_int_equal(run->rejects[0].count, 1);
	run_free(run);
}

static void a_file_that_breaks_off_says_where(void **state)
{
	static const struct {
		struct text input;
		const char *message;
	} cases[] = {
		{TEXT(GROUP(HANGUP("1111111111111111")) "\n{\"resourceSpans\":["), "cut off"},
		{TEXT(GROUP(HANGUP("1111111111111111")) "\nspans"), "line 2, column 1"},
		{TEXT(GROUP(HANGUP("1111111111111111")) "\n\n{\"resourceSpans\":7}"),
			"line 3, column 18"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct run *run = run_source("otlp", &no_options, cases[i].input, 0);

		assert_int_equal(run->result, -1);
		assert_int_equal(run->event_count, 1);
		if (!strstr(run->err.message, cases[i].message)) {
			fail_msg("'%s' is not in '%s'", cases[i].message, run->err.message);
		}
		run_free(run);
	}
}

static void what_is_not_spans_does_not_look_like_them(void **state)
{
	static const struct text others[] = {TEXT("{\"calls\":[]}"), TEXT("\n\n\n\n\n\n\n\n"),
		TEXT("\n\r\n\n\n\n\n\n\n\n\n\n\n\n\n\n"), TEXT("\n{\"resource\":1}"), TEXT("\n"),
		{.data = "\0\0\0\0\0\0\0\0", .size = 8}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		const struct source_format *format = source_detect(others[i]);

		assert_true(!format || strcmp(format->name, "otlp") != 0);
	}
	assert_string_equal(
		source_detect(TEXT("\n {\"resourceSpans\":[{\"resource\":{\"attri"))->name, "otlp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_requests_on_lines_or_over_them),
		cmocka_unit_test(a_file_of_protobuf_has_a_request_or_several),
		cmocka_unit_test(a_file_remembers_which_traces_are_calls),
		cmocka_unit_test(a_file_that_breaks_off_says_where),
		cmocka_unit_test(what_is_not_spans_does_not_look_like_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
