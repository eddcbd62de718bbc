/* SPDX-License-Identifier: MIT
 * How a call went, out of its steps: the rules of docs/outcome.md, a row each. */
#include "call/call_outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "call/call_json.h"

#define START	    1000
#define END	    1100
#define SIZE_ENOUGH ((size_t)1 << 20)

/* A step `seconds after the start|class|module|line|members of its data`. */
struct row {
	const char *name;
	enum call_type type;
	const char *const steps[12];
	enum call_outcome outcome;
	enum call_ended_by ended_by;
	int64_t answered; /* seconds after the start; 0: nobody did */
	int64_t talk;
};

#define BY_CALLER                                                                                  \
	"90|event|hangup|Hung up by the caller (SIP/a): normal call clearing (16)|\"cause\":16"
#define BY_DIALPLAN                                                                                \
	"90|event|hangup|Hung up by the dialplan: normal call clearing (16)|\"cause\":16"

static const struct row rows[] = {
	{"nothing is said", CALL_INBOUND, {NULL}, CALL_NO_OUTCOME, CALL_ENDED_BY_NONE, 0, 0},
	{"the log stops", CALL_INBOUND, {"0|info|start|Executing application|"}, CALL_NO_OUTCOME,
		CALL_ENDED_BY_NONE, 0, 0},
	/* documents of the vendor */
	{"a document ends where input was asked for", CALL_INBOUND,
		{"0|prompt|prompt|Hello|", "5|prompt|address|Please say a city|",
			"6|event|address|Disconnecting call|"},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"a document ends behind what was said", CALL_INBOUND,
		{"0|prompt|number|Enter X|", "5|event|number|User input: 6 (dtmf)|",
			"6|prompt|prompt|Goodbye|", "7|event|prompt|Disconnecting call|"},
		CALL_COMPLETED, CALL_ENDED_BY_NONE, 0, 0},
	{"a document ends in a queue", CALL_INBOUND,
		{"0|event|queue|Entering queue Cards|", "5|prompt|queue|Please hold|",
			"6|event|queue|Disconnecting call|"},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"a transfer is away", CALL_INBOUND,
		{"0|event|transfer|Transferring call to 6177129000|",
			"9|event|transfer|Disconnecting call|"},
		CALL_TRANSFERRED, CALL_ENDED_BY_NONE, 0, 0},
	{"a transfer is answered", CALL_INBOUND,
		{"0|event|transfer|Transferring call to 6177129000|",
			"9|event|transfer|Transfer answered|",
			"39|event|transfer|Transfer ended after 30 s|",
			"40|event|prompt|Disconnecting call|"},
		CALL_ANSWERED, CALL_ENDED_BY_NONE, 9, 30},
	{"a transfer is busy", CALL_INBOUND,
		{"0|event|transfer|Transferring call to 6177129000|",
			"9|event|transfer|Transfer busy|", "40|event|prompt|Disconnecting call|"},
		CALL_BUSY, CALL_ENDED_BY_NONE, 0, 0},
	{"a prompt may say anything", CALL_INBOUND,
		{"0|prompt|prompt|Connected to 203|", "1|prompt|prompt|Hung up by the caller|"},
		CALL_NO_OUTCOME, CALL_ENDED_BY_NONE, 0, 0},
	/* exchanges */
	{"a talk", CALL_INBOUND,
		{"0|info|start|Dialled 203 from 1|",
			"1|info|Dial|Calling 203 (SIP/b)|\"channel\":\"SIP/b\"",
			"5|event|Dial|203 (SIP/b) answered|\"channel\":\"SIP/b\"",
			"6|info|Dial|Connected to 203 (SIP/b)|\"peer\":\"SIP/b\"",
			"80|info|Dial|Disconnected from 203 (SIP/b) after 74.0 "
			"s|\"peer\":\"SIP/b\"",
			BY_CALLER},
		CALL_ANSWERED, CALL_ENDED_BY_CALLER, 6, 74},
	{"two talks", CALL_INBOUND,
		{"6|info|Dial|Connected to 203|\"peer\":\"SIP/b\"",
			"10|info|Dial|Disconnected from 203 after 4.0 s|\"peer\":\"SIP/b\"",
			"20|info|Dial|Connected to 204|\"peer\":\"SIP/c\"",
			"90|event|hangup|Hung up by 204 (SIP/c): normal call clearing "
			"(16)|\"cause\":16"},
		CALL_ANSWERED, CALL_ENDED_BY_CALLED, 6, 74},
	{"the party before the present one leaves", CALL_INBOUND,
		{"6|info|Dial|Connected to 203|\"peer\":\"SIP/b\"",
			"10|info|Dial|Connected to 204|\"peer\":\"SIP/c\"",
			"10|event|transfer|Attended transfer to 204 by 203|",
			"10|info|Dial|Disconnected from 203 after 4.0 s|\"peer\":\"SIP/b\"",
			BY_CALLER},
		CALL_ANSWERED, CALL_ENDED_BY_CALLER, 6, 84},
	{"a talk that is on to the end", CALL_INBOUND,
		{"6|info|Dial|Connected to 203|\"peer\":\"SIP/b\""}, CALL_ANSWERED,
		CALL_ENDED_BY_NONE, 6, 94},
	{"a talk before the log begins", CALL_INBOUND,
		{"6|info|Dial|Disconnected from 203|\"peer\":\"SIP/b\"", BY_CALLER}, CALL_ANSWERED,
		CALL_ENDED_BY_CALLER, 0, 0},
	{"a leg answers where nothing tells of connections", CALL_INBOUND,
		{"1|info|Dial|Calling 203|", "5|event|Dial|203 answered|\"channel\":\"SIP/b\"",
			BY_CALLER},
		CALL_ANSWERED, CALL_ENDED_BY_CALLER, 5, 85},
	{"the word alone is not a leg", CALL_INBOUND,
		{"5|event|x|The survey was answered|", BY_CALLER}, CALL_ABANDONED,
		CALL_ENDED_BY_CALLER, 0, 0},
	{"a blind transfer that nobody answers", CALL_INBOUND,
		{"6|info|Dial|Connected to 203|\"peer\":\"SIP/b\"",
			"10|event|transfer|Blind transfer to 204@extended by 203|",
			"10|info|Dial|Disconnected from 203|\"peer\":\"SIP/b\"",
			"11|info|Dial|Calling 204|", BY_CALLER},
		CALL_TRANSFERRED, CALL_ENDED_BY_CALLER, 6, 4},
	{"given up in the queue", CALL_INBOUND,
		{"0|event|Queue|Answered|", "0|info|Queue|Waiting in queue support|",
			"1|info|Queue|Calling 201|",
			"9|event|Queue|201 did not answer: no answer (19)|", BY_CALLER},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"nobody took it out of the queue", CALL_INBOUND,
		{"0|info|Queue|Joined queue support at place 1|",
			"20|event|Queue|Left queue support after 20 s: waited too long|",
			BY_DIALPLAN},
		CALL_MISSED, CALL_ENDED_BY_SYSTEM, 0, 0},
	{"the queue's own log: given up", CALL_INBOUND,
		{"0|info|Queue|Joined queue support at place 1|",
			"20|event|Queue|Left queue support after 20 s: the caller hung up|"},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"the queue's own log: an agent", CALL_INBOUND,
		{"0|info|Queue|Joined queue support at place 1|",
			"20|event|Queue|Agent SIP/b took the call after 20 s|",
			"50|event|Queue|Agent SIP/b done after 30 s, ended by agent|"},
		CALL_ANSWERED, CALL_ENDED_BY_CALLED, 20, 30},
	{"nobody answers", CALL_OUTBOUND,
		{"0|info|start|Dialled 203 from 201|", "1|info|Dial|Calling 203|",
			"9|event|Dial|203 did not answer: no answer (19)|", BY_CALLER},
		CALL_MISSED, CALL_ENDED_BY_CALLER, 0, 0},
	{"busy", CALL_OUTBOUND,
		{"0|info|start|Dialled 203 from 201|", "1|info|Dial|Calling 203|",
			"9|event|Dial|203 is busy: user busy (17)|", BY_CALLER},
		CALL_BUSY, CALL_ENDED_BY_CALLER, 0, 0},
	{"no way", CALL_OUTBOUND,
		{"0|info|start|Dialled 9 from 201|", "1|info|Dial|Calling 9|",
			"9|error|Dial|The call to 9 failed: no circuit available (34)|",
			BY_DIALPLAN},
		CALL_FAILED, CALL_ENDED_BY_SYSTEM, 0, 0},
	{"the second way", CALL_OUTBOUND,
		{"1|info|Dial|Calling 9|", "2|error|Dial|The call to 9 failed: congested (42)|",
			"3|info|Dial|Calling 9|", "9|event|Dial|9 did not answer|", BY_CALLER},
		CALL_MISSED, CALL_ENDED_BY_CALLER, 0, 0},
	{"the system calls, and a person answers", CALL_OUTBOUND,
		{"0|info|start|Calling SIP/b, showing 1|",
			"5|event|Originate|SIP/b answered|\"channel\":\"SIP/b\"",
			"90|event|hangup|Hung up by the called party (SIP/b)|\"cause\":16"},
		CALL_ANSWERED, CALL_ENDED_BY_CALLED, 5, 85},
	{"the system calls one that is busy", CALL_OUTBOUND,
		{"0|info|start|Calling SIP/b, showing 1|",
			"5|event|hangup|Hung up: user busy (17)|\"cause\":17"},
		CALL_BUSY, CALL_ENDED_BY_NONE, 0, 0},
	{"the phone that clicked answers, the number does not", CALL_OUTBOUND,
		{"0|info|start|Calling 201|",
			"2|event|Originate|201 answered|\"channel\":\"SIP/a\"",
			"3|info|Dial|Calling 300|", "9|event|Dial|300 did not answer|", BY_CALLER},
		CALL_MISSED, CALL_ENDED_BY_CALLER, 0, 0},
	{"voicemail", CALL_INBOUND,
		{"1|info|Dial|Calling 203|", "9|event|Dial|203 did not answer|",
			"10|info|VoiceMail|Reached the voicemail of 203|",
			"11|prompt|VoiceMail|Playing vm-intro|", BY_CALLER},
		CALL_VOICEMAIL, CALL_ENDED_BY_CALLER, 0, 0},
	{"hung up in a menu", CALL_INBOUND,
		{"1|event|Answer|Answered|", "2|prompt|Read|Playing main-menu|",
			"5|event|Read|User input: 1 (dtmf)|", "6|prompt|Read|Playing order|",
			BY_CALLER},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"hung up in the greeting", CALL_INBOUND,
		{"1|event|Answer|Answered|", "2|prompt|Playback|Playing welcome|", BY_CALLER},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"hung up when all was said", CALL_INBOUND,
		{"2|prompt|Read|Playing main-menu|", "5|event|Read|User input: 1 (dtmf)|",
			"6|prompt|Playback|Playing your-balance|", BY_CALLER},
		CALL_COMPLETED, CALL_ENDED_BY_CALLER, 0, 0},
	{"the flow comes to its end", CALL_INBOUND,
		{"2|prompt|Read|Playing main-menu|", BY_DIALPLAN}, CALL_COMPLETED,
		CALL_ENDED_BY_SYSTEM, 0, 0},
	{"a cause, and no side", CALL_INBOUND,
		{"2|prompt|Read|Playing main-menu|",
			"90|event|hangup|Hung up: normal call clearing (16)|\"cause\":16"},
		CALL_NO_OUTCOME, CALL_ENDED_BY_NONE, 0, 0},
	{"the network fails", CALL_INBOUND,
		{"2|prompt|Read|Playing main-menu|",
			"90|error|hangup|Hung up: network out of order (38)|\"cause\":38"},
		CALL_FAILED, CALL_ENDED_BY_SYSTEM, 0, 0},
	/* FreeSWITCH */
	{"the switch hangs up after the called party", CALL_INBOUND,
		{"6|info|bridge|Connected to 1000 (sofia/b)|\"peer\":\"sofia/b\"",
			"90|event|hangup|Hung up: normal call clearing "
			"(16)|\"cause\":16,\"source\":"
			"\"send_bye\""},
		CALL_ANSWERED, CALL_ENDED_BY_CALLED, 6, 84},
	{"the dialplan's transfers are not away", CALL_INBOUND,
		{"1|event|transfer|Transferred to 5000 (ivr)|", "2|prompt|ivr|Playing menu|",
			BY_CALLER},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	{"nor is what it runs for that", CALL_INBOUND,
		{"1|info|transfer|Transferring to 5000 XML default|", "2|prompt|ivr|Playing menu|",
			BY_CALLER},
		CALL_ABANDONED, CALL_ENDED_BY_CALLER, 0, 0},
	/* Asterisk's call records */
	{"records: a called party, once", CALL_INBOUND,
		{"0|info|start|Dialled 203 from 1|", "1|event|answer|Answered|",
			"4|error|Dial|Dial (SIP/c): CONGESTION, 0 s|\"answered_s\":0",
			"50|event|Dial|Dial (SIP/b): ANSWERED, 45 s, billed 40 "
			"s|\"duration_s\":45,\"answered_s\":40",
			"50|event|Queue|Queue (Local/b): ANSWERED, 45 s, billed 42 "
			"s|\"duration_s\":45,\"answered_s\":42"},
		CALL_ANSWERED, CALL_ENDED_BY_NONE, 8, 40},
	{"records: the exchange answered before", CALL_INBOUND,
		{"1|event|answer|Answered|", "50|event|Dial|Dial (SIP/b): ANSWERED, 45 s, billed "
					     "45 s|\"duration_s\":45,\"answered_s\":45"},
		CALL_ANSWERED, CALL_ENDED_BY_NONE, 0, 0},
	{"records: an application alone", CALL_INBOUND,
		{"0|info|start|Dialled 203 from 1|", "1|event|answer|Answered|",
			"50|event|Hangup|Hangup: ANSWERED, 45 s, billed 40 "
			"s|\"duration_s\":45,\"answered_s\":40"},
		CALL_NO_OUTCOME, CALL_ENDED_BY_NONE, 0, 0},
	{"records: busy", CALL_OUTBOUND,
		{"0|info|start|Dialled 203 from 1|", "5|event|Dial|Dial (SIP/b): BUSY, 3 s, billed "
						     "3 s|\"duration_s\":3,\"answered_s\":3"},
		CALL_BUSY, CALL_ENDED_BY_NONE, 0, 0},
	{"records: nobody answered, then the voicemail", CALL_INBOUND,
		{"5|event|Dial|Dial (SIP/b): NO ANSWER, 3 s|\"answered_s\":0",
			"20|event|VoiceMail|VoiceMail: ANSWERED, 9 s, billed 9 s|\"answered_s\":9"},
		CALL_VOICEMAIL, CALL_ENDED_BY_NONE, 0, 0},
	/* Twilio */
	{"Twilio: no answer", CALL_OUTBOUND,
		{"0|info|start|Calling|", "1|event|ring|Ringing|",
			"90|event|hangup|Hung up: no answer|"},
		CALL_MISSED, CALL_ENDED_BY_NONE, 0, 0},
	{"Twilio: a person answers", CALL_OUTBOUND,
		{"0|info|start|Calling|", "4|event|answer|Answered|",
			"90|event|hangup|Hung up: completed|"},
		CALL_ANSWERED, CALL_ENDED_BY_NONE, 4, 86},
	{"Twilio: an application answers", CALL_INBOUND,
		{"1|event|ring|Ringing|", "4|event|answer|Answered|",
			"90|event|hangup|Hung up: completed|"},
		CALL_COMPLETED, CALL_ENDED_BY_NONE, 0, 0},
	/* jambonz */
	{"jambonz: a called leg", CALL_INBOUND,
		{"1|info|dial|dial type=phone|",
			"5|event|call-status=in-progress|Call "
			"in-progress|\"parent_call_sid\":\"p\"",
			"50|event|call-status=completed|Call completed|\"parent_call_sid\":\"p\"",
			"60|event|call-status=completed|Call "
			"completed|\"terminated_by\":\"caller\""},
		CALL_ANSWERED, CALL_ENDED_BY_CALLER, 5, 45},
	{"jambonz: referred elsewhere", CALL_INBOUND,
		{"1|info|sip:refer|sip:refer|", "9|event|hangup|Call ended: hangup by caller|"},
		CALL_TRANSFERRED, CALL_ENDED_BY_CALLER, 0, 0},
	{"Retell: the user hangs up", CALL_INBOUND,
		{"1|prompt|agent_turn|Hello|", "3|event|user_turn|User input: yes (voice)|",
			"9|event|hangup|Call ended: user_hangup|"},
		CALL_COMPLETED, CALL_ENDED_BY_CALLER, 0, 0},
	{"Retell: the one that was called hangs up", CALL_OUTBOUND,
		{"1|prompt|agent_turn|Hello|", "9|event|hangup|Call ended: user_hangup|"},
		CALL_COMPLETED, CALL_ENDED_BY_CALLED, 0, 0},
	{"Retell: busy", CALL_OUTBOUND, {"9|event|hangup|Call ended: dial_busy|"}, CALL_BUSY,
		CALL_ENDED_BY_NONE, 0, 0},
	{"Vapi: forwarded", CALL_INBOUND, {"9|event|hangup|Call ended: assistant-forwarded-call|"},
		CALL_TRANSFERRED, CALL_ENDED_BY_NONE, 0, 0},
	{"Vapi: a voicemail", CALL_OUTBOUND, {"9|event|hangup|Call ended: voicemail|"},
		CALL_VOICEMAIL, CALL_ENDED_BY_SYSTEM, 0, 0},
	{"Vapi: the assistant ends it", CALL_INBOUND,
		{"9|event|hangup|Call ended: assistant-ended-call|"}, CALL_COMPLETED,
		CALL_ENDED_BY_SYSTEM, 0, 0},
	{"jambonz: busy", CALL_OUTBOUND,
		{"0|event|start|Outgoing call|",
			"5|event|call-status=failed|Call failed: Busy Here|\"sip_status\":\"486\""},
		CALL_BUSY, CALL_ENDED_BY_NONE, 0, 0},
};

static void add_step(struct buffer *detail, struct arena *arena, const char *spec)
{
	struct text rest = text_of(spec), variable = {0};
	struct text seconds = {0}, class_name = {0}, module = {0}, line = {0};
	struct call_step step = {0};
	int64_t after = 0;

	assert_true(text_split(&rest, '|', &seconds));
	assert_true(text_to_int64(seconds, &after));
	assert_true(text_split(&rest, '|', &class_name));
	assert_true(text_split(&rest, '|', &module));
	assert_true(text_split(&rest, '|', &line));
	if (text_count(module, '=') > 0) {
		variable = module;
		assert_true(text_split(&variable, '=', &module));
	}
	step.class_name = class_name;
	step.line = line;
	step.timestamp = START + after;
	step.data =
		arena_printf(arena, "{\"module_type\":\"%.*s\",\"result_variable\":\"%.*s\"%s%.*s}",
			TEXT_ARG(module), (int)variable.size, variable.data ? variable.data : "",
			rest.size > 0 ? "," : "", (int)rest.size, rest.data ? rest.data : "");
	buffer_append(detail, detail->size > 1 ? TEXT(",") : TEXT(""));
	call_json_write_step(detail, &step);
}

static struct text detail_of(const struct row *row, struct buffer *detail, struct arena *arena)
{
	buffer_append_byte(detail, '[');
	for (size_t i = 0; i < COUNT_OF(row->steps) && row->steps[i]; i++) {
		add_step(detail, arena, row->steps[i]);
	}
	buffer_append_byte(detail, ']');
	return buffer_text(detail);
}

static struct call call_of(const struct row *row)
{
	return (struct call){.start = START, .end = END, .type = row->type, .has_detail = true};
}

static void each_rule_says_how_a_call_went(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		AUTO(buffer_deinit) struct buffer detail;
		const struct row *row = &rows[i];
		struct call call = call_of(row);
		struct error err = {0};

		arena_init(&arena, SIZE_ENOUGH);
		buffer_init(&detail, SIZE_ENOUGH);
		assert_int_equal(
			call_outcome_find(&call, detail_of(row, &detail, &arena), &err), 0);
		if (call.outcome != row->outcome || call.ended_by != row->ended_by ||
			call.answered != (row->answered ? START + row->answered : 0) ||
			call.talk != row->talk) {
			fail_msg("%s: '%s' by '%s', answered after %lld s, talk %lld s", row->name,
				call_outcome_names.items[call.outcome].data,
				call_ended_by_names.items[call.ended_by].data,
				(long long)(call.answered - START), (long long)call.talk);
		}
	}
}

