/* SPDX-License-Identifier: MIT
 * Reading calls by the rules of API.md §2 "Taking calls in", and what is written of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "call/call_json.h"

#define SIZE_MAX_BYTES ((size_t)1 << 22)

struct fixture {
	struct arena arena;
	struct buffer canonical;
	struct call call;
	struct error err;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	arena_init(&fixture->arena, SIZE_MAX_BYTES);
	buffer_init(&fixture->canonical, SIZE_MAX_BYTES);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_deinit(&fixture->arena);
	buffer_deinit(&fixture->canonical);
	free(fixture);
	return 0;
}

static int read_call(struct fixture *fixture, struct text json)
{
	buffer_clear(&fixture->canonical);
	fixture->err = (struct error){0};
	return call_json_read(json, (struct json_position){.line = 1, .column = 1}, &fixture->arena,
		&fixture->canonical, &fixture->call, &fixture->err);
}

#define HEADER(start, end)                                                                         \
	"\"dest\":\"1\",\"src\":\"2\",\"start\":" start ",\"end\":" end ",\"session_id\":\"s\""
#define CALL(rest)   "{" HEADER("5", "9") ",\"type\":\"inbound\"" rest "}"
#define STEP(step)   CALL(",\"detail\":[" step "]")
#define EVENT(event) STEP("{\"event\":" event ",\"class\":\"info\",\"timestamp\":7}")
#define STORED(detail)                                                                             \
	"{\"dest\":\"1\",\"src\":\"2\",\"start\":\"5\",\"end\":\"9\",\"session_id\":\"s\","        \
	"\"detail\":" detail ",\"type\":\"inbound\",\"log\":true}"

static const struct {
	const char *what;
	struct text input;
	const char *canonical; /* NULL: nothing is written, there is no detail */
} accepted[] = {
	{"no detail", TEXT(CALL("")), NULL},
	{"detail false", TEXT(CALL(",\"detail\":false")), NULL},
	{"no steps", TEXT(CALL(",\"detail\":[]")), STORED("[]")},
	{"detail first", TEXT("{\"detail\":[ ]," HEADER("5", "9") ",\"type\":\"inbound\"}"),
		STORED("[]")},
	{"times as strings",
		TEXT("{" HEADER("\"5\"", "\"9\"") ",\"type\":\"inbound\",\"detail\":[]}"),
		STORED("[]")},
	{"times with escapes",
		TEXT("{" HEADER("\"\\u0035\"", "\"09\"") ",\"type\":\"inbound\",\"detail\":[]}"),
		STORED("[]")},
	{"a type and a name with escapes",
		TEXT("{" HEADER("5", "9") ",\"t\\u0079pe\":\"inb\\u006fund\",\"detail\":[]}"),
		STORED("[]")},
	{"members of a call that are not known are dropped",
		TEXT(CALL(",\"x\":{\"y\":[1]},\"detail\":[]")), STORED("[]")},
	{"log and total_calls hold anything",
		TEXT(CALL(",\"log\":[{}],\"total_calls\":\"x\",\"detail\":[]")), STORED("[]")},
	{"an event with a line only", TEXT(EVENT("{\"line\":\"a\"}")),
		STORED("[{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":7}]")},
	{"data in its own order, numbers as written",
		TEXT(EVENT("{\"line\":\"a\",\"data\":{\"z\":1.50,\"a\":-0,\"e\":1E+2,\"n\":null,"
			   "\"t\":[true,{}]}}")),
		STORED("[{\"event\":{\"line\":\"a\",\"data\":{\"z\":1.50,\"a\":-0,\"e\":1E+2,"
		       "\"n\":null,\"t\":[true,{}]}},\"class\":\"info\",\"timestamp\":7}]")},
	{"known members in the example's order, the others behind",
		TEXT(STEP("{\"x\":1,\"timestamp\":7,\"y\":[ ],\"class\":\"a_B9\",\"event\":"
			  "{\"u\":2,\"data\":{},\"v\":\"\\/\",\"line\":\"a\"}}")),
		STORED("[{\"event\":{\"line\":\"a\",\"data\":{},\"u\":2,\"v\":\"/\"},"
		       "\"class\":\"a_B9\",\"timestamp\":7,\"x\":1,\"y\":[]}]")},
	{"white space and escapes",
		TEXT(EVENT(
			"{ \"line\" :\n\"\\u00e9\\/ \\u0009\" , \"da\\u0074a\" : { \"\\u0061\" : "
			"\" \" } }")),
		STORED("[{\"event\":{\"line\":\"\303\251/ \\t\",\"data\":{\"a\":\" \"}},"
		       "\"class\":\"info\",\"timestamp\":7}]")},
	{"a class with escapes",
		TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"inf\\u006f\",\"timestamp\":0}")),
		STORED("[{\"event\":{\"line\":\"\"},\"class\":\"info\",\"timestamp\":0}]")},
	{"two steps",
		TEXT(STEP("{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":7},"
			  "{\"event\":{\"line\":\"b\"},\"class\":\"event\",\"timestamp\":6}")),
		STORED("[{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":7},"
		       "{\"event\":{\"line\":\"b\"},\"class\":\"event\",\"timestamp\":6}]")},
	{"18 digits",
		TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":"
			  "99999999999}")),
		STORED("[{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":"
		       "99999999999}]")},
	{"empty numbers",
		TEXT("{\"dest\":\"\",\"src\":\"\",\"start\":0,\"end\":0,\"session_id\":\" \","
		     "\"type\":\"transfer\"}"),
		NULL},
	{"white space round the call", TEXT(" " CALL("") "\n"), NULL},
};

