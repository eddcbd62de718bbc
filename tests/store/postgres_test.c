/* SPDX-License-Identifier: MIT
 * What only the store on PostgreSQL has to do: several programs on one database, partitions,
 * connections that break. */
#include "fixture.h"

#include <pthread.h>

#include "base/clock.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define DAY		INT64_C(86400)

static int set_up(void **state)
{
	return fixture_new(state, "postgres");
}

static struct store *open_again(const struct fixture *f)
{
	char location[256];
	struct store *store = NULL;
	struct error err = {0};

	postgres_location(f->schema, location);
	if (store_open(&store, location, NULL, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return store;
}

static void sql(const struct fixture *f, const char *text)
{
	postgres_run_sql(f->schema, text);
}

/* Fails in SQL unless @condition holds. */
static void expect(const struct fixture *f, const char *condition)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"do $$ begin if not (%s) then raise exception 'it does not hold'; end if; end $$",
		condition);
	sql(f, text);
}

/* ---- opening ---- */

static void a_store_is_found_again_and_a_newer_one_refused(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	struct store_query query = query_all(f);
	struct store *again = open_again(f), *newer = NULL;
	struct store_page page;
	char location[256];
	struct error err;

	put_all(f, &put, 1);
	assert_int_equal(store_page(again, &query, &f->arena, &page, &err), 0);
	assert_int_equal(page.total_calls, 1);
	store_close(again);
	sql(f, "update callstep_store set version = version + 1");
	postgres_location(f->schema, location);
	assert_int_equal(store_open(&newer, location, NULL, &err), -1);
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	assert_null(newer);
}

static void a_store_that_must_exist_is_not_made(void **state)
{
	const struct store_options options = {.must_exist = true};
	struct store *store = NULL;
	char schema[64], location[256];
	struct error err;

	(void)state;
	postgres_schema_make(schema);
	postgres_location(schema, location);
	assert_int_equal(store_open(&store, location, &options, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_int_equal(store_open(&store, location, NULL, &err), 0);
	store_close(store);
	assert_int_equal(store_open(&store, location, &options, &err), 0);
	store_close(store);
	postgres_schema_drop(schema);
}

static void a_location_that_cannot_be_reached_is_told_without_its_password(void **state)
{
	static const char *const locations[] = {
		"postgresql://me:geheim@/calls?host=/nowhere",
		"postgres://me:geheim@127.0.0.1:1/calls",
		"postgresql://me:geheim@[::1/calls",
		"postgresql://me:geheim@/calls?colour=red",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(locations); i++) {
		struct store *store = NULL;
		struct error err = {0};

		assert_int_equal(store_open(&store, locations[i], NULL, &err), -1);
		assert_null(store);
		assert_null(strstr(err.message, "geheim"));
		assert_non_null(strstr(err.message, "PostgreSQL"));
	}
}

static void *open_and_close(void *context)
{
	store_close(open_again(context));
	return NULL;
}

static void a_store_is_made_once_however_many_open_it(void **state)
{
	struct fixture f = {0};
	pthread_t threads[6];

	(void)state;
	postgres_schema_make(f.schema);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_create(&threads[i], NULL, open_and_close, &f);
	}
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], NULL);
	}
	expect(&f, "(select count(*) from callstep_store) = 1");
	expect(&f, "(select count(*) from change_head) = 1");
	postgres_schema_drop(f.schema);
}

/* Functions that look as Citus has them, and note what they are asked for. */
static void tables_are_spread_by_account_where_citus_is_there(void **state)
{
	struct fixture f = {0};

	(void)state;
	postgres_schema_make(f.schema);
	sql(&f, "create table pg_dist_partition (logicalrelid regclass, how text);"
		"create function create_reference_table(t regclass) returns void language sql as "
		"'insert into pg_dist_partition values (t, ''reference'')';"
		"create function create_distributed_table(t regclass, c text) returns void "
		"language sql as 'insert into pg_dist_partition values (t, c)'");
	store_close(open_again(&f));
	expect(&f, "(select count(*) from pg_dist_partition where how = 'reference' and "
		   "logicalrelid in ('account'::regclass, 'key'::regclass, 'keeping'::regclass)) "
		   "= 3");
	expect(&f,
		"(select count(*) from pg_dist_partition where how = 'account_id' and logicalrelid "
		"in ('call'::regclass, 'detail'::regclass, 'detail_gone'::regclass, "
		"'kind'::regclass, 'tally'::regclass, 'change'::regclass, 'live'::regclass)) = 7");
	expect(&f, "(select count(*) from pg_dist_partition) = 15");
	postgres_schema_drop(f.schema);
}

