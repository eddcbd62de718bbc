/* SPDX-License-Identifier: MIT
 * The store on PostgreSQL when its connections are lost: it listens again, and where there is no
 * connection each operation says so. */
#include "fixture.h"

#include <pthread.h>

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

/* ---- hearing ---- */

struct ear {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int heard;
};

static void hear(void *context)
{
	struct ear *ear = context;

	pthread_mutex_lock(&ear->mutex);
	ear->heard++;
	pthread_cond_signal(&ear->changed);
	pthread_mutex_unlock(&ear->mutex);
}

/* Until it was called once more. */
static void wait_until_heard(struct ear *ear)
{
	pthread_mutex_lock(&ear->mutex);
	while (ear->heard == 0) {
		pthread_cond_wait(&ear->changed, &ear->mutex);
	}
	ear->heard = 0;
	pthread_mutex_unlock(&ear->mutex);
}

static void what_another_program_stores_is_heard_of_even_after_the_connection_was_lost(void **state)
{
	struct ear ear = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	struct store *other = open_again(f);
	struct error err;

	assert_int_equal(store_listen(other, hear, &ear, &err), 1);
	wait_until_heard(&ear); /* it is listening */
	put_all(f, &put, 1);
	wait_until_heard(&ear);
	sql(f, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where query like "
	       "'listen%'");
	wait_until_heard(&ear); /* it listens again */
	put_all(f, &put, 1);
	wait_until_heard(&ear);
	store_listen_end(other);
	store_close(other);
}

/* ---- no connection ---- */

static void who_gets_no_connection_is_told_so_whatever_is_asked(void **state)
{
	struct fixture *f = *state, gone = {.arena = f->arena};
	struct store_audit record = {
		.action = TEXT("read-calls"), .subject = TEXT("x"), .times = 1};
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	struct store_entry entry = {.put = &put};
	struct store_query query = query_all(f);
	struct store_key key = {.account_id = f->account, .label = TEXT("a")};
	struct store_erase erase = {.account_id = f->account, .session_id = TEXT("a"), .limit = 1};
	struct store_erased erased;
	struct store_page page;
	char text[512], location[256];
	int64_t number;
	struct error err;

	snprintf(text, sizeof(text),
		"create role %s login; grant all on schema %s to %s; "
		"grant all on all tables in schema %s to %s",
		f->schema, f->schema, f->schema, f->schema, f->schema);
	sql(f, text);
	postgres_location(f->schema, location);
	snprintf(text, sizeof(text), "%s&user=%s", location, f->schema);
	assert_int_equal(store_open(&gone.store, text, NULL, &err), 0);
	snprintf(text, sizeof(text),
		"alter role %s nologin; select pg_terminate_backend(pid, 10000) from "
		"pg_stat_activity where usename = '%s'",
		f->schema, f->schema);
	sql(f, text);
	assert_int_equal(store_ping(gone.store, &err), -1);
	assert_int_equal(store_ping(gone.store, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(store_audit_add(gone.store, &record, 1, &err), -1);
	assert_int_equal(store_put_calls(gone.store, &put, 1, &err), -1);
	assert_int_equal(store_amend_calls(gone.store, &entry, 1, &err), -1);
	assert_int_equal(store_page(gone.store, &query, &f->arena, &page, &err), -1);
	assert_int_equal(store_key_add(gone.store, &key, &number, &err), -1);
	assert_int_equal(store_key_touch(gone.store, 1, 100, &err), -1);
	assert_int_equal(store_live_hear(gone.store, 100, &err), -1);
	assert_int_equal(store_live_expire(gone.store, 100, 1, 1, &number, &err), -1);
	assert_int_equal(store_change_newest(gone.store, &number, &err), -1);
	assert_int_equal(store_erase(gone.store, &erase, &erased, &err), -1);
	assert_int_equal(store_scrub(gone.store, &err), -1);
	store_close(gone.store);
	snprintf(text, sizeof(text), "drop owned by %s; drop role %s", f->schema, f->schema);
	sql(f, text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_another_program_stores_is_heard_of_even_after_the_connection_was_lost),
		TEST(who_gets_no_connection_is_told_so_whatever_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
