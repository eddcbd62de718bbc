/* SPDX-License-Identifier: MIT
 * What happened in calls that real exchanges recorded in ways that the large recording has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source_run.h"

static struct run *run_log(const char *name)
{
	const struct source_input options = {0};
	struct arena arena;
	char path[100];
	struct run *run;

	arena_init(&arena, SIZE_MAX / 2);
	snprintf(path, sizeof(path), "cel/%s.csv", name);
	run = run_source("asterisk-cel", &options, fixture(&arena, path), 0);
	arena_deinit(&arena);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->reject_count, 0);
	return run;
}

/* All lines of the call's steps, one after the other. */
static struct text lines_of(struct run *run, const struct run_call *call)
{
	struct text lines = TEXT("");
	struct call_step step;

	for (int i = 0; step_at(run, call, i, &step); i++) {
		lines = arena_printf(
			&run->arena, "%.*s%.*s\n", TEXT_ARG(lines), TEXT_ARG(step.line));
	}
	return lines;
}

static const struct {
	const char *log, *session_id;
	const char *dest, *src;
	enum call_type type;
	int64_t start, seconds;
	const char *lines;
} cases[] = {
	/* Its ANSWER, and its way into the bridge, stand under the linkedid that it had before. */
	{"pickup", "1795489800.91", "9201", "+12125550101", CALL_INBOUND, 1795489800, 34,
		"Dialled 9201 from +12125550101 (Ann Roe)\n"
		"Answered\n"
		"Waiting in queue support\n"
		"Running Queue(support)\n"
		"Calling 201 (PJSIP/201-00000092)\n"
		"The call to 201 (PJSIP/201-00000092) was picked up by 202 (PJSIP/202-00000093)\n"
		"201 (PJSIP/201-00000092) did not answer: answered elsewhere (26)\n"
		"Connected to 202 (PJSIP/202-00000093)\n"
		"Disconnected from 202 (PJSIP/202-00000093) after 30.0 s\n"
		"202 (PJSIP/202-00000093) hung up: normal call clearing (16)\n"
		"Hung up by 202 (PJSIP/202-00000093): normal call clearing (16)\n"},
	/* It runs what the called channel ran only after it has taken its place. */
	{"pickup", "1795489804.93", "*8201", "202", CALL_OUTBOUND, 1795489804, 0,
		"Dialled *8201 from 202 (Cy Pickup)\n"
		"Answered\n"},
	{"transfer-by-refer", "1795491000.111", "200", "+12125550101", CALL_INBOUND, 1795491000, 90,
		"Dialled 200 from +12125550101 (Ann Roe)\n"
		"Running Dial(PJSIP/200)\n"
		"Calling 200 (PJSIP/200-000000b2)\n"
		"200 (PJSIP/200-000000b2) answered\n"
		"Answered\n"
		"Connected to 200 (PJSIP/200-000000b2)\n"
		"Connected to 203 (PJSIP/203-000000b4)\n"
		"Attended transfer to 203 (PJSIP/203-000000b4) by 200 (PJSIP/200-000000b2)\n"
		"Disconnected from 200 (PJSIP/200-000000b2) after 26.9 s\n"
		"Disconnected from 203 (PJSIP/203-000000b4) after 60.0 s\n"
		"203 (PJSIP/203-000000b4) hung up: normal call clearing (16)\n"
		"Hung up by 203 (PJSIP/203-000000b4): normal call clearing (16)\n"},
	{"transfer-by-refer", "1795491020.113", "203", "200", CALL_OUTBOUND, 1795491020, 10,
		"Dialled 203 from 200 (Bo Agent)\n"
		"Running Dial(PJSIP/203)\n"
		"Calling 203 (PJSIP/203-000000b4)\n"
		"203 (PJSIP/203-000000b4) answered\n"
		"Answered\n"
		"Connected to 203 (PJSIP/203-000000b4)\n"
		"Disconnected from 203 (PJSIP/203-000000b4) after 6.9 s\n"
		"Hung up: normal call clearing (16)\n"},
	{"without-exten", "1795491600.121", "204", "+12125550101", CALL_OUTBOUND, 1795491600, 30,
		"Call from +12125550101 (Ann Roe)\n"
		"Running Dial()\n"
		"Calling 204 (PJSIP/204-000000c2)\n"
		"204 (PJSIP/204-000000c2) answered\n"
		"Answered\n"
		"204 (PJSIP/204-000000c2) hung up: no cause given (0)\n"
		"Hung up: no cause given (0)\n"},
	{"click-to-call", "1795566000.581", "+442079460001", "201", CALL_OUTBOUND, 1795566000, 38,
		"Calling Local/201@from-internal-00000058;1, showing 201\n"
		"Running Dial(PJSIP/201,20)\n"
		"Calling 201 (PJSIP/201-00000583)\n"
		"201 (PJSIP/201-00000583) answered\n"
		"Running Dial(PJSIP/+442079460001@trunk,60)\n"
		"Calling +442079460001 (PJSIP/trunk-00000584)\n"
		"+442079460001 (PJSIP/trunk-00000584) answered\n"
		"Connected to +442079460001 (PJSIP/trunk-00000584)\n"
		"Disconnected from +442079460001 (PJSIP/trunk-00000584) after 30.0 s\n"
		"+442079460001 (PJSIP/trunk-00000584) hung up: normal call clearing (16)\n"
		"Hung up by +442079460001 (PJSIP/trunk-00000584): normal call clearing (16)\n"},
	{"before-version-12", "1795492800.141", "200", "+12125550101", CALL_INBOUND, 1795492800, 30,
		"Dialled 200 from +12125550101 (Ann Roe)\n"
		"Calling 200 (SIP/200-000000e2)\n"
		"200 (SIP/200-000000e2) answered\n"
		"Answered\n"
		"Connected to 200 (SIP/200-000000e2)\n"
		"Blind transfer to 203 by 200 (SIP/200-000000e2)\n"
		"Disconnected from 200 (SIP/200-000000e2) after 7.0 s\n"
		"200 (SIP/200-000000e2) hung up: normal call clearing (16)\n"
		"Parked in lot default\n"
		"Left the parking lot: nobody took the call in time (ParkedCallTimeOut)\n"
		"Joined conference 800\n"
		"Left conference 800 after 2.0 s\n"
		"Hook flash\n"
		"Hung up by the caller (SIP/carrier-000000e1): normal call clearing (16)\n"},
	{"begins-in-queue", "1795564700.500", "202", "+12125550101", CALL_OUTBOUND, 1795564805, 145,
		"The recording begins during the call\n"
		"Calling 201 (PJSIP/201-00000501)\n"
		"201 (PJSIP/201-00000501) did not answer: no cause given (0)\n"
		"Calling 202 (PJSIP/202-00000502)\n"
		"202 (PJSIP/202-00000502) answered\n"
		"Waiting in queue support\n"
		"Connected to 202 (PJSIP/202-00000502)\n"
		"Disconnected from 202 (PJSIP/202-00000502) after 119.9 s\n"
		"Hung up: normal call clearing (16)\n"},
	/* Another call's rows come between the agents': all channels that were seen had ended then,
	   but not the caller's. */
	{"begins-in-queue-busy", "1795564700.500", "202", "+12125550101", CALL_OUTBOUND, 1795564805,
		145,
		"The recording begins during the call\n"
		"Calling 201 (PJSIP/201-00000501)\n"
		"201 (PJSIP/201-00000501) did not answer: no cause given (0)\n"
		"Calling 202 (PJSIP/202-00000502)\n"
		"202 (PJSIP/202-00000502) answered\n"
		"Waiting in queue support\n"
		"Connected to 202 (PJSIP/202-00000502)\n"
		"Disconnected from 202 (PJSIP/202-00000502) after 119.9 s\n"
		"Hung up: normal call clearing (16)\n"},
	{"begins-in-queue-busy", "1795564823.509", "700", "+12125550109", CALL_INBOUND, 1795564823,
		1,
		"Dialled 700 from +12125550109 (Zed)\n"
		"Hung up: normal call clearing (16)\n"},
	{"queue", "1795560000.511", "600", "+12125550101", CALL_INBOUND, 1795560000, 10,
		"Dialled 600 from +12125550101 (Ann Roe)\n"
		"Waiting in queue support\n"
		"Answered\n"
		"Calling 201 (PJSIP/201-00000512)\n"
		"201 (PJSIP/201-00000512) did not answer: no cause given (0)\n"
		"Hung up by the caller (PJSIP/carrier-00000511): normal call clearing (16)\n"},
	{"failover", "1795561000.521", "+442079460001", "201", CALL_OUTBOUND, 1795561000, 15,
		"Dialled +442079460001 from 201 (Ann Roe)\n"
		"Calling +442079460001 (PJSIP/trunka-00000522)\n"
		"The call to +442079460001 (PJSIP/trunka-00000522) failed: network out of order "
		"(38)\n"
		"Calling +442079460001 (PJSIP/trunkb-00000523)\n"
		"+442079460001 (PJSIP/trunkb-00000523) answered\n"
		"Answered\n"
		"Hung up by the caller (PJSIP/201-00000521): normal call clearing (16)\n"},
	{"analog", "1795562000.531", "4155550100", "(212) 555-0101", CALL_INBOUND, 1795562000, 9,
		"Dialled s from (212) 555-0101 (ROE ANN)\n"
		"Answered\n"
		"Hung up: normal call clearing (16)\n"},
	/* What a caller enters is kept, whatever the variable is called. */
	{"twice", "1795496400.171", "300", "+12125550101", CALL_INBOUND, 1795496400, 9,
		"Dialled 300 from +12125550101 (Ann Roe)\n"
		"Answered\n"
		"User input: 12 (dtmf)\n"
		"order: 1\n"
		"Hung up: normal call clearing (16)\n"},
	{"user-defined", "1795563000.541", "300", "+12125550101", CALL_INBOUND, 1795563000, 9,
		"Dialled 300 from +12125550101 (Ann Roe)\n"
		"menu_choice: 7\n"
		"Hung up: normal call clearing (16)\n"},
};

