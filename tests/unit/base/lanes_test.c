/* SPDX-License-Identifier: MIT
 * Lanes: whose turn it is, and in which order what waits is taken. */
#include "base/lanes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ITEMS 8

static struct lanes lanes;
static struct list_link items[ITEMS];

static int set_up(void **state)
{
	(void)state;
	lanes = (struct lanes){0};
	return 0;
}

static void push(int64_t account_id, int item)
{
	lanes_push(&lanes, lanes_of(&lanes, account_id), &items[item]);
}

static long take(void)
{
	struct lane *lane = lanes_first(&lanes);

	return lane ? lanes_take(&lanes, lane) - items : -1;
}

static void accounts_take_turns_each_in_its_order(void **state)
{
	static const long expected[] = {0, 3, 5, 1, 4, 2, -1};

	(void)state;
	for (int i = 0; i < 3; i++) {
		push(1, i);
	}
	push(2, 3);
	push(2, 4);
	push(-1, 5);
	assert_int_equal(lanes.waiting, 6);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(take(), expected[i]);
	}
	assert_int_equal(lanes.waiting, 0);
}

static void what_leaves_its_lane_is_not_taken_and_the_lane_keeps_its_turn(void **state)
{
	(void)state;
	push(1, 0);
	push(2, 1);
	push(1, 2);
	push(2, 3);
	lanes_remove(&lanes, lanes_of(&lanes, 1), &items[0]);
	assert_int_equal(take(), 2);
	lanes_remove(&lanes, lanes_of(&lanes, 2), &items[3]);
	push(3, 4);
	assert_int_equal(take(), 1);
	assert_int_equal(take(), 4);
	assert_int_equal(take(), -1);
}

static void a_lane_that_was_served_otherwise_comes_last(void **state)
{
	(void)state;
	push(1, 0);
	push(2, 1);
	lanes_served(&lanes, lanes_of(&lanes, 1));
	/* Nothing waits there: it has no turn to lose. */
	lanes_served(&lanes, lanes_of(&lanes, 3));
	push(3, 2);
	assert_int_equal(take(), 1);
	assert_int_equal(take(), 0);
	assert_int_equal(take(), 2);
}

static void what_belongs_to_no_account_shares_no_lane_with_one(void **state)
{
	(void)state;
	for (int64_t stranger = -1; stranger >= -LANES_STRANGERS; stranger--) {
		assert_true(lanes_number(stranger) >= LANES_ACCOUNTS);
		assert_true(lanes_number(stranger) < LANES);
	}
	assert_true(lanes_number(INT64_MIN) < LANES);
	assert_true(lanes_number(INT64_MAX) < LANES_ACCOUNTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(accounts_take_turns_each_in_its_order, set_up),
		cmocka_unit_test_setup(
			what_leaves_its_lane_is_not_taken_and_the_lane_keeps_its_turn, set_up),
		cmocka_unit_test_setup(a_lane_that_was_served_otherwise_comes_last, set_up),
		cmocka_unit_test_setup(what_belongs_to_no_account_shares_no_lane_with_one, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
