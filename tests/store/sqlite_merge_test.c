/* SPDX-License-Identifier: MIT
 * The text index of the embedded store gets smaller with what it is about: words that were dropped
 * leave it, step by step. */
#include <stdio.h>

#include "behind.h"
#include "call/filter.h"
#include "fixture.h"

#define CALLS	   3000
#define LEFT	   200
#define AT_ONCE	   100
#define WORD_COUNT 40

static int set_up(void **state)
{
	return fixture_new(state, "sqlite");
}

static int64_t index_bytes(const struct fixture *f)
{
	return number_of(f, "select sum(length(block)) from words_data");
}

/* A call a second, each with its own words and some that all have. */
static void put_calls(struct fixture *f, int from, int count)
{
	struct store_put puts[AT_ONCE];

	for (int i = 0; i < count; i++) {
		AUTO(buffer_deinit) struct buffer line;
		char session_id[16];

		buffer_init(&line, SIZE_MAX);
		for (int word = 0; word < WORD_COUNT; word++) {
			buffer_printf(&line, "%s%d ", word % 2 == 0 ? "often" : "seldom",
				word % 2 == 0 ? word : (from + i) * 31 + word);
		}
		buffer_append_byte(&line, '\0');
		snprintf(session_id, sizeof(session_id), "s%d", from + i);
		puts[i] = put_of(f, session_id, "1", MIDNIGHT + from + i, 1, line.data);
	}
	put_all(f, puts, (size_t)count);
}

static int tidy(struct fixture *f)
{
	struct error err = {0};
	int more = store_tidy(f->store, &err);

	if (more < 0) {
		fail_msg("%s", err.message);
	}
	return more;
}

static int64_t calls_with(struct fixture *f, const char *words)
{
	struct filter filter;
	struct store_search search = {
		.account_id = f->account, .filter = &filter, .limit = CALLS, .detail_after = -1};
	struct store_page page;

	filter_init(&filter);
	assert_int_equal(filter_set(&filter, TEXT("text"), text_of(words), 0, &f->arena, NULL), 1);
	assert_int_equal(store_search(f->store, &search, &f->arena, &page, NULL), 0);
	return (int64_t)page.count;
}

static void words_that_were_dropped_leave_the_index_step_by_step(void **state)
{
	struct fixture *f = *state;
	struct store_space empty, before, after;
	int64_t bytes_before, highest = 0;
	int steps = 0;

	assert_int_equal(store_space(f->store, &empty, NULL), 0);
	for (int from = 0; from < CALLS; from += AT_ONCE) {
		put_calls(f, from, AT_ONCE);
	}
	bytes_before = index_bytes(f);
	assert_int_equal(store_space(f->store, &before, NULL), 0);
	for (int from = 0; from < CALLS - LEFT; from += AT_ONCE) {
		assert_int_equal(drop_old(f, MIDNIGHT + CALLS - LEFT - 1, AT_ONCE, false), AT_ONCE);
		steps += tidy(f);
		highest = index_bytes(f) > highest ? index_bytes(f) : highest;
	}
	while (tidy(f) > 0) {
		steps++;
	}
	assert_true(steps > 5);
	/* It neither grows on the way nor keeps more than what it is about. */
	assert_in_range(highest, 0, bytes_before * 3 / 2);
	assert_in_range(index_bytes(f), 0, bytes_before * LEFT / CALLS * 2);
	assert_int_equal(store_space(f->store, &after, NULL), 0);
	assert_in_range(
		after.used_bytes - empty.used_bytes, 0, (before.used_bytes - empty.used_bytes) / 3);
	assert_int_equal(calls_with(f, "often0"), LEFT);
	assert_int_equal(calls_with(f, "seldom1"), 0);
	assert_int_equal(problems_of(f->store), 0);
}

static void what_is_not_worth_it_is_left(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tidy(f), 0);
	for (int from = 0; from < CALLS; from += AT_ONCE) {
		put_calls(f, from, AT_ONCE);
	}
	while (tidy(f) > 0) {
	}
	assert_int_equal(drop_old(f, INT64_MAX, AT_ONCE, false), AT_ONCE);
	assert_int_equal(tidy(f), 0);
	assert_int_equal(calls_with(f, "often0"), CALLS - AT_ONCE);
}

/* A program that is killed between two steps leaves a merge that was begun. */
static void a_merge_that_was_begun_is_gone_on_with(void **state)
{
	struct fixture *f = *state;

	for (int from = 0; from < CALLS; from += AT_ONCE) {
		put_calls(f, from, AT_ONCE);
	}
	while (drop_old(f, MIDNIGHT + CALLS - LEFT - 1, AT_ONCE, false) > 0) {
	}
	assert_int_equal(tidy(f), 1);
	store_close(f->store);
	assert_int_equal(store_open(&f->store, f->folder, NULL, NULL), 0);
	assert_int_equal(problems_of(f->store), 0);
	while (tidy(f) > 0) {
	}
	assert_int_equal(number_of(f, "select count(distinct segid) from words_idx"), 1);
	assert_int_equal(calls_with(f, "often0"), LEFT);
}

#define MERGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down_sound)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MERGE_TEST(words_that_were_dropped_leave_the_index_step_by_step),
		MERGE_TEST(what_is_not_worth_it_is_left),
		MERGE_TEST(a_merge_that_was_begun_is_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
