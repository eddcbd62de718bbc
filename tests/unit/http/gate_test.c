/* SPDX-License-Identifier: MIT
 * The gate: what it lets through, and how it ends what it refuses. Over sockets, and with many more
 * inputs: tests/api/test_hostile.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "http/gate.h"

#define HEAD_MAX ((size_t)1000)
#define HEAD	 "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED	 HEAD "Transfer-Encoding: chunked\r\n\r\n"

struct passed {
	struct gate gate;
	char data[4096];
	size_t size;
};

/* Feeds @input in pieces of @step bytes, as a socket may. */
static void feed(struct passed *passed, struct text input, size_t step)
{
	gate_init(&passed->gate, HEAD_MAX);
	passed->size = 0;
	while (input.size > 0) {
		size_t size = input.size < step ? input.size : step;
		char *to = passed->data + passed->size;
		ptrdiff_t got;

		memcpy(to, input.data, size);
		got = gate_read(&passed->gate, to, size, sizeof(passed->data) - 1 - passed->size);
		assert_true(got >= 0);
		passed->size += (size_t)got;
		input = text_tail(input, size);
	}
	passed->data[passed->size] = '\0';
}

static void what_may_be_read_in_one_way_passes(void **state)
{
	static const char *const cases[] = {
		"GET /a?b=%20 HTTP/1.1\r\nHost: x\r\n\r\n",
		"\r\nGET / HTTP/1.0\r\n\r\n",
		HEAD "Content-Length: 5\r\n\r\nhello" HEAD "\r\n",
		HEAD "content-length:\t 005\r\nX:\r\n\r\nhelloGET / HTTP/1.1\r\nHost:\r\n\r\n",
		CHUNKED "5\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX: y\r\n\r\n" HEAD "\r\n",
	};
	struct passed passed;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step <= strlen(cases[i]); step++) {
			feed(&passed, text_of(cases[i]), step);
			assert_int_equal(passed.gate.status, 0);
			assert_string_equal(passed.data, cases[i]);
			assert_true(gate_is_idle(&passed.gate));
		}
	}
}

static void extensions_of_chunks_are_taken_away(void **state)
{
	struct passed passed;

	(void)state;
	for (size_t step = 1; step < 80; step++) {
		feed(&passed, TEXT(CHUNKED "5;a=\"b;c\"\r\nhello\r\n0;d\r\n\r\n"), step);
		assert_int_equal(passed.gate.status, 0);
		assert_string_equal(passed.data, CHUNKED "5\r\nhello\r\n0\r\n\r\n");
	}
}

static void what_is_refused_is_ended_where_it_is_odd(void **state)
{
	static const struct {
		const char *input;
		int status;
		const char *passed;
	} cases[] = {
		{"\n", 400, "X / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"\rG", 400, "\r\nX / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET\t", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET  ", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET /\r", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTQ", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/2", 505, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/1.12", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/1.1\n", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/1.1\r\n a", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/1.1\r\nX ", 400, "GET / HTTP/1.1\r\nXx:\r\nHost: x\r\n\r\n"},
		{"GET / HTTP/1.1\r\nX: a\n", 400, "GET / HTTP/1.1\r\nX: a\r\nHost: x\r\n\r\n"},
		{HEAD "X: a\rb", 400, HEAD "X: a\r\n\r\n"},
		{HEAD "\r\r", 400, HEAD "\r\n"},
		{"GET / HTTP/1.1\r\n\r", 400, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{HEAD "Content-Length: 1 ", 400, HEAD "Content-Length: 1\r\n\r\n"},
		{HEAD "Content-Length: +", 400, HEAD "Content-Length: 0\r\n\r\n"},
		{HEAD "Content-Length:\r", 400, HEAD "Content-Length:0\r\n\r\n"},
		{HEAD "Content-Length: 1000000000000000000", 413,
			HEAD "Content-Length: 100000000000000000\r\n\r\n"},
		{HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
			HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"},
		{HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", 501,
			HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n"},
		{HEAD "Host: x\r\n\r\n", 400, HEAD "Host: x\r\n\r\n"},
		{CHUNKED "+", 400, CHUNKED "1\r\nx"},
		{CHUNKED "5\n", 400, CHUNKED "5\r\nx"},
		{CHUNKED "0\n", 400, CHUNKED "0\r\n\r\n"},
		{CHUNKED "5;a\n", 400, CHUNKED "5\r\nx"},
		{CHUNKED "5\rx", 400, CHUNKED "5\r\nx"},
		{CHUNKED "1\r\nab", 400, CHUNKED "1\r\na\r\n1\r\nx"},
		{CHUNKED "1\r\na\rb", 400, CHUNKED "1\r\na\r\n1\r\nx"},
		{CHUNKED "0\r\nX\r", 400, CHUNKED "0\r\nXx:\r\n\r\n"},
		{CHUNKED "0\r\nX: a\r\n b", 400, CHUNKED "0\r\nX: a\r\n\r\n"},
	};
	struct passed passed;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step <= strlen(cases[i].input); step++) {
			feed(&passed, text_of(cases[i].input), step);
			assert_int_equal(passed.gate.status, cases[i].status);
			assert_string_equal(passed.data, cases[i].passed);
			assert_int_equal(gate_read(&passed.gate, passed.data, 5, 4096), 0);
		}
	}
}

static void the_refused_message_is_the_last_one_begun(void **state)
{
	struct passed passed;

	(void)state;
	feed(&passed, TEXT(HEAD "\r\n" HEAD "\r\n" HEAD " \r\n\r\n"), 4096);
	assert_int_equal(passed.gate.begun, 3);
	assert_string_equal(passed.data, HEAD "\r\n" HEAD "\r\n" HEAD "\r\n");
}

static void an_end_without_room_is_told(void **state)
{
	char data[] = "GET / HTTP/1.1\n";
	struct gate gate;

	(void)state;
	gate_init(&gate, HEAD_MAX);
	assert_int_equal(gate_read(&gate, data, sizeof(data) - 1, sizeof(data) - 1), -1);
	assert_int_equal(gate_read(&gate, data, 1, 100), 0);
}

static void a_head_has_a_ceiling(void **state)
{
	char head[HEAD_MAX + 100] = HEAD "X: ";
	size_t used = strlen(head);
	struct gate gate;

	(void)state;
	memset(head + used, 'a', sizeof(head) - used);
	gate_init(&gate, HEAD_MAX);
	assert_int_equal(gate_read(&gate, head, HEAD_MAX, sizeof(head)), HEAD_MAX);
	assert_int_equal(gate_read(&gate, head, 1, sizeof(head)), strlen("\r\n\r\n"));
	assert_int_equal(gate.status, 431);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_read_in_one_way_passes),
		cmocka_unit_test(extensions_of_chunks_are_taken_away),
		cmocka_unit_test(what_is_refused_is_ended_where_it_is_odd),
		cmocka_unit_test(the_refused_message_is_the_last_one_begun),
		cmocka_unit_test(an_end_without_room_is_told),
		cmocka_unit_test(a_head_has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
