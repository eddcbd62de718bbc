/* SPDX-License-Identifier: MIT
 * Wrong keys: how many are heard, for whom, and for how long not. */
#include "api/guesses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define MAX    6 /* a minute: one every ten seconds */
#define SECOND INT64_C(1000000)
#define BEGIN  (INT64_C(5000) * SECOND)

static const struct text home = {.data = "192.0.2.1", .size = 9};
static const struct text none = {0};

static int set_up(void **state)
{
	struct guesses *guesses;
	struct error err;

	assert_int_equal(guesses_create(&guesses, MAX, &err), 0);
	*state = guesses;
	return 0;
}

static int tear_down(void **state)
{
	guesses_destroy(*state);
	return 0;
}

static unsigned int note(
	struct guesses *guesses, struct text network, struct text email, int64_t at)
{
	bool first;

	return guesses_note(guesses, network, email, at, &first);
}

static void use_up(struct guesses *guesses, struct text network, struct text email)
{
	for (int i = 0; i < MAX; i++) {
		assert_int_equal(note(guesses, network, email, BEGIN), 0);
	}
}

static void a_minutes_worth_is_heard_at_once_and_no_more(void **state)
{
	use_up(*state, home, none);
	assert_int_equal(note(*state, home, none, BEGIN), 10);
	assert_int_equal(note(*state, home, none, BEGIN + 4 * SECOND), 6);
	assert_int_equal(note(*state, home, none, BEGIN + 10 * SECOND), 0);
	assert_int_equal(note(*state, home, none, BEGIN + 10 * SECOND), 10);
}

static void what_is_not_heard_does_not_lengthen_the_wait(void **state)
{
	use_up(*state, home, none);
	for (int i = 0; i < 1000; i++) {
		assert_int_not_equal(note(*state, home, none, BEGIN), 0);
	}
	assert_int_equal(note(*state, home, none, BEGIN + 10 * SECOND), 0);
}

static void the_first_that_is_not_heard_is_told_once(void **state)
{
	bool first;

	use_up(*state, home, none);
	assert_int_not_equal(guesses_note(*state, home, none, BEGIN, &first), 0);
	assert_true(first);
	assert_int_not_equal(guesses_note(*state, home, none, BEGIN + SECOND, &first), 0);
	assert_false(first);
	assert_int_equal(guesses_note(*state, home, none, BEGIN + 10 * SECOND, &first), 0);
	assert_false(first);
	assert_int_not_equal(guesses_note(*state, home, none, BEGIN + 10 * SECOND, &first), 0);
	assert_true(first);
}

static void networks_are_counted_apart(void **state)
{
	use_up(*state, home, none);
	assert_int_equal(note(*state, TEXT("192.0.2.2"), none, BEGIN), 0);
	assert_int_not_equal(note(*state, home, none, BEGIN), 0);
}

static void an_email_is_counted_across_networks_and_without_case(void **state)
{
	static const char *const spelled[] = {"ann@example.org", "Ann@Example.ORG"};
	char network[32];

	for (int i = 0; i < MAX; i++) {
		snprintf(network, sizeof(network), "192.0.2.%d", i);
		assert_int_equal(note(*state, text_of(network), text_of(spelled[i % 2]), BEGIN), 0);
	}
	assert_int_equal(note(*state, TEXT("192.0.2.99"), text_of(spelled[0]), BEGIN), 10);
	assert_int_equal(note(*state, TEXT("192.0.2.99"), TEXT("bob@example.org"), BEGIN), 0);
}

static void an_email_is_not_taken_for_a_network(void **state)
{
	use_up(*state, home, none);
	assert_int_equal(note(*state, none, home, BEGIN), 0);
}

/* Far more networks than rows: each still has its own allowance while it is at it. */
static void the_table_is_bounded_and_who_is_at_it_stays(void **state)
{
	char network[32];

	use_up(*state, home, none);
	for (int i = 0; i < 100000; i++) {
		snprintf(network, sizeof(network), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		assert_int_equal(note(*state, text_of(network), none, BEGIN), 0);
	}
	assert_int_not_equal(note(*state, home, none, BEGIN), 0);
}

static void none_is_counted_where_the_ceiling_is_0(void **state)
{
	struct guesses *guesses;
	struct error err;

	(void)state;
	assert_int_equal(guesses_create(&guesses, 0, &err), 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(note(guesses, home, home, BEGIN), 0);
	}
	guesses_destroy(guesses);
}

#define TEST_OF(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OF(a_minutes_worth_is_heard_at_once_and_no_more),
		TEST_OF(what_is_not_heard_does_not_lengthen_the_wait),
		TEST_OF(the_first_that_is_not_heard_is_told_once),
		TEST_OF(networks_are_counted_apart),
		TEST_OF(an_email_is_counted_across_networks_and_without_case),
		TEST_OF(an_email_is_not_taken_for_a_network),
		TEST_OF(the_table_is_bounded_and_who_is_at_it_stays),
		TEST_OF(none_is_counted_where_the_ceiling_is_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
