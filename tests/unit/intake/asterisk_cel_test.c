/* SPDX-License-Identifier: MIT
 * The source asterisk-cel, held to the facts of a real recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/asterisk/cel_columns.h"
#include "intake/sources/csv.h"
#include "source_run.h"

static const struct source_input no_options = {0};

static struct run *run_recording(const struct source_input *options, size_t piece)
{
	struct arena arena;
	struct run *run;

	arena_init(&arena, SIZE_MAX / 2);
	run = run_source(
		"asterisk-cel", options, fixture(&arena, "asterisk/cel-Master.csv"), piece);
	arena_deinit(&arena);
	return run;
}

static void assert_same_calls(const struct run *a, const struct run *b)
{
	assert_int_equal(a->call_count, b->call_count);
	assert_int_equal(a->reject_count, b->reject_count);
	for (size_t i = 0; i < a->call_count; i++) {
		assert_true(text_equal(a->calls[i].json, b->calls[i].json));
	}
}

/* ---- the facts ---- */

enum fact {
	FACT_LINKED_ID = 1,
	FACT_SRC,
	FACT_NAME,
	FACT_EXTEN,
	FACT_START,
	FACT_ANSWERED,
	FACT_END,
	FACT_CAUSE,
	FACT_DIGITS,
	FACT_CELLS = 14,
};

static int64_t whole_seconds(struct text time)
{
	struct text seconds;
	int64_t value = -1;

	return text_split(&time, '.', &seconds) && text_to_int64(seconds, &value) ? value : -1;
}

/* All digits of the call's `User input` steps, in order. */
static struct text digits_of(struct run *run, const struct run_call *call)
{
	struct text digits = TEXT("");
	struct call_step step;

	for (int i = 0; step_at(run, call, i, &step); i++) {
		struct text rest = step.line, input;

		if (text_starts_with(step.line, TEXT("User input: "))) {
			rest = text_tail(rest, 12);
			assert_true(text_split(&rest, ' ', &input));
			digits = arena_printf(
				&run->arena, "%.*s%.*s", TEXT_ARG(digits), TEXT_ARG(input));
		}
	}
	return digits;
}

/* The cause that the main channel's hang-up step shows. */
static struct text cause_of(struct run *run, const struct run_call *call)
{
	struct call_step step;

	for (int i = -1; step_at(run, call, i, &step); i--) {
		struct text module = call_json_data_member(step.data, "module_type", &run->arena);
		const char *bracket = memrchr(step.line.data, '(', step.line.size);

		if (text_equal(module, TEXT("hangup")) && bracket) {
			size_t at = (size_t)(bracket - step.line.data) + 1;

			return text_head(text_tail(step.line, at), step.line.size - at - 1);
		}
	}
	return TEXT("");
}

static void assert_fact(struct run *run, const struct text cells[FACT_CELLS])
{
	char *id = strndup(cells[FACT_LINKED_ID].data, cells[FACT_LINKED_ID].size);
	const struct run_call *call = run_find(run, id);
	bool began_before = cells[FACT_START].size == 0;
	bool originated = text_equal(cells[FACT_SRC], TEXT("<unknown>"));

	if (!began_before) {
		assert_int_equal(call->header.start, whole_seconds(cells[FACT_START]));
	}
	if (cells[FACT_END].size > 0) {
		assert_int_equal(call->header.end, whole_seconds(cells[FACT_END]));
		assert_true(text_equal(cause_of(run, call), cells[FACT_CAUSE]));
	} else {
		assert_step(call, "Call still up at the end of the recording");
	}
	assert_true(text_equal(digits_of(run, call), cells[FACT_DIGITS]));
	if (originated) {
		/* Nobody dialled: what is shown to the called party, and the device that was
		 * called. */
		assert_true(text_equal_string(call->header.src, "+14155550100"));
		assert_true(text_equal_string(call->header.dest, "IAX2/carrier"));
	} else if (!began_before) {
		assert_true(text_equal(call->header.src, cells[FACT_SRC]));
		assert_true(text_equal(call->header.dest, cells[FACT_EXTEN]));
	}
	free(id);
}