static void good_calls_become_canonical(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const char *expected = accepted[i].canonical;

		if (read_call(fixture, accepted[i].input) < 0) {
			fail_msg("%s: %s", accepted[i].what, fixture->err.message);
		}
		assert_int_equal(fixture->call.has_detail, expected != NULL);
		if (!text_equal_string(
			    buffer_text(&fixture->canonical), expected ? expected : "")) {
			fail_msg("%s: %.*s", accepted[i].what,
				TEXT_ARG(buffer_text(&fixture->canonical)));
		}
	}
}

#define X16  "xxxxxxxxxxxxxxxx"
#define X32  X16 X16
#define X128 X32 X32 X32 X32
#define WITH(a, b, c, d, e, f)                                                                     \
	"{\"dest\":" a ",\"src\":" b ",\"start\":" c ",\"end\":" d ",\"session_id\":" e            \
	",\"type\":" f "}"
#define MUST_TIME  "UNIX seconds: a whole number or a string of at most 18 digits"
#define MUST_STAMP "UNIX seconds: a whole number of at most 18 digits"

static const struct {
	struct text input;
	const char *message; /* that the error's contains */
} rejected[] = {
	{TEXT("[]"), "line 1, column 1: a call must be an object"},
	{TEXT("1"), "a call must be an object"},
	{TEXT("{}"), "line 1, column 1: the call has no \"dest\""},
	{TEXT(" {\"dest\":\"1\"}"), "line 1, column 2: the call has no \"src\""},
	{TEXT("{\"dest\":\"1\",\"src\":\"2\",\"end\":9,\"session_id\":\"s\",\"type\":\"inbound\"}"),
		"the call has no \"start\""},
	{TEXT("{\"dest\":\"1\",\"src\":\"2\",\"start\":9,\"session_id\":\"s\",\"type\":"
	      "\"inbound\"}"),
		"the call has no \"end\""},
	{TEXT("{\"dest\":\"1\",\"src\":\"2\",\"start\":5,\"end\":9,\"type\":\"inbound\"}"),
		"the call has no \"session_id\""},
	{TEXT("{" HEADER("5", "9") "}"), "the call has no \"type\""},
	{TEXT(WITH("1", "\"\"", "5", "9", "\"s\"", "\"inbound\"")),
		"column 9: \"dest\" must be a string"},
	{TEXT(WITH("null", "\"\"", "5", "9", "\"s\"", "\"inbound\"")), "\"dest\" must be a string"},
	{TEXT(WITH("\"x" X128 "\"", "\"\"", "5", "9", "\"s\"", "\"inbound\"")),
		"\"dest\" must be 0 to 128 bytes long, not 129"},
	{TEXT(WITH("\"\"", "\"x" X128 "\"", "5", "9", "\"s\"", "\"inbound\"")),
		"\"src\" must be 0 to 128 bytes long, not 129"},
	{TEXT(WITH("\"\"", "[]", "5", "9", "\"s\"", "\"inbound\"")), "\"src\" must be a string"},
	{TEXT(WITH("\"\"", "\"a\\nb\"", "5", "9", "\"s\"", "\"inbound\"")),
		"\"src\" must be without control characters"},
	{TEXT(WITH("\"\\u0000\"", "\"\"", "5", "9", "\"s\"", "\"inbound\"")),
		"\"dest\" must be without control characters"},
	{TEXT(WITH("\"\177\"", "\"\"", "5", "9", "\"s\"", "\"inbound\"")),
		"\"dest\" must be without control characters"},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "\"a\\u007f\"", "\"inbound\"")),
		"\"session_id\" must be without control characters"},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "\"\"", "\"inbound\"")),
		"\"session_id\" must be 1 to 128 bytes long, not 0"},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "\"x" X128 "\"", "\"inbound\"")),
		"\"session_id\" must be 1 to 128 bytes long, not 129"},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "7", "\"inbound\"")),
		"\"session_id\" must be a string"},
	{TEXT(WITH("\"\"", "\"\"", "-5", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "5.0", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "5e1", "90", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "-0", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "\"\"", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "\" 5\"", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "true", "9", "\"s\"", "\"inbound\"")),
		"\"start\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "5", "null", "\"s\"", "\"inbound\"")),
		"\"end\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "5", "1000000000000000000", "\"s\"", "\"inbound\"")),
		"\"end\" must be " MUST_TIME},
	{TEXT(WITH("\"\"", "\"\"", "5", "\"1000000000000000000\"", "\"s\"", "\"inbound\"")),
		"\"end\" must be " MUST_TIME},
	{TEXT("{" HEADER("9", "5") ",\"type\":\"inbound\"}"),
		"line 1, column 39: \"end\" is before \"start\""},
	{TEXT("{\"end\":5,\n\"start\":9,\"dest\":\"\",\"src\":\"\",\"session_id\":\"s\",\"type\":"
	      "\"inbound\"}"),
		"line 2, column 9: \"end\" is before \"start\""},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "\"s\"", "\"Inbound\"")),
		"\"type\" must be \"inbound\", \"outbound\" or \"transfer\""},
	{TEXT(WITH("\"\"", "\"\"", "5", "9", "\"s\"", "1")), "\"type\" must be"},
	{TEXT(CALL(",\"detail\":null")), "\"detail\" must be an array of steps, or false"},
	{TEXT(CALL(",\"detail\":true")), "\"detail\" must be an array of steps, or false"},
	{TEXT(CALL(",\"detail\":{}")), "\"detail\" must be an array of steps, or false"},
	{TEXT(STEP("1")), "a step must be an object"},
	{TEXT(STEP("[]")), "a step must be an object"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":100000000000}")),
		"\"timestamp\" must be UNIX seconds below 100000000000: is this in milliseconds?"},
	{TEXT(STEP("{\"class\":\"info\",\"timestamp\":7}")), "the step has no \"event\""},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"timestamp\":7}")), "the step has no \"class\""},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"info\"}")),
		"the step has no \"timestamp\""},
	{TEXT(EVENT("[]")), "\"event\" must be an object"},
	{TEXT(EVENT("null")), "\"event\" must be an object"},
	{TEXT(EVENT("{}")), "the event has no \"line\""},
	{TEXT(EVENT("{\"line\":1}")), "\"line\" must be a string"},
	{TEXT(EVENT("{\"line\":\"\",\"data\":[]}")), "\"data\" must be an object"},
	{TEXT(EVENT("{\"line\":\"\",\"data\":null}")), "\"data\" must be an object"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"\",\"timestamp\":7}")),
		"\"class\" must be a word of 1 to 32 letters, digits and _"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"a-b\",\"timestamp\":7}")),
		"\"class\" must be a word"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"\303\251\",\"timestamp\":7}")),
		"\"class\" must be a word"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x" X32 "\",\"timestamp\":7}")),
		"\"class\" must be a word"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":7,\"timestamp\":7}")),
		"\"class\" must be a word"},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":\"7\"}")),
		"\"timestamp\" must be " MUST_STAMP},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":-7}")),
		"\"timestamp\" must be " MUST_STAMP},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":7.5}")),
		"\"timestamp\" must be " MUST_STAMP},
	{TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":7e0}")),
		"\"timestamp\" must be " MUST_STAMP},
	{TEXT(STEP(
		 "{\"event\":{\"line\":\"\"},\"class\":\"x\",\"timestamp\":1000000000000000000}")),
		"\"timestamp\" must be " MUST_STAMP},
	{TEXT(CALL(",\"dest\":\"1\"")), "a member of this name is in the object already"},
	{TEXT(CALL(",\"d\\u0065st\":\"1\"")), "a member of this name is in the object already"},
	{TEXT(CALL(",\"detail\":[],\"detail\":[]")),
		"a member of this name is in the object already"},
	{TEXT(CALL(",\"x\":1,\"x\":2")), "a member of this name is in the object already"},
	{TEXT(CALL(",\"x\":[{\"a\":1,\"a\":2}]")),
		"a member of this name is in the object already"},
	{TEXT(CALL(",\"log\":{\"a\":1,\"a\":2}")),
		"a member of this name is in the object already"},
	{TEXT(STEP("{\"class\":\"a\",\"class\":\"b\"}")),
		"a member of this name is in the object already"},
	{TEXT(EVENT("{\"line\":\"\",\"line\":\"\"}")),
		"a member of this name is in the object already"},
	{TEXT(EVENT("{\"line\":\"\",\"data\":{\"a\":1,\"\\u0061\":2}}")),
		"a member of this name is in the object already"},
	{TEXT(CALL(",\"x\":\"\\ud800\"")), "half of a surrogate pair"},
	{TEXT(CALL(",\"x\":NaN")), "a value is expected, not 'N'"},
	{TEXT(CALL(",\"log\":01")), "a number has no leading zeros"},
	{TEXT(EVENT("{\"line\":\"\377\"}")), "byte 0xff is not UTF-8 here"},
	{TEXT(EVENT("{\"line\":\"a\tb\"}")), "raw control character 0x09"},
	{TEXT(CALL("") "x"), "nothing more is expected, not 'x'"},
	{TEXT(CALL("") "{}"), "nothing more is expected, not '{'"},
};

