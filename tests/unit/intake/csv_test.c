/* SPDX-License-Identifier: MIT
 * The CSV reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/csv.h"

/* Writes records as `a|b|c` with the line they began on, and rejects as `!line`, so that a test is
 * one string. */
static int show_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct buffer *shown = context;

	(void)err;
	buffer_printf(shown, "%llu:", (unsigned long long)line);
	for (size_t i = 0; i < count; i++) {
		buffer_append(shown, i ? TEXT("|") : TEXT(""));
		buffer_append(shown, fields[i].data ? fields[i] : TEXT("<none>"));
	}
	buffer_append_byte(shown, ';');
	return 0;
}

static void show_reject(void *context, uint64_t line, const char *error)
{
	assert_true(strlen(error) > 0);
	buffer_printf(context, "!%llu;", (unsigned long long)line);
}

static void read_as(
	struct buffer *shown, const struct csv_dialect *dialect, struct text input, size_t piece)
{
	struct csv_handler handler = {show_record, show_reject, shown};
	struct csv_reader reader;

	buffer_clear(shown);
	csv_init(&reader, dialect, &handler);
	for (size_t at = 0; at < input.size; at += piece) {
		size_t left = input.size - at;

		assert_int_equal(
			csv_feed(&reader, input.data + at, left < piece ? left : piece, NULL), 0);
	}
	assert_int_equal(csv_end(&reader, NULL), 0);
	csv_deinit(&reader);
}

static void read_all(struct buffer *shown, struct text input, size_t piece)
{
	read_as(shown, &csv_plain, input, piece);
}

static void records_are_told_apart_however_they_are_cut(void **state)
{
	static const struct {
		const char *input;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"a,b\nc,d\n", "1:a|b;2:c|d;"},
		{"a,b\r\nc,d", "1:a|b;2:c|d;"},
		{"\n\na\n\r\nb\n", "3:a;5:b;"},
		{",\n", "1:|;"},
		{"\"a\",\"\",\"b\"\n", "1:a||b;"},
		{"\"\"\n", "1:;"},
		{"\"a,b\",c\n", "1:a,b|c;"},
		{"\"a\nb\",c\nd\n", "1:a\nb|c;3:d;"},
		{"\"a\r\nb\"\r\nc\r\n", "1:a\r\nb;3:c;"},
		{"\"{\"\"x\"\":\"\"y\"\"}\",z\n", "1:{\"x\":\"y\"}|z;"},
		{"\"\"\"a\"\"\"\n", "1:\"a\";"},
		{"a\"b,c\n", "1:a\"b|c;"},
		/* Quotes that nobody doubled. */
		{"\"Bob \"The\" Builder\",x\n", "1:Bob \"The\" Builder|x;"},
		{"\"a\"\rb\",c\n", "1:a\"\rb|c;"},
		{"\"a\"\r", "1:a;"},
		{"\xef\xbb\xbf"
		 "a,b\n",
			"1:a|b;"},
		{"\xef\xbb", "1:\xef\xbb;"},
		{"\"Bob \"The\"  Builder\",x\n", "1:Bob \"The\"  Builder|x;"},
		{"\"{\"a\":1,\"b\":\"c\",\"d\":{\"e\":\"\"}}\",\"x\"\r\n",
			"1:{\"a\":1,\"b\":\"c\",\"d\":{\"e\":\"\"}}|x;"},
		{"\"{\"a\":\"b\nc\"}\" ,x\n", "1:{\"a\":\"b\nc\"}|x;"},
		{"\"{}\",\"{\",\"{\"\n", "1:{}|{|{;"},
		/* Blanks around quotes, as mappings have them. */
		{"\"a\", \"b,c\" ,\"d\"  \r\n", "1:a|b,c|d;"},
		{" a , b\n", "1: a | b;"},
		/* What databases write for no value. */
		{"NULL,\\N,\"NULL\",\"\\N\",null\n", "1:<none>|<none>|NULL|\\N|null;"},
		/* A quote that is never closed costs its own line only. */
		{"a\n\"b,c\nd,e\nf\n", "1:a;!2;3:d|e;4:f;"},
		{"\"a", "!1;"},
	};
	struct buffer shown;

	(void)state;
	buffer_init(&shown, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece <= strlen(cases[i].input) + 1; piece++) {
			read_all(&shown, text_of(cases[i].input), piece);
			buffer_append_byte(&shown, '\0');
			assert_string_equal(shown.data, cases[i].expected);
		}
	}
	buffer_deinit(&shown);
}