static void every_call_agrees_with_what_the_manager_stream_says(void **state)
{
	struct run *run = run_recording(&no_options, 0);
	struct text facts = fixture(&run->arena, "asterisk/FACTS.md");
	struct text line;
	size_t calls = 0;

	(void)state;
	assert_int_equal(run->result, 0);
	assert_int_equal(run->reject_count, 0);
	while (text_split(&facts, '\n', &line)) {
		struct text cells[FACT_CELLS];
		size_t count = 0;

		if (!text_starts_with(line, TEXT("| pbx-"))) {
			continue;
		}
		while (count < FACT_CELLS && text_split(&line, '|', &cells[count])) {
			cells[count] = text_trim(cells[count]);
			count++;
		}
		assert_int_equal(count, FACT_CELLS);
		assert_fact(run, cells);
		calls++;
	}
	assert_int_equal(calls, 40);
	assert_int_equal(run->call_count, 40);
	run_free(run);
}

static void calls_from_outside_are_inbound(void **state)
{
	static const struct {
		const char *session_id;
		enum call_type type;
	} cases[] = {
		{"pbx-1795459158.2", CALL_INBOUND},
		{"pbx-1795459194.81", CALL_INBOUND},  /* transferred later */
		{"pbx-1795459173.21", CALL_OUTBOUND}, /* from phone to phone */
		{"pbx-1795459181.38", CALL_OUTBOUND}, /* over a trunk */
		{"pbx-1795459187.58", CALL_OUTBOUND}, /* originated */
	};
	struct run *run = run_recording(&no_options, 0);
	struct run *other = run_recording(&WITH_OPTION("inbound-contexts", "x, from-int*"), 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(run_find(run, cases[i].session_id)->header.type, cases[i].type);
	}
	assert_int_equal(run_find(other, "pbx-1795459173.21")->header.type, CALL_INBOUND);
	assert_int_equal(run_find(other, "pbx-1795459158.2")->header.type, CALL_OUTBOUND);
	run_free(other);
	run_free(run);
}

static void the_steps_say_what_happened(void **state)
{
	static const struct {
		const char *session_id;
		const char *line;
	} cases[] = {
		{"pbx-1795459158.2", "Dialled +14155550104 from +12125550102 (Orders, Inc.)"},
		{"pbx-1795459158.2", "Answered"},
		{"pbx-1795459158.2", "Playing custom/enter-order"},
		{"pbx-1795459158.2", "User input: 123456 (dtmf)"},
		{"pbx-1795459158.2", "order_number: \"123456\", try 1"},
		{"pbx-1795459158.2", "Saying 123456"},
		{"pbx-1795459158.2", "Hung up by the dialplan: normal call clearing (16)"},
		{"pbx-1795459157.1", "Connected to IAX2/phones-15945"},
		{"pbx-1795459157.1", "Hung up by IAX2/phones-15945: normal call clearing (16)"},
		{"pbx-1795459163.6", "Dialled +14155550100 from +12125550104 (José Ñúñez)"},
		{"pbx-1795459163.6", "menu_choice: 7"},
		{"pbx-1795459161.5",
			"Hung up by the caller (IAX2/carrier-9218): normal call clearing (16)"},
		{"pbx-1795459153.0", "Hung up: network out of order (38)"},
		{"pbx-1795459166.10", "Waiting in queue support"},
		{"pbx-1795459166.10", "Playing music on hold (default)"},
		{"pbx-1795459166.10", "Disconnected from IAX2/phones-15737 after 5.0 s"},
		{"pbx-1795459166.10", "Reached the voicemail of 300@default"},
		/* The agent, whom Asterisk names again at the end, had left six seconds before. */
		{"pbx-1795459166.10", "Hung up: normal call clearing (16)"},
		{"pbx-1795459194.76", "IAX2/phones-767 did not answer: no cause given (0)"},
		{"pbx-1795459174.26", "User input: #1203 (dtmf) from 205 (IAX2/phones-1583)"},
		{"pbx-1795459174.26", "Blind transfer to 203@internal by 205 (IAX2/phones-1583)"},
		{"pbx-1795459174.26", "Connected to 203 (IAX2/phones-1579)"},
		{"pbx-1795459177.29", "User input: *2203 (dtmf) from 206 (IAX2/phones-15367)"},
		{"pbx-1795459177.29",
			"Attended transfer to 203 (Local/203@internal-00000000;1) by 206 "
			"(IAX2/phones-15367)"},
		{"pbx-1795459177.29", "Connected to 203 (IAX2/phones-15664)"},
		{"pbx-1795459179.34", "Parked in lot default"},
		{"pbx-1795459179.34",
			"Left the parking lot: nobody took the call in time (ParkedCallTimeOut)"},
		{"pbx-1795459179.34",
			"Hung up by the caller (IAX2/carrier-3186): no circuit available (34)"},
		{"pbx-1795459188.62", "Hung up: user busy (17)"},
		{"pbx-1795459183.43",
			"9+442079460002 (IAX2/carrier-10984) is busy: user busy (17)"},
		{"pbx-1795459185.49", "The call to 9+442079460004 (IAX2/carrier-14772) failed: no "
				      "circuit available (34)"},
		{"pbx-1795459189.65", "An originated call failed; running failed@notify"},
		{"pbx-1795459203.107", "User input: 4711# (dtmf)"},
	};
	struct run *run = run_recording(&no_options, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_step(run_find(run, cases[i].session_id), cases[i].line);
	}
	run_free(run);
}

