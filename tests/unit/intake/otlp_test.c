/* SPDX-License-Identifier: MIT
 * OTLP: what each kind of span becomes, in both encodings; and what is set aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buffer.h"
#include "intake/sources/otlp/otlp_answer.h"
#include "intake/sources/otlp/otlp_step.h"
#include "intake/sources/otlp/otlp_trace.h"
#include "otlp_pack.h"

#define ARENA_BYTES ((size_t)64 << 20)

/* Attributes as OTLP writes them. */
#define STRING(name, value) "{\"key\":\"" name "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define NUMBER(name, value) "{\"key\":\"" name "\",\"value\":{\"doubleValue\":" value "}}"
#define WHOLE(name, value)  "{\"key\":\"" name "\",\"value\":{\"intValue\":\"" value "\"}}"
#define TRUTH(name, value)  "{\"key\":\"" name "\",\"value\":{\"boolValue\":" value "}}"

struct told {
	struct arena arena;
	struct buffer lines;
	struct otlp_request request;
	uint64_t spans;
	bool all_spans;
	bool held; /* what is_call() says */
	int result;
	struct error err;
};

static int keep_line(void *context, struct text line, uint64_t spans, struct error *err)
{
	struct told *told = context;

	(void)err;
	buffer_append(&told->lines, line);
	buffer_append_byte(&told->lines, '\n');
	told->spans += spans;
	return 0;
}

static int say_held(void *context, struct text trace_id, struct error *err)
{
	const struct told *told = context;

	(void)err;
	assert_int_equal(trace_id.size, OTLP_TRACE_ID_SIZE);
	return told->held;
}

static void told_init(struct told *told)
{
	*told = (struct told){0};
	arena_init(&told->arena, ARENA_BYTES);
	buffer_init(&told->lines, ARENA_BYTES);
	otlp_request_init(&told->request, &told->arena);
}

static void told_deinit(struct told *told)
{
	arena_deinit(&told->arena);
	buffer_deinit(&told->lines);
}

static void tell(struct told *told)
{
	const struct otlp_sink sink = {
		.line = keep_line,
		.is_call = say_held,
		.context = told,
		.all_spans = told->all_spans,
	};

	if (told->result == 0) {
		told->result = otlp_write_lines(&told->request, &sink, &told->err);
	}
	buffer_append_byte(&told->lines, '\0');
}

static void read_json(struct told *told, const char *body)
{
	told->result = otlp_read_json(&told->request, text_of(body), 1, &told->err);
	tell(told);
}

/* The same spans, by way of protobuf. */
static void read_packed(struct told *told, const char *body)
{
	struct otlp_request request;
	struct buffer packed;

	otlp_request_init(&request, &told->arena);
	assert_int_equal(otlp_read_json(&request, text_of(body), 1, &told->err), 0);
	buffer_init(&packed, ARENA_BYTES);
	otlp_pack(&packed, &request);
	told->result = otlp_read_protobuf(
		&told->request, arena_copy(&told->arena, buffer_text(&packed)), &told->err);
	buffer_deinit(&packed);
	tell(told);
}

static void assert_lines(const char *body, const char *expected)
{
	for (int packed = 0; packed < 2; packed++) {
		struct told told;

		told_init(&told);
		(packed ? read_packed : read_json)(&told, body);
		if (told.result < 0) {
			fail_msg("%s", told.err.message);
		}
		assert_string_equal(told.lines.data, expected);
		assert_string_equal(told.request.reasons, "");
		told_deinit(&told);
	}
}

/* ---- the kinds ---- */

#define STEP(class_name, line, module, variable, more)                                             \
	"{\"event\":{\"line\":\"" line "\",\"data\":{\"module_type\":\"" module                    \
	"\",\"result_variable\":\"" variable                                                       \
	"\",\"event_id\":\"00f067aa0ba902b7\",\"event_time\":\"1795490400.500000000\","            \
	"\"duration_ms\":1250" more "}},\"class\":\"" class_name "\",\"timestamp\":1795490400}"