/* What Citus asks of tables that it spreads. */
static void every_key_begins_with_the_account(void **state)
{
	expect(*state,
		"not exists (select from pg_index i join pg_class t on t.oid = i.indrelid "
		"join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0] "
		"where (i.indisprimary or i.indisunique) and t.relnamespace = "
		"current_schema()::regnamespace and t.relname not in ('account', 'key', "
		"'change_head', 'audit', 'audit_floor', 'keeping') and a.attname <> 'account_id')");
}

/* ---- several programs ---- */

#define WRITERS	     4
#define ROUNDS	     15
#define CALLS_A_PUT  20
#define SESSIONS_ALL 60

struct writing {
	struct fixture f; /* its packer and calls are its own */
	int number;
};

static void *write_calls(void *context)
{
	struct writing *writing = context;
	struct fixture *f = &writing->f;

	for (int round = 0; round < ROUNDS; round++) {
		struct store_put puts[CALLS_A_PUT];

		for (int i = 0; i < CALLS_A_PUT; i++) {
			int number = (round * 7 + i * (writing->number + 1)) % SESSIONS_ALL;
			char session[16];

			snprintf(session, sizeof(session), "s%d", number);
			puts[i] = put_of(f, session, number % 2 ? "1" : "2",
				MIDNIGHT + (number * 97 + round) % 7200, i % 3 - 1, "press one");
			puts[i].account_id = i % 4 == 0 ? f->other : f->account;
		}
		put_all(f, puts, CALLS_A_PUT);
	}
	return NULL;
}

static void writers_on_several_servers_leave_each_call_once_and_exact_tallies(void **state)
{
	struct fixture *f = *state;
	struct writing writers[WRITERS];
	pthread_t threads[WRITERS];
	struct store_query query = query_all(f);
	struct store_page page;

	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writing){.number = i, .f = *f};
		writers[i].f.store = open_again(f);
		writers[i].f.packer = packer_create();
		arena_init(&writers[i].f.arena, SIZE_MAX);
		pthread_create(&threads[i], NULL, write_calls, &writers[i]);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		store_close(writers[i].f.store);
		packer_destroy(writers[i].f.packer);
		arena_deinit(&writers[i].f.arena);
	}
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, page.count);
	assert_true(page.count <= SESSIONS_ALL);
	assert_int_equal(problems_of(f->store), 0);
	expect(f, "(select newest from change_head) = 4 * 15 * 20");
}

static void a_key_that_another_server_revoked_is_revoked_at_once(void **state)
{
	struct fixture *f = *state;
	struct store *other = open_again(f);
	struct store_key key = {.account_id = f->account, .label = TEXT("desk")}, found;
	struct store_account account;
	int64_t id;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &id, &err), 0);
	assert_int_equal(store_key_find(other, key.hash, &f->arena, &found, &account, &err), 1);
	assert_int_equal(found.revoked, 0);
	assert_int_equal(store_key_revoke(f->store, f->account, id, 77, &err), 1);
	assert_int_equal(store_key_find(other, key.hash, &f->arena, &found, &account, &err), 1);
	assert_int_equal(found.revoked, 77);
	store_close(other);
}

/* ---- words ---- */

static void expect_text(struct fixture *f, const char *text, int64_t calls)
{
	struct filter filter;
	struct store_page page;
	struct error err = {0};
	struct store_search search = {
		.account_id = f->account,
		.filter = &filter,
		.detail_after = -1,
		.limit = 10,
		.with_total = true,
	};

	filter_init(&filter);
	assert_int_equal(
		filter_set(&filter, TEXT("text"), text_of(text), 1000, &f->arena, &err), 1);
	if (store_search(f->store, &search, &f->arena, &page, &err) < 0) {
		fail_msg("%s: %s", text, err.message);
	}
	if (page.total_calls != calls || (int64_t)page.count != calls) {
		fail_msg("%s: %lld calls", text, (long long)page.total_calls);
	}
}

