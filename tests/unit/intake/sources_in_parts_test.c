/* SPDX-License-Identifier: MIT
 * The sources queue-log and twilio: what their records become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "source_run.h"

static const struct source_input no_options = {0};

static void assert_events(const struct run *run, const char *const *lines, size_t count)
{
	if (run->result < 0) {
		fail_msg("%s", run->err.message);
	}
	for (size_t i = 0; i < run->event_count && i < count; i++) {
		assert_string_equal(run->events[i].text.data, lines[i]);
	}
	assert_int_equal(run->event_count, count);
}

/* ---- queue-log ---- */

#define STEP(line, rest, class, time)                                                              \
	"{\"event\":{\"line\":\"" line                                                             \
	"\",\"data\":{\"module_type\":\"Queue\",\"result_variable\":\"support\"," rest             \
	"}},\"class\":\"" class "\",\"timestamp\":" time "}"

static void a_row_of_a_queue_is_a_step(void **state)
{
	static const char *const lines[] = {
		"{\"session_id\":\"1795490400.101\",\"call\":{\"dest\":\"support\","
		"\"src\":\"+12125550101\",\"start\":1795490400,\"type\":\"inbound\"},\"steps\":"
		"[" STEP("Joined queue support at place 1",
			"\"event_id\":\"queue-1795490400-ENTERQUEUE-NONE\",\"position\":1", "info",
			"1795490400") "]}\n",
		"{\"session_id\":\"1795490400.101\",\"steps\":[" STEP(
			"Agent PJSIP/200 took the call after 11 s",
			"\"event_id\":\"queue-1795490411-CONNECT-PJSIP/200\",\"agent\":\"PJSIP/"
			"200\",\"hold_s\":11,\"ring_s\":10,\"channel_id\":\"1795490410.102\"",
			"event", "1795490411") "]}\n",
		"{\"session_id\":\"1795490400.101\",\"call\":{\"state\":\"ended\"},\"steps\":"
		"[" STEP("Agent PJSIP/200 done after 30 s, ended by agent",
			"\"event_id\":\"queue-1795490441-COMPLETEAGENT-PJSIP/"
			"200\",\"agent\":\"PJSIP/200\",\"hold_s\":11,\"talk_s\":30",
			"event", "1795490441") "]}\n",
	};
	struct arena arena;
	struct run *run;

	(void)state;
	arena_init(&arena, 1 << 24);
	run = run_source("queue-log", &no_options, fixture(&arena, "formats/queue_log"), 7);
	assert_events(run, lines, COUNT_OF(lines));
	run_free(run);
	arena_deinit(&arena);
}

static struct run *run_queue(const char *rows)
{
	return run_source("queue-log", &no_options, text_of(rows), 0);
}

static void assert_said(const struct run *run, size_t at, const char *what)
{
	assert_true(at < run->event_count);
	if (!strstr(run->events[at].text.data, what)) {
		fail_msg("'%s' is not in %s", what, run->events[at].text.data);
	}
}

static void other_ends_and_custom_rows_are_told(void **state)
{
	struct run *run = run_queue("1795490400|1.1|q|NONE|DID|+14155550100\n"
				    "1795490400|1.1|q|NONE|ENTERQUEUE||201|2\n"
				    "1795490401|NONE|NONE|NONE|QUEUESTART|\n"
				    "1795490402|1.1|q|SIP/9|PAUSE|\n"
				    "1795490405|1.1|q|SIP/9|RINGNOANSWER|5000\n"
				    "1795490406|1.1|q|NONE|IVRAPPEND|menu|2\n"
				    "1795490420|1.1|q|NONE|ABANDON|1|2|20\n"
				    "1795490420|1.2|q|NONE|EXITWITHKEY|9|1|1|15\n");

	(void)state;
	assert_int_equal(run->event_count, 6);
	assert_said(run, 0, "\"dest\":\"+14155550100\"");
	assert_null(strstr(run->events[1].text.data, "\"dest\""));
	assert_said(run, 2, "\"line\":\"Agent SIP/9 did not answer\"");
	assert_said(run, 3, "\"line\":\"IVRAPPEND: menu, 2\"");
	assert_said(run, 4, "\"line\":\"Left queue q after 20 s: the caller hung up\"");
	assert_said(run, 4, "\"state\":\"ended\"");
	assert_said(run, 5, "\"line\":\"Left queue q after 15 s: the caller pressed 9\"");
	run_free(run);
}

static void a_bad_row_is_told_and_the_others_are_taken(void **state)
{
	struct run *run = run_queue("hello\n1795490400|1.1|q|NONE|ENTERQUEUE||201|1\n"
				    "x|1.1|q|NONE|ENTERQUEUE\n");

	(void)state;
	assert_int_equal(run->event_count, 1);
	assert_int_equal(run->reject_count, 1);
	assert_int_equal(run->rejects[0].count, 2);
	assert_int_equal(run->rejects[0].line, 1);
	run_free(run);
}