static const struct {
	const char *name;
	const char *attributes;
	const char *more; /* of the span */
	const char *call; /* `"call":{…},` */
	const char *steps;
} kinds[] = {
	/* jambonz */
	{"verb:say{text=Welcome to Acme...}",
		STRING("verb.summary", "say{text=Welcome to Acme...}") "," STRING(
			"tts.vendor", "google") "," STRING("tts.voice", "en-US-A"),
		"", "",
		STEP("prompt", "Saying Welcome to Acme...", "say", "",
			",\"vendor\":\"google\",\"voice\":\"en-US-A\"")},
	{"verb:say streaming", "", "", "", STEP("prompt", "Saying streaming", "say", "", "")},
	{"nested:play:{url=https://a.example/w.mp3}", "", "", "",
		STEP("prompt", "Playing https://a.example/w.mp3", "play", "", "")},
	{"verb:gather{inputs=[speech,digits],}",
		STRING("stt.resolve", "speech") "," STRING("stt.result",
			"{\\\"language_code\\\":\\\"en-US\\\",\\\"alternatives\\\":[{"
			"\\\"transcript\\\":"
			"\\\"my order\\\",\\\"confidence\\\":0.93}],\\\"is_final\\\":true}"),
		"", "",
		STEP("event", "User input: \\\"my order\\\" (voice)", "gather", "",
			",\"reason\":\"speech\",\"confidence\":0.93,\"language\":\"en-US\"")},
	{"verb:gather{inputs=digits}",
		STRING("stt.resolve", "dtmf-num-digits") "," STRING(
			"stt.result", "{\\\"digits\\\":\\\"1234\\\"}"),
		"", "",
		STEP("event", "User input: 1234 (dtmf)", "gather", "",
			",\"reason\":\"dtmf-num-digits\"")},
	{"verb:gather{inputs=digits}", STRING("stt.resolve", "dtmf-num-digits"), "", "",
		STEP("info", "Input ended: dtmf-num-digits", "gather", "",
			",\"reason\":\"dtmf-num-digits\"")},
	{"verb:gather{inputs=digits}", STRING("stt.resolve", "timeout"), "", "",
		STEP("event", "No input", "gather", "", ",\"reason\":\"timeout\"")},
	{"verb:gather{inputs=speech,}", STRING("stt.resolve", "stt-error"), "", "",
		STEP("error", "Input ended: stt-error", "gather", "", ",\"reason\":\"stt-error\"")},
	{"verb:dial{type=phone,number=+16175550100}", "", "", "",
		STEP("info", "dial type=phone,number=+16175550100", "dial", "", "")},
	{"verb:sip:refer", WHOLE("refer.status_code", "202"), "", "",
		STEP("info", "sip:refer", "sip:refer", "", ",\"status\":202")},
	{"verb:hangup", "", "", "", STEP("info", "hangup", "hangup", "", "")},
	{"dtmf:5", STRING("dtmf", "5") "," STRING("duration", "250ms"), "", "",
		STEP("event", "User input: 5 (dtmf)", "dtmf", "", ",\"tone\":\"250ms\"")},
	{"verb:hook (https://app.example/menu?x=1)",
		WHOLE("http.statusCode", "200") "," STRING("http.body",
			"{\\\"digits\\\":\\\"42\\\",\\\"reason\\\":"
			"\\\"dtmfDetected\\\",\\\"from\\\":1}"),
		"", "",
		STEP("info", "Request /menu: 200", "hook", "menu",
			",\"status\":200") ","
					   "{\"event\":{\"line\":\"User input: 42 "
					   "(dtmf)\",\"data\":{\"module_type\":\"gather\","
					   "\"result_variable\":\"menu\",\"event_id\":"
					   "\"00f067aa0ba902b7-2\",\"event_time\":"
					   "\"1795490400.500000000\",\"duration_ms\":1250,"
					   "\"reason\":\"dtmfDetected\"}},"
					   "\"class\":\"event\",\"timestamp\":1795490400}"},
	{"verb:hook", STRING("hook.url", "/status") "," WHOLE("http.statusCode", "503"), "", "",
		STEP("error", "Request /status: 503", "hook", "status", ",\"status\":503")},
	{"call-status:in-progress",
		STRING("callSid", "c1") "," STRING("from", "+1212") "," STRING("to",
			"+1617") "," STRING("direction", "inbound") "," WHOLE("sipStatus", "200"),
		"", "\"call\":{\"dest\":\"+1617\",\"src\":\"+1212\",\"type\":\"inbound\"},",
		STEP("event", "Call in-progress", "call-status", "in-progress",
			",\"call_sid\":\"c1\",\"sip_status\":200")},
	{"call-status:completed", WHOLE("duration", "12") "," STRING("callTerminationBy", "caller"),
		"", "\"call\":{\"state\":\"ended\"},",
		STEP("event", "Call completed", "call-status", "completed",
			",\"duration\":12,\"terminated_by\":\"caller\"")},
	{"call-status:busy", WHOLE("sipStatus", "486") "," STRING("sipReason", "Busy Here"), "",
		"\"call\":{\"state\":\"ended\"},",
		STEP("event", "Call busy: Busy Here", "call-status", "busy",
			",\"sip_status\":486,\"sip_reason\":\"Busy Here\"")},
	{"call-status:failed",
		WHOLE("sipStatus", "503") "," STRING("sipReason", "Service Unavailable"), "",
		"\"call\":{\"state\":\"ended\"},",
		STEP("error", "Call failed: Service Unavailable", "call-status", "failed",
			",\"sip_status\":503,\"sip_reason\":\"Service Unavailable\"")},
	/* a called leg neither names nor ends the call */
	{"call-status:completed", STRING("parentCallSid", "c0") "," STRING("from", "+1"), "", "",
		STEP("event", "Call completed", "call-status", "completed",
			",\"parent_call_sid\":\"c0\"")},
	{"incoming-call", STRING("callSid", "c1") "," STRING("callId", "x@y"), "",
		"\"call\":{\"state\":\"ended\"},",
		STEP("event", "Incoming call", "start", "",
			",\"call_sid\":\"c1\",\"call_id\":\"x@y\"")},
	{"rest-call", "", "", "\"call\":{\"type\":\"outbound\",\"state\":\"ended\"},",
		STEP("event", "Outgoing call", "start", "", "")},
	/* LiveKit */
	{"user_turn",
		STRING("lk.user_transcript", "book a table") "," NUMBER(
			"lk.transcript_confidence", "0.97") "," STRING("lk.eou.language", "en"),
		"", "",
		STEP("event", "User input: \\\"book a table\\\" (voice)", "user_turn", "",
			",\"confidence\":0.97,\"language\":\"en\"")},
	{"user_turn", STRING("lk.pii.user_transcript", "hi"), "", "",
		STEP("event", "User input: \\\"hi\\\" (voice)", "user_turn", "", "")},
	{"agent_turn",
		STRING("lk.response.text", "For how many?") "," TRUTH(
			"lk.interrupted", "true") "," NUMBER("lk.e2e_latency", "0.8"),
		"", "",
		STEP("prompt", "For how many?", "agent_turn", "",
			",\"interrupted\":true,\"e2e_latency\":0.8")},
	{"agent_turn", STRING("lk.pii.response.text", "Yes."), "", "",
		STEP("prompt", "Yes.", "agent_turn", "", "")},
	{"agent_turn", TRUTH("lk.interrupted", "true"), "", "",
		STEP("prompt", "Interrupted before the first word", "agent_turn", "",
			",\"interrupted\":true")},
	{"function_tool",
		STRING("lk.function_tool.name", "find_table") "," STRING(
			"lk.function_tool.arguments",
			"{\\\"people\\\":4}") "," STRING("lk.function_tool.output",
			"none") "," TRUTH("lk.function_tool.is_error", "false"),
		"", "",
		STEP("info", "Tool find_table", "tool", "find_table",
			",\"arguments\":\"{\\\"people\\\":4}\",\"output\":\"none\"")},
	{"function_tool",
		STRING("lk.function_tool.name", "pay") "," TRUTH(
			"lk.function_tool.is_error", "true"),
		"", "", STEP("error", "Tool pay", "tool", "pay", "")},
	{"on_enter", STRING("lk.agent_label", "Reservations"), "", "",
		STEP("info", "Agent Reservations", "agent", "Reservations", "")},
	{"handoff", STRING("gen_ai.agent.name", "Billing"), "", "",
		STEP("info", "Agent Billing", "agent", "Billing", "")},
	{"agent_session",
		STRING("lk.agent_label", "Desk") "," STRING("lk.room_name", "call-7") "," STRING(
			"sip.phoneNumber", "+1212") "," STRING("sip.trunkPhoneNumber", "+1617"),
		"", "\"call\":{\"dest\":\"+1617\",\"src\":\"+1212\",\"state\":\"ended\"},",
		STEP("event", "Session began", "start", "",
			",\"agent\":\"Desk\",\"room\":\"call-7\"")},
	/* an agent that calls: the other one's number is where the call goes to */
	{"agent_session",
		STRING("sip.phoneNumber", "+1212") "," STRING(
			"sip.trunkPhoneNumber", "+1617") "," STRING("call.direction", "outbound"),
		"",
		"\"call\":{\"dest\":\"+1212\",\"src\":\"+1617\",\"type\":\"outbound\",\"state\":"
		"\"ended\"},",
		STEP("event", "Session began", "start", "", "")},
	/* Pipecat */
	{"stt_DeepgramSTTService",
		STRING("transcript", "hello") "," TRUTH("is_final", "true") "," STRING(
			"language", "en"),
		"", "",
		STEP("event", "User input: \\\"hello\\\" (voice)", "stt", "",
			",\"language\":\"en\"")},
	{"tts",
		STRING("text", "Good morning.") "," STRING("voice_id", "v1") "," NUMBER(
			"metrics.ttfb", "0.21"),
		"", "",
		STEP("prompt", "Good morning.", "tts", "", ",\"voice\":\"v1\",\"ttfb\":0.21")},
	{"conversation", STRING("conversation.id", "k9"), "", "\"call\":{\"state\":\"ended\"},",
		STEP("event", "Conversation began", "start", "", ",\"conversation_id\":\"k9\"")},
	{"llm_tool_call",
		STRING("tool.function_name", "weather") "," STRING("tool.result_status", "error"),
		"", "", STEP("error", "Tool weather", "tool", "weather", "")},
	/* anybody's */
	{"ask-order",
		STRING("callstep.line", "Asked for the order") "," STRING(
			"callstep.class", "prompt") "," STRING("callstep.module",
			"menu") "," STRING("callstep.variable", "ORDER") "," WHOLE("tries",
			"2") "," STRING("shop", "north"),
		"", "",
		STEP("prompt", "Asked for the order", "menu", "ORDER",
			",\"tries\":2,\"shop\":\"north\"")},
	{"lookup", STRING("callstep.line", "Looked up"), "", "",
		STEP("info", "Looked up", "lookup", "", "")},
	{"setup", STRING("call.from", "+1212") "," STRING("call.to", "+1617"), "",
		"\"call\":{\"dest\":\"+1617\",\"src\":\"+1212\"},",
		STEP("event", "Call from +1212 to +1617", "start", "", "")},
	/* what failed */
	{"verb:dial{type=phone,number=1}", "",
		",\"status\":{\"code\":2,\"message\":\"no carrier\"}", "",
		STEP("error", "dial type=phone,number=1", "dial", "",
			",\"message\":\"no carrier\"")},
};

