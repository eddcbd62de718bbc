/* SPDX-License-Identifier: MIT
 * What every backend has to do alike with parts of a recorded call. Given the backend's name. */
#include "fixture.h"

#include "call/call_join.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct step_of morning[] = {
	{"info", "start", "", "Dialled"},
	{"event", "Read", "PLACE", "violet"},
	{"info", "end", "", CALL_GOES_ON_LINE},
};
static const struct step_of evening[] = {
	{"info", "start", "", CALL_BEGINS_BEFORE_LINE},
	{"event", "Read", "COLOUR", "crimson"},
	{"event", "hangup", "", "Hung up"},
};

/* Two parts of the call "s"; the second begins an hour after the first, on the next day. */
static void make_parts(struct fixture *f, struct store_put parts[2])
{
	parts[0] = put_of_steps(f, "s", MIDNIGHT - 600, morning, COUNT_OF(morning));
	parts[1] = put_of_steps(f, "s", MIDNIGHT + 3000, evening, COUNT_OF(evening));
	parts[0].call.end = MIDNIGHT - 500;
	parts[1].call.end = MIDNIGHT + 3100;
	parts[1].call.dest = TEXT("SIP/x");
	repack(f, &parts[0], morning, COUNT_OF(morning));
	repack(f, &parts[1], evening, COUNT_OF(evening));
	parts[0].recorded = parts[1].recorded = true;
}

static int64_t found_by_words(struct fixture *f, const char *words)
{
	struct filter filter;
	struct store_search search = {.account_id = f->account, .filter = &filter, .limit = 10};
	struct store_page page;
	struct error err = {0};

	filter_init(&filter);
	if (filter_set(&filter, TEXT("text"), text_of(words), MIDNIGHT, &f->arena, &err) < 0 ||
		store_search(f->store, &search, &f->arena, &page, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return (int64_t)page.count;
}

/* The one call that the parts are together, wherever it is looked for. */
static struct text expect_joined(struct fixture *f)
{
	struct store_query query = query_all(f);
	struct store_page page = page_of(f, &query);
	struct text json;

	assert_int_equal(page.count, 1);
	assert_int_equal(page.total_calls, 1);
	assert_int_equal(page.calls[0].call.start, MIDNIGHT - 600);
	assert_int_equal(page.calls[0].call.end, MIDNIGHT + 3100);
	assert_int_equal(page.calls[0].call.steps, 4);
	assert_true(text_equal_string(page.calls[0].call.dest, "6177123001"));
	json = json_of(f, &page.calls[0].packed);
	assert_non_null(memmem(json.data, json.size, "violet", 6));
	assert_non_null(memmem(json.data, json.size, "crimson", 7));
	query.number = TEXT("6177123001");
	assert_int_equal(page_of(f, &query).total_calls, 1);
	query.number = TEXT("SIP/x");
	assert_int_equal(page_of(f, &query).total_calls, 0);
	assert_int_equal(found_by_words(f, "violet crimson"), 1);
	assert_int_equal(found_by_words(f, "recording"), 0);
	assert_int_equal(problems_of(f->store), 0);
	return json;
}

static void put_one(struct fixture *f, const struct store_put *put)
{
	struct store_put copy = *put;

	put_all(f, &copy, 1);
}

static void parts_are_one_call_in_either_order_and_again(void **state)
{
	static const int orders[][4] = {{0, 1, 0, 1}, {1, 0, 1, 0}, {1, 0, 0, 1}, {0, 1, 1, 0}};
	struct fixture *f = *state;
	struct store_put parts[2];
	struct text first = {0};

	make_parts(f, parts);
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct store_put none = parts[0];

		put_one(f, &parts[orders[i][0]]);
		put_one(f, &parts[orders[i][1]]);
		first = first.data ? first : expect_joined(f);
		for (int again = 2; again < 4; again++) {
			put_one(f, &parts[orders[i][again]]);
			assert_true(text_equal(expect_joined(f), first));
		}
		/* One that was not recorded takes its place. */
		none.recorded = false;
		none.call.steps = 0;
		repack(f, &none, morning, 0);
		put_one(f, &none);
	}
}

static void parts_of_one_put_are_joined_as_well(void **state)
{
	struct fixture *f = *state;
	struct store_put parts[2], turned[2];

	make_parts(f, parts);
	turned[0] = parts[1];
	turned[1] = parts[0];
	put_all(f, turned, 2);
	assert_false(turned[0].replaced);
	assert_true(turned[1].replaced);
	expect_joined(f);
	put_all(f, parts, 2);
	expect_joined(f);
}

static void a_part_that_was_not_recorded_replaces(void **state)
{
	struct fixture *f = *state;
	struct store_put parts[2];
	struct store_query query = query_all(f);

	make_parts(f, parts);
	parts[1].recorded = false;
	put_all(f, parts, 2);
	assert_int_equal(page_of(f, &query).calls[0].call.steps, COUNT_OF(evening));
	assert_int_equal(problems_of(f->store), 0);
}

static void a_part_meets_a_header_without_steps(void **state)
{
	struct fixture *f = *state;
	struct store_put header = put_of(f, "s", "6177123001", MIDNIGHT, -1, "");
	struct store_query query = query_all(f);
	struct store_put parts[2];

	make_parts(f, parts);
	put_one(f, &header);
	put_one(f, &parts[0]);
	put_one(f, &parts[1]);
	expect_joined(f);
	/* A header alone keeps the steps of both. */
	put_one(f, &header);
	assert_int_equal(page_of(f, &query).calls[0].call.steps, 4);
	assert_int_equal(problems_of(f->store), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_one_call_in_either_order_and_again,
			fixture_set_up, fixture_tear_down_sound),
		cmocka_unit_test_setup_teardown(parts_of_one_put_are_joined_as_well, fixture_set_up,
			fixture_tear_down_sound),
		cmocka_unit_test_setup_teardown(a_part_that_was_not_recorded_replaces,
			fixture_set_up, fixture_tear_down_sound),
		cmocka_unit_test_setup_teardown(a_part_meets_a_header_without_steps, fixture_set_up,
			fixture_tear_down_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
