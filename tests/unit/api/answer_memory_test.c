/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all pages: who is let in, who waits, in which order. */
#include "api/memory.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define REQUESTS 8
#define MB	 ((size_t)1 << 20)

/* Stands in for the server's: notes who was woken. */
static struct http_request requests[REQUESTS];
static unsigned int woken[REQUESTS];

void http_request_wake(struct http_request *request)
{
	woken[request - requests]++;
}

static struct memory memory;
static struct claim claims[REQUESTS];

static int set_up(void **state)
{
	(void)state;
	memset(woken, 0, sizeof(woken));
	memset(claims, 0, sizeof(claims));
	memory_init(&memory, 100 * MB);
	for (int i = 0; i < REQUESTS; i++) {
		requests[i].account_id = i + 1;
	}
	return 0;
}

static size_t used(void)
{
	return memory.classes[CLAIM_SMALL].used_bytes + memory.classes[CLAIM_LARGE].used_bytes;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		memory_release(&memory, &claims[i]);
	}
	assert_int_equal(used(), 0);
	memory_deinit(&memory);
	return 0;
}

static bool claim(size_t i, size_t megabytes)
{
	return memory_claim(&memory, &claims[i], &requests[i], megabytes * MB);
}

static bool is_held(size_t i)
{
	return memory_state(&memory, &claims[i]) == CLAIM_HELD;
}

static void settle(size_t i, size_t megabytes)
{
	memory_settle(&memory, &claims[i], megabytes * MB, NULL);
}

static void release(size_t i)
{
	memory_release(&memory, &claims[i]);
}

static void who_fits_is_let_in_at_once(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_true(claim(1, 40));
	assert_true(is_held(1));
	assert_int_equal(woken[0] + woken[1], 0);
}

static void who_does_not_fit_waits_and_is_woken_when_there_is_room(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 50));
	assert_false(is_held(1));
	release(0);
	assert_int_equal(woken[1], 1);
	assert_true(is_held(1));
}

static void a_less_large_claim_does_not_overtake_a_larger_one_in_line(void **state)
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

/* The first three requests are one account's, whose share is 75; the others are of an account each.
 */
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
	assert_false(claim(2, 2));
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
	assert_false(claim(1, 2));
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
	assert_int_equal(used(), 70 * MB);
}

static void what_was_not_needed_is_given_back(void **state)
{
	(void)state;
	assert_true(claim(0, 100));
	assert_false(claim(1, 50));
	settle(0, 30);
	assert_int_equal(woken[1], 1);
	assert_int_equal(used(), 80 * MB);
}

static void a_page_that_grew_past_the_ceiling_keeps_the_others_waiting(void **state)
{
	(void)state;
	assert_true(claim(0, 90));
	settle(0, 130);
	assert_false(claim(1, 2));
	release(0);
	assert_int_equal(woken[1], 1);
}

static void a_small_claim_waits_for_none_that_is_large(void **state)
{
	(void)state;
	assert_true(claim(0, 100));
	assert_false(claim(1, 100));
	assert_true(claim(2, 1));
	assert_true(claim(3, 1));
	release(0);
	assert_int_equal(woken[1], 1);
	assert_true(claim(4, 1));
}

/* Of the 12.5 that are kept for small ones an account has 3, whatever it asks for, and any other
 * account still gets its first. */
static void one_accounts_small_claims_leave_room_for_anothers(void **state)
{
	struct claim others[40] = {0};
	struct http_request many[40] = {0};
	size_t held = 0;

	(void)state;
	assert_true(claim(0, 100));
	for (size_t i = 0; i < 40; i++) {
		many[i].account_id = 50 + (int64_t)i / 10;
		held += memory_claim(&memory, &others[i], &many[i], MB) ? 1 : 0;
	}
	assert_int_equal(held, 12);
	assert_true(claim(1, 1));
	assert_true(claim(2, 1));
	for (size_t i = 40; i-- > 0;) {
		memory_release(&memory, &others[i]);
	}
}

static void a_large_claim_is_not_kept_waiting_by_small_ones_that_come_later(void **state)
{
	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 100));
	for (size_t i = 2; i < 6; i++) {
		assert_true(claim(i, 1));
	}
	release(0);
	assert_int_equal(woken[1], 1);
}