static void each_kind_of_span_becomes_its_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct arena arena;
		const char *body, *expected;

		arena_init(&arena, ARENA_BYTES);
		body = arena_printf(&arena,
			GROUP("{" CHILD TIMES ",\"name\":\"%s\",\"attributes\":[%s]%s}"),
			kinds[i].name, kinds[i].attributes, kinds[i].more)
			       .data;
		expected = arena_printf(&arena, "{\"session_id\":\"" TRACE "\",%s\"steps\":[%s]}\n",
			kinds[i].call, kinds[i].steps)
				   .data;
		assert_lines(body, expected);
		arena_deinit(&arena);
	}
}

/* Spans that only say how long something took, or nothing that was said. */
static void a_span_that_says_nothing_makes_no_step(void **state)
{
	static const char *const names[] = {"llm_node", "tts_node", "eou_detection", "turn",
		"turn-3", "llm", "user_turn", "agent_turn", "stt", "tts", "tts-generation",
		"job_entrypoint", "background-record:listen"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (int all = 0; all < 2; all++) {
			struct told told;
			struct text body;

			told_init(&told);
			body = arena_printf(&told.arena,
				GROUP("{" CHILD TIMES ",\"name\":\"%s\",\"attributes\":[" NUMBER(
					"lk.response.ttft", "0.4") "]}"),
				names[i]);
			told.all_spans = all;
			read_json(&told, body.data);
			assert_int_equal(told.result, 0);
			assert_int_equal(told.request.rejected, 0);
			if (!all) {
				assert_string_equal(told.lines.data, "");
			} else {
				assert_non_null(strstr(told.lines.data, "\"class\":\"debug\""));
				assert_non_null(
					strstr(told.lines.data, "\"lk.response.ttft\":0.4"));
			}
			told_deinit(&told);
		}
	}
}