static void bad_calls_are_named_with_member_and_place(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rejected) / sizeof(rejected[0]); i++) {
		if (read_call(fixture, rejected[i].input) >= 0) {
			fail_msg("accepted: %s", rejected[i].input.data);
		}
		assert_int_equal(fixture->err.code, ERROR_INVALID);
		if (strncmp(fixture->err.message, "line ", 5) != 0 ||
			!strstr(fixture->err.message, rejected[i].message)) {
			fail_msg("%s: %s", rejected[i].input.data, fixture->err.message);
		}
	}
}

static void places_count_from_where_the_call_stands(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(call_json_read(TEXT("{\"dest\":1}"),
				 (struct json_position){.line = 12, .column = 30}, &fixture->arena,
				 &fixture->canonical, &fixture->call, &fixture->err),
		-1);
	assert_string_equal(fixture->err.message, "line 12, column 38: \"dest\" must be a string");
}

static void a_reject_has_its_session_id_wherever_it_stands(void **state)
{
	static const struct {
		struct text input;
		const char *session_id;
	} cases[] = {
		{TEXT("{\"session_id\":\"s1\",\"dest\":1}"), "s1"},
		{TEXT("{\"dest\":1,\"x\":[{}],\"session_id\":\"s2\"}"), "s2"},
		{TEXT("{\"dest\":1,\"session_id\":\"s\\u0033\",!"), "s3"},
		{TEXT("{\"session_id\":\"s4\"}"), "s4"},
		{TEXT("{\"dest\":1,!,\"session_id\":\"s5\"}"), ""},
		{TEXT("{\"dest\":1,\"session_id\":\"\"}"), ""},
		{TEXT("{\"dest\":1,\"session_id\":7}"), ""},
		{TEXT("{\"dest\":1,\"x\":{\"session_id\":\"s6\"}}"), ""},
		{TEXT("[]"), ""},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_call(fixture, cases[i].input), -1);
		assert_true(text_equal_string(fixture->call.session_id, cases[i].session_id));
		assert_true(fixture->err.message[0] != '\0');
	}
}