static void a_caller_who_says_nothing_is_told_from_one_who_was_taken_away(void **state)
{
	struct run *run = run_recording(&no_options, 0);

	(void)state;
	assert_int_equal(count_steps(run_find(run, "pbx-1795459161.5"), "No input"), 2);
	assert_int_equal(count_steps(run_find(run, "pbx-1795459163.6"), "No input"), 0);
	/* Redirected out of the first menu; then the prompt for the order was not answered three
	 * times. */
	assert_int_equal(count_steps(run_find(run, "pbx-1795459199.94"), "No input"), 3);
	run_free(run);
}

static struct call_step find_step(struct run *run, const char *session_id, const char *line)
{
	const struct run_call *call = run_find(run, session_id);
	struct call_step step;

	for (int i = 0; step_at(run, call, i, &step); i++) {
		if (text_equal_string(step.line, line)) {
			return step;
		}
	}
	fail_msg("no step '%s'", line);
	return (struct call_step){0};
}

static void a_step_names_its_application_and_its_variable(void **state)
{
	static const struct {
		const char *line;
		const char *class_name;
		const char *module;
		const char *variable;
	} cases[] = {
		{"Dialled +14155550104 from +12125550102 (Orders, Inc.)", "info", "start", ""},
		{"Playing custom/enter-order", "prompt", "Read", "ORDER"},
		{"User input: 123456 (dtmf)", "event", "Read", "ORDER"},
		{"order_number: \"123456\", try 1", "event", "CELGenUserEvent", "order_number"},
		{"Playing custom/your-order", "prompt", "Playback", ""},
		{"Hung up by the dialplan: normal call clearing (16)", "event", "hangup", ""},
	};
	struct run *run = run_recording(&no_options, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_step step = find_step(run, "pbx-1795459158.2", cases[i].line);

		assert_true(text_equal_string(step.class_name, cases[i].class_name));
		assert_true(text_equal_string(
			call_json_data_member(step.data, "module_type", &run->arena),
			cases[i].module));
		assert_true(text_equal_string(
			call_json_data_member(step.data, "result_variable", &run->arena),
			cases[i].variable));
		assert_true(text_starts_with(step.data, TEXT("{\"module_type\":")));
	}
	/* The step of collected digits stands at the last of them. */
	assert_int_equal(find_step(run, "pbx-1795459158.2", "User input: 123456 (dtmf)").timestamp,
		1795459163);
	run_free(run);
}

static void a_failure_is_of_class_error(void **state)
{
	struct run *run = run_recording(&no_options, 0);

	(void)state;
	assert_true(text_equal_string(
		find_step(run, "pbx-1795459153.0", "Hung up: network out of order (38)").class_name,
		"error"));
	assert_true(text_equal_string(
		find_step(run, "pbx-1795459188.62", "Hung up: user busy (17)").class_name,
		"event"));
	run_free(run);
}

static void a_password_of_the_dialplan_stays_out_of_the_log(void **state)
{
	struct run *run = run_recording(&no_options, 0);
	struct call_step step = find_step(run, "pbx-1795459204.108", "Playing agent-pass");

	(void)state;
	assert_null(memmem(step.data.data, step.data.size, "4711", 4));
	run_free(run);
}

static void the_last_step_of_a_call_still_up_says_so(void **state)
{
	struct run *run = run_recording(&no_options, 0);
	const struct run_call *call = run_find(run, "pbx-1795459223.129");
	struct call_step step;

	(void)state;
	assert_true(step_at(run, call, -1, &step));
	assert_true(text_equal_string(step.line, "Call still up at the end of the recording"));
	assert_int_equal(step.timestamp, call->header.end);
	run_free(run);
}