static void a_transcript_that_is_not_final_is_left_out(void **state)
{
	(void)state;
	assert_lines(GROUP("{" CHILD TIMES ",\"name\":\"stt\",\"attributes\":[" STRING(
			     "transcript", "hel") "," TRUTH("is_final", "false") "]}"),
		"");
}

/* ---- the call ---- */

static void the_root_says_when_the_call_began_and_ended(void **state)
{
	(void)state;
	assert_lines(GROUP("{" IDS ",\"startTimeUnixNano\":\"1795490399900000000\","
			   "\"endTimeUnixNano\":\"1795490460000000000\",\"name\":\"incoming-call\","
			   "\"attributes\":[" STRING("call.termination", "hangup by caller") "]}"),
		"{\"session_id\":\"" TRACE "\",\"call\":{\"start\":1795490399,\"end\":1795490460,"
		"\"state\":\"ended\"},\"steps\":["
		"{\"event\":{\"line\":\"Incoming call\",\"data\":{\"module_type\":\"start\","
		"\"result_variable\":\"\",\"event_id\":\"00f067aa0ba902b7\",\"event_time\":"
		"\"1795490399.900000000\",\"duration_ms\":60100}},\"class\":\"event\","
		"\"timestamp\":"
		"1795490399},"
		"{\"event\":{\"line\":\"Call ended: hangup by caller\",\"data\":{\"module_type\":"
		"\"hangup\",\"result_variable\":\"\",\"event_id\":\"00f067aa0ba902b7-2\",\"event_"
		"time\":"
		"\"1795490460.000000000\",\"duration_ms\":60100}},\"class\":\"event\","
		"\"timestamp\":"
		"1795490460}]}\n");
}