/* @count lines, each with its own word before @word. */
static void put_long(struct fixture *f, const char *session, uint32_t count, const char *word)
{
	struct step_of *steps = calloc(count, sizeof(*steps));
	struct store_put put;

	assert_non_null(steps);
	for (uint32_t i = 0; i < count; i++) {
		steps[i] = (struct step_of){
			"info", "menu", "main", arena_printf(&f->arena, "w%u %s", i, word).data};
	}
	put = put_of_steps(f, session, 100, steps, count);
	put_all(f, &put, 1);
	free(steps);
}

static void calls_of_more_words_than_a_tsvector_tells_apart_are_found_all_the_same(void **state)
{
	static const struct {
		const char *text;
		int64_t calls;
	} rows[] = {
		{"w7", 3},
		{"\"w299 again\"", 2},
		{"\"again w3\"", 0},
		{"\"w16999 other\"", 1},
		{"\"w16999 again\"", 0},
		{"w1699*", 1},
		{"other again", 0},
		{"few", 1},
	};
	struct fixture *f = *state;

	put_long(f, "repeats", 300, "again");
	put_long(f, "repeats too", 301, "again");
	put_long(f, "long", 17000, "other");
	put_long(f, "few", 3, "few");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		expect_text(f, rows[i].text, strcmp(rows[i].text, "w7") == 0 ? 3 : rows[i].calls);
	}
	expect(f, "(select count(*) from detail where words is null) = 3");
	assert_int_equal(problems_of(f->store), 0);
}

