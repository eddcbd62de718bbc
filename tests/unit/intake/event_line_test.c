/* SPDX-License-Identifier: MIT
 * Events lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call_json.h"
#include "intake/event_line.h"

#define STEP_ONE TEXT("{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":1}")
#define STEP_TWO TEXT("{\"event\":{\"line\":\"b\"},\"class\":\"info\",\"timestamp\":2}")

static void assert_line(const struct event_line *line, const char *expected)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, 4096);
	event_line_write(&buffer, line);
	assert_false(buffer.failed);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data, expected);
}

static void a_name_alone_says_that_the_call_is_up(void **state)
{
	struct event_line line = event_line_of(TEXT("pbx-1.0"));

	(void)state;
	assert_line(&line, "{\"session_id\":\"pbx-1.0\"}\n");
}

static void each_member_stands_only_where_it_is_given(void **state)
{
	const struct text steps[] = {STEP_ONE, STEP_TWO};
	struct event_line line = event_line_of(TEXT("a\"b"));

	(void)state;
	line.dest = TEXT("");
	line.end = 0;
	assert_line(&line, "{\"session_id\":\"a\\\"b\",\"call\":{\"dest\":\"\",\"end\":0}}\n");
	line.src = TEXT("+1\t2");
	line.start = 7;
	line.has_type = true;
	line.type = CALL_OUTBOUND;
	line.state = EVENT_LINE_ENDED;
	line.from = 3;
	line.steps = steps;
	line.step_count = COUNT_OF(steps);
	assert_line(&line,
		"{\"session_id\":\"a\\\"b\",\"call\":{\"dest\":\"\",\"src\":\"+1\\t2\",\"start\":7,"
		"\"end\":0,\"type\":\"outbound\",\"state\":\"ended\"},\"from\":3,\"steps\":["
		"{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":1},"
		"{\"event\":{\"line\":\"b\"},\"class\":\"info\",\"timestamp\":2}]}\n");
}

static void what_a_sender_told_goes_with_the_call(void **state)
{
	struct event_line line = event_line_of(TEXT("x"));
	struct call call = {.outcome = CALL_MISSED, .talk = 5, .ended_by = CALL_ENDED_BY_CALLED};

	(void)state;
	line.outcome = &call;
	assert_line(&line, "{\"session_id\":\"x\"}\n");
	call.told = CALL_TOLD_OUTCOME | CALL_TOLD_ANSWERED | CALL_TOLD_ENDED_BY;
	assert_line(&line,
		"{\"session_id\":\"x\",\"call\":{\"outcome\":\"missed\",\"answered\":null,"
		"\"ended_by\":\"called\"}}\n");
}

static void steps_without_a_place_are_added(void **state)
{
	const struct text steps[] = {STEP_ONE};
	struct event_line line = event_line_of(TEXT("x"));

	(void)state;
	line.state = EVENT_LINE_LIVE;
	line.steps = steps;
	line.step_count = 1;
	assert_line(&line, "{\"session_id\":\"x\",\"call\":{\"state\":\"live\"},\"steps\":["
			   "{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":1}]}\n");
}

static void a_place_without_steps_cuts_the_log_there(void **state)
{
	struct event_line line = event_line_of(TEXT("x"));

	(void)state;
	line.from = 0;
	assert_line(&line, "{\"session_id\":\"x\",\"from\":0,\"steps\":[]}\n");
}

static void lines_stand_behind_each_other(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct event_line line = event_line_of(TEXT("x"));

	(void)state;
	buffer_init(&buffer, 4096);
	event_line_write(&buffer, &line);
	event_line_write(&buffer, &line);
	assert_true(text_equal(
		buffer_text(&buffer), TEXT("{\"session_id\":\"x\"}\n{\"session_id\":\"x\"}\n")));
}

static void a_line_that_does_not_fit_fails_the_buffer(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct event_line line = event_line_of(TEXT("a session that is too long"));

	(void)state;
	buffer_init(&buffer, 16);
	event_line_write(&buffer, &line);
	assert_true(buffer.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_alone_says_that_the_call_is_up),
		cmocka_unit_test(each_member_stands_only_where_it_is_given),
		cmocka_unit_test(what_a_sender_told_goes_with_the_call),
		cmocka_unit_test(steps_without_a_place_are_added),
		cmocka_unit_test(a_place_without_steps_cuts_the_log_there),
		cmocka_unit_test(lines_stand_behind_each_other),
		cmocka_unit_test(a_line_that_does_not_fit_fails_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