static void every_user_event_is_a_step(void **state)
{
	struct run *run = run_recording(&no_options, 0);
	size_t steps = 0;

	(void)state;
	for (size_t i = 0; i < run->call_count; i++) {
		struct call_step step;

		for (int j = 0; step_at(run, &run->calls[i], j, &step); j++) {
			steps += text_equal(
				call_json_data_member(step.data, "module_type", &run->arena),
				TEXT("CELGenUserEvent"));
		}
	}
	/* grep -c '"CELGenUserEvent"' cel-Master.csv */
	assert_int_equal(steps, 36);
	run_free(run);
}

/* ---- the same recording in other clothes ---- */

struct rewrite {
	struct buffer out;
	const int *order; /* of the columns; ended by -1 */
	bool local_times;
};

static void write_field(struct buffer *out, struct text field)
{
	buffer_append_byte(out, '"');
	for (size_t i = 0; i < field.size; i++) {
		buffer_append(out, field.data[i] == '"' ? TEXT("\"") : TEXT(""));
		buffer_append_byte(out, field.data[i]);
	}
	buffer_append_byte(out, '"');
}

static struct text as_local_time(struct text epoch, char buffer[64])
{
	time_t seconds = (time_t)whole_seconds(epoch);
	struct tm tm;
	size_t size;

	localtime_r(&seconds, &tm);
	size = strftime(buffer, 64, "%Y-%m-%d %H:%M:%S", &tm);
	memcpy(buffer + size, epoch.data + 10, epoch.size - 10);
	return (struct text){.data = buffer, .size = size + epoch.size - 10};
}

static int rewrite_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct rewrite *rewrite = context;
	char local[64];

	(void)count;
	(void)line;
	(void)err;
	for (const int *column = rewrite->order; *column >= 0; column++) {
		struct text field = fields[*column];

		if (rewrite->local_times && *column == CEL_EVENT_TIME) {
			field = as_local_time(field, local);
		}
		buffer_append(&rewrite->out, column == rewrite->order ? TEXT("") : TEXT(","));
		write_field(&rewrite->out, field);
	}
	buffer_append_byte(&rewrite->out, '\n');
	return 0;
}

static void reject_nothing(void *context, uint64_t line, const char *error)
{
	(void)context;
	fail_msg("line %llu: %s", (unsigned long long)line, error);
}

static const int as_recorded[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, -1};
static const int reordered[] = {
	19, 15, 14, 2, 3, 0, 1, 7, 8, 9, 10, 11, 16, 18, 4, 5, 6, 12, 13, 17, -1};

#define REORDERED_HEADER                                                                           \
	"eventextra,LinkedID,uniqueid,cid_name,cid_num,eventtype,eventtime,exten,context,"         \
	"channame,appname,appdata,peer,userdeftype,cid_ani,cid_rdnis,cid_dnid,amaflags,"           \
	"accountcode,userfield\n"

/* The recording with @order's columns, after @header; run as @options say. */
static struct run *run_rewritten(
	const struct source_input *options, const char *header, const int *order, bool local_times)
{
	struct rewrite rewrite = {.order = order, .local_times = local_times};
	struct csv_handler handler = {rewrite_record, reject_nothing, &rewrite};
	struct csv_reader reader;
	struct arena arena;
	struct text input;
	struct run *run;

	arena_init(&arena, SIZE_MAX / 2);
	buffer_init(&rewrite.out, 16 << 20);
	buffer_append(&rewrite.out, text_of(header));
	input = fixture(&arena, "asterisk/cel-Master.csv");
	csv_init(&reader, &csv_plain, &handler);
	assert_int_equal(csv_feed(&reader, input.data, input.size, NULL), 0);
	assert_int_equal(csv_end(&reader, NULL), 0);
	csv_deinit(&reader);
	run = run_source("asterisk-cel", options, buffer_text(&rewrite.out), 5000);
	buffer_deinit(&rewrite.out);
	arena_deinit(&arena);
	return run;
}

