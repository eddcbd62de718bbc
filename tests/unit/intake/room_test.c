/* SPDX-License-Identifier: MIT
 * Batches that wait for room: not for ever, and what was taken of them stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_store.h"
#include "intake/intake.h"

#define CALLS	3000
#define CEILING ((size_t)64 << 20)

struct fixture {
	struct gate_store gate;
	struct intake *intake;
	struct buffer body;
	pthread_mutex_t lock; /* over wakes */
	pthread_cond_t changed;
	unsigned int wakes;
};

static void append_call(struct buffer *body, int number)
{
	buffer_printf(body,
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":1,\"end\":2,\"session_id\":\"s%d\","
		"\"type\":\"inbound\"}\n",
		number);
}

static void open_fixture(struct fixture *fixture)
{
	const struct intake_options options = {
		.threads = 2, .call_size_max = 100000, .in_flight_max = 1000, .room_wait_s = 1};

	memset(fixture, 0, sizeof(*fixture));
	gate_store_init(&fixture->gate);
	pthread_mutex_init(&fixture->lock, NULL);
	pthread_cond_init(&fixture->changed, NULL);
	buffer_init(&fixture->body, CEILING);
	for (int i = 0; i < CALLS; i++) {
		append_call(&fixture->body, i);
	}
	assert_int_equal(intake_create(&fixture->intake, &fixture->gate.base, &options, NULL), 0);
	gate_close(&fixture->gate);
}

static void close_fixture(struct fixture *fixture)
{
	intake_destroy(fixture->intake);
	buffer_deinit(&fixture->body);
	pthread_cond_destroy(&fixture->changed);
	pthread_mutex_destroy(&fixture->lock);
	gate_store_deinit(&fixture->gate);
}

static void note_wake(void *context)
{
	struct fixture *fixture = context;

	pthread_mutex_lock(&fixture->lock);
	fixture->wakes++;
	pthread_cond_broadcast(&fixture->changed);
	pthread_mutex_unlock(&fixture->lock);
}

/* Returns how often it was woken. */
static unsigned int wait_for_wake(struct fixture *fixture, unsigned int before)
{
	unsigned int wakes;

	pthread_mutex_lock(&fixture->lock);
	while (fixture->wakes == before) {
		pthread_cond_wait(&fixture->changed, &fixture->lock);
	}
	wakes = fixture->wakes;
	pthread_mutex_unlock(&fixture->lock);
	return wakes;
}

static struct batch *start(struct fixture *fixture)
{
	const struct batch_options options = {
		.account_id = fixture->gate.account,
		.shape = STREAM_NDJSON,
		.wake = note_wake,
		.context = fixture,
	};
	struct batch *batch;

	assert_int_equal(batch_create(&batch, fixture->intake, &options, NULL), 0);
	return batch;
}

static struct batch_result finish(struct batch *batch)
{
	struct batch_result result;

	batch_end(batch, false);
	batch_wait(batch);
	result = batch_result(batch);
	batch_destroy(batch);
	return result;
}

/* What was taken of it stays, and the next one is taken as ever. */
static void check_failed(struct fixture *fixture, struct batch *batch)
{
	struct batch_result result;

	gate_open(&fixture->gate);
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_BUSY);
	assert_non_null(strstr(result.failure.message, "no room to take the body in for 1 s"));
	assert_in_range(result.accepted, 1, CALLS - 1);
	batch = start(fixture);
	batch_feed_all(batch, fixture->body.data,
		(size_t)(strchr(fixture->body.data, '\n') - fixture->body.data));
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 1);
}

static void a_body_that_waits_for_room_for_too_long_is_failed(void **state)
{
	struct fixture fixture;
	struct batch *batch;
	unsigned int wakes = 0;
	size_t taken;

	(void)state;
	open_fixture(&fixture);
	batch = start(&fixture);
	taken = batch_feed(batch, fixture.body.data, fixture.body.size);
	/* once it failed, the rest is taken and dropped */
	while (taken < fixture.body.size) {
		wakes = wait_for_wake(&fixture, wakes);
		taken += batch_feed(batch, fixture.body.data + taken, fixture.body.size - taken);
	}
	check_failed(&fixture, batch);
	close_fixture(&fixture);
}

static void a_source_whose_calls_wait_for_room_for_too_long_is_failed(void **state)
{
	struct fixture fixture;
	struct buffer json;
	struct batch *batch;

	(void)state;
	open_fixture(&fixture);
	buffer_init(&json, CEILING);
	append_call(&json, 1);
	batch = start(&fixture);
	while (batch_result(batch).failure.code == ERROR_NONE) {
		batch_add_call(batch, buffer_text(&json), 1);
	}
	check_failed(&fixture, batch);
	buffer_deinit(&json);
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_that_waits_for_room_for_too_long_is_failed),
		cmocka_unit_test(a_source_whose_calls_wait_for_room_for_too_long_is_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