static void what_is_held_grows_where_there_is_room_and_stays_where_not(void **state)
{
	(void)state;
	assert_true(claim(0, 1));
	assert_true(memory_grow(&memory, &claims[0], 40 * MB));
	assert_int_equal(used(), 40 * MB);
	assert_true(claim(1, 50));
	assert_false(memory_grow(&memory, &claims[0], 51 * MB));
	assert_int_equal(used(), 90 * MB);
	assert_true(memory_grow(&memory, &claims[0], 30 * MB));
	assert_int_equal(used(), 90 * MB);
}

static void what_waits_where_nothing_moves_is_refused(void **state)
{
	(void)state;
	assert_true(claim(0, 100));
	assert_false(claim(1, 60));
	assert_false(claim(2, 60));
	memory_refuse_stuck(&memory, clock_monotonic_us());
	assert_int_equal(woken[1] + woken[2], 0);
	memory_refuse_stuck(&memory, clock_monotonic_us() + MEMORY_STUCK_US);
	assert_int_equal(woken[1] + woken[2], 2);
	assert_int_equal(memory_state(&memory, &claims[1]), CLAIM_REFUSED);
	release(1);
	release(0);
	assert_true(claim(1, 60));
}

static void what_waits_while_others_are_let_in_is_not_refused(void **state)
{
	int64_t later_us;

	(void)state;
	assert_true(claim(0, 60));
	assert_false(claim(1, 60));
	later_us = clock_monotonic_us() + MEMORY_STUCK_US;
	memory.classes[CLAIM_LARGE].moved_us = later_us - 1;
	memory_refuse_stuck(&memory, later_us);
	assert_int_equal(woken[1], 0);
}

/* ---- moving into files ---- */

static struct arena_pool pool;

static void fill_arena(struct arena *arena, size_t bytes)
{
	arena_init_pooled(arena, SIZE_MAX, &pool);
	for (size_t i = 0; i < bytes / 100000; i++) {
		char *data = arena_alloc(arena, 100000);

		assert_non_null(data);
		memset(data, (int)i, 100000);
		memcpy(data, &i, sizeof(i));
	}
}

/* The arena's allocations, last first, are what fill_arena() wrote. */
static void check_bytes(const char *const *data, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t number;

		memcpy(&number, data[i], sizeof(number));
		assert_int_equal(number, i);
		assert_int_equal(data[i][99999], (char)i);
	}
}

/* How many of the pages from @start on the process has in memory. */
static size_t pages_at_hand(const char *start, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at_hand = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size / page; i++) {
		uint64_t entry;
		size_t number = (size_t)(uintptr_t)start / page + i;

		assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)(number * sizeof(entry))),
			sizeof(entry));
		at_hand += entry >> 63;
	}
	close(fd);
	return at_hand;
}

static void an_arena_that_is_spilled_keeps_its_addresses_and_bytes(void **state)
{
	enum { COUNT = 100 };
	const char *data[COUNT];
	struct iovec places[COUNT];
	size_t moved = 0, spillable, count;
	struct arena arena;
	struct error err;
	int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	arena_pool_init(&pool, 0, 0);
	arena_init_pooled(&arena, SIZE_MAX, &pool);
	for (size_t i = 0; i < COUNT; i++) {
		char *bytes = arena_alloc(&arena, 100000);

		assert_non_null(bytes);
		memset(bytes, (int)i, 100000);
		memcpy(bytes, &i, sizeof(i));
		data[i] = bytes;
	}
	spillable = arena_spillable_bytes(&arena);
	assert_true(spillable >= COUNT * 100000 - 100000);
	count = arena_places(&arena, places, COUNT);
	assert_in_range(count, 1, COUNT);
	assert_int_equal(arena_spill(&arena, fd, &moved, &err), 0);
	close(fd);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(pages_at_hand(places[i].iov_base, places[i].iov_len), 0);
	}
	assert_int_equal(moved, spillable);
	assert_int_equal(arena_spillable_bytes(&arena), 0);
	arena_drop_pages(places, count);
	check_bytes(data, COUNT);
	arena_deinit(&arena);
	arena_pool_deinit(&pool);
}