static void the_bounds_themselves_are_good(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_call(fixture, TEXT(WITH("\"" X128 "\"", "\"" X128 "\"", "5", "5",
						    "\"" X128 "\"", "\"outbound\""))),
		0);
	assert_int_equal(fixture->call.session_id.size, CALL_SESSION_ID_MAX);
	assert_int_equal(read_call(fixture, TEXT(STEP("{\"event\":{\"line\":\"\"},\"class\":\"" X32
						      "\",\"timestamp\":7}"))),
		0);
	assert_int_equal(fixture->call.steps, 1);
}

static void too_deep_is_too_large(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer json;

	for (int extra = 63; extra <= 64; extra++) {
		buffer_init(&json, 4096);
		buffer_append(&json, TEXT("{" HEADER("5", "9") ",\"type\":\"inbound\",\"x\":"));
		for (int i = 0; i < extra; i++) {
			buffer_append_byte(&json, '[');
		}
		for (int i = 0; i < extra; i++) {
			buffer_append_byte(&json, ']');
		}
		buffer_append_byte(&json, '}');
		assert_int_equal(read_call(fixture, buffer_text(&json)), extra == 63 ? 0 : -1);
		assert_int_equal(fixture->err.code, extra == 63 ? ERROR_NONE : ERROR_TOO_LARGE);
		buffer_deinit(&json);
	}
}