static const struct row talk = {"", CALL_INBOUND,
	{"6|info|Dial|Connected to 203|\"peer\":\"SIP/b\"",
		"80|info|Dial|Disconnected from 203|\"peer\":\"SIP/b\"", BY_CALLER},
	CALL_ANSWERED, CALL_ENDED_BY_CALLER, 6, 74};

static void a_senders_word_stands(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer detail;
	struct call call = call_of(&talk);
	struct error err = {0};

	(void)state;
	arena_init(&arena, SIZE_ENOUGH);
	buffer_init(&detail, SIZE_ENOUGH);
	call.outcome = CALL_VOICEMAIL;
	call.talk = 5;
	call.told = CALL_TOLD_OUTCOME | CALL_TOLD_TALK | CALL_TOLD_ANSWERED;
	assert_int_equal(call_outcome_find(&call, detail_of(&talk, &detail, &arena), &err), 0);
	assert_int_equal(call.outcome, CALL_VOICEMAIL);
	assert_int_equal(call.talk, 5);
	assert_int_equal(call.answered, 0);
	assert_int_equal(call.ended_by, CALL_ENDED_BY_CALLER);
	assert_int_equal(call_outcome_find(&call, (struct text){0}, &err), 0);
	assert_int_equal(call.ended_by, CALL_ENDED_BY_NONE);
	assert_int_equal(call.outcome, CALL_VOICEMAIL);
}

