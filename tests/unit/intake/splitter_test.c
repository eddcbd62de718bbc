/* SPDX-License-Identifier: MIT
 * The splitter: what it cuts out of a stream, wherever the stream's pieces begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/stream/splitter.h"

#define CALL_SIZE_MAX 40

/* What happened, a line each: `call LINE L:C TEXT`, `reject LINE SESSION: ERROR`, `failure ERROR`.
 */
static void note_call(void *context, struct text json, struct json_position position, uint64_t line)
{
	buffer_printf(context, "call %d %d:%d %.*s\n", (int)line, (int)position.line,
		(int)position.column, TEXT_ARG(json));
}

static void note_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	buffer_printf(context, "reject %d %.*s: %s\n", (int)line, TEXT_ARG(session_id), error);
}

/* Each piece in memory of exactly its size, so that a byte read too far is seen. */
static int feed(struct splitter *splitter, struct text piece, struct error *err)
{
	char *copy = malloc(piece.size ? piece.size : 1);
	int fed;

	assert_non_null(copy);
	memcpy(copy, piece.data, piece.size);
	fed = splitter_feed(splitter, (struct text){.data = copy, .size = piece.size}, err);
	free(copy);
	return fed;
}

/* Feeds @input in pieces: first @head bytes, then @piece bytes at a time. */
static void split(struct buffer *events, enum stream_shape shape, struct text input, size_t head,
	size_t piece, bool cut_off)
{
	const struct call_sink sink = {
		.call = note_call,
		.reject = note_reject,
		.context = events,
		.call_size_max = CALL_SIZE_MAX,
	};
	AUTO(splitter_destroyp) struct splitter *splitter = NULL;
	struct error err = {0};
	int done;

	buffer_clear(events);
	assert_int_equal(splitter_create(&splitter, shape, &sink, &err), 0);
	done = feed(splitter, text_head(input, head), &err);
	input = text_tail(input, head);
	while (done == 0 && input.size > 0) {
		size_t size = input.size < piece ? input.size : piece;

		done = feed(splitter, text_head(input, size), &err);
		input = text_tail(input, size);
	}
	if (done == 0) {
		done = splitter_end(splitter, cut_off, &err);
	}
	if (done < 0) {
		buffer_printf(events, "failure %s\n", err.message);
	}
}

struct example {
	const char *input;
	const char *events;
};

static void check(enum stream_shape shape, const struct example *example, bool cut_off)
{
	struct text input = text_of(example->input);
	struct buffer events;

	buffer_init(&events, 1 << 20);
	for (size_t head = 0; head <= input.size; head++) {
		split(&events, shape, input, head, SIZE_MAX, cut_off);
		buffer_append_byte(&events, '\0');
		assert_string_equal(events.data, example->events);
	}
	split(&events, shape, input, 0, 1, cut_off);
	buffer_append_byte(&events, '\0');
	assert_string_equal(events.data, example->events);
	buffer_deinit(&events);
}

