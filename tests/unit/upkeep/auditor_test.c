/* SPDX-License-Identifier: MIT
 * What the auditor writes of what it is told: the same as one record, a flood as few, keys never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "reference.h"
#include "upkeep/auditor.h"

struct fixture {
	struct store *store;
	struct auditor *auditor;
	struct arena arena;
	struct store_audit *records;
	size_t count;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct auditor_options options = {0};

	arena_init(&f->arena, SIZE_MAX);
	assert_int_equal(reference_open(&f->store, NULL), 0);
	options.store = f->store;
	assert_int_equal(auditor_create(&f->auditor, &options, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	auditor_destroy(f->auditor);
	store_close(f->store);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

static void note(struct fixture *f, int64_t account_id, const char *address, const char *subject,
	int64_t calls)
{
	const struct store_audit record = {
		.time = 1000,
		.account_id = account_id,
		.key_id = 3,
		.address = text_of(address),
		.user = TEXT(""),
		.action = TEXT("read-calls"),
		.subject = text_of(subject),
		.calls = calls,
	};

	auditor_note(f->auditor, &record);
}

/* Ends the auditor, so that all is written, and reads it. */
static void finish(struct fixture *f)
{
	const struct store_audit_query query = {
		.account_id = -1, .end = INT64_MAX, .limit = INT64_MAX};

	auditor_destroy(f->auditor);
	f->auditor = NULL;
	assert_int_equal(
		store_audit_list(f->store, &query, &f->arena, &f->records, &f->count, NULL), 0);
}

static void what_is_the_same_is_one_record(void **state)
{
	struct fixture *f = *state;
	int64_t times = 0, calls = 0;

	note(f, 1, "127.0.0.1", "/v1/calls", 3);
	note(f, 1, "127.0.0.1", "/v1/calls", 4);
	note(f, 1, "127.0.0.1", "/v1/calls", -1);
	finish(f);
	/* One, unless a second was over just then. */
	assert_in_range(f->count, 1, 3);
	for (size_t i = 0; i < f->count; i++) {
		times += f->records[i].times;
		calls += f->records[i].calls > 0 ? f->records[i].calls : 0;
		assert_int_equal(f->records[i].key_id, 3);
		assert_true(text_equal_string(f->records[i].address, "127.0.0.1"));
		assert_true(text_equal_string(f->records[i].subject, "/v1/calls"));
	}
	assert_int_equal(times, 3);
	assert_int_equal(calls, 7);
}

static void what_differs_is_told_apart(void **state)
{
	struct fixture *f = *state;

	note(f, 1, "127.0.0.1", "/v1/calls", 1);
	note(f, 2, "127.0.0.1", "/v1/calls", 1);
	note(f, 1, "127.0.0.2", "/v1/calls", 1);
	note(f, 1, "127.0.0.1", "/v1/calls?a", 1);
	note(f, 1, "", "/v1/calls", 1);
	finish(f);
	assert_int_equal(f->count, 5);
}

static void a_flood_is_counted_whole_in_few_records(void **state)
{
	struct fixture *f = *state;
	int64_t times = 0, others = 0, second = 0;

	for (int i = 0; i < 20000; i++) {
		char subject[32], address[32];

		snprintf(subject, sizeof(subject), "/v1/calls?%d", i);
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
		note(f, i < 10000 ? 1 : 100 + i, address, subject, 1);
	}
	note(f, 2, "127.0.0.1", "/v1/keys", 1);
	finish(f);
	for (size_t i = 0; i < f->count; i++) {
		times += f->records[i].times;
		others += text_equal_string(f->records[i].subject, AUDITOR_MORE)
				  ? f->records[i].times
				  : 0;
		second += f->records[i].account_id == 2;
	}
	assert_int_equal(times, 20001);
	assert_true(f->count < 20000 && others > 0);
	assert_in_range(second, 0, 1);
}

static void wrong_keys_without_end_make_few_records_a_minute(void **state)
{
	struct fixture *f = *state;
	int64_t times = 0, of_one = 0, others = 0;

	for (int i = 0; i < 30000; i++) {
		char email[32], address[32];
		struct store_audit record = {
			.time = 1000,
			.address = TEXT("192.0.2.1"),
			.user = TEXT(""),
			.action = TEXT("sign-in"),
			.subject = TEXT("me@example.com"),
			.outcome = STORE_REFUSED,
			.calls = -1,
		};

		if (i % 2 == 1) {
			snprintf(email, sizeof(email), "%d@example.com", i);
			snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
			record.subject = text_of(email);
			record.address = text_of(address);
		}
		auditor_note(f->auditor, &record);
	}
	note(f, 2, "127.0.0.1", "/v1/calls", 1);
	finish(f);
	for (size_t i = 0; i < f->count; i++) {
		times += f->records[i].times;
		of_one += text_equal_string(f->records[i].subject, "me@example.com")
				  ? f->records[i].times
				  : 0;
		others += text_equal_string(f->records[i].subject, AUDITOR_MORE);
	}
	assert_int_equal(times, 30001);
	assert_int_equal(of_one, 15000);
	/* Twice, where a second was over just then. */
	assert_in_range(others, 1, 2);
	assert_in_range(f->count, 3, AUDITOR_REFUSED_MAX + 2 * 2 + 1);
}

static void subjects_hold_no_key_and_nothing_that_would_break_a_line(void **state)
{
	static const struct {
		const char *given, *kept;
	} rows[] = {
		{"/v1/calls?text=invalid", "/v1/calls?text=invalid"},
		{"/v1/calls?key=cs_0123456789abcdefABCDEF0123456789abcdef-_01234&x=1",
			"/v1/calls?key=(key)&x=1"},
		{"cs_0123456789abcdefABCDEF", "(key)"},
		{"cs_short", "cs_short"},
		{"a\nb\tc\x7f", "a?b?c?"},
		{"caf\xc3\xa9 \xff", "caf\xc3\xa9 ?"},
		{"", ""},
	};
	char buffer[STORE_SUBJECT_MAX], longer[STORE_SUBJECT_MAX + 10];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text kept = auditor_subject(text_of(rows[i].given), buffer);

		if (!text_equal_string(kept, rows[i].kept)) {
			fail_msg("'%.*s'", TEXT_ARG(kept));
		}
	}
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(auditor_subject((struct text){longer, sizeof(longer)}, buffer).size,
		STORE_SUBJECT_MAX);
}

static void *note_many(void *context)
{
	for (int i = 0; i < 1000; i++) {
		note(context, 1, "127.0.0.1", i % 2 ? "/v1/calls" : "/v1/stats", 1);
	}
	return NULL;
}

static void many_threads_lose_nothing(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	int64_t times = 0;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, note_many, f), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
	}
	finish(f);
	for (size_t i = 0; i < f->count; i++) {
		times += f->records[i].times;
	}
	assert_int_equal(times, 4000);
}

#define AUDITOR_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AUDITOR_TEST(what_is_the_same_is_one_record),
		AUDITOR_TEST(what_differs_is_told_apart),
		AUDITOR_TEST(a_flood_is_counted_whole_in_few_records),
		AUDITOR_TEST(wrong_keys_without_end_make_few_records_a_minute),
		cmocka_unit_test(subjects_hold_no_key_and_nothing_that_would_break_a_line),
		AUDITOR_TEST(many_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
