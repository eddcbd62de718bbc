/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all pages: who is let in, who waits, in which order. */
#include "api/page_memory.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REQUESTS 8

/* Stands in for the server's: notes who was woken. */
static struct http_request requests[REQUESTS];
static unsigned int woken[REQUESTS];

void http_request_wake(struct http_request *request)
{
	woken[request - requests]++;
}

static struct page_memory memory;
static struct page_claim claims[REQUESTS];

static int set_up(void **state)
{
	(void)state;
	memset(woken, 0, sizeof(woken));
	memset(claims, 0, sizeof(claims));
	page_memory_init(&memory, 100);
	for (int i = 0; i < REQUESTS; i++) {
		requests[i].account_id = i + 1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		page_memory_release(&memory, &claims[i]);
	}
	assert_int_equal(memory.used_bytes, 0);
	page_memory_deinit(&memory);
	return 0;
}

static bool claim(size_t i, size_t bytes)
{
	return page_memory_claim(&memory, &claims[i], &requests[i], bytes);
}

static void release(size_t i)
{
	page_memory_release(&memory, &claims[i]);
}

static void who_fits_is_let_in_at_once(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_true(claim(1, 40));
	assert_true(page_memory_held(&memory, &claims[1]));
	assert_int_equal(woken[0] + woken[1], 0);
}

static void who_does_not_fit_waits_and_is_woken_when_there_is_room(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 50));
	assert_false(page_memory_held(&memory, &claims[1]));
	release(0);
	assert_int_equal(woken[1], 1);
	assert_true(page_memory_held(&memory, &claims[1]));
}

static void a_small_claim_does_not_overtake_a_big_one_in_line(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 100));
	assert_false(claim(2, 10));
	release(0);
	assert_int_equal(woken[1], 1);
	assert_int_equal(woken[2], 0);
	release(1);
	assert_int_equal(woken[2], 1);
}

static void several_that_fit_are_let_in_together(void **state)
{
	(void)state;
	assert_true(claim(0, 100));
	assert_false(claim(1, 40));
	assert_false(claim(2, 40));
	assert_false(claim(3, 40));
	release(0);
	assert_int_equal(woken[1] + woken[2], 2);
	assert_int_equal(woken[3], 0);
}

/* The first three requests are one account's, whose share is 75; the others are of an account each. */
static void join_accounts(void)
{
	requests[1].account_id = requests[2].account_id = requests[0].account_id;
}

static void one_account_leaves_room_for_another(void **state)
{
	(void)state;
	join_accounts();
	assert_true(claim(0, 50));
	assert_false(claim(1, 30));
	assert_false(claim(2, 1));
	assert_true(claim(3, 25));
	release(3);
	assert_int_equal(woken[1] + woken[2], 0);
	release(0);
	assert_int_equal(woken[1], 1);
	assert_int_equal(woken[2], 1);
}

static void a_single_page_may_have_everything(void **state)
{
	(void)state;
	join_accounts();
	assert_true(claim(0, 100));
	assert_false(claim(1, 1));
	release(0);
	assert_int_equal(woken[1], 1);
}

static void accounts_take_turns(void **state)
{
	(void)state;
	join_accounts();
	assert_true(claim(4, 100));
	assert_false(claim(0, 60));
	assert_false(claim(1, 60));
	assert_false(claim(2, 60));
	assert_false(claim(3, 60));
	release(4);
	assert_int_equal(woken[0], 1);
	release(0);
	assert_int_equal(woken[3], 1);
	assert_int_equal(woken[1], 0);
	release(3);
	assert_int_equal(woken[1], 1);
	assert_int_equal(woken[2], 0);
}

static void who_goes_away_leaves_the_line_and_lets_those_behind_in(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 100));
	assert_false(claim(2, 10));
	release(1);
	assert_int_equal(woken[1], 0);
	assert_int_equal(woken[2], 1);
	assert_int_equal(memory.used_bytes, 70);
}

static void what_was_not_needed_is_given_back(void **state)
{
	(void)state;
	assert_true(claim(0, 100));
	assert_false(claim(1, 50));
	page_memory_settle(&memory, &claims[0], 30);
	assert_int_equal(woken[1], 1);
	assert_int_equal(memory.used_bytes, 80);
}

static void a_page_that_grew_past_the_ceiling_keeps_the_others_waiting(void **state)
{
	(void)state;
	assert_true(claim(0, 90));
	page_memory_settle(&memory, &claims[0], 130);
	assert_false(claim(1, 1));
	release(0);
	assert_int_equal(woken[1], 1);
}

static void releasing_twice_or_without_a_claim_does_nothing(void **state)
{
	(void)state;
	assert_true(claim(0, 10));
	release(0);
	release(0);
	release(1);
	assert_int_equal(memory.used_bytes, 0);
}

#define THREADS 4
#define ROUNDS	20000

/* Threads only claim what is free at once: a claim that has to wait is given up. */
static void *claim_and_release(void *context)
{
	size_t i = (size_t)(uintptr_t)context;

	for (int round = 0; round < ROUNDS; round++) {
		if (claim(i, 40)) {
			page_memory_settle(&memory, &claims[i], 20);
		}
		release(i);
	}
	return NULL;
}

static void threads_at_once_leave_nothing_behind(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(
			pthread_create(&threads[i], NULL, claim_and_release, (void *)(uintptr_t)i),
			0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
	assert_int_equal(memory.used_bytes, 0);
	assert_null(memory.first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_fits_is_let_in_at_once),
		TEST(who_does_not_fit_waits_and_is_woken_when_there_is_room),
		TEST(a_small_claim_does_not_overtake_a_big_one_in_line),
		TEST(several_that_fit_are_let_in_together),
		TEST(one_account_leaves_room_for_another),
		TEST(a_single_page_may_have_everything),
		TEST(accounts_take_turns),
		TEST(who_goes_away_leaves_the_line_and_lets_those_behind_in),
		TEST(what_was_not_needed_is_given_back),
		TEST(a_page_that_grew_past_the_ceiling_keeps_the_others_waiting),
		TEST(releasing_twice_or_without_a_claim_does_nothing),
		TEST(threads_at_once_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
