/* SPDX-License-Identifier: MIT
 * Batches: what they take is durable and counted right, in order, under pressure, and when things
 * fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "gate_store.h"
#include "intake/intake.h"
#include "upkeep/key_use.h"

#define CALL_SIZE_MAX ((size_t)100000)
#define CEILING	      ((size_t)64 << 20)

struct fixture {
	struct gate_store gate;
	struct key_uses key_uses;
	struct intake *intake;
	struct buffer body;

	/* What the batch under test told; under the lock, since it tells from any thread. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buffer rejects;
	unsigned int wakes;
};

static void open_fixture(struct fixture *fixture, size_t in_flight_max)
{
	const struct intake_options options = {
		.threads = 3,
		.call_size_max = CALL_SIZE_MAX,
		.in_flight_max = in_flight_max,
		.chore = key_uses_write,
		.chore_context = &fixture->key_uses,
	};

	memset(fixture, 0, sizeof(*fixture));
	gate_store_init(&fixture->gate);
	key_uses_init(&fixture->key_uses, &fixture->gate.base);
	buffer_init(&fixture->body, CEILING);
	buffer_init(&fixture->rejects, CEILING);
	pthread_mutex_init(&fixture->lock, NULL);
	pthread_cond_init(&fixture->changed, NULL);
	assert_int_equal(intake_create(&fixture->intake, &fixture->gate.base, &options, NULL), 0);
}

static void close_fixture(struct fixture *fixture)
{
	intake_destroy(fixture->intake);
	key_uses_deinit(&fixture->key_uses);
	pthread_cond_destroy(&fixture->changed);
	pthread_mutex_destroy(&fixture->lock);
	buffer_deinit(&fixture->rejects);
	buffer_deinit(&fixture->body);
	gate_store_deinit(&fixture->gate);
}

static void use_key(struct fixture *fixture, int64_t key_id, int64_t now)
{
	if (key_uses_note(&fixture->key_uses, key_id, now)) {
		intake_do_chore(fixture->intake);
	}
}

static size_t note_reject(void *context, const struct batch_reject *reject)
{
	struct fixture *fixture = context;
	size_t held;

	pthread_mutex_lock(&fixture->lock);
	buffer_printf(&fixture->rejects, "%d %.*s: %s\n", (int)reject->line,
		TEXT_ARG(reject->session_id), reject->error);
	held = fixture->rejects.capacity;
	pthread_mutex_unlock(&fixture->lock);
	return held;
}

static void note_wake(void *context)
{
	struct fixture *fixture = context;

	pthread_mutex_lock(&fixture->lock);
	fixture->wakes++;
	pthread_cond_broadcast(&fixture->changed);
	pthread_mutex_unlock(&fixture->lock);
}

static unsigned int wakes_of(struct fixture *fixture)
{
	unsigned int wakes;

	pthread_mutex_lock(&fixture->lock);
	wakes = fixture->wakes;
	pthread_mutex_unlock(&fixture->lock);
	return wakes;
}

static void wait_for_wake(struct fixture *fixture, unsigned int wakes)
{
	pthread_mutex_lock(&fixture->lock);
	while (fixture->wakes < wakes) {
		pthread_cond_wait(&fixture->changed, &fixture->lock);
	}
	pthread_mutex_unlock(&fixture->lock);
}

static struct batch *start(struct fixture *fixture, int64_t account_id, enum stream_shape shape,
	enum stream_coding coding)
{
	const struct batch_options options = {
		.account_id = account_id,
		.shape = shape,
		.coding = coding,
		.rejected = note_reject,
		.wake = note_wake,
		.context = fixture,
	};
	struct batch *batch = NULL;

	assert_int_equal(batch_create(&batch, fixture->intake, &options, NULL), 0);
	return batch;
}

static struct batch_result finish(struct batch *batch)
{
	struct batch_result result;

	batch_end(batch, false);
	batch_wait(batch);
	assert_true(batch_done(batch));
	result = batch_result(batch);
	batch_destroy(batch);
	return result;
}

static struct batch_result post(struct fixture *fixture, enum stream_shape shape, struct text body)
{
	struct batch *batch = start(fixture, fixture->gate.account, shape, STREAM_IDENTITY);

	batch_feed_all(batch, body.data, body.size);
	return finish(batch);
}

/* A good call whose detail says @word, about 400 bytes. */
static void append_call(struct buffer *body, const char *session_id, int number, const char *word)
{
	buffer_printf(body,
		"{\"dest\":\"100\",\"src\":\"%d\",\"start\":1000,\"end\":1010,\"session_id\":\"%"
		"s\","
		"\"type\":\"inbound\",\"detail\":[{\"event\":{\"line\":\"%s%0200d\",\"data\":"
		"{\"module_type\":\"x\",\"result_variable\":\"y\"}},\"class\":\"info\","
		"\"timestamp\":1001}]}",
		number, session_id, word, number);
}

