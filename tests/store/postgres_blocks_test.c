/* SPDX-License-Identifier: MIT
 * Blocks of columns on PostgreSQL, where several programs write and one of them seals: no call is
 * missed or counted twice, whichever comes first, and whenever the one that seals is killed. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libpq-fe.h>

#include "behind.h"
#include "sealing.h"

#define T MIDNIGHT
#define FORGET                                                                                     \
	"delete from segment; delete from block; delete from sealed; delete from late; delete "    \
	"from gone"

static int set_up(void **state)
{
	int status = fixture_set_up(state);

	((struct fixture *)*state)->seals = false; /* the tests say when */
	return status;
}

/* The answers are those of the rows alone. */
static void expect_those_of_rows(struct fixture *f, const char *when)
{
	struct text found = answers_of(f);

	assert_int_equal(problems_of(f->store), 0);
	tamper(f, FORGET);
	expect_answers(f, found, when);
}

static void open_again(const struct fixture *f, struct fixture *ret_other)
{
	const struct store_options options = {.block_calls = 32};
	char location[256];
	struct error err = {0};

	*ret_other = *f;
	ret_other->packer = packer_create();
	arena_init(&ret_other->arena, SIZE_MAX);
	postgres_location(f->schema, location);
	if (store_open(&ret_other->store, location, &options, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

static void close_other(struct fixture *other)
{
	store_close(other->store);
	packer_destroy(other->packer);
	arena_deinit(&other->arena);
}

/* ---- losing the connection at the nth statement ---- */

/* How many statements are sent before the connection goes; negative: it stays. */
static int left = -1;

static void count_down(PGconn *db)
{
	if (left >= 0 && left-- == 0) {
		shutdown(PQsocket(db), SHUT_RDWR);
	}
}

typedef int send_prepared_fn(PGconn *db, const char *name, int count, const char *const *values,
	const int *lengths, const int *formats, int format);
typedef int send_params_fn(PGconn *db, const char *sql, int count, const Oid *types,
	const char *const *values, const int *lengths, const int *formats, int format);

/* These stand in for those of libpq. */
int PQsendQueryPrepared(PGconn *db, const char *name, int count, const char *const *values,
	const int *lengths, const int *formats, int format)
{
	static send_prepared_fn *real;

	real = real ? real : (send_prepared_fn *)dlsym(RTLD_NEXT, "PQsendQueryPrepared");
	count_down(db);
	return real(db, name, count, values, lengths, formats, format);
}

int PQsendQueryParams(PGconn *db, const char *sql, int count, const Oid *types,
	const char *const *values, const int *lengths, const int *formats, int format)
{
	static send_params_fn *real;

	real = real ? real : (send_params_fn *)dlsym(RTLD_NEXT, "PQsendQueryParams");
	count_down(db);
	return real(db, sql, count, types, values, lengths, formats, format);
}

/* The same for the answer to a commit that was sent, which is not told from a failure. */
static void change_some(struct fixture *f, int round)
{
	put_many(f, round * 24, 24);
	put_one(f, round * 24 + 5, T + round * 240 + 51); /* moves */
	put_one(f, 10000 + round, T + 7);		  /* late */
	drop_old(f, T + round * 120, 3, round % 2 == 0);
}

/* Each round gets one statement further, until all that is to be sealed is. */
static void the_one_that_seals_may_be_killed_at_each_statement(void **state)
{
	struct fixture *f = *state;
	struct store_sealed sealed;
	struct text rows = {0};
	int killed = 0;

	for (int at = 0; at < 80; at++) {
		int more;

		if (at % 8 == 0) {
			change_some(f, at / 8);
			rows = answers_of(f);
		}
		left = at;
		do {
			struct error err = {0};

			more = store_seal(f->store, &sealed, &err);
			assert_false(more >= 0 && sealed.damaged);
		} while (more > 0);
		killed += more < 0;
		left = -1;
		expect_answers(f, rows, "killed");
		if (at % 8 == 7) {
			assert_int_equal(problems_of(f->store), 0);
			seal_all(f);
		}
	}
	assert_true(killed > 40);
	assert_true(number_of(f, "select count(*) from block where calls > 0") > 5);
	expect_those_of_rows(f, "in the end");
}

/* ---- several programs ---- */

struct program {
	struct fixture f;
	int number;
	bool *stop;
	char problem[512];
};

static void *write_on(void *context)
{
	struct program *program = context;
	struct fixture *f = &program->f;

	for (int round = 0; round < 20; round++) {
		struct store_put puts[30];
		struct error err = {0};

		/* Half of them are those of the other program, and of before. */
		for (int i = 0; i < 30; i++) {
			int number = (round * 20 + i * 7 + program->number * 3) % 500;

			puts[i] = make_put(f, number, T + number * 3 + program->number * round);
		}
		if (store_put_calls(f->store, puts, 30, &err) < 0) {
			snprintf(program->problem, sizeof(program->problem), "%s", err.message);
			return NULL;
		}
		drop_old(f, T + round * 9, 3, round % 2 == 0);
	}
	return NULL;
}

static void *seal_on(void *context)
{
	struct program *program = context;
	struct store_sealed sealed;
	struct error err = {0};

	while (!__atomic_load_n(program->stop, __ATOMIC_ACQUIRE)) {
		if (store_seal(program->f.store, &sealed, &err) < 0 || sealed.damaged) {
			snprintf(program->problem, sizeof(program->problem), "%s",
				sealed.damaged ? sealed.damage.message : err.message);
			return NULL;
		}
	}
	return NULL;
}

/* Two write, two seal: it is the turn of one of them. */
static void programs_write_beside_those_that_seal(void **state)
{
	struct fixture *f = *state;
	struct program programs[4] = {0};
	pthread_t threads[4];
	bool stop = false;

	put_many(f, 0, 100);
	for (int i = 0; i < 4; i++) {
		programs[i].number = i;
		programs[i].stop = &stop;
		open_again(f, &programs[i].f);
		assert_int_equal(
			pthread_create(&threads[i], NULL, i < 2 ? write_on : seal_on, &programs[i]),
			0);
	}
	for (int i = 0; i < 4; i++) {
		if (i == 2) {
			__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
		}
		pthread_join(threads[i], NULL);
	}
	for (int i = 0; i < 4; i++) {
		close_other(&programs[i].f);
		if (programs[i].problem[0]) {
			fail_msg("program %d: %s", i, programs[i].problem);
		}
	}
	assert_int_equal(problems_of(f->store), 0);
	seal_all(f);
	assert_true(number_of(f, "select count(*) from block where calls > 0") > 3);
	expect_those_of_rows(f, "sealed to the end");
}

#define WAITING "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"

/* A call that started long ago is stored, but not committed yet, when its time is closed. */
static void a_range_is_closed_behind_those_that_write(void **state)
{
	struct fixture *f = *state;
	char location[256], sql[512];
	struct program sealer = {0};
	bool stop = false;
	pthread_t thread;
	int64_t closed;
	PGconn *db;

	put_many(f, 0, 100);
	postgres_location(f->schema, location);
	db = PQconnectdb(location);
	snprintf(sql, sizeof(sql),
		"begin; select from account where account_id = %lld for no key update; "
		"insert into call (account_id, start, session_id, \"end\", type, steps, dest, "
		"dest_key, src) values (%lld, %lld, 'slow', %lld, 1, -1, '1', '1', '2'); "
		"insert into tally select %lld, a, case when a then '' else '1' end, s, "
		"%lld - %lld %% s, 1 from unnest(array[60, 3600, 86400, 2764800]) s, "
		"unnest(array[true, false]) a on conflict (account_id, is_all, dest_key, seconds, "
		"bucket) do update set calls = tally.calls + 1",
		(long long)f->account, (long long)f->account, (long long)T + 33, (long long)T + 60,
		(long long)f->account, (long long)T + 33, (long long)T + 33);
	PQclear(PQexec(db, sql));
	sealer.stop = &stop;
	open_again(f, &sealer.f);
	assert_int_equal(pthread_create(&thread, NULL, seal_on, &sealer), 0);
	/* It waits for the account's lock, and has nothing closed. */
	do {
		closed = number_of(f, "select count(*) from sealed");
	} while (closed == 0 && number_of(f, WAITING) == 0);
	PQclear(PQexec(db, "commit"));
	PQfinish(db);
	while (closed == 0 && !sealer.problem[0] &&
		number_of(f, "select count(*) from block where calls > 0") < 2) {
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	close_other(&sealer.f);
	assert_string_equal(sealer.problem, "");
	assert_int_equal(closed, 0);
	seal_all(f);
	expect_those_of_rows(f, "with the slow one");
}

/* ---- what earlier programs do ---- */

/* They know nothing of blocks, and may still run. */
static void what_an_earlier_program_writes_is_noted(void **state)
{
	static const char *const changes[] = {
		"update call set dest = '6177123001', dest_key = '6177123001' where session_id = "
		"'s00011'",
		"update call set start = start + 7 where session_id = 's00012'; "
		"update detail set start = start + 7 where session_id = 's00012'",
		"update call set talk = 44, answered = start where session_id in ('s00013', "
		"'s00014')",
		"delete from call where session_id = 's00015'",
		"insert into live (account_id, session_id, heard) select account_id, session_id, 1 "
		"from call where session_id = 's00016'",
		"delete from live",
		"insert into call (account_id, start, session_id, \"end\", type, steps, dest, "
		"dest_key, src) select account_id, start, 'old', \"end\", 2, -1, dest, dest_key, "
		"src from call where session_id = 's00017'",
		"delete from detail where session_id in ('s00018', 's00019')",
		"update call set steps = -1, part = null, last_kind = null, path = null where "
		"session_id = 's00018'",
		"update call set steps = -1, part = null, last_kind = null, path = null, type = 2 "
		"where session_id = 's00019'",
		"update call set dest_key = dest where session_id = 's00011'",
	};
	struct fixture *f = *state;
	struct text found;

	put_many(f, 0, 150);
	seal_all(f);
	assert_int_equal(number_of(f, "select count(*) from gone"), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		tamper(f, changes[i]);
	}
	assert_true(number_of(f, "select count(*) from gone") > 5);
	assert_int_equal(number_of(f, "select count(*) from late where session_id = 'old'"), 1);
	assert_int_equal(number_of(f, "select max(dropped_to) from block"), T + 180);
	found = answers_of(f);
	tamper(f, FORGET);
	expect_answers(f, found, "noted");
}

/* ---- days ---- */

/* Detail goes with its day: the middle of a block. */
static void a_day_that_is_dropped_leaves_its_block(void **state)
{
	struct fixture *f = *state;
	struct store_expiry expiries[2] = {
		{.account_id = f->account}, {.account_id = f->other, .up_to = INT64_MIN}};
	char sql[256];
	int64_t dropped = 0, today, detail;
	struct store_day day;
	struct error err = {0};

	/* Around the midnight that is one day back. */
	today = number_of(f, "select extract(epoch from now())::bigint / 86400");
	for (int i = 0; i < 100; i++) {
		put_one(f, i, (today - 1) * 86400 - 500 + i * 10);
	}
	seal_all(f);
	detail = number_of(f, "select sum(detail) from block");
	expiries[0].up_to = (today - 1) * 86400 - 1;
	assert_int_equal(store_day_find(f->store, expiries, 2, -1, &day, &err), 1);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), 0);
	assert_int_equal(dropped, 50);
	assert_int_equal(problems_of(f->store), 0); /* the headers are not tidied yet */
	snprintf(sql, sizeof(sql), "select count(*) from block where dropped_to >= %lld",
		(long long)(today - 1) * 86400 - 10);
	assert_int_equal(number_of(f, sql), 0);
	while (store_day_tidy(f->store, 7, &err) > 0) {
		assert_int_equal(problems_of(f->store), 0);
	}
	assert_int_equal(number_of(f, sql), 1);
	seal_all(f);
	assert_int_equal(problems_of(f->store), 0);
	assert_true(number_of(f, "select sum(detail) from block") < detail);
	expect_those_of_rows(f, "tidied");
}

/* Its rows still say that they have steps; there are none to read any more. */
static void calls_whose_day_went_before_come_into_blocks_without_steps(void **state)
{
	struct fixture *f = *state;
	struct store_expiry expiries[2] = {
		{.account_id = f->account}, {.account_id = f->other, .up_to = INT64_MIN}};
	int64_t dropped = 0, today;
	struct store_day day;
	struct error err = {0};

	today = number_of(f, "select extract(epoch from now())::bigint / 86400");
	for (int i = 0; i < 100; i++) {
		put_one(f, i, (today - 1) * 86400 - 500 + i * 10);
	}
	expiries[0].up_to = (today - 1) * 86400 - 1;
	assert_int_equal(store_day_find(f->store, expiries, 2, -1, &day, &err), 1);
	assert_int_equal(store_day_drop(f->store, expiries, 2, &day, &dropped, &err), 0);
	seal_all(f);
	assert_int_equal(number_of(f, "select count(*) from block where calls < 0"), 0);
	assert_true(number_of(f, "select sum(calls) from block") >= 90);
	assert_int_equal(problems_of(f->store), 0);
	while (store_day_tidy(f->store, 7, &err) > 0) {
		seal_all(f);
	}
	assert_int_equal(problems_of(f->store), 0);
	expect_those_of_rows(f, "tidied");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_one_that_seals_may_be_killed_at_each_statement),
		TEST(programs_write_beside_those_that_seal),
		TEST(a_range_is_closed_behind_those_that_write),
		TEST(what_an_earlier_program_writes_is_noted),
		TEST(a_day_that_is_dropped_leaves_its_block),
		TEST(calls_whose_day_went_before_come_into_blocks_without_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