static void steps_stand_in_the_order_of_their_spans_starts(void **state)
{
	static const char first[] =
		"{\"traceId\":\"" TRACE "\",\"spanId\":\"aaaaaaaaaaaaaaaa\",\"parentSpanId\":"
		"\"00f067aa0ba90000\",\"name\":\"verb:hangup\","
		"\"startTimeUnixNano\":1795490400100000000,"
		"\"endTimeUnixNano\":1795490400200000000}";
	static const char second[] = "{" CHILD TIMES ",\"name\":\"verb:pause\"}";
	char bodies[2][1200];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct told told;
		const char *a, *b;

		snprintf(bodies[i], sizeof(bodies[i]), GROUP("%s,%s,%s"), i ? second : first,
			i ? first : second, first);
		told_init(&told);
		read_json(&told, bodies[i]);
		a = strstr(told.lines.data, "hangup");
		b = strstr(told.lines.data, "pause");
		assert_non_null(a);
		assert_non_null(b);
		assert_true(a < b);
		/* the span that came twice is one */
		assert_null(strstr(b, "hangup"));
		assert_int_equal(told.spans, 2);
		told_deinit(&told);
	}
}

static void a_resource_tells_the_numbers_of_all_its_spans(void **state)
{
	(void)state;
	assert_lines("{\"resourceSpans\":[{\"scopeSpans\":[{\"scope\":{\"name\":\"x\"},\"spans\":["
		     "{" CHILD TIMES
		     ",\"name\":\"verb:hangup\"}]}],\"resource\":{\"attributes\":[" STRING(
			     "call.from", "1") "," STRING("call.to", "2") "]}}]}",
		"{\"session_id\":\"" TRACE
		"\",\"call\":{\"dest\":\"2\",\"src\":\"1\"},\"steps\":[" STEP(
			"info", "hangup", "hangup", "", "") "]}\n");
}