static void append_calls(struct buffer *body, const char *prefix, int count)
{
	char session_id[64];

	for (int i = 0; i < count; i++) {
		snprintf(session_id, sizeof(session_id), "%s-%d", prefix, i);
		append_call(body, session_id, i, "w");
		buffer_append_byte(body, '\n');
	}
}

static int64_t stored_calls(struct fixture *fixture)
{
	const struct store_query query = {
		.account_id = fixture->gate.account,
		.end = INT64_MAX,
		.limit = 1,
		.detail_after = INT64_MAX,
	};
	struct store_page page = {0};
	struct arena arena;

	arena_init(&arena, CEILING);
	assert_int_equal(store_page(fixture->gate.inner, &query, &arena, &page, NULL), 0);
	arena_deinit(&arena);
	return page.total_calls;
}

/* The src of the call @session_id; fails when it is absent. */
static void find_stored(
	struct fixture *fixture, const char *session_id, int64_t *ret_src, uint32_t *ret_steps)
{
	struct store_call call;
	struct arena arena;

	arena_init(&arena, CEILING);
	assert_int_equal(store_find(fixture->gate.inner, fixture->gate.account, text_of(session_id),
				 &arena, &call, NULL),
		1);
	assert_true(call.call.has_detail);
	assert_true(text_to_int64(call.call.src, ret_src));
	*ret_steps = call.call.steps;
	arena_deinit(&arena);
}

static int64_t stored_src(struct fixture *fixture, const char *session_id)
{
	uint32_t steps;
	int64_t src;

	find_stored(fixture, session_id, &src, &steps);
	return src;
}

static uint32_t stored_steps(struct fixture *fixture, const char *session_id)
{
	uint32_t steps;
	int64_t src;

	find_stored(fixture, session_id, &src, &steps);
	return steps;
}

static void calls_of_either_shape_are_durable_when_the_batch_is_done(void **state)
{
	static const struct {
		enum stream_shape shape;
		const char *head, *separator, *tail;
		int count;
	} examples[] = {
		{STREAM_DOCUMENT, "", "", "", 1},
		{STREAM_DOCUMENT, "{\"calls\":[", ",", "],\"total_calls\":1}", 1},
		{STREAM_DOCUMENT, "{\"calls\":[", ",", "]}", 1000},
		{STREAM_NDJSON, "", "\n", "", 1},
		{STREAM_NDJSON, "", "\n", "\n", 5},
		{STREAM_NDJSON, "", "\n", "\n", 1000},
		{STREAM_NDJSON, "", "", "", 0},
		{STREAM_DOCUMENT, "{\"calls\":[", ",", "]}", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct fixture fixture;
		struct batch_result result;

		open_fixture(&fixture, CEILING);
		buffer_append(&fixture.body, text_of(examples[i].head));
		for (int k = 0; k < examples[i].count; k++) {
			char session_id[32];

			snprintf(session_id, sizeof(session_id), "s%d", k);
			buffer_append(&fixture.body, text_of(k ? examples[i].separator : ""));
			append_call(&fixture.body, session_id, k, "w");
		}
		buffer_append(&fixture.body, text_of(examples[i].tail));
		result = post(&fixture, examples[i].shape, buffer_text(&fixture.body));
		assert_int_equal(result.failure.code, ERROR_NONE);
		assert_int_equal(result.accepted, examples[i].count);
		assert_int_equal(result.replaced, 0);
		assert_int_equal(result.rejected, 0);
		assert_int_equal(stored_calls(&fixture), examples[i].count);
		assert_int_equal(wakes_of(&fixture) > 0, true);
		close_fixture(&fixture);
	}
}

static void a_later_copy_replaces_an_earlier_one_in_the_batch_and_after_it(void **state)
{
	struct fixture fixture;
	struct batch_result result;

	(void)state;
	open_fixture(&fixture, CEILING);
	for (int i = 0; i < 1000; i++) {
		append_call(&fixture.body, i % 2 ? "odd" : "even", i, "w");
		buffer_append_byte(&fixture.body, '\n');
	}
	result = post(&fixture, STREAM_NDJSON, buffer_text(&fixture.body));
	assert_int_equal(result.accepted, 1000);
	assert_int_equal(result.replaced, 998);
	assert_int_equal(stored_src(&fixture, "even"), 998);
	assert_int_equal(stored_src(&fixture, "odd"), 999);

	buffer_clear(&fixture.body);
	append_call(&fixture.body, "odd", 5, "w");
	result = post(&fixture, STREAM_DOCUMENT, buffer_text(&fixture.body));
	assert_int_equal(result.accepted, 1);
	assert_int_equal(result.replaced, 1);
	assert_int_equal(stored_src(&fixture, "odd"), 5);
	close_fixture(&fixture);
}

static void bad_calls_are_named_and_good_ones_kept(void **state)
{
	struct fixture fixture;
	struct batch_result result;

	(void)state;
	open_fixture(&fixture, CEILING);
	append_calls(&fixture.body, "good", 2);
	buffer_append(&fixture.body, TEXT("17\n"));
	append_calls(&fixture.body, "more", 3);
	buffer_append(&fixture.body, TEXT("{\"session_id\":\"bad\",\"dest\":7}\n"));
	result = post(&fixture, STREAM_NDJSON, buffer_text(&fixture.body));
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 5);
	assert_int_equal(result.rejected, 2);
	assert_int_equal(stored_calls(&fixture), 5);
	buffer_append_byte(&fixture.rejects, '\0');
	assert_non_null(
		strstr(fixture.rejects.data, "3 : line 3, column 1: a call must be an object\n"));
	assert_non_null(strstr(fixture.rejects.data, "7 bad: line 7, column "));
	close_fixture(&fixture);
}

