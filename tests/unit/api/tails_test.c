/* SPDX-License-Identifier: MIT
 * Following calls: what a request's end waits for. */
#include "api/tails.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/backend.h"

/* What never comes back ends the test. */
#define PATIENCE_S 20

void http_request_wake(struct http_request *request)
{
	(void)request;
}

bool http_request_gone(struct http_request *request)
{
	(void)request;
	return false;
}

/* A store that is asked for changes and does not answer before it may. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool asked;
	bool may_answer;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int change_newest(struct store *store, int64_t *ret_id, struct error *err)
{
	(void)store;
	(void)err;
	*ret_id = 1;
	return 0;
}

static int changes(struct store *store, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err)
{
	(void)store;
	(void)account_id;
	(void)limit;
	(void)detail_after;
	(void)arena;
	(void)err;
	pthread_mutex_lock(&gate.lock);
	gate.asked = true;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.may_answer) {
		pthread_cond_wait(&gate.changed, &gate.lock);
	}
	pthread_mutex_unlock(&gate.lock);
	list->newest = 1;
	list->oldest = after + 2;
	return 0;
}

static int view_open(struct store_view *view, struct store *store, struct error *err)
{
	(void)view;
	(void)store;
	(void)err;
	return 0;
}

static void view_close(struct store_view *view)
{
	(void)view;
}

static int key_find(struct store_view *view, const unsigned char *hash, struct arena *arena,
	struct store_key *ret_key, struct store_account *ret_account, struct error *err)
{
	(void)view;
	(void)hash;
	(void)arena;
	(void)err;
	*ret_key = (struct store_key){.id = 1};
	*ret_account = (struct store_account){.id = 1};
	return 1;
}

static int64_t now(void)
{
	return 1000;
}

static void wait_until_asked(void)
{
	pthread_mutex_lock(&gate.lock);
	while (!gate.asked) {
		pthread_cond_wait(&gate.changed, &gate.lock);
	}
	pthread_mutex_unlock(&gate.lock);
}

static void answer(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.may_answer = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static struct tail *follow(struct tails *tails, struct http_request *request)
{
	struct tail *tail = tail_create(request);
	struct error err;

	assert_non_null(tail);
	filter_init(&tail->filter);
	tail->resume = true;
	assert_int_equal(tails_add(tails, tail, &err), 0);
	return tail;
}

static void the_end_of_a_request_does_not_wait_for_the_thread_that_asks_for_it(void **state)
{
	static struct memory memory;
	const struct store_backend backend = {.change_newest = change_newest,
		.changes = changes,
		.view_open = view_open,
		.view_close = view_close,
		.key_find = key_find};
	struct store store = {.backend = &backend};
	struct tails_options options = {.store = &store, .memory = &memory, .now = now};
	struct http_request request = {.account_id = 1};
	struct tails *tails;
	struct tail *tail;
	struct error err;

	(void)state;
	alarm(PATIENCE_S);
	memory_init(&memory, (size_t)100 << 20);
	arena_init(&request.arena, (size_t)1 << 20);
	assert_int_equal(tails_create(&tails, &options, &err), 0);
	tail = follow(tails, &request);
	wait_until_asked();
	tail_close(tail);
	/* Another comes and goes meanwhile. */
	tail_close(follow(tails, &request));
	arena_deinit(&request.arena);
	memset(&request, 0xa5, sizeof(request));
	answer();
	tails_destroy(tails);
	memory_deinit(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_end_of_a_request_does_not_wait_for_the_thread_that_asks_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