static void names_longer_than_an_index_takes_are_kinds_all_the_same(void **state)
{
	struct fixture *f = *state;
	char *name = malloc(10001);
	struct step_of steps[2];
	struct store_put put;
	struct store_kind *kinds;
	size_t count;

	memset(name, 'm', 10000);
	name[10000] = '\0';
	steps[0] = (struct step_of){"info", name, "a", "x"};
	steps[1] = (struct step_of){"info", name, "b", "x"};
	for (int i = 0; i < 2; i++) {
		put = put_of_steps(f, i ? "b" : "a", 100, steps, 2);
		put_all(f, &put, 1);
	}
	assert_int_equal(store_kinds(f->store, f->account, &f->arena, &kinds, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(kinds[0].module.size, 10000);
	assert_int_equal(problems_of(f->store), 0);
	free(name);
}

/* ---- partitions ---- */

static void each_day_around_today_has_its_partition_and_goes_with_it(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_now_s();
	struct store_put puts[] = {
		put_of(f, "long ago", "1", 5 * DAY, 1, "press one"),
		put_of(f, "two days ago", "1", now - 2 * DAY, 1, "press one"),
		put_of(f, "today", "1", now, 1, "press one"),
		put_of(f, "far ahead", "1", now + 400 * DAY, 1, "press one"),
	};
	struct store_put moved = put_of(f, "today", "1", now - 2 * DAY, -1, "");

	put_all(f, puts, COUNT_OF(puts));
	expect(f, "(select count(*) from detail_0) = 2");
	expect(f, "(select count(distinct part) from detail where part <> 0) = 2");
	expect_text(f, "\"press one\"", 4);
	/* The steps move with their call. */
	put_all(f, &moved, 1);
	expect(f, "(select count(distinct part) from detail where part <> 0) = 1");
	assert_int_equal(problems_of(f->store), 0);

	assert_int_equal(drop_old(f, now - DAY, 100, false), 3);
	expect(f, "(select count(*) from pg_inherits where inhparent = 'detail'::regclass) = 2");
	expect_text(f, "press", 1);
	assert_int_equal(problems_of(f->store), 0);
	/* Made again where it is needed again, even where it was known to be there. */
	put_all(f, puts, COUNT_OF(puts));
	expect_text(f, "press", 4);
	assert_int_equal(problems_of(f->store), 0);
}

static void a_partition_that_another_program_dropped_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", clock_now_s(), 1, "press one");

	put_all(f, &put, 1);
	sql(f, "delete from detail; update call set steps = -1, part = null, path = null, "
	       "last_kind "
	       "= null; do $$ declare t text; begin for t in select c.relname from pg_class c "
	       "join pg_inherits i on i.inhrelid = c.oid where i.inhparent = 'detail'::regclass "
	       "and "
	       "c.relname <> 'detail_0' loop execute 'drop table ' || t; end loop; end $$");
	put_all(f, &put, 1);
	expect_text(f, "press", 1);
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- sweeping ---- */

static void one_program_at_a_time_has_the_turn_to_sweep(void **state)
{
	struct fixture *f = *state;
	struct store *other = open_again(f);
	struct store_turn turn, others = {0};
	char holder[STORE_HOLDER_SIZE] = "";
	struct error err;

	assert_int_equal(store_turn_take(&turn, f->store, STORE_DUTY_SWEEP, holder, &err), 1);
	assert_int_equal(store_turn_check(&turn, &err), 0);
	assert_int_equal(store_turn_take(&others, other, STORE_DUTY_SWEEP, holder, &err), 0);
	assert_null(others.store);
	assert_non_null(strstr(holder, "PostgreSQL's process"));
	store_turn_end(&turn);
	assert_int_equal(store_turn_take(&others, other, STORE_DUTY_SWEEP, holder, &err), 1);
	store_turn_end(&others);
	store_close(other);
}

static void the_turn_is_lost_with_its_connection(void **state)
{
	struct fixture *f = *state;
	struct store *other = open_again(f);
	struct store_turn turn, others;
	char holder[STORE_HOLDER_SIZE];
	struct error err;

	assert_int_equal(store_turn_take(&turn, f->store, STORE_DUTY_SWEEP, holder, &err), 1);
	sql(f, "select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory'");
	assert_int_equal(store_turn_take(&others, other, STORE_DUTY_SWEEP, holder, &err), 1);
	assert_int_equal(store_turn_check(&turn, &err), -1);
	store_turn_end(&turn);
	assert_int_equal(store_turn_check(&others, &err), 0);
	store_turn_end(&others);
	store_close(other);
}

/* Two days ago at noon. */
static int64_t old_noon(void)
{
	return clock_now_s() / DAY * DAY - 2 * DAY + DAY / 2;
}

/* Both accounts' calls of two days ago, of one of them more than is tidied at once, and one call of
 * today. */
static void put_old_calls(struct fixture *f)
{
	struct store_put puts[12];

	for (int i = 0; i < 10; i++) {
		puts[i] = put_of(f, arena_printf(&f->arena, "old%d", i).data, "1",
			old_noon() + i / 4, 2, "press one");
	}
	puts[10] = put_of(f, "others", "1", old_noon(), 1, "press one");
	puts[10].account_id = f->other;
	puts[11] = put_of(f, "today", "1", clock_now_s(), 1, "press one");
	put_all(f, puts, COUNT_OF(puts));
}

/* All of the first account that started before yesterday is over, and of the other up to @up_to. */
static void expire(const struct fixture *f, int64_t up_to, struct store_expiry expiries[2])
{
	for (int i = 0; i < 2; i++) {
		expiries[i] = (struct store_expiry){
			.account_id = i ? f->other : f->account,
			.up_to = i ? up_to : clock_now_s() - DAY,
			.record = {.time = 7,
				.account_id = i ? f->other : f->account,
				.address = TEXT(""),
				.user = TEXT("me"),
				.action = TEXT("expire-detail"),
				.subject = TEXT("a day"),
				.times = 1},
		};
	}
}

static struct store_day find_day(const struct fixture *f, const struct store_expiry expiries[2])
{
	struct store_day day = {0};
	struct error err;

	assert_int_equal(store_day_find(f->store, expiries, 2, -1, &day, &err), 1);
	assert_int_equal(day.start, old_noon() - DAY / 2);
	assert_int_equal(day.end, day.start + DAY);
	return day;
}

static void a_day_that_is_over_for_all_goes_with_its_partition(void **state)
{
	struct fixture *f = *state;
	struct store_expiry expiries[2];
	struct store_put again[2];
	struct store_day day;
	int64_t dropped;
	struct error err;
	int rounds = 0;

	put_old_calls(f);
	expire(f, clock_now_s() - DAY, expiries);
	day = find_day(f, expiries);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), 0);
	assert_int_equal(dropped, 11);
	assert_int_equal(store_day_find(f->store, expiries, 2, -1, &day, &err), 0);
	expect(f, "(select count(*) from pg_inherits where inhparent = 'detail'::regclass) = 2");
	expect(f, "(select array_agg(calls order by account_id) from audit) = '{10,1}'");
	expect(f, "(select count(*) from call) = 12 and (select count(*) from detail) = 1");
	expect_text(f, "press", 1);
	/* Sound before its calls' headers are tidied, and when calls of that day come in again
	 * before that. */
	assert_int_equal(problems_of(f->store), 0);
	again[0] = put_of(f, "old1", "1", old_noon(), 1, "press two");
	again[1] = put_of(f, "old2", "1", old_noon() + 1, -1, "");
	put_all(f, again, 2);
	assert_int_equal(problems_of(f->store), 0);
	while (store_day_tidy(f->store, 3, &err) > 0) {
		rounds++;
		assert_int_equal(problems_of(f->store), 0);
	}
	assert_true(rounds >= 4);
	expect(f, "(select count(*) from detail_gone) = 0");
	expect(f, "(select array_agg(session_id order by session_id) from call where steps >= 0) = "
		  "'{old1,today}'");
	expect_text(f, "press", 2);
	assert_int_equal(problems_of(f->store), 0);
}