static void columns_may_come_in_any_order_by_header_or_mapping(void **state)
{
	struct run *plain = run_recording(&no_options, 0);
	struct source_input options = {0};
	struct run *by_header, *by_mapping;
	char *columns_path;

	(void)state;
	by_header = run_rewritten(&no_options, REORDERED_HEADER, reordered, false);
	assert_same_calls(plain, by_header);
	columns_path = strdup(fixture_path("asterisk/etc/cel_custom.conf"));
	options = WITH_OPTION("columns", columns_path);
	by_mapping = run_recording(&options, 0);
	free(columns_path);
	assert_same_calls(plain, by_mapping);
	run_free(by_mapping);
	run_free(by_header);
	run_free(plain);
}

static void times_may_be_local(void **state)
{
	struct run *plain = run_recording(&no_options, 0);
	struct source_input options = WITH_OPTION("zone", "");
	struct run *local;

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	local = run_rewritten(&options, "", as_recorded, true);
	assert_same_calls(plain, local);
	run_free(local);
	run_free(plain);
}

static void the_same_recording_gives_the_same_calls_however_it_is_cut(void **state)
{
	struct run *plain = run_recording(&no_options, 0);
	const size_t pieces[] = {1, 7, 1000, 65536};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct run *cut = run_recording(&no_options, pieces[i]);

		assert_same_calls(plain, cut);
		run_free(cut);
	}
	run_free(plain);
}

/* ---- bad and odd input, in a few columns ---- */

#define HEADER                                                                                     \
	"eventtype,eventtime,cid_num,cid_name,exten,context,channame,appname,appdata,uniqueid,"    \
	"linkedid,eventextra\n"
#define CHAN_START   "CHAN_START,100.5,1,Ann,2,in,SIP/a-1,,,c1,c1,\n"
#define HANGUP	     "HANGUP,103.5,1,Ann,2,in,SIP/a-1,,,c1,c1,\n"
#define LINKEDID_END "LINKEDID_END,103.5,1,Ann,2,in,SIP/a-1,,,c1,c1,\n"

