/* SPDX-License-Identifier: MIT
 * CSV that spreadsheets read as it is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call_csv.h"

#define SIZE_MAX_BYTES ((size_t)1 << 20)

static const struct call sample = {
	.dest = {"6177123001", 10},
	.src = {"+12125550102", 12},
	.session_id = {"100035;000;1575898377", 21},
	.start = 1575898386,
	.end = 1575898423,
	.type = CALL_INBOUND,
	.has_detail = true,
	.steps = 2,
};

static const struct call_csv_form plain = {0};
static const struct call_csv_form spreadsheet = {.spreadsheet = true};

/* How it went. */
#define UNKNOWN ",,,,,"
#define SAMPLE                                                                                     \
	"\"100035;000;1575898377\",1575898386,2019-12-09T13:33:06Z,1575898423,"                    \
	"2019-12-09T13:33:43Z,37,inbound,+12125550102,6177123001,"

static void a_call_is_a_row(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct call expired = sample;

	(void)state;
	expired.has_detail = false;
	expired.steps = 0;
	buffer_init(&buffer, SIZE_MAX_BYTES);
	call_csv_write_header(&buffer, false, &plain);
	call_csv_write_call(&buffer, &sample, &plain);
	call_csv_write_call(&buffer, &expired, &plain);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		"session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,"
		"state,outcome,answered,answered_iso,talk,ended_by\r\n" SAMPLE "2,ended" UNKNOWN
		"\r\n" SAMPLE "0,ended" UNKNOWN "\r\n");
}

static void how_a_call_went_has_its_columns(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct call call = sample;

	(void)state;
	call.outcome = CALL_ANSWERED;
	call.answered = call.start + 4;
	call.ended_by = CALL_ENDED_BY_CALLED;
	buffer_init(&buffer, SIZE_MAX_BYTES);
	call_csv_write_call(&buffer, &call, &plain);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		SAMPLE "2,ended,answered,1575898390,2019-12-09T13:33:10Z,0,called\r\n");
}

static const char *write_steps(struct buffer *buffer, const struct call *call, struct text detail)
{
	AUTO(arena_deinit) struct arena scratch;
	struct error err;

	arena_init(&scratch, SIZE_MAX_BYTES);
	buffer_clear(buffer);
	assert_int_equal(0, call_csv_write_steps(buffer, call, detail, &plain, &scratch, &err));
	buffer_append_byte(buffer, '\0');
	return buffer->data;
}

static void a_step_is_a_row_and_no_call_is_missing(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct call call = sample;

	(void)state;
	buffer_init(&buffer, SIZE_MAX_BYTES);
	call_csv_write_header(&buffer, true, &plain);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		"session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,state,"
		"outcome,answered,answered_iso,talk,ended_by,step,timestamp,timestamp_iso,class,"
		"module,variable,line\r\n");
	assert_string_equal(
		write_steps(&buffer, &call,
			TEXT("[{\"event\":{\"line\":\"a \\\"b\\\", c\",\"data\":{\"module_type\":"
			     "\"menu\",\"result_variable\":\"X\"}},\"class\":\"info\","
			     "\"timestamp\":1575898386},{\"event\":{\"line\":\"=1+1\"},"
			     "\"class\":\"event\",\"timestamp\":1575898387}]")),
		SAMPLE "2,ended" UNKNOWN
		       ",1,1575898386,2019-12-09T13:33:06Z,info,menu,X,\"a \"\"b\"\", "
		       "c\"\r\n" SAMPLE "2,ended" UNKNOWN
		       ",2,1575898387,2019-12-09T13:33:07Z,event,,,'=1+1\r\n");
	call.steps = 0;
	assert_string_equal(
		write_steps(&buffer, &call, TEXT("[]")), SAMPLE "0,ended" UNKNOWN ",,,,,,,\r\n");
	call.has_detail = false;
	assert_string_equal(write_steps(&buffer, &call, (struct text){0}),
		SAMPLE "0,ended" UNKNOWN ",,,,,,,\r\n");
}

/* The cell as it is written for `src`. */
static void assert_cell(struct text value, const char *expected)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct call call = {.session_id = TEXT("s"), .dest = TEXT("d"), .src = value};
	char row[256];

	buffer_init(&buffer, SIZE_MAX_BYTES);
	call_csv_write_call(&buffer, &call, &plain);
	snprintf(row, sizeof(row),
		"s,0,1970-01-01T00:00:00Z,0,1970-01-01T00:00:00Z,0,inbound,%s,d,0,ended" UNKNOWN
		"\r\n",
		expected);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data, row);
}

