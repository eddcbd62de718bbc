/* SPDX-License-Identifier: MIT
 * Reading what is learnt of a live call: events lines and their parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call_events.h"

#define SIZE_ENOUGH ((size_t)1 << 20)
#define STEP	    "{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":7}"

typedef int read_fn(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err);

static int read_header(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err)
{
	(void)canonical;
	return call_events_read_header(json, position, arena, ret_events, err);
}

#define DEST  CALL_GIVEN_DEST
#define START CALL_GIVEN_START
#define STATE CALL_GIVEN_STATE

static const struct {
	read_fn *read;
	struct text json;
	const char *error; /* NULL: it is read */
	unsigned int given;
	int64_t from;
	const char *canonical; /* NULL: no steps are given */
} rows[] = {
	{call_events_read, TEXT("{\"session_id\":\"s\"}"), NULL, 0, -1, NULL},
	{call_events_read, TEXT("{\"from\":3,\"steps\":[],\"session_id\":\"s\"}"), NULL, 0, 3,
		"[]"},
	{call_events_read,
		TEXT("{\"session_id\":\"s\",\"call\":{\"dest\":\"1\",\"start\":\"5\"},\"steps\":"
		     "[ " STEP ", " STEP "]}"),
		NULL, DEST | START, -1, "[" STEP "," STEP "]"},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"call\":{\"state\":\"live\"}}"), NULL,
		STATE, -1, NULL},
	{call_events_read, TEXT("{}"), "line 4, column 2: the line has no \"session_id\"", 0, 0,
		NULL},
	{call_events_read, TEXT("[]"), "line 4, column 2: an events line must be an object", 0, 0,
		NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"step\":[]}"),
		"line 4, column 20: \"step\" is not known here, only session_id, call, from and "
		"steps",
		0, 0, NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"from\":3}"),
		"line 4, column 27: \"from\" says where steps stand: there are no \"steps\"", 0, 0,
		NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"from\":-1,\"steps\":[]}"),
		"line 4, column 27: \"from\" must be the place of a step: a whole number from 0 on",
		0, 0, NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"session_id\":\"s\"}"),
		"line 4, column 20: a member of this name is in the object already", 0, 0, NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"call\":{\"start\":5,\"end\":4}}"),
		"line 4, column 44: \"end\" is before \"start\"", 0, 0, NULL},
	{call_events_read, TEXT("{\"session_id\":\"s\",\"steps\":[{}]}"),
		"line 4, column 29: the step has no \"event\"", 0, 0, NULL},
	{read_header, TEXT("{\"state\":\"over\"}"),
		"line 4, column 11: \"state\" must be \"live\" or \"ended\"", 0, 0, NULL},
	{read_header, TEXT("{\"start\":1795459000000}"),
		"line 4, column 11: \"start\" must be UNIX seconds below 100000000000: is this in "
		"milliseconds?",
		0, 0, NULL},
	{read_header, TEXT("{\"start\":5}"), NULL, START, -1, NULL},
	{read_header, TEXT("{\"detail\":[]}"),
		"line 4, column 3: \"detail\" is not known here, only dest, src, start, end, type, "
		"state, outcome, answered, talk and ended_by",
		0, 0, NULL},
	{read_header, TEXT("{\"outcome\":\"missed\",\"talk\":\"5\",\"ended_by\":null}"), NULL,
		CALL_GIVEN_OUTCOME | CALL_GIVEN_TALK | CALL_GIVEN_ENDED_BY, -1, NULL},
	{read_header, TEXT("{\"outcome\":\"lost\"}"),
		"line 4, column 13: \"outcome\" must be answered, missed, abandoned, busy, failed, "
		"voicemail, transferred, completed or null",
		0, 0, NULL},
	{read_header, TEXT("{\"outcome\":\"\"}"),
		"line 4, column 13: \"outcome\" must be answered, missed, abandoned, busy, failed, "
		"voicemail, transferred, completed or null",
		0, 0, NULL},
	{read_header, TEXT("{\"ended_by\":true}"),
		"line 4, column 14: \"ended_by\" must be caller, called, system or null", 0, 0,
		NULL},
	{read_header, TEXT("{\"talk\":-1}"),
		"line 4, column 10: \"talk\" must be seconds: a whole number, a string of at most "
		"18 "
		"digits, or null",
		0, 0, NULL},
	{read_header, TEXT("{\"answered\":1795459000000}"),
		"line 4, column 14: \"answered\" must be UNIX seconds below 100000000000: is this "
		"in "
		"milliseconds?",
		0, 0, NULL},
	{read_header, TEXT("7"),
		"line 4, column 2: an object of dest, src, start, end, type, state, outcome, "
		"answered, talk and ended_by is expected",
		0, 0, NULL},
	{call_events_read_steps, TEXT(STEP), NULL, 0, -1, "[" STEP "]"},
	{call_events_read_steps, TEXT("[" STEP " ]"), NULL, 0, -1, "[" STEP "]"},
	{call_events_read_steps, TEXT("7"), "line 4, column 2: a step must be an object", 0, 0,
		NULL},
	{call_events_read_lines, TEXT(STEP "\n \n" STEP "\r\n"), NULL, 0, -1,
		"[" STEP "," STEP "]"},
	{call_events_read_lines, TEXT(""), NULL, 0, -1, "[]"},
	{call_events_read_lines, TEXT(STEP "\n{}"), "line 5, column 1: the step has no \"event\"",
		0, 0, NULL},
};

static void what_is_learnt_of_a_call_is_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		AUTO(buffer_deinit) struct buffer canonical;
		struct error err = {.code = ERROR_NONE};
		struct call_events events;
		int done;

		arena_init(&arena, SIZE_ENOUGH);
		buffer_init(&canonical, SIZE_ENOUGH);
		done = rows[i].read(rows[i].json, (struct json_position){4, 2}, &arena, &canonical,
			&events, &err);
		if (rows[i].error) {
			assert_string_equal(err.message, rows[i].error);
			assert_int_equal(err.code, ERROR_INVALID);
			assert_int_equal(done, -1);
			continue;
		}
		if (done < 0) {
			fail_msg("%s: %s", rows[i].json.data, err.message);
		}
		assert_int_equal(events.given, rows[i].given);
		assert_int_equal(events.from, rows[i].from);
		assert_int_equal(events.has_steps, rows[i].canonical != NULL);
		if (rows[i].canonical) {
			assert_true(text_equal_string(buffer_text(&canonical), rows[i].canonical));
		}
	}
}

static void a_wrong_line_is_named_by_its_session_wherever_that_stands(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical;
	struct call_events events;
	struct error err;

	(void)state;
	arena_init(&arena, SIZE_ENOUGH);
	buffer_init(&canonical, SIZE_ENOUGH);
	assert_int_equal(call_events_read(TEXT("{\"steps\":7,\"session_id\":\"s\"}"),
				 (struct json_position){1, 1}, &arena, &canonical, &events, &err),
		-1);
	assert_true(text_equal_string(events.call.session_id, "s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_learnt_of_a_call_is_read_strictly),
		cmocka_unit_test(a_wrong_line_is_named_by_its_session_wherever_that_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
