/* SPDX-License-Identifier: MIT
 * The sweeper's thread: sweeps at once, tells, ends when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "reference.h"
#include "upkeep/sweeper.h"

struct told {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t records;
};

static int64_t now(void)
{
	return INT64_C(100) * 86400;
}

static void take(void *context, const struct sweeper_news *news)
{
	struct told *told = context;

	pthread_mutex_lock(&told->lock);
	assert_null(news->failure);
	assert_false(news->disk_changed);
	told->records += news->counts->records;
	pthread_cond_signal(&told->changed);
	pthread_mutex_unlock(&told->lock);
}

static void it_sweeps_at_once_and_tells_what_it_did(void **state)
{
	struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct sweeper_options options = {
		.sweep = {.user = TEXT("root"), .now = now},
		.every_s = 3600,
		.told = take,
		.context = &told,
	};
	const struct store_keeping keeping = {{0, 0}, 1};
	const struct store_audit record = {.time = 5, .action = TEXT("a"), .times = 1};
	struct store *store;
	struct sweeper *sweeper;

	(void)state;
	assert_int_equal(reference_open(&store, NULL), 0);
	assert_int_equal(store_set_keeping(store, &keeping, NULL), 0);
	assert_int_equal(store_audit_add(store, &record, 1, NULL), 0);
	options.sweep.store = store;
	assert_int_equal(sweeper_create(&sweeper, &options, NULL), 0);
	assert_int_equal(sweeper_start(sweeper, NULL), 0);
	pthread_mutex_lock(&told.lock);
	while (told.records == 0) {
		pthread_cond_wait(&told.changed, &told.lock);
	}
	pthread_mutex_unlock(&told.lock);
	assert_int_equal(sweeper_disk(sweeper), SWEEP_DISK_OK);
	sweeper_destroy(sweeper);
	assert_int_equal(told.records, 1);
	store_close(store);
}

/* The server was away for days: nobody could be heard. */
static void no_live_call_is_ended_before_it_could_be_heard_of(void **state)
{
	struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct sweeper_options options = {
		.sweep = {.user = TEXT("root"), .now = now, .live_timeout_s = 60},
		.told = take,
		.context = &told,
	};
	struct store_amend amend = {.session_id = TEXT("live"),
		.from = -1,
		.given = STORE_AMEND_START,
		.call = {.start = 5},
		.heard = 5,
		.detail_after = -1,
		.size_max = 1000000};
	struct store_entry entry = {.amend = &amend};
	AUTO(arena_deinit) struct arena arena;
	struct store_live *calls;
	struct store *store;
	struct sweeper *sweeper;
	size_t count;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(reference_open(&store, NULL), 0);
	assert_int_equal(
		store_account_add(store, TEXT("a@example.com"), 1, &amend.account_id, NULL), 0);
	assert_int_equal(store_amend_calls(store, &entry, 1, NULL), 0);
	options.sweep.store = store;
	assert_int_equal(sweeper_create(&sweeper, &options, NULL), 0);
	assert_int_equal(sweeper_start(sweeper, NULL), 0);
	sweeper_destroy(sweeper);
	assert_int_equal(store_live_list(store, 0, INT64_MAX, 10, &arena, &calls, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(calls[0].heard, now());
	store_close(store);
}

static void nothing_runs_where_there_is_nothing_to_do(void **state)
{
	const struct sweeper_options options = {.sweep = {.now = now}};
	struct sweeper *sweeper;

	(void)state;
	assert_int_equal(sweeper_create(&sweeper, &options, NULL), 0);
	assert_int_equal(sweeper_start(sweeper, NULL), 0);
	assert_int_equal(sweeper_disk(sweeper), SWEEP_DISK_OK);
	sweeper_destroy(sweeper);
	sweeper_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_sweeps_at_once_and_tells_what_it_did),
		cmocka_unit_test(no_live_call_is_ended_before_it_could_be_heard_of),
		cmocka_unit_test(nothing_runs_where_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