static void what_was_good_before_a_document_breaks_is_kept(void **state)
{
	struct fixture fixture;
	struct batch_result result;

	(void)state;
	open_fixture(&fixture, CEILING);
	buffer_append(&fixture.body, TEXT("{\"calls\":["));
	append_call(&fixture.body, "one", 1, "w");
	buffer_append_byte(&fixture.body, ',');
	append_call(&fixture.body, "two", 2, "w");
	result = post(&fixture, STREAM_DOCUMENT, buffer_text(&fixture.body));
	assert_int_equal(result.failure.code, ERROR_INVALID);
	assert_string_equal(
		result.failure.message, "the document ends where ',' or ']' is expected");
	assert_int_equal(result.accepted, 2);

	buffer_append(&fixture.body, TEXT("]}]"));
	result = post(&fixture, STREAM_DOCUMENT, buffer_text(&fixture.body));
	assert_int_equal(result.failure.code, ERROR_INVALID);
	assert_non_null(strstr(result.failure.message, "the end of the document is expected"));
	assert_int_equal(result.accepted, 2);
	assert_int_equal(result.replaced, 2);
	close_fixture(&fixture);
}

static void compress_body(struct buffer *body)
{
	z_stream gzip = {0};
	struct buffer out;
	size_t room;

	buffer_init(&out, CEILING);
	assert_int_equal(deflateInit2(&gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	room = deflateBound(&gzip, body->size);
	gzip.next_in = (unsigned char *)body->data;
	gzip.avail_in = (uInt)body->size;
	gzip.next_out = (unsigned char *)buffer_reserve(&out, room);
	gzip.avail_out = (uInt)room;
	assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
	buffer_advance(&out, room - gzip.avail_out);
	deflateEnd(&gzip);
	buffer_deinit(body);
	*body = out;
}

static void a_gzip_body_is_taken_and_a_cut_off_one_told(void **state)
{
	struct fixture fixture;
	struct batch_result result;
	struct batch *batch;

	(void)state;
	open_fixture(&fixture, 10000);
	append_calls(&fixture.body, "g", 2000);
	compress_body(&fixture.body);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_GZIP);
	batch_feed_all(batch, fixture.body.data, fixture.body.size);
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 2000);

	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_GZIP);
	batch_feed_all(batch, fixture.body.data, fixture.body.size / 2);
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_INVALID);
	assert_string_equal(result.failure.message, "the gzip body is cut off");
	assert_in_range(result.accepted, 1, 1999);
	assert_int_equal(result.accepted, result.replaced);
	close_fixture(&fixture);
}