static void each_log_says_what_happened(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_log(cases[i].log);
		const struct run_call *call = run_find(run, cases[i].session_id);
		struct text lines = lines_of(run, call);

		if (!text_equal_string(lines, cases[i].lines)) {
			fail_msg("%s: %s has\n%.*s", cases[i].log, cases[i].session_id,
				TEXT_ARG(lines));
		}
		if (!text_equal_string(call->header.dest, cases[i].dest) ||
			!text_equal_string(call->header.src, cases[i].src)) {
			fail_msg("%s: %s is from '%.*s' to '%.*s'", cases[i].log,
				cases[i].session_id, TEXT_ARG(call->header.src),
				TEXT_ARG(call->header.dest));
		}
		assert_int_equal(call->header.type, cases[i].type);
		assert_int_equal(call->header.start, cases[i].start);
		assert_int_equal(call->header.end - call->header.start, cases[i].seconds);
		run_free(run);
	}
}

#define HEADER                                                                                     \
	"eventtype,eventtime,cid_num,cid_name,exten,context,channame,appname,appdata,uniqueid,"    \
	"linkedid,peer,eventextra\n"
#define START_A "CHAN_START,100.5,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n"
#define END_S	"HANGUP,190.5,1,Ann,s,in,SIP/a-1,,,c1,c1,,\n"
#define END_A	"HANGUP,190.5,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n"

