/* SPDX-License-Identifier: MIT
 * Stores on PostgreSQL of earlier schemas are brought up to date when they are opened. */
#include "fixture.h"

/* What schema 12 brought. */
#define WITHOUT_BLOCKS                                                                             \
	"set client_min_messages = error; drop table sealed, block, segment, late, gone; drop "    \
	"function blocks_note_added, blocks_note_changed, blocks_note_dropped, "                   \
	"blocks_note_begun cascade; "

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
	postgres_run_sql(f->schema, WITHOUT_BLOCKS
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

static void seal_all(struct store *store)
{
	struct store_sealed sealed;
	struct error err = {0};
	int more;

	while ((more = store_seal(store, &sealed, &err)) > 0) {
		assert_false(sealed.damaged);
	}
	if (more < 0) {
		fail_msg("%s", err.message);
	}
}

/* The server of before is still open, and writes as it ever did. */
static void calls_of_schema_11_come_into_blocks_beside_a_server_of_before(void **state)
{
	const struct store_options options = {.block_calls = 8};
	struct fixture *f = *state;
	struct store *again = NULL;
	struct store_put puts[40];
	char location[256];
	char session[8];

	for (int i = 0; i < 40; i++) {
		snprintf(session, sizeof(session), "s%02d", i);
		puts[i] = put_of(f, session, "1", MIDNIGHT + i, 1, "x");
	}
	put_all(f, puts, 40);
	postgres_run_sql(f->schema, WITHOUT_BLOCKS "update callstep_store set version = 11");
	postgres_location(f->schema, location);
	assert_int_equal(store_open(&again, location, &options, NULL), 0);
	seal_all(again);
	assert_true(postgres_ask_number(f->schema, "select sum(calls) from block") > 30);
	puts[3] = put_of(f, "s03", "2", MIDNIGHT + 3, 1, "x");
	puts[4] = put_of(f, "new", "2", MIDNIGHT + 4, 1, "x");
	put_all(f, &puts[3], 2);
	assert_int_equal(postgres_ask_number(f->schema, "select count(*) from late"), 2);
	assert_int_equal(postgres_ask_number(f->schema, "select count(*) from gone"), 1);
	assert_int_equal(drop_old(f, MIDNIGHT + 5, 100, true), 7);
	assert_int_equal(postgres_ask_number(f->schema, "select count(*) from late"), 0);
	assert_int_equal(postgres_ask_number(f->schema, "select count(*) from gone"), 6);
	assert_int_equal(problems_of(again), 0);
	store_close(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			numbers_that_schema_4_did_not_know_are_found, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
			calls_of_schema_11_come_into_blocks_beside_a_server_of_before, set_up,
			fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