static void a_batch_cut_off_keeps_its_whole_calls(void **state)
{
	struct fixture fixture;
	struct batch_result result;
	struct batch *batch;

	(void)state;
	open_fixture(&fixture, CEILING);
	append_calls(&fixture.body, "s", 3);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	batch_feed_all(batch, fixture.body.data, fixture.body.size - 10);
	batch_end(batch, true);
	batch_wait(batch);
	result = batch_result(batch);
	batch_destroy(batch);
	assert_int_equal(result.accepted, 2);
	assert_int_equal(result.failure.code, ERROR_INVALID);
	assert_string_equal(result.failure.message, "line 3: the body is cut off");
	close_fixture(&fixture);
}

static void feeding_stops_while_too_much_is_in_flight_and_goes_on_when_woken(void **state)
{
	struct fixture fixture;
	struct batch_result result;
	struct batch *batch;
	size_t taken = 0;
	unsigned int wakes = 0;

	(void)state;
	open_fixture(&fixture, 1000);
	append_calls(&fixture.body, "s", 3000);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	gate_close(&fixture.gate);
	taken = batch_feed(batch, fixture.body.data, fixture.body.size);
	assert_in_range(taken, 1, fixture.body.size / 2);
	assert_int_equal(batch_feed(batch, fixture.body.data + taken, 1000), 0);
	assert_int_equal(wakes_of(&fixture), 0);
	gate_open(&fixture.gate);
	while (taken < fixture.body.size) {
		wait_for_wake(&fixture, wakes + 1);
		wakes = wakes_of(&fixture);
		taken += batch_feed(batch, fixture.body.data + taken, fixture.body.size - taken);
	}
	result = finish(batch);
	assert_int_equal(result.accepted, 3000);
	assert_int_equal(stored_calls(&fixture), 3000);
	close_fixture(&fixture);
}

static void what_waits_goes_into_one_transaction(void **state)
{
	struct fixture fixture;
	struct batch *batches[50];

	(void)state;
	open_fixture(&fixture, CEILING);
	gate_close(&fixture.gate);
	for (int i = 0; i < 50; i++) {
		char session_id[16];

		snprintf(session_id, sizeof(session_id), "s%d", i);
		buffer_clear(&fixture.body);
		append_call(&fixture.body, session_id, i, "w");
		batches[i] =
			start(&fixture, fixture.gate.account, STREAM_DOCUMENT, STREAM_IDENTITY);
		batch_feed_all(batches[i], fixture.body.data, fixture.body.size);
		batch_end(batches[i], false);
		if (i == 0) {
			gate_wait_entered(&fixture.gate, 1);
		}
	}
	assert_false(batch_done(batches[0]));
	gate_open(&fixture.gate);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(finish(batches[i]).accepted, 1);
	}
	assert_int_equal(gate_entered(&fixture.gate), 2);
	close_fixture(&fixture);
}

static struct batch *post_one(struct fixture *fixture, int64_t account_id, const char *session_id)
{
	struct batch *batch = start(fixture, account_id, STREAM_DOCUMENT, STREAM_IDENTITY);

	buffer_clear(&fixture->body);
	append_call(&fixture->body, session_id, 1, "w");
	batch_feed_all(batch, fixture->body.data, fixture->body.size);
	batch_end(batch, false);
	return batch;
}

static void a_failing_disk_fails_those_who_wait_and_no_one_after(void **state)
{
	struct fixture fixture;
	struct batch *first, *second;
	struct batch_result result;

	(void)state;
	open_fixture(&fixture, CEILING);
	gate_close(&fixture.gate);
	gate_fail_with(&fixture.gate, ERROR_NO_SPACE);
	first = post_one(&fixture, fixture.gate.account, "first");
	second = post_one(&fixture, fixture.gate.account, "second");
	gate_open(&fixture.gate);
	result = finish(first);
	assert_int_equal(result.failure.code, ERROR_NO_SPACE);
	assert_int_equal(result.accepted, 0);
	assert_int_equal(finish(second).failure.code, ERROR_NO_SPACE);
	assert_int_equal(stored_calls(&fixture), 0);

	gate_fail_with(&fixture.gate, ERROR_NONE);
	result = finish(post_one(&fixture, fixture.gate.account, "third"));
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 1);
	close_fixture(&fixture);
}

static void after_the_store_failed_the_rest_of_the_batch_is_dropped(void **state)
{
	struct fixture fixture;
	struct batch_result result;

	(void)state;
	open_fixture(&fixture, CEILING);
	append_calls(&fixture.body, "s", 3000);
	gate_fail_with(&fixture.gate, ERROR_SYSTEM);
	result = post(&fixture, STREAM_NDJSON, buffer_text(&fixture.body));
	assert_int_equal(result.failure.code, ERROR_SYSTEM);
	assert_string_equal(result.failure.message, "the gate says no");
	assert_int_equal(result.accepted, 0);
	assert_int_equal(gate_entered(&fixture.gate), 1);
	close_fixture(&fixture);
}

