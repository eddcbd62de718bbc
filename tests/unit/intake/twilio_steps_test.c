/* SPDX-License-Identifier: MIT
 * What Twilio's documents say as steps. The shapes are those of its REST reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/twilio/twilio_steps.h"
#include "json/json_find.h"

#define WHEN INT64_C(1795459157)

static const char context[] =
	"{\"widgets\":{\"pin\":{\"Digits\":\"1234\"},\"why\":{\"SpeechResult\":"
	"\"my \\\"bill\\\"\",\"Digits\":null},\"hello\":{\"say\":\"Welcome\"},"
	"\"api\":{\"status_code\":503}}}";

/* Shows the steps as `class line | module variable event_id`, a line each. */
static void show(struct twilio_steps *steps, struct buffer *shown)
{
	struct arena *arena = steps->arena;

	buffer_clear(shown);
	for (size_t i = 0; i < steps->count; i++) {
		struct text step = steps->list[i];

		buffer_printf(shown, "%.*s %.*s | %.*s %.*s %.*s\n",
			TEXT_ARG(json_find_string(step, "class", arena)),
			TEXT_ARG(json_find_string(step, "event.line", arena)),
			TEXT_ARG(json_find_string(step, "event.data.module_type", arena)),
			TEXT_ARG(json_find_string(step, "event.data.result_variable", arena)),
			TEXT_ARG(json_find_string(step, "event.data.event_id", arena)));
		assert_int_equal(json_find_integer(step, "timestamp", -1), WHEN);
	}
	buffer_append_byte(shown, '\0');
	assert_false(shown->failed);
	assert_false(steps->failed);
}

static void steps_of_widgets_are_told_by_their_type(void **state)
{
	static const struct {
		const char *type, *widget, *event, *told;
	} rows[] = {
		{"trigger", "Trigger", "incomingCall", ""},
		{"say-play", "hello", "audioComplete",
			"prompt Said: Welcome | say-play hello FT1\n"},
		{"say-play", "bye", "audioComplete", "prompt Widget bye | say-play bye FT1\n"},
		{"gather-input-on-call", "pin", "keypress",
			"event User input: 1234 (dtmf) | gather-input-on-call pin FT1\n"},
		{"gather-input-on-call", "why", "speech",
			"event User input: \"my \"bill\"\" (voice) | gather-input-on-call why "
			"FT1\n"},
		{"gather-input-on-call", "none", "timeout",
			"event No input | gather-input-on-call none FT1\n"},
		{"split-based-on", "menu", "match", "info menu → next | split-based-on menu FT1\n"},
		{"connect-call-to", "agent", "busy",
			"event Calling (agent): busy | connect-call-to agent FT1\n"},
		{"connect-call-to", "agent", "callFailed",
			"error Calling (agent): callFailed | connect-call-to agent FT1\n"},
		{"enqueue-call", "q", "callComplete",
			"info Queued (q): callComplete | enqueue-call q FT1\n"},
		{"make-http-request", "api", "failed",
			"error Request api: 503 | make-http-request api FT1\n"},
		{"run-function", "fn", "success",
			"info Request fn: success | run-function fn FT1\n"},
		{"capture-payments", "pay", "success",
			"info Widget pay: success | capture-payments pay FT1\n"},
	};
	AUTO(buffer_deinit) struct buffer json;
	AUTO(buffer_deinit) struct buffer shown;
	AUTO(arena_deinit) struct arena arena;

	(void)state;
	buffer_init(&json, 4096);
	buffer_init(&shown, 4096);
	arena_init(&arena, (size_t)1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct twilio_steps steps = {.arena = &arena};

		buffer_clear(&json);
		buffer_printf(&json,
			"{\"sid\":\"FT1\",\"name\":\"%s\",\"transitioned_from\":\"%s\","
			"\"transitioned_to\":\"next\",\"type\":\"%s\"}",
			rows[i].event, rows[i].widget, rows[i].type);
		twilio_steps_add_step(
			&steps, buffer_text(&json), text_of(context), WHEN, (struct text){0});
		show(&steps, &shown);
		assert_string_equal(shown.data, rows[i].told);
	}
}

static void an_execution_begins_with_its_flow(void **state)
{
	AUTO(buffer_deinit) struct buffer shown;
	AUTO(arena_deinit) struct arena arena;
	struct twilio_steps steps = {.arena = &arena};

	(void)state;
	buffer_init(&shown, 4096);
	arena_init(&arena, (size_t)1 << 20);
	twilio_steps_add_start(
		&steps, TEXT("Orders"), TEXT("{\"sid\":\"FN9\",\"flow_version\":3}"), WHEN);
	show(&steps, &shown);
	assert_string_equal(
		shown.data, "info Executing flow Orders, revision 3 | start start FN9-started\n");
}

static void requests_and_answers_of_an_application_are_told(void **state)
{
	static const struct {
		const char *event, *told;
	} rows[] = {
		{"{\"request\":{\"url\":\"https://ivr.example/menu/"
		 "main?x=1\",\"parameters\":{\"digits\":"
		 "\"42\"}},\"response\":{\"response_code\":200,\"response_body\":\"<?xml version="
		 "\\\"1.0\\\"?><Response><Say voice=\\\"a\\\"> Hello &amp; welcome "
		 "</Say><Gather><Say>"
		 "Press 1</Say></Gather><Dial>+1415</Dial><Hangup/></Response>\"}}",
			"event User input: 42 (dtmf) | Gather /menu/main CA1-7-request\n"
			"prompt Said: Hello & welcome | Say /menu/main CA1-7-0\n"
			"info Asking for input | Gather /menu/main CA1-7-1\n"
			"prompt Said: Press 1 | Say /menu/main CA1-7-2\n"
			"info Calling +1415 | Dial /menu/main CA1-7-3\n"
			"event Hung up by the application | Hangup /menu/main CA1-7-4\n"},
		{"{\"request\":{\"url\":\"https://ivr.example/"
		 "a\",\"parameters\":{\"speech_result\":"
		 "\"yes\"}},\"response\":{\"response_code\":500,\"response_body\":\"<Say>no</"
		 "Say>\"}}",
			"event User input: \"yes\" (voice) | Gather /a CA1-7-request\n"
			"error Request /a: 500 | Request /a CA1-7-response\n"},
		{"{\"request\":{\"url\":\"x\"},\"response\":{\"response_code\":201,\"response_"
		 "body\":"
		 "\"{}\"}}",
			""},
		{"{\"response\":{\"response_code\":200,\"response_body\":\"<!DOCTYPE a [<!ENTITY b "
		 "'c'>]><Response><Say>&b;</Say></Response>\"}}",
			""},
		{"{\"response\":{\"response_body\":\"<Response><Say>One</Say><Say>Two\"}}",
			"prompt Said: One | Say  CA1-7-0\n"},
		{"[]", ""},
	};
	AUTO(buffer_deinit) struct buffer shown;
	AUTO(arena_deinit) struct arena arena;

	(void)state;
	buffer_init(&shown, 8192);
	arena_init(&arena, (size_t)1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct twilio_steps steps = {.arena = &arena};

		twilio_steps_add_event(
			&steps, text_of(rows[i].event), 7, TEXT("CA1"), WHEN, (struct text){0});
		show(&steps, &shown);
		assert_string_equal(shown.data, rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_of_widgets_are_told_by_their_type),
		cmocka_unit_test(an_execution_begins_with_its_flow),
		cmocka_unit_test(requests_and_answers_of_an_application_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