/* As one that walks over the steps anyway. */
static void settle(struct call *call, struct text detail)
{
	struct call_course course;
	struct call_step_look step;
	struct call_steps steps;

	call_course_begin(&course, call);
	call_steps_init(&steps, detail);
	while (call_steps_next(&steps, &step, NULL) > 0) {
		call_course_step(&course, &step);
	}
	call_outcome_settle(&course, call);
}

static void what_the_steps_say_as_well_is_not_told(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer detail;
	struct call call = call_of(&talk);

	(void)state;
	arena_init(&arena, SIZE_ENOUGH);
	buffer_init(&detail, SIZE_ENOUGH);
	call.outcome = CALL_ANSWERED;
	call.ended_by = CALL_ENDED_BY_CALLER;
	call.answered = START + 6;
	call.talk = 5;
	call.told = CALL_TOLD_OUTCOME | CALL_TOLD_ENDED_BY | CALL_TOLD_ANSWERED | CALL_TOLD_TALK;
	settle(&call, detail_of(&talk, &detail, &arena));
	assert_int_equal(call.told, CALL_TOLD_TALK);
	assert_int_equal(call.outcome, CALL_ANSWERED);
	assert_int_equal(call.ended_by, CALL_ENDED_BY_CALLER);
	assert_int_equal(call.answered, START + 6);
	assert_int_equal(call.talk, 5);
}

static void a_live_call_has_no_outcome_yet(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer detail;
	struct call call = call_of(&talk);
	struct error err = {0};

	(void)state;
	arena_init(&arena, SIZE_ENOUGH);
	buffer_init(&detail, SIZE_ENOUGH);
	call.state = CALL_LIVE;
	assert_int_equal(call_outcome_find(&call, detail_of(&talk, &detail, &arena), &err), 0);
	assert_int_equal(call.outcome, CALL_NO_OUTCOME);
	assert_int_equal(call.ended_by, CALL_ENDED_BY_NONE);
	assert_int_equal(call.answered, START + 6);
	assert_int_equal(call.talk, 74);
}

static void what_is_not_canonical_changes_nothing(void **state)
{
	struct call call = call_of(&talk);
	struct error err = {0};

	(void)state;
	call.outcome = CALL_BUSY;
	assert_int_equal(call_outcome_find(&call, TEXT("[{]"), &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_int_equal(call.outcome, CALL_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_says_how_a_call_went),
		cmocka_unit_test(a_senders_word_stands),
		cmocka_unit_test(what_the_steps_say_as_well_is_not_told),
		cmocka_unit_test(a_live_call_has_no_outcome_yet),
		cmocka_unit_test(what_is_not_canonical_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