static void a_broken_row_is_named_and_the_rest_is_kept(void **state)
{
	static const struct {
		const char *row;
		const char *error;
	} cases[] = {
		{"ANSWER,101\n", "2 columns where 12 are expected"},
		{"ANSWER,noon,1,Ann,2,in,SIP/a-1,,,c1,c1,\n", "eventtime 'noon' is not a time"},
		{",101,1,Ann,2,in,SIP/a-1,,,c1,c1,\n", "the eventtype is empty"},
		{"ANSWER,101,1,Ann,2,in,SIP/a-1,,,,,\n", "the linkedid must be"},
		{"ANSWER,101,1,Ann,2,in,SIP/a-1,,,c1,c\x01,\n", "the linkedid must be"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char input[1000];
		struct run *run;

		snprintf(input, sizeof(input), "%s%s%s%s", HEADER CHAN_START, cases[i].row, HANGUP,
			LINKEDID_END);
		run = run_source("asterisk-cel", &no_options, text_of(input), 0);
		assert_int_equal(run->result, 0);
		assert_int_equal(run->reject_count, 1);
		assert_int_equal(run->rejects[0].line, 3);
		assert_true(text_starts_with(run->rejects[0].error, text_of(cases[i].error)));
		assert_int_equal(run->call_count, 1);
		assert_int_equal(run->calls[0].header.start, 100);
		assert_int_equal(run->calls[0].header.end, 103);
		run_free(run);
	}
}

static void assert_refused(const struct source_input *options, const char *input, const char *error)
{
	struct run *run = run_source("asterisk-cel", options, text_of(input), 0);

	assert_int_equal(run->result, -1);
	assert_non_null(strstr(run->err.message, error));
	run_free(run);
}

static void columns_that_cannot_tell_calls_apart_are_refused(void **state)
{
	(void)state;
	assert_refused(&no_options, "eventtype,eventtime,exten\n", "linkedid");
	assert_refused(&WITH_OPTION("columns", "/nowhere/cel_custom.conf"), "",
		"/nowhere/cel_custom.conf");
	assert_refused(
		&WITH_OPTION("columns", fixture_path("asterisk/etc/cel.conf")), "", "[mappings]");
}

static struct run *run_rows(const char *rows)
{
	struct buffer input;
	struct run *run;

	buffer_init(&input, 1 << 20);
	buffer_append(&input, TEXT(HEADER));
	buffer_append(&input, text_of(rows));
	run = run_source("asterisk-cel", &no_options, buffer_text(&input), 0);
	buffer_deinit(&input);
	assert_int_equal(run->result, 0);
	return run;
}

static void rows_without_start_or_end_are_no_call(void **state)
{
	struct run *run =
		run_rows("BRIDGE_ENTER,100,,,s,x,CBAnn/800-1,,,a1,a1,\n" CHAN_START HANGUP);

	(void)state;
	assert_int_equal(run->call_count, 1);
	assert_int_equal(run->reject_count, 0);
	run_free(run);
}

static void a_call_that_began_before_the_recording_says_so(void **state)
{
	struct run *run = run_rows(HANGUP);

	(void)state;
	assert_int_equal(run->call_count, 1);
	assert_step(&run->calls[0], "The recording begins during the call");
	assert_int_equal(run->calls[0].header.start, 103);
	run_free(run);
}

static void rows_that_come_late_belong_to_their_call(void **state)
{
	struct run *run = run_rows(CHAN_START HANGUP LINKEDID_END
		"note,103.6,1,Ann,2,in,SIP/"
		"a-1,CELGenUserEvent,,c1,c1,\"{\"\"extra\"\":\"\"late\"\"}\"\n"
		"CHAN_START,110,1,Ann,2,in,SIP/a-2,,,c2,c2,\n"
		"ANSWER,110,1,Ann,2,in,SIP/a-1,,,c1,c1,\n");

	(void)state;
	assert_int_equal(run->call_count, 2);
	assert_step(run_find(run, "c1"), "note: late");
	/* Taken for a new call, it would replace the whole one. */
	assert_int_equal(run->reject_count, 1);
	assert_int_equal(run->rejects[0].line, 7);
	assert_true(text_equal_string(run->rejects[0].session_id, "c1"));
	run_free(run);
}

static void rows_swapped_by_less_than_a_millisecond_are_put_in_order(void **state)
{
	struct run *run = run_rows(
		CHAN_START "two,101.0005,1,Ann,2,in,SIP/a-1,CELGenUserEvent,,c1,c1,{}\n"
			   "one,101.0001,1,Ann,2,in,SIP/a-1,CELGenUserEvent,,c1,c1,{}\n" HANGUP);
	struct call_step step;

	(void)state;
	assert_true(step_at(run, &run->calls[0], 1, &step));
	assert_true(text_equal_string(step.line, "one: (empty)"));
	run_free(run);
}

static void odd_text_survives(void **state)
{
	struct run *run = run_rows(
		"CHAN_START,100.5,1,\"A\xff, \"\"b\"\" \xc3\xa9\",2,in,SIP/a-1,,,c1,c1,\n"
		"note,101,1,Ann,2,in,SIP/"
		"a-1,CELGenUserEvent,\"a\\,b\",c1,c1,\"{\"\"extra\"\":\"\"a\\,b\"\"}\"\n" HANGUP);

	(void)state;
	assert_step(&run->calls[0], "Dialled 2 from 1 (A\xef\xbf\xbd, \"b\" \xc3\xa9)");
	assert_step(&run->calls[0], "note: {\"extra\":\"a\\,b\"}");
	run_free(run);
}

static void older_versions_write_the_hang_up_without_json(void **state)
{
	struct run *run = run_rows(
		CHAN_START "HANGUP,103.5,1,Ann,2,in,SIP/a-1,,,c1,c1,\"17,SIP/a-1,BUSY\"\n");

	(void)state;
	assert_step(&run->calls[0], "Hung up by the caller (SIP/a-1): user busy (17)");
	run_free(run);
}

static void a_number_that_is_not_known_is_empty(void **state)
{
	struct run *run = run_rows("CHAN_START,100.5,<unknown>,<unknown>,2,in,SIP/a-1,,,c1,c1,\n"
				   "HANGUP,103.5,,,2,in,SIP/a-1,,,c1,c1,\n");

	(void)state;
	assert_true(text_equal_string(run->calls[0].header.src, ""));
	assert_step(&run->calls[0], "Dialled 2 from an unknown number");
	run_free(run);
}

static void a_call_that_goes_on_without_its_caller_ends_with_its_last_channel(void **state)
{
	struct run *run = run_rows(CHAN_START "CHAN_START,101,3,Bob,s,in,SIP/b-1,,,c2,c1,\n" HANGUP
					      "HANGUP,203.5,3,Bob,s,in,SIP/b-1,,,c2,c1,\n");

	(void)state;
	assert_int_equal(run->call_count, 1);
	assert_int_equal(run->calls[0].header.end, 203);
	run_free(run);
}

static void a_long_field_is_kept_and_a_long_call_cut_with_a_word(void **state)
{
	struct buffer input;
	struct run *run;

	(void)state;
	buffer_init(&input, 64 << 20);
	buffer_append(&input, TEXT(HEADER CHAN_START));
	for (int i = 0; i < 20; i++) {
		buffer_append(&input, TEXT("note,101,1,Ann,2,in,SIP/a-1,CELGenUserEvent,,c1,c1,"));
		for (int j = 0; j < 70000; j++) {
			buffer_append_byte(&input, (char)('a' + i));
		}
		buffer_append_byte(&input, '\n');
	}
	buffer_append(&input, TEXT(HANGUP));
	run = run_source("asterisk-cel", &no_options, buffer_text(&input), 4096);
	assert_int_equal(run->call_count, 1);
	assert_true(run->calls[0].json.size > 900000);
	assert_true(run->calls[0].json.size < CALL_SIZE_MAX_DEFAULT);
	assert_non_null(memmem(
		run->calls[0].json.data, run->calls[0].json.size, "more steps are left out", 23));
	assert_step(&run->calls[0], "Hung up: no cause given (0)");
	run_free(run);
	buffer_deinit(&input);
}

static void a_recording_may_be_cut_off_anywhere(void **state)
{
	struct arena arena;
	struct text input;

	(void)state;
	arena_init(&arena, SIZE_MAX / 2);
	input = fixture(&arena, "asterisk/cel-Master.csv");
	for (size_t size = 20000; size < 20700; size += 7) {
		struct run *run =
			run_source("asterisk-cel", &no_options, text_head(input, size), 0);

		assert_int_equal(run->result, 0);
		assert_true(run->reject_count <= 1);
		assert_int_equal(run->call_count, 7);
		run_free(run);
	}
	arena_deinit(&arena);
}

static void a_small_recording_may_be_cut_into_pieces_of_any_size(void **state)
{
	const struct text input = TEXT(HEADER CHAN_START HANGUP LINKEDID_END);

	(void)state;
	for (size_t piece = 1; piece <= input.size; piece++) {
		struct run *run = run_source("asterisk-cel", &no_options, input, piece);

		assert_int_equal(run->call_count, 1);
		assert_int_equal(run->reject_count, 0);
		run_free(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_agrees_with_what_the_manager_stream_says),
		cmocka_unit_test(calls_from_outside_are_inbound),
		cmocka_unit_test(the_steps_say_what_happened),
		cmocka_unit_test(a_caller_who_says_nothing_is_told_from_one_who_was_taken_away),
		cmocka_unit_test(a_step_names_its_application_and_its_variable),
		cmocka_unit_test(a_failure_is_of_class_error),
		cmocka_unit_test(a_password_of_the_dialplan_stays_out_of_the_log),
		cmocka_unit_test(the_last_step_of_a_call_still_up_says_so),
		cmocka_unit_test(every_user_event_is_a_step),
		cmocka_unit_test(columns_may_come_in_any_order_by_header_or_mapping),
		cmocka_unit_test(times_may_be_local),
		cmocka_unit_test(the_same_recording_gives_the_same_calls_however_it_is_cut),
		cmocka_unit_test(a_broken_row_is_named_and_the_rest_is_kept),
		cmocka_unit_test(columns_that_cannot_tell_calls_apart_are_refused),
		cmocka_unit_test(rows_without_start_or_end_are_no_call),
		cmocka_unit_test(a_call_that_began_before_the_recording_says_so),
		cmocka_unit_test(rows_that_come_late_belong_to_their_call),
		cmocka_unit_test(rows_swapped_by_less_than_a_millisecond_are_put_in_order),
		cmocka_unit_test(odd_text_survives),
		cmocka_unit_test(older_versions_write_the_hang_up_without_json),
		cmocka_unit_test(a_number_that_is_not_known_is_empty),
		cmocka_unit_test(a_call_that_goes_on_without_its_caller_ends_with_its_last_channel),
		cmocka_unit_test(a_long_field_is_kept_and_a_long_call_cut_with_a_word),
		cmocka_unit_test(a_recording_may_be_cut_off_anywhere),
		cmocka_unit_test(a_small_recording_may_be_cut_into_pieces_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