/* ---- the vendor's example ---- */

static struct text read_example(struct fixture *fixture)
{
	struct text content = {0};

	assert_int_equal(file_read(FIXTURES "/example.json", 1 << 20, &fixture->arena, &content,
				 &fixture->err),
		0);
	return content;
}

/* @json without the white space outside strings. */
static struct text squeeze(struct text json, struct arena *arena)
{
	char *out = arena_alloc(arena, json.size);
	bool in_string = false;
	size_t size = 0;

	assert_non_null(out);
	for (size_t i = 0; i < json.size; i++) {
		char byte = json.data[i];

		if (byte == '"' && json.data[i - 1] != '\\') {
			in_string = !in_string;
		}
		if (in_string || !strchr(" \t\r\n", byte)) {
			out[size++] = byte;
		}
	}
	return (struct text){.data = out, .size = size};
}

/* The one call of the example, without and with its white space. */
static struct text example_call(struct fixture *fixture, bool squeezed)
{
	struct text text = read_example(fixture);
	const char *begin, *end;

	if (squeezed) {
		text = squeeze(text, &fixture->arena);
	}
	begin = memchr(text.data + 1, '{', text.size - 1);
	end = memrchr(text.data, ']', text.size);
	assert_true(begin && end && begin < end);
	return (struct text){.data = begin, .size = (size_t)(end - begin)};
}