static void a_cell_that_would_run_does_not(void **state)
{
	static const struct {
		const char *value;
		const char *cell;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"a=b", "a=b"},
		{"\"", "\"\"\"\""},
		{"a,b", "\"a,b\""},
		{"a;=b", "\"a;=b\""},
		{"a\tb", "\"a\tb\""},
		{"=1+1", "'=1+1"},
		{"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"-1", "'-1"},
		{"-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"},
		{"\t=1", "\"'\t=1\""},
		{"\r=1", "\"'\r=1\""},
		{"\n=1", "\"'\n=1\""},
		{"+", "'+"},
		{"++1", "'++1"},
		{"+1+1", "'+1+1"},
		{"+16177123001", "+16177123001"},
		{"+1-617-712-3001", "'+1-617-712-3001"},
		{"+1 (617) 712-3001", "'+1 (617) 712-3001"},
		{"(617) 712-3001", "(617) 712-3001"},
		{"S\xc3\xb8ren", "S\xc3\xb8ren"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_cell(text_of(cases[i].value), cases[i].cell);
	}
}

static void steps_that_are_not_canonical_are_an_error(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	AUTO(arena_deinit) struct arena scratch;
	struct error err = {0};

	(void)state;
	buffer_init(&buffer, SIZE_MAX_BYTES);
	arena_init(&scratch, SIZE_MAX_BYTES);
	assert_true(
		call_csv_write_steps(&buffer, &sample, TEXT("[x]"), &plain, &scratch, &err) < 0);
	assert_int_equal(err.code, ERROR_CORRUPT);
}

static void for_a_spreadsheet_texts_stay_what_they_are(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{"0891234567", "\"=\"\"0891234567\"\"\""},
		{"1795510000.10", "\"=\"\"1795510000.10\"\"\""},
		{"12345678901234567890", "\"=\"\"12345678901234567890\"\"\""},
		{"3E10", "\"=\"\"3E10\"\"\""}, {"1-2", "\"=\"\"1-2\"\"\""},
		{"+498912345", "\"=\"\"+498912345\"\"\""},
		{"=1+\"x\"", "\"=\"\"=1+\"\"\"\"x\"\"\"\"\"\"\""}, {"@sum", "\"=\"\"@sum\"\"\""},
		{"", ""}, {"anonymous", "anonymous"}, {"-", "\"=\"\"-\"\"\""}, {"a1", "a1"},
		{"sip:1@\"x\"", "\"sip:1@\"\"x\"\"\""},
		{"=1\n2", "\"'=1\n2\""}, /* a formula has no line end */
	};
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, SIZE_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct call call = {
			.dest = text_of(rows[i].text), .src = TEXT("x"), .session_id = TEXT("y")};
		char row[160];

		buffer_clear(&buffer);
		call_csv_write_call(&buffer, &call, &spreadsheet);
		snprintf(row, sizeof(row),
			"y,0,1970-01-01T00:00:00Z,0,1970-01-01T00:00:00Z,0,inbound,x,%s,0,"
			"ended" UNKNOWN "\r\n",
			rows[i].cell);
		if (!text_equal_string(buffer_text(&buffer), row)) {
			fail_msg("%s: %.*s", row, TEXT_ARG(buffer_text(&buffer)));
		}
	}
	buffer_clear(&buffer);
	call_csv_write_header(&buffer, false, &spreadsheet);
	assert_true(text_starts_with(buffer_text(&buffer), TEXT("\xef\xbb\xbfsession_id,start,")));
	buffer_deinit(&buffer);
}

static void times_are_those_of_a_zone(void **state)
{
	struct zone_stretch stretches[] = {{INT64_MIN, -5 * 3600}, {1575898400, 19800}};
	const struct zone zone = {.stretches = stretches, .count = 2, .grain_s = 60};
	const struct call_csv_form form = {.zone = &zone};
	AUTO(buffer_deinit) struct buffer buffer;

	(void)state;
	buffer_init(&buffer, SIZE_MAX_BYTES);
	call_csv_write_call(&buffer, &sample, &form);
	assert_true(text_starts_with(buffer_text(&buffer),
		TEXT("\"100035;000;1575898377\",1575898386,2019-12-09T08:33:06-05:00,1575898423,"
		     "2019-12-09T19:03:43+05:30,37,")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_a_spreadsheet_texts_stay_what_they_are),
		cmocka_unit_test(a_call_is_a_row),
		cmocka_unit_test(times_are_those_of_a_zone),
		cmocka_unit_test(how_a_call_went_has_its_columns),
		cmocka_unit_test(a_step_is_a_row_and_no_call_is_missing),
		cmocka_unit_test(a_cell_that_would_run_does_not),
		cmocka_unit_test(steps_that_are_not_canonical_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
