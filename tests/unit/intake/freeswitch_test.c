/* SPDX-License-Identifier: MIT
 * The source freeswitch: records in every coding, and what they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "source_run.h"

static const struct source_input no_options = {0};

#define A_LEG "0b7c2f5e-51f0-4c7e-9a51-4e2d6a1c0001"

static struct run *run_fixture(const char *name)
{
	struct arena arena;
	struct run *run;

	arena_init(&arena, 1 << 24);
	run = run_source("freeswitch", &no_options, fixture(&arena, name), 1000);
	arena_deinit(&arena);
	return run;
}

static void assert_same(const struct run *a, const struct run *b)
{
	assert_int_equal(a->result, 0);
	assert_int_equal(b->result, 0);
	assert_int_equal(a->event_count, 1);
	assert_int_equal(b->event_count, 1);
	assert_string_equal(a->events[0].text.data, b->events[0].text.data);
}

/* ---- codings ---- */

static void url_encode(struct buffer *out, struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text_is_alphanumeric(text.data[i])) {
			buffer_append_byte(out, text.data[i]);
		} else {
			buffer_printf(out, "%%%02X", (unsigned char)text.data[i]);
		}
	}
}

static void base64_encode(struct buffer *out, struct text text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < text.size; i += 3) {
		uint32_t bits = 0;
		size_t bytes = text.size - i < 3 ? text.size - i : 3;

		for (size_t k = 0; k < 3; k++) {
			bits = bits << 8 | (k < bytes ? (unsigned char)text.data[i + k] : 0);
		}
		for (size_t k = 0; k < 4; k++) {
			buffer_append_byte(
				out, k > bytes ? '=' : digits[bits >> (18 - 6 * k) & 63]);
		}
	}
}

static void each_coding_says_the_same(void **state)
{
	static void (*const encoders[])(struct buffer *, struct text) = {
		buffer_append, url_encode, base64_encode};
	static const char *const files[] = {
		"freeswitch/a-leg.cdr.json", "freeswitch/a-leg.cdr.xml"};
	struct run *plain = run_fixture(files[0]);

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		struct buffer body;
		struct run *run;
		struct arena arena;

		buffer_init(&body, 1 << 20);
		arena_init(&arena, 1 << 24);
		buffer_append(&body, i < 6 ? TEXT("cdr=") : TEXT(""));
		encoders[i % 3](&body, fixture(&arena, files[i / 3 % 2]));
		run = run_source("freeswitch", &no_options, buffer_text(&body), 777);
		assert_same(plain, run);
		assert_ptr_equal(
			source_detect(buffer_text(&body)), source_format_find(TEXT("freeswitch")));
		run_free(run);
		arena_deinit(&arena);
		buffer_deinit(&body);
	}
	run_free(plain);
}

/* ---- what is said ---- */

static bool says(const struct run *run, const char *what)
{
	return memmem(run->events[0].text.data, run->events[0].text.size, what, strlen(what)) !=
	       NULL;
}

static const char *const of_a_leg[] = {
	"{\"session_id\":\"" A_LEG
	"\",\"call\":{\"dest\":\"+14155550100\",\"src\":\"+12125550103\","
	"\"start\":1795459200,\"end\":1795459245,\"type\":\"inbound\",\"state\":\"ended\"}",
	"\"line\":\"Dialled +14155550100 from +12125550103 (Pat Doe)\"",
	"\"line\":\"Playing ivr/welcome.wav\"",
	"{\"line\":\"User input: 4711 (dtmf)\",\"data\":{\"module_type\":\"play_and_get_digits\","
	"\"result_variable\":\"order_number\"",
	"\"line\":\"Saying Thank you, one moment\"",
	"\"line\":\"Transferred to 203 (agents)\"",
	"\"line\":\"lua find_agent.lua 203\"",
	"\"line\":\"Calling user/203@acme.example\"",
	"\"line\":\"Connected to 203 (sofia/internal/203@10.0.0.7)\"",
	"\"line\":\"Hung up by the caller (sofia/external/+12125550103@sip.example.net): "
	"normal call clearing (16)\"",
	"\"event_id\":\"" A_LEG "-hangup\"",
};