static struct run *run_rows(const char *rows)
{
	const struct source_input options = {0};
	char input[8000];
	struct run *run;

	snprintf(input, sizeof(input), "%s%s", HEADER, rows);
	run = run_source("asterisk-cel", &options, text_of(input), 0);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->reject_count, 0);
	return run;
}

/* Rows, and a line that the call c1 made of them must have; NULL: see not. */
static void rows_make_lines(void **state)
{
	static const struct {
		const char *rows;
		const char *has, *has_not;
	} table[] = {
		/* versions before 12: what they wrote without a name */
		{START_A "ATTENDEDTRANSFER,101,1,Ann,2,in,SIP/a-1,,,c1,c1,SIP/b-1,\n" END_A,
			"Attended transfer of 1 (SIP/a-1) to SIP/b-1", NULL},
		{START_A "FORWARD,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,203\n" END_A,
			"1 (SIP/a-1) forwards to 203", NULL},
		{START_A "PICKUP,101,1,Ann,2,in,SIP/a-1,,,c1,c1,SIP/b-1,\n" END_A,
			"The call to 1 (SIP/a-1) was picked up by SIP/b-1", NULL},
		{START_A "PARK_START,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n" END_A, "Parked", NULL},
		{START_A "PARK_END,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,UnParkedCall\n" END_A,
			"Left the parking lot: the call was taken (UnParkedCall)", NULL},
		{START_A "CONF_START,101,1,Ann,2,in,SIP/a-1,MeetMe,800,c1,c1,,\n" END_A,
			"The conference begins", NULL},
		{START_A "CONF_EXIT,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n" END_A,
			"Left the conference", NULL},
		{START_A "3WAY_START,101,1,Ann,2,in,DAHDI/1-1,,,c1,c1,,\n" END_A,
			"Three-way call begins", NULL},
		{START_A "BRIDGE_UPDATE,101,1,Ann,2,in,SIP/a-1,Dial,SIP/b,c1,c1,SIP/b-1,\n"
			 "ANSWER,102,3,Bob,3,in,SIP/b-1,AppDial,,c2,c1,,\n" END_A,
			"Connected to 3 (SIP/b-1)", "BRIDGE_UPDATE: (empty)"},
		/* An answer may stand in an older log, or under another linkedid. */
		{START_A "HANGUP,102,3,Bob,3,in,SIP/b-1,AppDial,,c2,c1,,\"{\"\"hangupcause\"\":16,"
			 "\"\"hangupsource\"\":\"\"SIP/b-1\"\"}\"\n" END_A,
			"3 (SIP/b-1) hung up: normal call clearing (16)", NULL},
		{START_A
			"HANGUP,102,3,Bob,3,in,SIP/b-1,AppDial,,c2,c1,,\"{\"\"hangupcause\"\":17}\""
			"\n" END_A,
			"3 (SIP/b-1) is busy: user busy (17)", NULL},
		/* A Local channel that is taken out of the way does not end the call. */
		{"CHAN_START,100.5,,,201,in,Local/201@in-1;1,,,c1,c1,,\n"
		 "CHAN_START,100.6,3,Bob,s,in,SIP/b-1,,,c2,c1,,\n"
		 "ANSWER,101,3,Bob,s,in,SIP/b-1,AppDial,,c2,c1,,\n"
		 "LOCAL_OPTIMIZE,102,,,201,in,Local/201@in-1;1,AppDial2,,c1,c1,,\n"
		 "HANGUP,102,,,201,in,Local/201@in-1;1,AppDial2,,c1,c1,,\n"
		 "HANGUP,150,3,Bob,s,in,SIP/b-1,AppDial,,c2,c1,,\"{\"\"hangupcause\"\":16,"
		 "\"\"hangupsource\"\":\"\"SIP/b-1\"\"}\"\n",
			"3 (SIP/b-1) hung up: normal call clearing (16)",
			"Hung up: no cause given (0)"},
		/* They were connected before the recording began. */
		{"BRIDGE_EXIT,101,1,Ann,2,in,SIP/a-1,,,c1,c1,SIP/b-1,\n"
		 "BRIDGE_EXIT,101,3,Bob,2,in,SIP/b-1,,,c2,c1,,\n" END_A,
			"Disconnected from 3 (SIP/b-1)", NULL},
		/* Neither its start nor its end was recorded. */
		{"note,101,1,Ann,2,in,SIP/a-1,CELGenUserEvent,,c1,c1,,x\n", "note: x", NULL},
		/* The channel that gave the linkedid came up before the recording, and left no row
		   in it. */
		{"CHAN_START,100.5,3,Bob,s,in,SIP/b-1,,,c2,c1,,\n"
		 "HANGUP,102,3,Bob,s,in,SIP/b-1,AppQueue,,c2,c1,,\n",
			"The recording begins during the call", NULL},
		{"CHAN_START,100.5,3,Bob,s,in,SIP/b-1,,,c2,c1,,\n"
		 "HANGUP,102,3,Bob,s,in,SIP/b-1,AppQueue,,c2,c1,,\n",
			"Call still up at the end of the recording", NULL},
		/* HANGUP came right before it. */
		{"CHAN_END,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n",
			"The recording begins during the call", "Hung up"},
		{START_A "CHAN_END,101,1,Ann,2,in,SIP/a-1,,,c1,c1,,\n", "Hung up", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run *run = run_rows(table[i].rows);
		const struct run_call *call = run_find(run, "c1");

		assert_step(call, table[i].has);
		if (table[i].has_not) {
			assert_int_equal(count_steps(call, table[i].has_not), 0);
		}
		run_free(run);
	}
}

/* Others fill the memory between two rows of the call: what comes later is a part of it, not lost.
 */
static void a_call_that_was_cut_for_others_goes_on_as_a_part(void **state)
{
	const struct source_input options = {0};
	const size_t others = 140, row_size = 1000000;
	struct buffer input;
	struct run *run;

	(void)state;
	buffer_init(&input, (size_t)256 << 20);
	buffer_append(&input,
		TEXT("eventtype,eventtime,exten,context,channame,uniqueid,linkedid,userfield\n"
		     "CHAN_START,100,2,in,SIP/a-1,c1,c1,\n"));
	for (size_t i = 0; i < others; i++) {
		char *field;

		buffer_printf(&input, "CHAN_START,101,2,in,SIP/o-%zu,o%zu,o%zu,", i, i, i);
		field = buffer_reserve(&input, row_size);
		assert_non_null(field);
		memset(field, (char)('a' + i % 26), row_size);
		buffer_advance(&input, row_size);
		buffer_append_byte(&input, '\n');
	}
	buffer_append(&input, TEXT("HANGUP,190,2,in,SIP/a-1,c1,c1,\n"));
	run = run_source("asterisk-cel", &options, buffer_text(&input), 0);
	assert_int_equal(run->reject_count, 0);
	assert_int_equal(run->call_count, others + 2);
	assert_true(text_equal_string(run->calls[0].header.session_id, "c1"));
	assert_step(
		&run->calls[0], "No more of this call was read: too many calls were open at once");
	for (size_t i = 1; i < run->call_count; i++) {
		if (text_equal_string(run->calls[i].header.session_id, "c1")) {
			assert_step(&run->calls[i], "The recording begins during the call");
			assert_step(&run->calls[i], "Hung up: no cause given (0)");
		}
	}
	run_free(run);
	buffer_deinit(&input);
}

static void what_was_dialled_or_called_is_never_the_trunk_that_a_caller_came_in_on(void **state)
{
	static const struct {
		const char *rows;
		const char *dest, *src;
	} table[] = {
		{"CHAN_START,100.5,1,Ann,,in,SIP/trunk-1,,,c1,c1,,\n" END_S, "", "1"},
		{"CHAN_START,100.5,1,Ann,s,in,SIP/trunk-1,,,c1,c1,,\n" END_S, "", "1"},
		{"CHAN_START,100.5,1,Ann,,in,SIP/trunk-1,,,c1,c1,,\n"
		 "CHAN_START,101,,,s,in,SIP/203-1,,,c2,c1,,\n" END_S,
			"SIP/203", "1"},
		{"CHAN_START,100.5,1,Ann,,in,SIP/trunk-1,,,c1,c1,,\n"
		 "CHAN_START,101,,,203,in,Local/203@in-1;1,,,c2,c1,,\n" END_S,
			"203", "1"},
		/* the one that answered, not the one that was rung first */
		{"CHAN_START,100.5,1,Ann,,in,SIP/trunk-1,,,c1,c1,,\n"
		 "CHAN_START,101,203,,s,in,SIP/203-1,,,c2,c1,,\n"
		 "CHAN_START,101,204,,s,in,SIP/204-1,,,c3,c1,,\n"
		 "ANSWER,102,204,,s,in,SIP/204-1,AppDial,,c3,c1,,\n" END_S,
			"204", "1"},
		/* The phone was shown the number that it was to be put through to. */
		{"CHAN_START,100.5,,,s,in,SIP/201-1,,,c1,c1,,\n"
		 "ANSWER,101,5550100,,s,in,SIP/201-1,AppDial2,,c1,c1,,\n"
		 "APP_START,102,5550100,,5550100,in,SIP/201-1,Dial,SIP/x,c1,c1,,\n" END_S,
			"5550100", "SIP/201"},
		/* Nobody is put through: the Local channel leads to whom the exchange called. */
		{"CHAN_START,100.5,,,201,in,Local/201@in-1;1,,,c1,c1,,\n"
		 "ANSWER,101,900,,201,in,Local/201@in-1;1,AppDial2,,c1,c1,,\n"
		 "APP_START,102,900,,201,in,Local/201@in-1;1,Playback,x,c1,c1,,\n" END_S,
			"201", "900"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run *run = run_rows(table[i].rows);
		const struct run_call *call = run_find(run, "c1");

		if (!text_equal_string(call->header.dest, table[i].dest) ||
			!text_equal_string(call->header.src, table[i].src)) {
			fail_msg("row %zu: from '%.*s' to '%.*s'", i, TEXT_ARG(call->header.src),
				TEXT_ARG(call->header.dest));
		}
		run_free(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_log_says_what_happened),
		cmocka_unit_test(rows_make_lines),
		cmocka_unit_test(a_call_that_was_cut_for_others_goes_on_as_a_part),
		cmocka_unit_test(
			what_was_dialled_or_called_is_never_the_trunk_that_a_caller_came_in_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