static void a_day_that_an_account_still_keeps_stays(void **state)
{
	struct fixture *f = *state;
	struct store_put late = put_of(f, "late", "1", old_noon(), 1, "press one");
	struct store_expiry expiries[2];
	struct store_day day;
	int64_t dropped = -1;
	struct error err;

	put_old_calls(f);
	expire(f, INT64_MIN, expiries);
	assert_int_equal(store_day_find(f->store, expiries, 2, -1, &day, &err), 0);
	/* An account without a call of that day does not keep it, until it has one. */
	sql(f, "delete from detail where session_id = 'others'; update call set steps = -1, part = "
	       "null, path = null, last_kind = null where session_id = 'others'");
	day = find_day(f, expiries);
	late.account_id = f->other;
	put_all(f, &late, 1);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), 0);
	assert_int_equal(dropped, 0);
	expect(f, "(select count(*) from detail) = 12 and (select count(*) from audit) = 0");
	assert_int_equal(problems_of(f->store), 0);
}

static void who_reads_detail_is_not_disturbed_by_a_day_that_goes(void **state)
{
	struct fixture *f = *state;
	struct store_query query = query_all(f);
	struct store *other = open_again(f);
	struct store_expiry expiries[2];
	struct store_view view;
	struct store_page page;
	struct store_day day;
	int64_t dropped;
	struct error err;

	put_old_calls(f);
	expire(f, clock_now_s() - DAY, expiries);
	day = find_day(f, expiries);
	assert_int_equal(store_view_open(&view, other, &err), 0);
	assert_int_equal(store_view_page(&view, &query, &f->arena, &page, &err), 0);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(store_view_page(&view, &query, &f->arena, &page, &err), 0);
	assert_int_equal(page.count, 11);
	store_view_close(&view);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), 0);
	assert_int_equal(dropped, 11);
	store_close(other);
}

/* ---- trouble ---- */

static void lost_connections_are_replaced(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	struct store_query query = query_all(f);

	put_all(f, &put, 1);
	sql(f, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where "
	       "application_name = "
	       "'callstep' and pid <> pg_backend_pid()");
	put_all(f, &put, 1);
	assert_int_equal(page_of(f, &query).total_calls, 1);
	assert_int_equal(problems_of(f->store), 0);
}

static bool late(void *context)
{
	return clock_monotonic_us() > *(int64_t *)context;
}

/* A question that is given up, or waits for longer than it may, ends while the database still works
 * on it. */
static void a_question_that_waits_too_long_is_cancelled(void **state)
{
	struct fixture *f = *state;
	struct filter filter;
	int64_t soon = clock_monotonic_us() + 200000;
	struct store_search search = {
		.account_id = f->account,
		.filter = &filter,
		.limit = 1,
		.deadline_us = INT64_MAX,
		.given_up = late,
		.given_up_context = &soon,
	};
	struct store_page page;
	struct error err;

	filter_init(&filter);
	filter.types = 1;
	/* Readers of calls wait as long as this session is not ended. */
	sql(f, "create function wait(bigint) returns bigint language plpgsql as $$ begin "
	       "perform pg_sleep(600); return $1; end $$; alter table call rename to held; "
	       "create view call as select account_id, wait(start) as start, session_id, \"end\", "
	       "type, steps, part, last_kind, dest, dest_key, src, src_key, path, outcome, "
	       "ended_by, answered, talk, told from held");
	sql(f, "insert into held (account_id, start, session_id, \"end\", type, steps, dest, "
	       "dest_key, "
	       "src) select account_id, 1, 'a', 1, 0, -1, '', '', '' from account");
	assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), -1);
	assert_int_equal(err.code, ERROR_TIMEOUT);
	soon = INT64_MAX;
	search.deadline_us = clock_monotonic_us() + 200000;
	assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), -1);
	assert_int_equal(err.code, ERROR_TIMEOUT);
	assert_int_equal(store_ping(f->store, &err), 0);
}