static void a_record_is_a_header_and_steps(void **state)
{
	struct run *run = run_fixture("freeswitch/a-leg.cdr.json");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_a_leg); i++) {
		if (!says(run, of_a_leg[i])) {
			fail_msg("'%s' is not in %s", of_a_leg[i], run->events[0].text.data);
		}
	}
	assert_false(says(run, "ringback"));
	assert_false(says(run, "s3cret"));
	run_free(run);
}

static void an_old_version_is_read_too(void **state)
{
	struct run *run = run_fixture("freeswitch/old.cdr.json");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_a_leg); i++) {
		if (!says(run, of_a_leg[i])) {
			fail_msg("'%s' is not in %s", of_a_leg[i], run->events[0].text.data);
		}
	}
	run_free(run);
}

static void a_b_leg_is_steps_of_the_a_leg(void **state)
{
	struct run *run = run_fixture("freeswitch/a_b-leg.cdr.json");

	(void)state;
	assert_true(says(run, "{\"session_id\":\"" A_LEG "\",\"call\":{\"state\":\"ended\"},"));
	assert_true(says(run, "\"line\":\"Calling 203 (sofia/internal/203@10.0.0.7)\""));
	assert_true(says(run, "\"line\":\"203 (sofia/internal/203@10.0.0.7) answered\""));
	assert_true(says(run, "\"line\":\"203 (sofia/internal/203@10.0.0.7) hung up: normal call "
			      "clearing (16)\""));
	assert_true(says(run, "\"channel\":\"sofia/internal/203@10.0.0.7\""));
	run_free(run);
}

static void what_is_not_a_record_is_refused(void **state)
{
	static const struct {
		const char *body, *error;
	} rows[] = {
		{"hello there!", "is not a call detail record"},
		{"{}", "variables.uuid is missing"},
		{"{\"variables\":{\"uuid\":\"a\"}}", "start_uepoch is missing"},
		{"{\"variables\":{\"uuid\":\"a\",\"start_uepoch\":\"99999999999000001\"}}", NULL},
		{"{\"variables\":{\"uuid\":\"a\",\"start_uepoch\":\"999999999999000001\"}}",
			"not a time"},
		{"{\"variables\":{\"uuid\":\"a\\u0001\",\"start_uepoch\":\"1\"}}",
			"1 to 128 bytes"},
		{"{\"variables\":{\"uuid\":", "line 1"},
		{"<cdr><variables>", "line 1"},
		{"<!DOCTYPE cdr [<!ENTITY a \"b\">]><cdr/>", "refused"},
		{"cdr=%7B%22variables%22", "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run *run = run_source("freeswitch", &no_options, text_of(rows[i].body), 0);

		assert_int_equal(run->result, rows[i].error ? -1 : 0);
		if (rows[i].error && !strstr(run->err.message, rows[i].error)) {
			fail_msg("'%s' gives '%s'", rows[i].body, run->err.message);
		}
		run_free(run);
	}
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
	struct run *run = run_source("freeswitch", &no_options,
		TEXT("{\"variables\":{\"uuid\":\"a\",\"start_uepoch\":\"1000000\","
		     "\"caller_id_number\":\"J\xf6rg\"}}"),
		0);

	(void)state;
	assert_int_equal(run->result, 0);
	assert_true(says(run, "\"src\":\"J\xef\xbf\xbdrg\""));
	run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_coding_says_the_same),
		cmocka_unit_test(a_record_is_a_header_and_steps),
		cmocka_unit_test(an_old_version_is_read_too),
		cmocka_unit_test(a_b_leg_is_steps_of_the_a_leg),
		cmocka_unit_test(what_is_not_a_record_is_refused),
		cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