static void one_bad_account_does_not_fail_its_neighbours(void **state)
{
	struct fixture fixture;
	struct batch *held, *good, *bad;

	(void)state;
	open_fixture(&fixture, CEILING);
	gate_close(&fixture.gate);
	held = post_one(&fixture, fixture.gate.account, "held");
	gate_wait_entered(&fixture.gate, 1);
	good = post_one(&fixture, fixture.gate.account, "good");
	bad = post_one(&fixture, GATE_BAD_ACCOUNT, "bad");
	gate_open(&fixture.gate);
	assert_int_equal(finish(held).accepted, 1);
	assert_int_equal(finish(good).accepted, 1);
	assert_int_equal(finish(bad).failure.code, ERROR_INVALID);
	close_fixture(&fixture);
}

static void a_batch_may_be_destroyed_at_any_time(void **state)
{
	struct fixture fixture;
	struct batch *batch;
	unsigned int wakes;
	size_t taken;

	(void)state;
	open_fixture(&fixture, 1000);
	append_calls(&fixture.body, "s", 3000);
	gate_close(&fixture.gate);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	taken = batch_feed(batch, fixture.body.data, fixture.body.size);
	assert_in_range(taken, 1, fixture.body.size - 1);
	batch_destroy(batch);

	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	batch_destroy(batch);

	batch_destroy(post_one(&fixture, fixture.gate.account, "whole"));
	wakes = wakes_of(&fixture);
	gate_open(&fixture.gate);
	intake_destroy(fixture.intake);
	fixture.intake = NULL;
	assert_int_equal(wakes_of(&fixture), wakes);
	assert_int_equal(stored_src(&fixture, "whole"), 1);
	close_fixture(&fixture);
}

static void calls_of_a_source_are_taken_one_by_one(void **state)
{
	struct fixture fixture;
	struct batch_result result;
	struct batch *batch;
	char *large = calloc(1, CALL_SIZE_MAX + 1);

	(void)state;
	open_fixture(&fixture, 1000);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	for (int i = 0; i < 500; i++) {
		char session_id[16];

		snprintf(session_id, sizeof(session_id), "s%d", i);
		buffer_clear(&fixture.body);
		append_call(&fixture.body, session_id, i, "w");
		batch_add_call(batch, buffer_text(&fixture.body), 1);
	}
	batch_add_call(batch, (struct text){.data = large, .size = CALL_SIZE_MAX + 1}, 77);
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 500);
	assert_int_equal(result.rejected, 1);
	assert_true(text_equal_string(
		buffer_text(&fixture.rejects), "77 : the call is larger than 100000 bytes\n"));
	free(large);
	close_fixture(&fixture);
}

#define MIXED_SESSIONS 2000 /* some chunks of them */

/* A call and an events line of @session_id in either order, of which the other one would leave
 * something else, or a reject. */
static void add_both(
	struct fixture *fixture, struct batch *batch, const char *session_id, int number)
{
	struct buffer line;

	buffer_init(&line, CEILING);
	buffer_printf(&line,
		"{\"session_id\":\"%s\",\"call\":{\"src\":\"7\",\"start\":1000},\"from\":%d,"
		"\"steps\":[{\"event\":{\"line\":\"a\"},\"class\":\"info\",\"timestamp\":1001}]}",
		session_id, number % 2);
	buffer_clear(&fixture->body);
	append_call(&fixture->body, session_id, number, "w");
	if (number % 2 == 0) {
		batch_add_events(batch, buffer_text(&line), 1);
	}
	batch_add_call(batch, buffer_text(&fixture->body), 1);
	if (number % 2 == 1) {
		batch_add_events(batch, buffer_text(&line), 1);
	}
	buffer_deinit(&line);
}