static void the_example_is_canonical_but_for_its_white_space(void **state)
{
	struct fixture *fixture = *state;
	struct text expected = example_call(fixture, true);

	assert_int_equal(read_call(fixture, example_call(fixture, false)), 0);
	assert_true(text_equal(buffer_text(&fixture->canonical), expected));
	assert_int_equal(read_call(fixture, expected), 0);
	assert_true(text_equal(buffer_text(&fixture->canonical), expected));
	assert_true(text_equal_string(fixture->call.session_id, "100035;000;1575898377"));
	assert_int_equal(fixture->call.start, 1575898386);
	assert_int_equal(fixture->call.end, 1575898423);
}

static void steps_are_walked_and_written_again(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer written;
	struct text detail;
	struct call_step step;
	size_t cursor = 0;
	uint32_t steps = 0;
	int more;

	assert_int_equal(read_call(fixture, example_call(fixture, false)), 0);
	detail = call_json_detail(buffer_text(&fixture->canonical));
	assert_non_null(detail.data);
	buffer_init(&written, SIZE_MAX_BYTES);
	buffer_append_byte(&written, '[');
	while ((more = call_json_next_step(
			detail, &cursor, &fixture->arena, &step, &fixture->err)) > 0) {
		if (steps++ > 0) {
			buffer_append_byte(&written, ',');
		}
		call_json_write_step(&written, &step);
		assert_non_null(
			call_json_data_member(step.data, "module_type", &fixture->arena).data);
		assert_null(call_json_data_member(step.data, "absent", &fixture->arena).data);
	}
	assert_int_equal(more, 0);
	assert_int_equal(steps, fixture->call.steps);
	buffer_append_byte(&written, ']');
	assert_true(text_equal(buffer_text(&written), detail));
	buffer_clear(&written);
	call_json_write(&written, &fixture->call, detail);
	assert_true(text_equal(buffer_text(&written), buffer_text(&fixture->canonical)));
}

/* ---- what is not canonical ---- */

static void corrupt_steps_are_told(void **state)
{
	static const struct text cases[] = {TEXT(""), TEXT("["), TEXT("]"), TEXT("[1]"), TEXT("{}"),
		TEXT("[{}]"), TEXT("[{\"event\":{}}]"), TEXT("[{\"event\":{\"line\":\"a\"}]"),
		TEXT("[{\"event\":{\"line\":\"a\"},\"class\":\"x\",\"timestamp\":-1}]"),
		TEXT("[{\"event\":{\"line\":\"a"), TEXT("[]]"), TEXT("[ ]")};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_step step;
		size_t cursor = 0;

		assert_int_equal(call_json_next_step(
					 cases[i], &cursor, &fixture->arena, &step, &fixture->err),
			-1);
		assert_int_equal(fixture->err.code, ERROR_CORRUPT);
		assert_int_equal(cursor, 0);
	}
}

/* Walks everything that can be walked in @canonical. */
static void walk(struct fixture *fixture, struct text canonical)
{
	struct text detail = call_json_detail(canonical);
	struct call_step step;
	size_t cursor = 0;

	while (detail.data &&
		call_json_next_step(detail, &cursor, &fixture->arena, &step, &fixture->err) > 0) {
		(void)call_json_data_member(step.data, "module_type", &fixture->arena);
	}
}