static void a_trace_that_is_not_a_call_is_set_aside(void **state)
{
	struct told told;

	(void)state;
	told_init(&told);
	read_json(&told, GROUP("{" IDS TIMES ",\"name\":\"GET /\"},{" CHILD TIMES
			       ",\"name\":\"x\",\"attributes\":[" STRING(
				       "gen_ai.operation.name", "execute_tool") "]}"));
	assert_int_equal(told.result, 0);
	assert_string_equal(told.lines.data, "");
	/* both have one id: the second is the first again */
	assert_int_equal(told.request.rejected, 1);
	assert_non_null(strstr(told.request.reasons, "not a call"));
	told_deinit(&told);
}

static void what_comes_of_a_held_call_is_taken_whatever_its_names(void **state)
{
	struct told told;

	(void)state;
	told_init(&told);
	told.held = true;
	read_json(&told, GROUP("{" IDS TIMES ",\"name\":\"GET /\"}"));
	assert_string_equal(told.lines.data,
		"{\"session_id\":\"" TRACE "\",\"call\":{\"start\":1795490400,\"end\":1795490401,"
		"\"state\":\"ended\"}}\n");
	assert_int_equal(told.request.rejected, 0);
	told_deinit(&told);
}

/* ---- what is wrong ---- */

static const struct {
	const char *span;
	const char *reason;
} wrong[] = {
	{"{\"spanId\":\"00f067aa0ba902b7\"" TIMES ",\"name\":\"verb:x\"}", "trace id is not 16"},
	{"{\"traceId\":\"00000000000000000000000000000000\",\"spanId\":\"00f067aa0ba902b7\"" TIMES
	 ",\"name\":\"verb:x\"}",
		"all zero"},
	{"{\"traceId\":\"" TRACE "\",\"spanId\":\"00f067\"" TIMES ",\"name\":\"verb:x\"}",
		"id is not 8 bytes"},
	{"{\"traceId\":\"" TRACE "\",\"spanId\":\"00f067aa0ba9zzzz\"" TIMES ",\"name\":\"verb:x\"}",
		"other characters"},
	{"{" CHILD ",\"name\":\"verb:x\"}", "times are not UNIX nanoseconds"},
	{"{" CHILD ",\"startTimeUnixNano\":\"2000000000\",\"endTimeUnixNano\":\"1000000000\","
	 "\"name\":\"verb:x\"}",
		"ends before it starts"},
	{"{" CHILD TIMES ",\"name\":\"x\",\"attributes\":[" STRING("callstep.line", "a") "," STRING(
		 "callstep.class", "two words") "]}",
		"callstep.class"},
	{"{" CHILD TIMES ",\"name\":\"x\",\"attributes\":[" STRING("callstep.line",
		 "a") ",{\"key\":\"k\",\"value\":{\"kvlistValue\":{\"values\":[" STRING("b",
		 "1") "," STRING("b", "2") "]}}}]}",
		"a name twice"},
};

