/* SPDX-License-Identifier: MIT
 * What a server's answers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/answer.h"

static void show(void *context, const struct answer_reject *reject)
{
	buffer_printf(context, "%llu %.*s %lld %.*s;", (unsigned long long)reject->line,
		TEXT_ARG(reject->session_id), (long long)reject->held, TEXT_ARG(reject->reason));
}

static void rejects_are_read_with_what_is_held(void **state)
{
	AUTO(buffer_deinit) struct buffer shown;

	(void)state;
	buffer_init(&shown, 4096);
	assert_true(answer_read_rejects(
		TEXT("{\"accepted\":1,\"rejected\":[{\"line\":2,\"session_id\":\"a\\\"b\","
		     "\"error\":"
		     "\"too "
		     "new\",\"steps\":7},{\"line\":3,\"error\":\"bad\",\"more\":[{}]}],\"x\":1}"),
		show, &shown));
	assert_true(text_equal(buffer_text(&shown), TEXT("2 a\"b 7 too new;3  -1 bad;")));
}

static void an_answer_that_lists_none_is_told_apart(void **state)
{
	AUTO(buffer_deinit) struct buffer shown;

	(void)state;
	buffer_init(&shown, 4096);
	assert_true(answer_read_rejects(TEXT("{\"rejected\":[]}"), show, &shown));
	assert_false(answer_read_rejects(TEXT("{\"error\":\"x\"}"), show, &shown));
	assert_false(answer_read_rejects(TEXT("<html>"), show, &shown));
	assert_false(answer_read_rejects(TEXT(""), show, &shown));
	assert_int_equal(shown.size, 0);
}

static void steps_are_counted(void **state)
{
	(void)state;
	assert_int_equal(
		answer_count_steps(TEXT("{\"detail\":[{\"event\":{}},{\"event\":{}}]}")), 2);
	assert_int_equal(answer_count_steps(TEXT("{\"detail\":[]}")), 0);
	assert_int_equal(answer_count_steps(TEXT("{\"detail\":false}")), 0);
}

static void a_line_of_the_batch_is_found(void **state)
{
	AUTO(buffer_deinit) struct buffer batch;

	(void)state;
	buffer_init(&batch, 4096);
	buffer_append(&batch, TEXT("{\"session_id\":\"a\"}\n{\"session_id\":\"b\"}\n"));
	assert_true(
		text_equal(answer_line(buffer_text(&batch), 2), TEXT("{\"session_id\":\"b\"}")));
	assert_int_equal(answer_line(buffer_text(&batch), 9).size, 0);
	assert_true(text_equal(answer_session(&batch), TEXT("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects_are_read_with_what_is_held),
		cmocka_unit_test(an_answer_that_lists_none_is_told_apart),
		cmocka_unit_test(steps_are_counted),
		cmocka_unit_test(a_line_of_the_batch_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
