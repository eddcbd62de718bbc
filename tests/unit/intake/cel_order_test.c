/* SPDX-License-Identifier: MIT
 * Rows of a channel event log that come in another order than that of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "intake/sources/source.h"

static const char header[] =
	"eventtype,eventtime,cid_num,cid_name,exten,context,channame,appname,appdata,uniqueid,"
	"linkedid,eventextra\n";

static void count_call(void *context, struct text json, uint64_t line)
{
	size_t *count = context;

	(void)line;
	(*count)++;
	assert_null(memmem(json.data, json.size, "No more of this call was read", 29));
}

static void fail_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	(void)context;
	(void)line;
	(void)session_id;
	(void)count;
	fail_msg("%s", error);
}

static void fail_warning(void *context, const char *warning)
{
	(void)context;
	fail_msg("%s", warning);
}

/* Of one that is sorted newest first no call is known to be over; yet it does not pile up in
 * memory. */
static void calls_of_an_export_of_any_order_are_handed_over_when_they_take_too_much(void **state)
{
	enum { CALLS = 2400, NOTE_BYTES = 60000 };
	const struct source_format *format = source_format_find(TEXT("asterisk-cel"));
	size_t count = 0, before_end;
	const struct source_input options = {0};
	const struct source_sink sink = {
		.call = count_call,
		.reject = fail_reject,
		.warn = fail_warning,
		.context = &count,
	};
	struct source *source;
	struct buffer rows;

	(void)state;
	buffer_init(&rows, 1 << 20);
	assert_int_equal(format->open(&source, &options, &sink, NULL), 0);
	assert_int_equal(format->feed(source, header, strlen(header), NULL), 0);
	for (int i = CALLS; i > 0; i--) {
		buffer_clear(&rows);
		buffer_printf(
			&rows, "LINKEDID_END,%d,1,Ann,2,in,SIP/a-1,,,c%d,c%d,\n", 10 * i + 4, i, i);
		buffer_printf(&rows, "HANGUP,%d,1,Ann,2,in,SIP/a-1,,,c%d,c%d,\n", 10 * i + 4, i, i);
		buffer_printf(&rows, "note,%d,1,Ann,2,in,SIP/a-1,,,c%d,c%d,", 10 * i + 2, i, i);
		memset(buffer_reserve(&rows, NOTE_BYTES), 'a', NOTE_BYTES);
		buffer_advance(&rows, NOTE_BYTES);
		buffer_printf(
			&rows, "\nCHAN_START,%d,1,Ann,2,in,SIP/a-1,,,c%d,c%d,\n", 10 * i, i, i);
		assert_int_equal(format->feed(source, rows.data, rows.size, NULL), 0);
	}
	before_end = count;
	assert_int_equal(format->end(source, NULL), 0);
	/* 128 MiB are some 2,200 of them. */
	assert_in_range(before_end, 100, 500);
	assert_int_equal(count, CALLS);
	format->close(source);
	buffer_deinit(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			calls_of_an_export_of_any_order_are_handed_over_when_they_take_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