static void damaged_calls_are_walked_within_their_bounds(void **state)
{
	struct fixture *fixture = *state;
	struct text whole = example_call(fixture, true);

	/* Each in memory of exactly its size, so that a sanitizer sees a byte read too far. */
	for (size_t i = 0; i < whole.size; i += 7) {
		char *copy = malloc(whole.size);

		assert_non_null(copy);
		memcpy(copy, whole.data, whole.size);
		walk(fixture, (struct text){.data = copy + i, .size = whole.size - i});
		copy[i] = (char)(copy[i] ^ 0x22);
		walk(fixture, (struct text){.data = copy, .size = whole.size});
		free(copy);
		arena_deinit(&fixture->arena);
		whole = example_call(fixture, true);
	}
}

static void what_has_no_steps_has_no_detail(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_call(fixture, TEXT(CALL(""))), 0);
	call_json_write_header(&fixture->canonical, &fixture->call);
	assert_true(text_equal_string(buffer_text(&fixture->canonical),
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":\"5\",\"end\":\"9\",\"session_id\":\"s\","
		"\"detail\":false,\"type\":\"inbound\",\"log\":false}"));
	assert_null(call_json_detail(buffer_text(&fixture->canonical)).data);
	buffer_clear(&fixture->canonical);
	call_json_write_summary(&fixture->canonical, &fixture->call, true);
	assert_true(text_equal_string(buffer_text(&fixture->canonical),
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":5,\"end\":9,\"session_id\":\"s\","
		"\"type\":\"inbound\",\"log\":true}"));
}

/* ---- calls made up at random ---- */

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return *seed >> 8;
}

static void add_space(struct buffer *json, uint32_t *seed)
{
	static const char *const spaces[] = {"", "", " ", "\n", "\t ", "\r\n"};

	buffer_append(json, text_of(spaces[random_next(seed) % 6]));
}

static void add_string(struct buffer *json, uint32_t *seed)
{
	static const char *const pieces[] = {"a", "\\n", "\\u00e9", "\\/", "\\\"", "\\\\",
		"\\u0001", "\\ud83d\\ude00", "\303\251", "\342\202\254", " ", "longer than a word",
		"\\u0022", "\177", ",", "}", "]"};
	uint32_t count = random_next(seed) % 5;

	buffer_append_byte(json, '"');
	for (uint32_t i = 0; i < count; i++) {
		buffer_append(json, text_of(pieces[random_next(seed) % 17]));
	}
	buffer_append_byte(json, '"');
}

static void add_value(struct buffer *json, uint32_t *seed, int depth)
{
	static const char *const scalars[] = {"0", "-1.50", "1e5", "true", "false", "null"};
	uint32_t kind = random_next(seed) % (depth > 3 ? 7 : 9);
	uint32_t count = random_next(seed) % 4;

	if (kind < 6) {
		buffer_append(json, text_of(scalars[kind]));
		return;
	}
	if (kind == 6) {
		add_string(json, seed);
		return;
	}
	buffer_append_byte(json, kind == 7 ? '[' : '{');
	for (uint32_t i = 0; i < count; i++) {
		buffer_append(json, i > 0 ? TEXT(",") : TEXT(""));
		add_space(json, seed);
		if (kind == 8) {
			buffer_printf(json, "\"\\u006d%u\"", i);
			add_space(json, seed);
			buffer_append_byte(json, ':');
		}
		add_value(json, seed, depth + 1);
		add_space(json, seed);
	}
	buffer_append_byte(json, kind == 7 ? ']' : '}');
}

/* The members in the given order, each `name:value` by @write. */
static void add_members(struct buffer *json, uint32_t *seed, int count,
	void (*write)(struct buffer *json, uint32_t *seed, int member))
{
	int first = (int)(random_next(seed) % (uint32_t)count);

	buffer_append_byte(json, '{');
	for (int i = 0; i < count; i++) {
		buffer_append(json, i > 0 ? TEXT(",") : TEXT(""));
		add_space(json, seed);
		write(json, seed, (first + i) % count);
		add_space(json, seed);
	}
	buffer_append_byte(json, '}');
}