static void a_bad_span_is_set_aside_and_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct told told;
		struct text body;

		told_init(&told);
		body = arena_printf(&told.arena,
			GROUP("%s,{\"traceId\":\"" TRACE
			      "\",\"spanId\":\"1111111111111111\",\"parentSpanId\":"
			      "\"2222222222222222\"" TIMES ",\"name\":\"verb:hangup\"}"),
			wrong[i].span);
		read_json(&told, body.data);
		assert_int_equal(told.result, 0);
		assert_int_equal(told.request.rejected, 1);
		if (!strstr(told.request.reasons, wrong[i].reason)) {
			fail_msg("'%s' is not in '%s'", wrong[i].reason, told.request.reasons);
		}
		/* the other one is kept */
		assert_non_null(strstr(told.lines.data, "hangup"));
		told_deinit(&told);
	}
}

static void what_is_not_a_request_is_refused(void **state)
{
	static const char *const bodies[] = {"", "[]", "{\"resourceSpans\":[",
		"{\"resourceSpans\":1}", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[7]}]}]}",
		"{} {}", GROUP("{\"name\":7}"), GROUP("{\"startTimeUnixNano\":\"1.5\"}"),
		GROUP("{\"startTimeUnixNano\":\"99999999999999999999\"}"),
		GROUP("{\"attributes\":[{\"key\":\"a\",\"value\":{\"arrayValue\":[]}}]}")};
	static const struct text packed[] = {{.data = "\x0a", .size = 1},
		{.data = "\x0a\x05\x12", .size = 3}, {.data = "{}", .size = 2}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct told told;

		told_init(&told);
		read_json(&told, bodies[i]);
		assert_int_equal(told.result, -1);
		assert_int_equal(told.err.code, ERROR_INVALID);
		assert_non_null(strstr(told.err.message, "column"));
		told_deinit(&told);
	}
	for (size_t i = 0; i < COUNT_OF(packed); i++) {
		struct told told;

		told_init(&told);
		assert_int_equal(otlp_read_protobuf(&told.request, packed[i], &told.err), -1);
		assert_int_equal(told.err.code, ERROR_INVALID);
		told_deinit(&told);
	}
}

/* Each empty span is two bytes on the wire, and much more in memory. */
static void a_request_of_empty_parts_ends_at_the_ceiling(void **state)
{
	static char spans[20000];
	struct buffer body;
	struct told told;

	(void)state;
	for (size_t i = 0; i < sizeof(spans); i += 2) {
		spans[i] = 0x12;
	}
	told_init(&told);
	told.arena.ceiling_bytes = (size_t)100 << 10;
	buffer_init(&body, ARENA_BYTES);
	/* a request, a resource's spans, a scope's spans */
	buffer_append(&body, TEXT("\x0a\xa4\x9c\x01\x12\xa0\x9c\x01"));
	buffer_append(&body, (struct text){.data = spans, .size = sizeof(spans)});
	assert_int_equal(otlp_read_protobuf(&told.request, buffer_text(&body), &told.err), -1);
	assert_int_equal(told.err.code, ERROR_NO_MEMORY);
	buffer_deinit(&body);
	told_deinit(&told);
}