static void a_read_only_database_is_told(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	char text[256];
	struct error err;

	snprintf(text, sizeof(text),
		"create function refuse() returns trigger language plpgsql as $$ begin "
		"raise exception 'no' using errcode = '25006'; end $$; "
		"create trigger refuse before insert on call execute function refuse()");
	sql(f, text);
	assert_int_equal(store_put_calls(f->store, &put, 1, &err), -1);
	assert_int_equal(err.code, ERROR_DENIED);
	sql(f, "drop trigger refuse on call");
	put_all(f, &put, 1);
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- damage ---- */

static void verifying_finds_each_kind_of_damage(void **state)
{
	static const char *const damages[] = {
		"update tally set calls = calls + 1 where seconds = 60 and is_all",
		"delete from tally where seconds = 86400 and not is_all",
		"insert into tally select account_id, true, '', 60, 0, 5 from account limit 1",
		"update call set dest_key = 'x' where session_id = 'a'",
		"update call set src_key = 'x' where session_id = 'a'",
		"update call set path = '{1}' where session_id = 'a'",
		"update call set path = null where session_id = 'a'",
		"update call set last_kind = 99 where session_id = 'a'",
		"update call set dest = '999' where session_id = 'a'",
		"update call set steps = steps + 1 where session_id = 'a'",
		"update call set path = '{1}' where session_id = 'bare'",
		"update detail set words = '' where session_id = 'a'",
		"update detail set words = null where session_id = 'a'",
		"update detail set crc32 = 1 where session_id = 'a'",
		"update detail set size = size + 1 where session_id = 'a'",
		"update detail set deflate = substr(deflate, 2) where session_id = 'a'",
		"delete from detail where session_id = 'a'",
		"update detail set session_id = 'nobody' where session_id = 'a'",
		"delete from kind",
		"update change_head set newest = 1",
		"delete from change_head",
		"delete from keeping",
		"update keeping set header_days = -1",
	};
	static const struct step_of steps[] = {
		{"info", "menu", "main", "Press one"},
		{"event", "queue", "help", "Waiting"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		struct fixture f;
		struct store_put puts[2];

		fixture_open(&f, "postgres");
		puts[0] = put_of_steps(&f, "a", MIDNIGHT, steps, COUNT_OF(steps));
		puts[1] = put_of(&f, "bare", "1", MIDNIGHT, -1, "");
		put_all(&f, puts, 2);
		assert_int_equal(problems_of(f.store), 0);
		sql(&f, damages[i]);
		if (problems_of(f.store) == 0) {
			fail_msg("not found: %s", damages[i]);
		}
		fixture_close(&f);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_store_is_found_again_and_a_newer_one_refused),
		cmocka_unit_test(a_store_that_must_exist_is_not_made),
		cmocka_unit_test(a_location_that_cannot_be_reached_is_told_without_its_password),
		cmocka_unit_test(a_store_is_made_once_however_many_open_it),
		cmocka_unit_test(tables_are_spread_by_account_where_citus_is_there),
		TEST(every_key_begins_with_the_account),
		TEST(writers_on_several_servers_leave_each_call_once_and_exact_tallies),
		TEST(a_key_that_another_server_revoked_is_revoked_at_once),
		TEST(calls_of_more_words_than_a_tsvector_tells_apart_are_found_all_the_same),
		TEST(names_longer_than_an_index_takes_are_kinds_all_the_same),
		TEST(each_day_around_today_has_its_partition_and_goes_with_it),
		TEST(a_partition_that_another_program_dropped_is_made_again),
		TEST(one_program_at_a_time_has_the_turn_to_sweep),
		TEST(the_turn_is_lost_with_its_connection),
		TEST(a_day_that_is_over_for_all_goes_with_its_partition),
		TEST(a_day_that_an_account_still_keeps_stays),
		TEST(who_reads_detail_is_not_disturbed_by_a_day_that_goes),
		TEST(lost_connections_are_replaced),
		TEST(a_question_that_waits_too_long_is_cancelled),
		TEST(a_read_only_database_is_told),
		cmocka_unit_test(verifying_finds_each_kind_of_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