static void write_event_member(struct buffer *json, uint32_t *seed, int member)
{
	static const char *const names[] = {"\"x\":", "\"line\":", "\"y\" :", "\"data\":{\"k\":"};

	buffer_append(json, text_of(names[member]));
	if (member == 1) {
		add_string(json, seed);
		return;
	}
	add_value(json, seed, 0);
	buffer_append(json, member == 3 ? TEXT("}") : TEXT(""));
}

static void write_step_member(struct buffer *json, uint32_t *seed, int member)
{
	if (member == 0) {
		buffer_append(json, TEXT("\"event\":"));
		add_members(json, seed, 4, write_event_member);
	} else if (member == 1) {
		buffer_append(json, TEXT("\"class\":\"info\""));
	} else if (member == 2) {
		buffer_printf(json, "\"timestamp\":%u", random_next(seed));
	} else {
		buffer_append(json, TEXT("\"more\":"));
		add_value(json, seed, 0);
	}
}

static void write_call_member(struct buffer *json, uint32_t *seed, int member)
{
	static const char *const members[] = {"\"dest\":\"\303\251\\\"\"", "\"src\":\"\"",
		"\"start\":\"5\"", "\"end\":9", "\"session_id\":\"\\u0061\"",
		"\"type\":\"transfer\"", "\"log\":{}"};

	if (member < 7) {
		buffer_append(json, text_of(members[member]));
		return;
	}
	buffer_append(json, TEXT("\"detail\":["));
	for (uint32_t i = random_next(seed) % 4; i > 0; i--) {
		add_members(json, seed, 4, write_step_member);
		buffer_append(json, i > 1 ? TEXT(",") : TEXT(""));
	}
	buffer_append_byte(json, ']');
}

static void canonical_of_canonical_is_itself(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t round = 0; round < 2000; round++) {
		AUTO(buffer_deinit) struct buffer json;
		AUTO(buffer_deinit) struct buffer once;
		uint32_t seed = round;
		uint32_t steps;

		buffer_init(&json, SIZE_MAX_BYTES);
		buffer_init(&once, SIZE_MAX_BYTES);
		add_members(&json, &seed, 8, write_call_member);
		if (read_call(fixture, buffer_text(&json)) < 0) {
			fail_msg("round %u: %s", round, fixture->err.message);
		}
		steps = fixture->call.steps;
		buffer_append(&once, buffer_text(&fixture->canonical));
		if (read_call(fixture, buffer_text(&once)) < 0) {
			fail_msg("round %u, again: %s", round, fixture->err.message);
		}
		assert_true(text_equal(buffer_text(&fixture->canonical), buffer_text(&once)));
		assert_int_equal(fixture->call.steps, steps);
		assert_non_null(call_json_detail(buffer_text(&once)).data);
		arena_deinit(&fixture->arena);
	}
}

static void a_full_buffer_is_a_failure(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer small;

	buffer_init(&small, 64);
	assert_int_equal(call_json_read(TEXT(CALL(",\"detail\":[]")),
				 (struct json_position){.line = 1, .column = 1}, &fixture->arena,
				 &small, &fixture->call, &fixture->err),
		-1);
	assert_int_equal(fixture->err.code, ERROR_TOO_LARGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_calls_become_canonical),
		TEST(bad_calls_are_named_with_member_and_place),
		TEST(places_count_from_where_the_call_stands),
		TEST(a_reject_has_its_session_id_wherever_it_stands),
		TEST(the_bounds_themselves_are_good),
		TEST(too_deep_is_too_large),
		TEST(the_example_is_canonical_but_for_its_white_space),
		TEST(steps_are_walked_and_written_again),
		TEST(corrupt_steps_are_told),
		TEST(damaged_calls_are_walked_within_their_bounds),
		TEST(what_has_no_steps_has_no_detail),
		TEST(canonical_of_canonical_is_itself),
		TEST(a_full_buffer_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