static void other_dialects_are_read(void **state)
{
	static const struct {
		struct csv_dialect dialect;
		const char *input;
		const char *expected;
	} cases[] = {
		{{'\t', '"', '"', false}, "\"a\tb\"\tc,d\n", "1:a\tb|c,d;"},
		{{';', '\'', '\'', false}, "'it''s';\"b\"\n", "1:it's|\"b\";"},
		{{',', '"', '\\', false}, "\"{\\\"a\\\":1,\\\"b\\\":2}\",x\n",
			"1:{\"a\":1,\"b\":2}|x;"},
		{{',', '"', '\\', false}, "\"a\\\\\"b\\c\",\"x\ny\"\n", "1:a\\\"b\\c|x\ny;"},
		{{',', '"', '\\', false}, "\"a\\\",b\n", "!1;"},
		{{'\t', '\0', '\0', true}, "a\\tb\\\\n\t\"q\tNULL\t\\x\n",
			"1:a\tb\\n|\"q|<none>|\\x;"},
		{{'\n', '\0', '\0', false}, "{\"a\":\"b,c\"}\n\n[1]\n", "1:{\"a\":\"b,c\"};3:[1];"},
	};
	struct buffer shown;

	(void)state;
	buffer_init(&shown, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece <= strlen(cases[i].input) + 1; piece++) {
			read_as(&shown, &cases[i].dialect, text_of(cases[i].input), piece);
			buffer_append_byte(&shown, '\0');
			assert_string_equal(shown.data, cases[i].expected);
		}
	}
	buffer_deinit(&shown);
}

static void a_field_may_be_long_but_not_without_end(void **state)
{
	struct buffer input, shown;

	(void)state;
	buffer_init(&input, 64 << 20);
	buffer_init(&shown, 64 << 20);
	buffer_append_byte(&input, '"');
	for (int i = 0; i < 100000; i++) {
		buffer_append_byte(&input, 'x');
	}
	buffer_append(&input, TEXT("\",y\n"));
	read_all(&shown, buffer_text(&input), 65536);
	assert_int_equal(shown.size, 2 + 100000 + 2 + 1);

	buffer_clear(&input);
	buffer_append_byte(&input, '"');
	for (size_t i = 0; i < CSV_RECORD_MAX + 10; i++) {
		buffer_append_byte(&input, 'x');
	}
	buffer_append(&input, TEXT("\na,b\n"));
	read_all(&shown, buffer_text(&input), 65536);
	buffer_append_byte(&shown, '\0');
	assert_string_equal(shown.data, "!1;2:a|b;");
	buffer_deinit(&input);
	buffer_deinit(&shown);
}

static void an_open_quote_does_not_swallow_the_file(void **state)
{
	struct buffer input, shown;

	(void)state;
	buffer_init(&input, 1 << 20);
	buffer_init(&shown, 1 << 20);
	buffer_append(&input, TEXT("\"a,b\n"));
	for (int i = 0; i < 300; i++) {
		buffer_append(&input, TEXT("c,d\n"));
	}
	read_all(&shown, buffer_text(&input), 1000);
	assert_true(text_starts_with(buffer_text(&shown), TEXT("!1;2:c|d;3:c|d;")));
	assert_true(
		text_starts_with(text_tail(buffer_text(&shown), shown.size - 8), TEXT("301:c|d;")));
	buffer_deinit(&input);
	buffer_deinit(&shown);
}

static void too_many_fields_are_a_reject(void **state)
{
	struct buffer input, shown;

	(void)state;
	buffer_init(&input, 1 << 20);
	buffer_init(&shown, 1 << 20);
	for (int i = 0; i < CSV_FIELDS_MAX; i++) {
		buffer_append_byte(&input, ',');
	}
	buffer_append(&input, TEXT("\na,b\n"));
	read_all(&shown, buffer_text(&input), 1000);
	buffer_append_byte(&shown, '\0');
	assert_string_equal(shown.data, "!1;2:a|b;");
	buffer_deinit(&input);
	buffer_deinit(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_told_apart_however_they_are_cut),
		cmocka_unit_test(other_dialects_are_read),
		cmocka_unit_test(a_field_may_be_long_but_not_without_end),
		cmocka_unit_test(an_open_quote_does_not_swallow_the_file),
		cmocka_unit_test(too_many_fields_are_a_reject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