static void a_spill_that_fails_leaves_the_arena_as_it_was(void **state)
{
	struct arena arena;
	struct error err;
	size_t moved = 0;
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	arena_pool_init(&pool, 0, 0);
	fill_arena(&arena, 3 * MB);
	assert_true(arena_spill(&arena, fd, &moved, &err) < 0);
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_int_equal(moved, 0);
	assert_true(arena_spillable_bytes(&arena) > 2 * MB);
	close(fd);
	arena_deinit(&arena);
	arena_pool_deinit(&pool);
}

/* Waits for the thread; the bound is only for a thread that never comes. */
static bool comes_to_be_held(size_t i)
{
	for (int64_t end_us = clock_monotonic_us() + 20000000; clock_monotonic_us() < end_us;) {
		if (is_held(i)) {
			return true;
		}
		sched_yield();
	}
	return false;
}

static void what_a_slow_client_has_not_taken_makes_room_for_others(void **state)
{
	struct arena arena;
	struct error err;

	(void)state;
	arena_pool_init(&pool, 0, 0);
	assert_int_equal(spill_start(&memory, "/var/tmp", 90 * MB, &err), 0);
	assert_true(claim(0, 100));
	fill_arena(&arena, 40 * MB);
	memory_settle(&memory, &claims[0], 100 * MB, &arena);
	assert_false(claim(1, 30));
	assert_true(comes_to_be_held(1));
	assert_true(memory.spill.used_bytes > 38 * MB);
	/* Its client has it all: nothing of it stays. */
	release(0);
	assert_null(arena.last);
	spill_stop(&memory);
	assert_int_equal(memory.spill.used_bytes, 0);
	arena_pool_deinit(&pool);
}

static void what_does_not_fit_the_files_stays_in_memory(void **state)
{
	struct arena arena;
	struct error err;

	(void)state;
	arena_pool_init(&pool, 0, 0);
	assert_int_equal(spill_start(&memory, "/var/tmp", 10 * MB, &err), 0);
	assert_true(claim(0, 100));
	fill_arena(&arena, 40 * MB);
	memory_settle(&memory, &claims[0], 100 * MB, &arena);
	assert_false(claim(1, 30));
	spill_stop(&memory);
	assert_false(is_held(1));
	release(0);
	assert_non_null(arena.last);
	arena_deinit(&arena);
	arena_pool_deinit(&pool);
}

static void releasing_twice_or_without_a_claim_does_nothing(void **state)
{
	(void)state;
	assert_true(claim(0, 10));
	release(0);
	release(0);
	release(1);
	assert_int_equal(used(), 0);
}

#define THREADS 4
#define ROUNDS	20000

/* Threads only claim what is free at once: a claim that has to wait is given up. */
static void *claim_and_release(void *context)
{
	size_t i = (size_t)(uintptr_t)context;

	for (int round = 0; round < ROUNDS; round++) {
		if (claim(i, 40)) {
			settle(i, 20);
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
	assert_int_equal(used(), 0);
	assert_null(memory.classes[CLAIM_LARGE].lanes.waiting > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_fits_is_let_in_at_once),
		TEST(who_does_not_fit_waits_and_is_woken_when_there_is_room),
		TEST(a_less_large_claim_does_not_overtake_a_larger_one_in_line),
		TEST(several_that_fit_are_let_in_together),
		TEST(one_account_leaves_room_for_another),
		TEST(a_single_page_may_have_everything),
		TEST(accounts_take_turns),
		TEST(who_goes_away_leaves_the_line_and_lets_those_behind_in),
		TEST(what_was_not_needed_is_given_back),
		TEST(a_page_that_grew_past_the_ceiling_keeps_the_others_waiting),
		TEST(a_small_claim_waits_for_none_that_is_large),
		TEST(one_accounts_small_claims_leave_room_for_anothers),
		TEST(a_large_claim_is_not_kept_waiting_by_small_ones_that_come_later),
		TEST(what_is_held_grows_where_there_is_room_and_stays_where_not),
		TEST(what_waits_where_nothing_moves_is_refused),
		TEST(what_waits_while_others_are_let_in_is_not_refused),
		TEST(an_arena_that_is_spilled_keeps_its_addresses_and_bytes),
		TEST(a_spill_that_fails_leaves_the_arena_as_it_was),
		TEST(what_a_slow_client_has_not_taken_makes_room_for_others),
		TEST(what_does_not_fit_the_files_stays_in_memory),
		TEST(releasing_twice_or_without_a_claim_does_nothing),
		TEST(threads_at_once_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
