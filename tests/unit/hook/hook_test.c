/* SPDX-License-Identifier: MIT
 * What a hook may be, and how it is read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "hook/hook_read.h"

#define NOW INT64_C(1769817600)

static int check(struct store_hook *hook, bool clear, struct error *err)
{
	return hook_check(hook, NULL, clear, NOW, err);
}

static struct store_hook good(void)
{
	struct store_hook hook;

	assert_int_equal(hook_make(&hook, 1, 7, NOW, NULL), 0);
	hook.url = TEXT("https://example.org/calls?token=x");
	return hook;
}

static void urls_are_those_of_a_host(void **state)
{
	static const struct {
		const char *url;
		bool good;
		bool clear; /* is good where http:// is */
	} cases[] = {
		{"https://example.org", true, true},
		{"https://example.org:8443/a?b=c", true, true},
		{"https://[2606:4700::1111]/", true, true},
		{"http://example.org/", false, true},
		{"https:///path", false, false},
		{"https://?x", false, false},
		{"https://ann:secret@example.org/", false, false},
		{"https://example.org/#part", false, false},
		{"https://example.org/a b", false, false},
		{"https://example.org/\n", false, false},
		{"https://example.org/\"", false, false},
		{"https://ex\xc3\xa4mple.org/", false, false},
		{"file:///etc/passwd", false, false},
		{"HTTPS://example.org/", false, false},
		{"", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct store_hook hook = good();
		struct error err;

		hook.url = text_of(cases[i].url);
		print_message("%s\n", cases[i].url);
		assert_int_equal(check(&hook, false, &err), cases[i].good ? 0 : -1);
		assert_int_equal(check(&hook, true, &err), cases[i].clear ? 0 : -1);
	}
}

static void a_filter_is_that_of_a_question(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_hook hook = good();
	struct filter filter;
	struct error err;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	hook.filter = TEXT("class=error&dest=*3001&text=%22goes+wrong%22&&min_duration=5");
	assert_int_equal(check(&hook, false, &err), 0);
	assert_int_equal(hook_filter(&hook, NULL, NOW, &arena, &filter, &err), 0);
	assert_int_equal(filter.classes.count, 1);
	assert_int_equal(filter.dest.parts_count, 1);
	assert_int_equal(filter.text.count, 1);
	assert_int_equal(filter.min_duration, 5);
	hook.filter = TEXT("min_duratoin=5");
	assert_int_equal(check(&hook, false, &err), -1);
	assert_string_equal(err.message,
		"filter: there is no parameter 'min_duratoin': did you mean 'min_duration'?");
}

static void secrets_differ_and_have_their_form(void **state)
{
	char one[HOOK_SECRET_TEXT_SIZE], two[HOOK_SECRET_TEXT_SIZE];
	struct store_hook first = good(), second = good();

	(void)state;
	hook_secret_format(&first, one);
	hook_secret_format(&second, two);
	assert_int_equal(strncmp(one, "whsec_", 6), 0);
	assert_int_equal(strlen(one), 50);
	assert_string_not_equal(one, two);
}

static void what_is_posted_is_read_member_by_member(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_hook hook = good();
	struct error err;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	assert_int_equal(hook_read(TEXT("{\"name\":\"d\\u00e9sk\",\"event\":\"threshold\","
					"\"more_than\":20,\"window\":300,\"times\":3,"
					"\"state\":\"off\",\"other\":[1]}"),
				 &arena, &hook, &err),
		0);
	assert_true(text_equal(hook.name, TEXT("d\xc3\xa9sk")));
	assert_int_equal(hook.event, STORE_HOOK_THRESHOLD);
	assert_int_equal(hook.more_than, 20);
	assert_int_equal(hook.window_s, 300);
	assert_int_equal(hook.times, 3);
	assert_int_equal(hook.state, STORE_HOOK_OFF);
	assert_int_equal(hook.course.place, 7);
	assert_int_equal(check(&hook, false, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_those_of_a_host),
		cmocka_unit_test(a_filter_is_that_of_a_question),
		cmocka_unit_test(secrets_differ_and_have_their_form),
		cmocka_unit_test(what_is_posted_is_read_member_by_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