/* ---- twilio ---- */

static void events_of_one_body_are_told_in_an_order_that_makes_sense(void **state)
{
	struct arena arena;
	struct run *run;

	(void)state;
	arena_init(&arena, 1 << 24);
	run = run_source("twilio", &no_options, fixture(&arena, "twilio/events.json"), 100);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->reject_count, 0);
	assert_int_equal(run->event_count, 4);
	assert_said(run, 0,
		"{\"session_id\":\"CA00000000000000000000000000000001\",\"call\":{\"src\":"
		"\"+12125550101\"},");
	assert_said(run, 0, "\"line\":\"Executing flow FW01, revision 12\"");
	assert_said(run, 0, "\"event_id\":\"FN01-started\"");
	assert_said(run, 1, "\"line\":\"Flow ended: FLOW_END\"");
	assert_said(run, 1, "\"state\":\"ended\"");
	assert_said(run, 2, "\"line\":\"User input: 4711 (dtmf)\"");
	assert_said(run, 2,
		"\"module_type\":\"gather-input-on-call\",\"result_variable\":\"order_number\","
		"\"event_id\":\"FT02\"");
	assert_said(run, 3, "\"line\":\"Widget say_hello\"");
	assert_said(run, 3, "\"event\":\"audioComplete\"");
	assert_said(run, 3, "\"class\":\"prompt\",\"timestamp\":1795485030");
	run_free(run);
	arena_deinit(&arena);
}

static void lists_of_the_rest_api_are_read_line_by_line(void **state)
{
	struct run *run = run_source("twilio", &no_options,
		TEXT("{\"calls\":[{\"sid\":\"CA1\",\"from\":\"+1\",\"to\":\"+2\",\"direction\":"
		     "\"outbound-api\",\"status\":\"busy\",\"start_time\":\"Fri, 18 Oct 2019 "
		     "17:02:00 +0000\",\"end_time\":\"Fri, 18 Oct 2019 19:03:00 +0200\","
		     "\"duration\":\"60\"},{\"sid\":\"CA2\",\"parent_call_sid\":\"CA1\","
		     "\"status\":\"completed\",\"end_time\":\"Fri, 18 Oct 2019 17:02:30 "
		     "+0000\"}]}\n"
		     "not json\n"
		     "{\"meta\":{},\"executions\":[{\"sid\":\"FN1\",\"initiated_by\":\"CA1\","
		     "\"flow_sid\":\"FW1\",\"status\":\"active\",\"date_created\":"
		     "\"2019-10-18T17:02:01Z\"}]}\n"
		     "{\"meta\":{},\"steps\":[{\"sid\":\"FT1\",\"execution_sid\":\"FN1\",\"name\":"
		     "\"incomingCall\",\"transitioned_from\":\"Trigger\",\"transitioned_to\":\"g\","
		     "\"type\":\"trigger\",\"date_created\":\"2019-10-18T17:02:02Z\"},"
		     "{\"sid\":\"FT3\",\"execution_sid\":\"FN1\",\"name\":\"match\","
		     "\"transitioned_from\":\"g\",\"transitioned_to\":\"h\","
		     "\"type\":\"split-based-on\",\"date_created\":\"2019-10-18T17:02:03Z\"},"
		     "{\"sid\":\"FT2\",\"execution_sid\":\"FN7\",\"name\":\"x\"}]}\n"),
		0);

	(void)state;
	assert_int_equal(run->event_count, 4);
	assert_said(run, 0,
		"{\"session_id\":\"CA1\",\"call\":{\"dest\":\"+2\",\"src\":\"+1\",\"start\":"
		"1571418120,\"end\":1571418180,\"type\":\"outbound\",\"state\":\"ended\"},");
	assert_said(run, 0, "\"line\":\"Hung up: busy\"");
	assert_said(run, 1, "{\"session_id\":\"CA1\",\"steps\":");
	assert_said(run, 1, "\"channel\":\"CA2\"");
	/* What started the flow is not a step. */
	assert_said(run, 3, "\"line\":\"g → h\"");
	assert_int_equal(run->reject_count, 2);
	assert_int_equal(run->rejects[0].line, 2);
	assert_non_null(strstr(run->rejects[1].error.data, "the execution of a step is not known"));
	run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_of_a_queue_is_a_step),
		cmocka_unit_test(other_ends_and_custom_rows_are_told),
		cmocka_unit_test(a_bad_row_is_told_and_the_others_are_taken),
		cmocka_unit_test(events_of_one_body_are_told_in_an_order_that_makes_sense),
		cmocka_unit_test(lists_of_the_rest_api_are_read_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
