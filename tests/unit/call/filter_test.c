/* SPDX-License-Identifier: MIT
 * Filters: reading parameters, and what matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/filter.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define NOW		INT64_C(1769817600)

/* Sets the parameters of `name=value&name=value`, nothing being encoded. Returns what the first
 * failure returns. */
static int read_filter(
	const char *parameters, struct arena *arena, struct filter *filter, struct error *err)
{
	struct text rest = text_of(parameters), pair;

	filter_init(filter);
	while (parameters[0] && text_split(&rest, '&', &pair)) {
		struct text name;
		int status;

		assert_true(text_split(&pair, '=', &name));
		status = filter_set(filter, name, pair, NOW, arena, err);
		if (status <= 0) {
			return status;
		}
	}
	return filter_check(filter, err) < 0 ? -1 : 1;
}

static void wrong_values_are_told_with_their_parameter(void **state)
{
	static const struct {
		const char *parameters, *beginning;
	} rows[] = {
		{"start=yesterday", "start: "},
		{"end=x", "end: "},
		{"start=10&end=9", "end: "},
		{"dest=", "dest: a number is expected"},
		{"src=", "src: a number is expected"},
		{"type=incoming",
			"type: inbound, outbound or transfer is expected, not 'incoming'"},
		{"type=inbound,", "type: "},
		{"type=", "type: "},
		{"class=", "class: "},
		{"module=a,,b", "module: "},
		{"variable=,", "variable: "},
		{"last_module=", "last_module: "},
		{"last_variable=", "last_variable: "},
		{"text=", "text: "},
		{"text=\"a", "text: "},
		{"text=*0123", "text: a * stands behind the beginning of a word"},
		{"text=press \"*one\"", "text: a * stands behind"},
		{"dest=617*3001", "dest: a * stands at either end"},
		{"src=*7*3*", "src: a * stands at either end"},
		{"dest=617,", "dest: a number is expected"},
		{"dest=617**", "dest: a * stands at either end"},
		{"min_duration=x", "min_duration: a number of seconds is expected, not 'x'"},
		{"max_duration=-1", "max_duration: a number of seconds is expected, not '-1'"},
		{"min_duration=10&max_duration=9", "max_duration: "},
		{"session=", "session: the id of a call, of at most 128 bytes, is expected"},
		{"session=*", "session: the id of a call, of at most 128 bytes, is expected"},
		{"session=\xc3*", "session: the id of a call, of at most 128 bytes, is expected"},
		{"min_steps=few", "min_steps: a number of steps is expected, not 'few'"},
		{"max_steps=-1", "max_steps: a number of steps is expected, not '-1'"},
		{"min_steps=10&max_steps=9", "max_steps: "},
		{"-type=incoming", "-type: inbound, outbound or transfer is expected"},
		{"-module=", "-module: "},
		{"-dest=6*1", "-dest: a * stands at either end"},
		{"-src=", "-src: a number is expected"},
		{"dest=\"*67\"8", "dest: a * stands at either end"},
		{"step_data=digits",
			"step_data: NAME=VALUE is expected, as in digits=1, not 'digits'"},
		{"step_data=", "step_data: NAME=VALUE is expected"},
		{"step_data==1", "step_data: a name is expected"},
		{"step_data=a=1,b", "step_data: NAME=VALUE is expected"},
		{"data.=1", "step_data: a name is expected"},
		{"step_data=a=,b=,c=,d=,e=,f=,g=,h=,i=", "step_data: at most 8 may be"},
		{"state=dead", "state: live or ended is expected, not 'dead'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct filter filter;
		struct error err;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(read_filter(rows[i].parameters, &arena, &filter, &err), -1);
		assert_int_equal(err.code, ERROR_INVALID);
		if (!text_starts_with(text_of(err.message), text_of(rows[i].beginning))) {
			fail_msg("%s: %s", rows[i].parameters, err.message);
		}
	}
}

static void other_parameters_are_left_alone(void **state)
{
	struct arena arena;
	struct filter filter;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	filter_init(&filter);
	assert_int_equal(filter_set(&filter, TEXT("limit"), TEXT("x"), NOW, &arena, NULL), 0);
	assert_int_equal(filter_set(&filter, TEXT("Start"), TEXT("x"), NOW, &arena, NULL), 0);
	assert_int_equal(filter_set(&filter, TEXT("-start"), TEXT("1"), NOW, &arena, NULL), 0);
	assert_int_equal(filter_set(&filter, TEXT("-text"), TEXT("x"), NOW, &arena, NULL), 0);
	assert_true(filter_is_window(&filter));
	assert_int_equal(filter.start, 0);
	assert_int_equal(filter.end, INT64_MAX);
}

static void filters_know_what_they_need(void **state)
{
	static const struct {
		const char *parameters;
		bool window, detail;
	} rows[] = {
		{"", true, false},
		{"start=-2h&end=now", true, false},
		{"start=-99999w", true, false},
		{"dest=617", true, false},
		{"dest=*", true, false},
		{"dest=617,618&dest=619", true, false},
		{"dest=617*,*", true, false},
		{"dest=617,618*", false, false},
		{"dest=617*", false, false},
		{"dest=*617", false, false},
		{"dest=none", false, false},
		{"dest=\"*67\"", true, false},
		{"src=1", false, false},
		{"-dest=1", false, false},
		{"-src=*", false, false},
		{"-outcome=missed", false, false},
		{"-module=menu", false, false},
		{"-last_module=menu", false, false},
		{"-module=menu&class=info", false, true},
		{"type=inbound", false, false},
		{"min_duration=1", false, false},
		{"min_duration=0", true, false},
		{"max_duration=5m", false, false},
		{"min_steps=0", true, false},
		{"min_steps=1", false, true},
		{"max_steps=1", false, false},
		{"state=ended", false, false},
		{"session=s", false, false},
		{"session=s*", false, false},
		{"class=info", false, true},
		{"module=menu", false, true},
		{"variable=v", false, true},
		{"last_module=menu", false, true},
		{"last_variable=v", false, true},
		{"text=word", false, true},
		{"step_data=digits=1", false, true},
		{"data.digits=1", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct filter filter;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(read_filter(rows[i].parameters, &arena, &filter, NULL), 1);
		assert_int_equal(filter_is_window(&filter), rows[i].window);
		assert_int_equal(filter_needs_detail(&filter), rows[i].detail);
		assert_true(filter.start >= 0);
	}
}

static const struct call sample = {
	.dest = {"+617 (712) 3001", 15},
	.src = {"sales", 5},
	.session_id = {"s", 1},
	.start = NOW - 60,
	.end = NOW,
	.type = CALL_OUTBOUND,
	.has_detail = true,
	.steps = 4,
	.outcome = CALL_MISSED,
};

static const char sample_detail[] =
	"[{\"event\":{\"line\":\"Welcome\"},\"class\":\"info\",\"timestamp\":1},"
	"{\"event\":{\"line\":\"Press one\",\"data\":{\"module_type\":\"menu\",\"result_variable\":"
	"\"main\"}},\"class\":\"prompt\",\"timestamp\":2},"
	"{\"event\":{\"line\":\"two Caf\xc3\xa9\",\"data\":{\"module_type\":\"queue\",\"result_"
	"variable\":"
	"\"help\"}},\"class\":\"event\",\"timestamp\":3},"
	"{\"event\":{\"line\":\"caller hung "
	"up\",\"data\":{\"module_type\":\"hangup\",\"result_variable\":\"end\",\"digits\":\"1,2\","
	"\"tries\":3,\"audio\":false,\"note\":\"\",\"said\":\"\\\"yes\\\"\",\"a\":\"b=c\"}},"
	"\"class\":"
	"\"event\",\"timestamp\":4}]";

/* Its steps, and then none to be seen. */
static void expect_match(const char *parameters, int expected)
{
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;
	int matches;

	arena_init(&arena, SIZE_MAX);
	assert_int_equal(read_filter(parameters, &arena, &filter, NULL), 1);
	matches = filter_matches(&filter, &sample, text_of(sample_detail), &arena, NULL);
	if (matches != expected) {
		fail_msg("%s: %d", parameters, matches);
	}
	matches = filter_matches(&filter, &sample, (struct text){0}, &arena, NULL);
	assert_int_equal(matches, expected && !filter_needs_detail(&filter));
}

static void a_call_matches_or_does_not(void **state)
{
	static const struct {
		const char *parameters;
		int matches;
	} rows[] = {
		{"", 1},
		{"start=-60s", 1},
		{"start=-59s", 0},
		{"end=-60s", 0},
		{"end=-59s", 1},
		{"dest=6177123001", 1},
		{"dest=617712", 0},
		{"dest=617*", 1},
		{"dest=+617 (7*", 1},
		{"dest=*3001", 1},
		{"dest=*712*", 1},
		{"dest=*713*", 0},
		{"dest=*", 1},
		{"src=sales", 1},
		{"src=*les", 1},
		{"src=Sales", 0},
		{"dest=1&dest=6177123001", 1}, /* the last value counts */
		{"type=outbound", 1},
		{"type=inbound,transfer", 0},
		{"type=inbound&type=outbound", 1},
		{"min_duration=60&max_duration=60", 1},
		{"min_duration=61", 0},
		{"max_duration=59", 0},
		{"min_steps=4&max_steps=4", 1},
		{"min_steps=5", 0},
		{"min_steps=1", 1},
		{"state=ended", 1},
		{"session=s", 1},
		{"session=s*", 1},
		{"session=t", 0},
		{"session=t*", 0},
		{"session=st*", 0},
		{"session=\"s\"", 1},
		{"session=\"s*\"", 0},
		{"session=t&session=s", 1},
		{"state=live", 0},
		{"class=prompt", 1},
		{"class=debug", 0},
		{"class=debug,prompt", 1},
		{"class=debug&class=prompt", 1},
		{"module=menu", 1},
		{"module=Menu", 0},
		{"module=menu&variable=main", 1},
		{"module=menu&variable=help", 0}, /* of one and the same step */
		{"module=menu&variable=help,main&class=prompt", 1},
		{"module=hangup", 1},
		{"last_module=queue", 1},
		{"last_module=menu", 0},
		{"last_module=hangup", 0}, /* is not a place */
		{"last_variable=help", 1},
		{"last_module=queue&last_variable=main", 0},
		{"last_module=queue&module=menu", 1},
		{"text=press", 1},
		{"text=\"press one\"", 1},
		{"text=\"one two\"", 0}, /* a phrase does not cross lines */
		{"text=press cafe", 1},
		{"text=press nothing", 0},
		{"text=hun*", 1},
		{"text=menu", 0}, /* of lines only */
		{"text=press&text=nothing", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		expect_match(rows[i].parameters, rows[i].matches);
	}
}

/* What its steps' data have; there the values are asked for as they are. */
static void a_call_has_the_data_or_has_not(void **state)
{
	static const struct {
		const char *parameters;
		int matches;
	} rows[] = {
		{"step_data=module_type=menu", 1},
		{"data.module_type=menu", 1},
		{"data.module_type=Menu", 0},
		{"data.menu=menu", 0},
		{"step_data=module_type=menu,result_variable=help", 1}, /* each in any step */
		{"step_data=module_type=menu,result_variable=none", 0},
		{"data.module_type=menu&data.module_type=queue", 1},
		{"data.digits=1,2", 1},
		{"step_data=digits=\"1,2\"", 1},
		{"step_data=digits=\"1,2\",tries=3", 1},
		{"step_data=digits=1,2=", 0},
		{"data.digits=1", 0}, /* the whole value */
		{"data.tries=3", 1},
		{"data.tries=03", 0},
		{"data.audio=false", 1},
		{"data.note=", 1},
		{"data.none=", 0},
		{"data.said=\"yes\"", 1}, /* as it spells */
		{"step_data=said=\"\"yes\"\"", 0},
		{"data.a=b=c", 1},
		{"step_data=a=b=c", 1},
		{"data.module_type=menu&path=menu > queue", 1},
		{"data.module_type=menu&path=queue > menu", 0},
		{"data.module_type=none&path=menu > queue", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		expect_match(rows[i].parameters, rows[i].matches);
	}
}

/* What it must not have: with its steps, and where these cannot be seen. */
static void a_call_is_refused_or_is_not(void **state)
{
	static const struct {
		const char *parameters;
		int matches, bare;
	} rows[] = {
		{"max_steps=3", 0, 1}, /* none can be seen */
		{"-type=outbound", 0, 0},
		{"-type=inbound,transfer", 1, 1},
		{"type=outbound&-type=outbound", 0, 0},
		{"-type=inbound&type=outbound,inbound", 1, 1},
		{"-outcome=answered", 1, 1},
		{"-outcome=missed,busy", 0, 0},
		{"-ended_by=caller", 1, 1}, /* that is not known */
		{"-ended_by=caller,called,system", 1, 1},
		{"-dest=617*", 0, 0},
		{"-dest=618*&-dest=619", 1, 1},
		{"-dest=*", 0, 0},
		{"-src=sales", 0, 0},
		{"-src=none", 1, 1},
		{"src=sales&-dest=6177123002", 1, 1},
		{"-module=menu", 0, 1},
		{"-module=voicemail", 1, 1},
		{"-module=voicemail,queue", 0, 1},
		{"-class=debug&-variable=other", 1, 1},
		{"-class=debug&-variable=help", 0, 1},
		{"module=menu&-class=event", 0, 0},
		{"module=menu&-module=queue", 0, 0},
		{"module=menu&-module=voicemail", 1, 0},
		{"-last_module=menu", 1, 1},
		{"-last_module=queue", 0, 1},
		{"-last_module=hangup", 1, 1},
		{"-last_variable=help", 0, 1},
		{"last_module=queue&-last_variable=main", 1, 0},
		{"text=press&-module=hangup", 0, 0},
		{"text=press&-module=nothing", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct filter filter;
		int matches, bare;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(read_filter(rows[i].parameters, &arena, &filter, NULL), 1);
		matches = filter_matches(&filter, &sample, text_of(sample_detail), &arena, NULL);
		bare = filter_matches(&filter, &sample, (struct text){0}, &arena, NULL);
		if (matches != rows[i].matches || bare != rows[i].bare) {
			fail_msg("%s: %d, without steps %d", rows[i].parameters, matches, bare);
		}
	}
}

static void a_number_is_meant_or_is_not(void **state)
{
	static const struct {
		const char *parameters, *src;
		int matches;
	} rows[] = {
		{"src=\"*67\"", "*67", 1},
		{"src=\"*67\"", "5551267", 0},
		{"src=\"*67\"", "**67", 0},
		{"src=*67", "5551267", 1},
		{"src=**67", "1*67", 1},
		{"src=1,\"*67\",2", "*67", 1},
		{"src=1,\"*67\",2", "2", 1},
		{"src=\"sip:a,b@x\"", "sip:a,b@x", 1},
		{"src=\"+1 (2)\"", "12", 1},
		{"src=\"\"", "", 1},
		{"src=\"\"", "anonymous", 0},
		{"src=\"Ann\" <12>", "12", 1}, /* the name before an address */
		{"src=\"none\"", "none", 1},
		{"src=\"none\"", "", 0},
		{"src=none", "", 1},
		{"src=none", "anonymous", 1},
		{"src=none", "Restricted", 1},
		{"src=none", "sip:anonymous@anonymous.invalid", 1},
		{"src=none", "SIPS:Unknown@x", 1},
		{"src=none", "none", 0},
		{"src=none", "anonymously", 0},
		{"src=none", "0", 0},
		{"src=none", "sip:ann@x", 0},
		{"src=none,12", "12", 1},
		{"src=anonymous", "Anonymous", 0},
		{"-src=none", "12", 1},
		{"-src=none,12", "12", 0},
		{"-src=\"*67\"", "*67", 0},
		{"-src=\"*67\"", "67", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct call call = sample;
		struct filter filter;

		arena_init(&arena, SIZE_MAX);
		call.src = text_of(rows[i].src);
		assert_int_equal(read_filter(rows[i].parameters, &arena, &filter, NULL), 1);
		if (filter_matches_header(&filter, &call) != rows[i].matches) {
			fail_msg("%s of '%s'", rows[i].parameters, rows[i].src);
		}
	}
}

static void what_is_not_canonical_is_told(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;
	struct error err;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	assert_int_equal(read_filter("text=a", &arena, &filter, NULL), 1);
	assert_int_equal(filter_matches(&filter, &sample, TEXT("[{]"), &arena, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_int_equal(filter_matches(&filter, &sample, TEXT("[]"), &arena, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_values_are_told_with_their_parameter),
		cmocka_unit_test(other_parameters_are_left_alone),
		cmocka_unit_test(filters_know_what_they_need),
		cmocka_unit_test(a_call_matches_or_does_not),
		cmocka_unit_test(a_call_has_the_data_or_has_not),
		cmocka_unit_test(a_call_is_refused_or_is_not),
		cmocka_unit_test(a_number_is_meant_or_is_not),
		cmocka_unit_test(what_is_not_canonical_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
