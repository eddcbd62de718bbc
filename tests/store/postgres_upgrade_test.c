/* SPDX-License-Identifier: MIT
 * Stores on PostgreSQL of earlier schemas are brought up to date when they are opened. */
#include "fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state)
{
	return fixture_new(state, "postgres");
}

/* Four keys that the program of schema 4 took for numbers, one call of which has a number that it
 * knew. */
static void numbers_that_schema_4_did_not_know_are_found(void **state)
{
	static const char *const numbers[] = {
		"tel:+49-89/12345", "sip:498912345@pbx", "+49 (89) 12345", "sales"};
	struct fixture *f = *state;
	struct store_query query = query_all(f);
	struct store_page page;
	struct store *again = NULL;
	char location[256];

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		char session[2] = {(char)('a' + i), 0};
		struct store_put put = put_of(f, session, numbers[i], 100, -1, "");

		put.call.src = text_of(numbers[i]);
		put_all(f, &put, 1);
	}
	postgres_run_sql(f->schema,
		"update call set dest_key = dest, src_key = null where dest ~ ':';"
		"delete from tally where not is_all;"
		"insert into tally select account_id, false, dest_key, s, start - start % s, "
		"count(*) from call, unnest(array[60, 3600, 86400, 2764800]) s group by 1, 3, 4, 5;"
		"alter table key drop of_key, drop expires; "
		"drop table hook_begun, hook_failure, hook; "
		"alter table call drop outcome, drop ended_by, drop answered, drop talk, drop "
		"told; "
		"drop table live; alter table change drop column first_step; "
		"drop index audit_by_action; drop table keeping; "
		"update callstep_store set version = 4");
	postgres_location(f->schema, location);
	assert_int_equal(store_open(&again, location, NULL, NULL), 0);
	query.number = TEXT("498912345");
	assert_int_equal(store_page(again, &query, &f->arena, &page, NULL), 0);
	assert_int_equal(page.count, 3);
	assert_int_equal(page.total_calls, 3);
	assert_int_equal(page.calls[0].call.outcome, CALL_NO_OUTCOME);
	assert_int_equal(page.calls[0].call.answered, 0);
	assert_int_equal(problems_of(again), 0);
	store_close(again);
	postgres_run_sql(f->schema,
		"do $$ begin if (select count(*) from call where src_key = '498912345') <> 3 then "
		"raise exception 'not all'; end if; end $$");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			numbers_that_schema_4_did_not_know_are_found, set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