static void calls_and_events_lines_of_a_batch_keep_their_order(void **state)
{
	struct batch_result result;
	struct fixture fixture;
	struct batch *batch;
	char session_id[16];

	(void)state;
	open_fixture(&fixture, CEILING);
	batch = start(&fixture, fixture.gate.account, STREAM_NDJSON, STREAM_IDENTITY);
	for (int i = 0; i < MIXED_SESSIONS; i++) {
		snprintf(session_id, sizeof(session_id), "s%d", i);
		add_both(&fixture, batch, session_id, i);
	}
	result = finish(batch);
	assert_int_equal(result.failure.code, ERROR_NONE);
	assert_int_equal(result.accepted, 2 * MIXED_SESSIONS);
	assert_int_equal(result.rejected, 0);
	for (int i = 0; i < MIXED_SESSIONS; i++) {
		snprintf(session_id, sizeof(session_id), "s%d", i);
		assert_int_equal(stored_src(&fixture, session_id), i % 2 == 1 ? 7 : i);
		assert_int_equal(stored_steps(&fixture, session_id), i % 2 == 1 ? 2 : 1);
	}
	close_fixture(&fixture);
}

static void a_key_is_written_at_most_once_a_minute(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, CEILING);
	for (int64_t now = 600; now < 660; now++) {
		use_key(&fixture, 3, now);
		use_key(&fixture, 1, now);
		use_key(&fixture, 2, now);
	}
	use_key(&fixture, 2, 660);
	use_key(&fixture, 2, 659);
	intake_destroy(fixture.intake);
	fixture.intake = NULL;
	assert_in_range(fixture.gate.touches, 3, 4);
	close_fixture(&fixture);
}

#define POSTERS	      8
#define POSTS_EACH    30
#define CALLS_A_BATCH 100

/* Every seventh batch is left alone: 6, 20 of one call, 13, 27 of many. */
#define ACCEPTED_EACH (13 + 13 * CALLS_A_BATCH)

struct poster {
	struct fixture *fixture;
	int number;
	uint64_t accepted;
};

/* Batches of one call, of many, of bad ones, left alone half-way, each from its own thread. */
static void *run_poster(void *argument)
{
	struct poster *poster = argument;
	struct fixture *fixture = poster->fixture;
	struct buffer body;

	buffer_init(&body, CEILING);
	for (int i = 0; i < POSTS_EACH; i++) {
		struct batch *batch =
			start(fixture, fixture->gate.account, STREAM_NDJSON, STREAM_IDENTITY);
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "p%d-%d", poster->number, i);
		buffer_clear(&body);
		append_calls(&body, prefix, i % 2 ? CALLS_A_BATCH : 1);
		buffer_append(&body, TEXT("bad\n"));
		use_key(fixture, poster->number, i * 30);
		batch_feed_all(batch, body.data, body.size);
		if (i % 7 == 6) {
			batch_destroy(batch);
		} else {
			struct batch_result result = finish(batch);

			assert_int_equal(result.rejected, 1);
			poster->accepted += result.accepted;
		}
	}
	buffer_deinit(&body);
	return NULL;
}

static void many_threads_post_at_once(void **state)
{
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 20000);
	for (int i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){.fixture = &fixture, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, run_poster, &posters[i]), 0);
	}
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(posters[i].accepted, ACCEPTED_EACH);
	}
	intake_destroy(fixture.intake);
	fixture.intake = NULL;
	assert_int_equal(stored_calls(&fixture), POSTERS * (POSTS_EACH / 2) * (CALLS_A_BATCH + 1));
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_either_shape_are_durable_when_the_batch_is_done),
		cmocka_unit_test(a_later_copy_replaces_an_earlier_one_in_the_batch_and_after_it),
		cmocka_unit_test(bad_calls_are_named_and_good_ones_kept),
		cmocka_unit_test(what_was_good_before_a_document_breaks_is_kept),
		cmocka_unit_test(a_gzip_body_is_taken_and_a_cut_off_one_told),
		cmocka_unit_test(a_batch_cut_off_keeps_its_whole_calls),
		cmocka_unit_test(feeding_stops_while_too_much_is_in_flight_and_goes_on_when_woken),
		cmocka_unit_test(what_waits_goes_into_one_transaction),
		cmocka_unit_test(a_failing_disk_fails_those_who_wait_and_no_one_after),
		cmocka_unit_test(after_the_store_failed_the_rest_of_the_batch_is_dropped),
		cmocka_unit_test(one_bad_account_does_not_fail_its_neighbours),
		cmocka_unit_test(a_batch_may_be_destroyed_at_any_time),
		cmocka_unit_test(calls_of_a_source_are_taken_one_by_one),
		cmocka_unit_test(calls_and_events_lines_of_a_batch_keep_their_order),
		cmocka_unit_test(a_key_is_written_at_most_once_a_minute),
		cmocka_unit_test(many_threads_post_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