static void long_values_are_cut_and_say_so(void **state)
{
	static char said[OTLP_VALUE_MAX + 101];
	struct told told;
	struct text body;

	(void)state;
	memset(said, 'x', sizeof(said) - 1);
	told_init(&told);
	body = arena_printf(&told.arena,
		GROUP("{" CHILD TIMES
		      ",\"name\":\"function_tool\",\"attributes\":[" STRING("lk.function_tool.name",
			      "t") "," STRING("lk.function_tool.output", "%s") "]}"),
		said);
	read_json(&told, body.data);
	assert_non_null(strstr(told.lines.data, "xxx\xe2\x80\xa6\",\"cut_bytes\":100}"));
	told_deinit(&told);
}

static void values_of_every_kind_are_kept(void **state)
{
	struct told told;

	(void)state;
	told_init(&told);
	read_json(&told,
		GROUP("{" CHILD TIMES ",\"name\":\"x\",\"attributes\":[" STRING("callstep.line",
			"a") ",{\"key\":\"list\",\"value\":{\"arrayValue\":{\"values\":[{"
			     "\"intValue\":"
			     "\"1\"},{\"stringValue\":\"b\"},{}]}}},{\"key\":\"map\",\"value\":{"
			     "\"kvlistValue\":{\"values\":[" STRING("k",
				     "v") ",{\"key\":\"n\"}]}}},{\"key\":\"none\"},{\"key\":"
					  "\"odd\","
					  "\"value\":{\"intValue\":\"007\"}},{\"key\":\"bytes\","
					  "\"value\":{\"bytesValue\":\"AQI=\"}},{\"key\":\"event_"
					  "id\","
					  "\"value\":{\"stringValue\":\"mine\"}}]}"));
	assert_int_equal(told.result, 0);
	assert_non_null(strstr(told.lines.data,
		"\"duration_ms\":1250,\"list\":[1,\"b\",null],\"map\":{\"k\":\"v\",\"n\":null},"
		"\"none\":null,\"odd\":\"007\",\"bytes\":\"AQI=\"}"));
	told_deinit(&told);
}

/* ---- answers ---- */

static void an_answer_says_what_was_set_aside(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 4096);
	otlp_write_answer(&out, true, 0, "");
	assert_true(text_equal(buffer_text(&out), TEXT("{}")));
	buffer_clear(&out);
	otlp_write_answer(&out, true, 3, "a \"b\"");
	assert_true(text_equal(buffer_text(&out),
		TEXT("{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"a "
		     "\\\"b\\\"\"}}")));
	buffer_clear(&out);
	otlp_write_answer(&out, false, 0, "");
	assert_int_equal(out.size, 0);
	otlp_write_answer(&out, false, 3, "no");
	assert_true(text_equal(buffer_text(&out), TEXT("\x0a\x06\x08\x03\x12\x02no")));
	buffer_clear(&out);
	otlp_write_failure(&out, "no");
	assert_true(text_equal(buffer_text(&out), TEXT("\x12\x02no")));
	buffer_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_span_becomes_its_step),
		cmocka_unit_test(a_span_that_says_nothing_makes_no_step),
		cmocka_unit_test(a_transcript_that_is_not_final_is_left_out),
		cmocka_unit_test(the_root_says_when_the_call_began_and_ended),
		cmocka_unit_test(steps_stand_in_the_order_of_their_spans_starts),
		cmocka_unit_test(a_resource_tells_the_numbers_of_all_its_spans),
		cmocka_unit_test(a_trace_that_is_not_a_call_is_set_aside),
		cmocka_unit_test(what_comes_of_a_held_call_is_taken_whatever_its_names),
		cmocka_unit_test(a_bad_span_is_set_aside_and_told),
		cmocka_unit_test(what_is_not_a_request_is_refused),
		cmocka_unit_test(a_request_of_empty_parts_ends_at_the_ceiling),
		cmocka_unit_test(long_values_are_cut_and_say_so),
		cmocka_unit_test(values_of_every_kind_are_kept),
		cmocka_unit_test(an_answer_says_what_was_set_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