static void an_envelope_is_cut_into_its_calls(void **state)
{
	static const struct example examples[] = {
		{"{\"calls\":[]}", ""},
		{" \n{\"calls\":[{\"a\":1},{\"b\":2}],\"total_calls\":2}\n ",
			"call 1 2:11 {\"a\":1}\ncall 2 2:19 {\"b\":2}\n"},
		{"{\"n\":2, \"x\":[{\"calls\":[1]}],\n \"calls\":\n[ {\"a\":1}\n,\n{} ] "
		 "}",
			"call 1 3:3 {\"a\":1}\ncall 2 5:1 {}\n"},
		{"{\"c\\u0061lls\":[{}],\"x\":\"]}\"}", "call 1 1:16 {}\n"},
		{"{\"calls\":[{\"a\":\"]}\\\"{[\",\"b\\\\\":[{}]}]}",
			"call 1 1:11 {\"a\":\"]}\\\"{[\",\"b\\\\\":[{}]}\n"},
		{"{\"dest\":\"1\",\"calls\":[{}]}", "call 1 1:22 {}\n"},
		{"{\"calls\":[{\"a\":\n1}, {\"s\":\"x\ny\"} ,{}]}",
			"call 1 1:11 {\"a\":\n1}\ncall 2 2:5 {\"s\":\"x\ny\"}\ncall 3 3:6 {}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		check(STREAM_DOCUMENT, &examples[i], false);
	}
}

static void an_object_without_calls_is_a_bare_call(void **state)
{
	static const struct example examples[] = {
		{"{\"a\":1,\"b\":{\"calls\":[]}}", "call 1 1:1 {\"a\":1,\"b\":{\"calls\":[]}}\n"},
		{"\n {}\n", "call 1 2:2 {}\n"},
		{"{\"a\":nonsense}", "call 1 1:1 {\"a\":nonsense}\n"},
		{"{\"session_id\":\"s\",\"detail\":\"0123456789012345678901234567890123456789\"}",
			"reject 1 s: line 1, column 1: the call is larger than 40 bytes\n"},
		{"{\"detail\":\"0123456789012345678901234567890123456789\",\"session_id\":\"s\"}",
			"reject 1 : line 1, column 1: the call is larger than 40 bytes\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		check(STREAM_DOCUMENT, &examples[i], false);
	}
}

static void what_cannot_be_a_call_is_rejected_by_its_place(void **state)
{
	static const struct example examples[] = {
		{"{\"calls\":[1, \"x\", null,[{}],{}]}",
			"reject 1 : line 1, column 11: a call must be an object\n"
			"reject 2 : line 1, column 14: a call must be an object\n"
			"reject 3 : line 1, column 19: a call must be an object\n"
			"reject 4 : line 1, column 24: a call must be an object\n"
			"call 5 1:29 {}\n"},
		{"{\"calls\":[{\"session_id\":\"s\\u0041\",\"detail\":[\"\\\"0123456789\",{}]},{}]"
		 "}",
			"reject 1 sA: line 1, column 11: the call is larger than 40 bytes\n"
			"call 2 1:65 {}\n"},
		{"{\"calls\":[{\"01234567890123456789012345678901234\":1}]}",
			"reject 1 : line 1, column 11: the call is larger than 40 bytes\n"},
		{"{\"calls\":[{\"0123456789012345678901234567890123\":1}]}",
			"call 1 1:11 {\"0123456789012345678901234567890123\":1}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		check(STREAM_DOCUMENT, &examples[i], false);
	}
}

static void a_broken_document_fails_where_it_breaks_and_keeps_what_was_good(void **state)
{
	static const struct example examples[] = {
		{"", "failure the document is empty: an object with 'calls', or one call, is "
		     "expected\n"},
		{"[{}]", "failure line 1, column 1: a JSON object is expected here, not '['\n"},
		{"{\"calls\":[{}]} x", "call 1 1:11 {}\n"
				       "failure line 1, column 16: the end of the document is "
				       "expected here, not 'x'\n"},
		{"{\"calls\":[{} {}]}", "call 1 1:11 {}\nfailure line 1, column 14: ',' or ']' is "
					"expected here, not "
					"'{'\n"},
		{"{\"calls\":[{},]}", "call 1 1:11 {}\nfailure line 1, column 14: a call is "
				      "expected here, not ']'\n"},
		{"{\"calls\":[,{}]}",
			"failure line 1, column 11: a call or ']' is expected here, not ','\n"},
		{"{\"calls\":[{},{\"a\":[}]}",
			"call 1 1:11 {}\nfailure line 1, column 20: '}' closes a '['\n"},
		{"{\"calls\":{}}",
			"failure line 1, column 10: an array of calls is expected here, not '{'\n"},
		{"{\"calls\":[{}],\"calls\":[{}]}",
			"call 1 1:11 {}\nfailure line 1, column 15: 'calls' is there twice\n"},
		{"{\"calls\":[{}],}", "call 1 1:11 {}\nfailure line 1, column 15: a member's name "
				      "is expected here, "
				      "not '}'\n"},
		{"{\"calls\"[{}]}", "failure line 1, column 9: ':' is expected here, not '['\n"},
		{"{\"calls\":[{}]}\x01", "call 1 1:11 {}\nfailure line 1, column 15: the end of "
					 "the document is expected "
					 "here, not 0x01\n"},
		{"{\"calls\":[{}],\"x\":\"0123456789012345678901234567890123456789\"}",
			"call 1 1:11 {}\n"
			"failure line 1, column 19: the member is larger than a call may be\n"},
		{"{\"x\":\"0123456789012345678901234567890123456789\",\"calls\":[{}]}",
			"failure line 1, column 1: the members before 'calls' are larger than a "
			"call "
			"may be\n"},
		{"{\"calls\":[{}", "call 1 1:11 {}\n"
				   "failure the document ends where ',' or ']' is expected\n"},
		{"{\"calls\":[{},{\"a\"", "call 1 1:11 {}\n"
					  "failure the document ends in the middle of call 2\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		check(STREAM_DOCUMENT, &examples[i], false);
	}
}

/* The words are the reader's; that the envelope's other members are held to its rules is what
 * counts here. */
static void the_members_beside_calls_are_strict_json(void **state)
{
	static const char *const bad[] = {
		"{\"x\":01,\"calls\":[]}",
		"{\"x\":{\"a\":1,\"a\":2},\"calls\":[]}",
		"{\"x\":1,\"x\":2,\"calls\":[]}",
		"{\"\\x\":1,\"calls\":[]}",
		"{\"calls\":[],\"x\":NaN}",
		"{\"calls\":[],\"x\":[1,]}",
		"{\"calls\":[],\"x\":\"\xff\"}",
		"{\"calls\":[],\"\\ud800\":1}",
	};
	struct buffer events;

	(void)state;
	buffer_init(&events, 1 << 20);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text input = text_of(bad[i]);

		for (size_t head = 0; head <= input.size; head++) {
			split(&events, STREAM_DOCUMENT, input, head, SIZE_MAX, false);
			assert_true(
				text_starts_with(buffer_text(&events), TEXT("failure line 1, ")));
		}
	}
	buffer_deinit(&events);
}

static void ndjson_is_cut_into_its_lines(void **state)
{
	static const struct example examples[] = {
		{"", ""},
		{"\n\r\n \t\n", ""},
		{"{\"a\":1}\n{\"b\":2}\n", "call 1 1:1 {\"a\":1}\ncall 2 2:1 {\"b\":2}\n"},
		{"{\"a\":1}\r\n\r\n  {\"b\":2} ", "call 1 1:1 {\"a\":1}\ncall 3 3:3 {\"b\":2}\n"},
		{"{}\n7\n{}", "call 1 1:1 {}\nreject 2 : line 2, column 1: a call must be an "
			      "object\ncall 3 3:1 {}\n"},
		{"{\"session_id\":\"s\",\"d\":\"0123456789012345678\"}\n{}",
			"reject 1 s: line 1, column 1: the call is larger than 40 bytes\n"
			"call 2 2:1 {}\n"},
		{"{\"0123456789012345678901234567890123\":1}\r\n",
			"call 1 1:1 {\"0123456789012345678901234567890123\":1}\n"},
		{"{\"a\":[}\n{}", "call 1 1:1 {\"a\":[}\ncall 2 2:1 {}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		check(STREAM_NDJSON, &examples[i], false);
	}
}

static void a_stream_cut_off_loses_only_what_is_unfinished(void **state)
{
	static const struct example lines[] = {
		{"{}\n{\"a\"", "call 1 1:1 {}\nfailure line 2: the body is cut off\n"},
		{"{}\n{}", "call 1 1:1 {}\nfailure line 2: the body is cut off\n"},
	};
	static const struct example documents[] = {
		{"{\"calls\":[{}]}", "call 1 1:11 {}\n"},
		{"{\"calls\":[{},{\"", "call 1 1:11 {}\nfailure the body is cut off in the middle "
				       "of call 2\n"},
		{"{\"calls\":[{},", "call 1 1:11 {}\nfailure the body is cut off\n"},
		{"", "failure the body is cut off\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		check(STREAM_NDJSON, &lines[i], true);
	}
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		check(STREAM_DOCUMENT, &documents[i], true);
	}
}

static void any_depth_of_brackets_is_passed_over(void **state)
{
	struct buffer input, events;

	(void)state;
	buffer_init(&input, 1 << 20);
	buffer_init(&events, 1 << 20);
	buffer_append(&input, TEXT("{\"calls\":["));
	for (int i = 0; i < 3000; i++) {
		buffer_append_byte(&input, '[');
	}
	for (int i = 0; i < 3000; i++) {
		buffer_append_byte(&input, ']');
	}
	buffer_append(&input, TEXT(",{}]}"));
	split(&events, STREAM_DOCUMENT, buffer_text(&input), 17, 100, false);
	assert_true(text_equal_string(buffer_text(&events),
		"reject 1 : line 1, column 11: the call is larger than 40 bytes\n"
		"call 2 1:6012 {}\n"));
	buffer_deinit(&events);
	buffer_deinit(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_is_cut_into_its_calls),
		cmocka_unit_test(an_object_without_calls_is_a_bare_call),
		cmocka_unit_test(what_cannot_be_a_call_is_rejected_by_its_place),
		cmocka_unit_test(a_broken_document_fails_where_it_breaks_and_keeps_what_was_good),
		cmocka_unit_test(the_members_beside_calls_are_strict_json),
		cmocka_unit_test(ndjson_is_cut_into_its_lines),
		cmocka_unit_test(a_stream_cut_off_loses_only_what_is_unfinished),
		cmocka_unit_test(any_depth_of_brackets_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
