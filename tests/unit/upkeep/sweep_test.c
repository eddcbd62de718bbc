/* SPDX-License-Identifier: MIT
 * What a sweep drops, of which account, and what it leaves, on the reference store and its own
 * clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call_json.h"
#include "reference.h"
#include "upkeep/sweep.h"

#define DAY  INT64_C(86400)
#define NOW  (1000 * DAY)
#define OLD  (NOW - 20 * DAY)
#define MANY 250 /* more than one transaction takes */

struct fixture {
	struct store *store;
	struct arena arena;
	int64_t first, second;
	int pauses;
	int pauses_max;
};

static int64_t now(void)
{
	return NOW;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena, SIZE_MAX);
	assert_int_equal(reference_open(&f->store, NULL), 0);
	assert_int_equal(store_account_add(f->store, TEXT("a@x.org"), 1, &f->first, NULL), 0);
	assert_int_equal(store_account_add(f->store, TEXT("b@x.org"), 1, &f->second, NULL), 0);
	f->pauses_max = 1000;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

static void put(struct fixture *f, int64_t account_id, int64_t start, int number)
{
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	AUTO(buffer_deinit) struct buffer json, packed;
	struct store_put put = {.account_id = account_id};
	char text[256];
	int size = snprintf(text, sizeof(text),
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":%lld,\"end\":%lld,\"session_id\":\"s%d\","
		"\"detail\":[{\"event\":{\"line\":\"word\"},\"class\":\"info\",\"timestamp\":1}],"
		"\"type\":\"inbound\"}",
		(long long)start, (long long)start, number);
	struct json_position position = {.line = 1, .column = 1};

	buffer_init(&json, SIZE_MAX);
	buffer_init(&packed, SIZE_MAX);
	assert_int_equal(call_json_read((struct text){text, (size_t)size}, position, &f->arena,
				 &json, &put.call, NULL),
		0);
	assert_int_equal(packer_pack(packer, buffer_text(&json), &packed, &put.packed, NULL), 0);
	assert_int_equal(store_put_calls(f->store, &put, 1, NULL), 0);
}

/* How many calls of the account there are, and of these with detail. */
static void expect(struct fixture *f, int64_t account_id, int64_t calls, int64_t with_detail)
{
	const struct store_query query = {.account_id = account_id,
		.end = INT64_MAX,
		.limit = INT64_MAX,
		.detail_after = INT64_MAX};
	struct store_page page;
	int64_t found = 0;

	assert_int_equal(store_page(f->store, &query, &f->arena, &page, NULL), 0);
	for (size_t i = 0; i < page.count; i++) {
		found += page.calls[i].call.has_detail;
	}
	assert_int_equal(page.total_calls, calls);
	assert_int_equal(found, with_detail);
}

static bool pause_sweep(void *context, int64_t busy_us)
{
	struct fixture *f = context;

	assert_true(busy_us >= 0);
	return ++f->pauses < f->pauses_max;
}

static void keep(struct fixture *f, int64_t detail_days, int64_t header_days, int64_t audit_days)
{
	const struct store_keeping keeping = {{detail_days, header_days}, audit_days};

	assert_int_equal(store_set_keeping(f->store, &keeping, NULL), 0);
}

static struct sweep_options options_of(struct fixture *f, int64_t detail_days, int64_t header_days)
{
	keep(f, detail_days, header_days, 0);
	return (struct sweep_options){
		.store = f->store,
		.user = TEXT("root"),
		.now = now,
		.pause = pause_sweep,
		.context = f,
	};
}

static struct sweep_counts sweep(const struct sweep_options *options)
{
	struct sweep_counts counts = {0};

	assert_int_equal(sweep_run(options, &counts, NULL), 0);
	return counts;
}

static void what_is_over_its_days_goes_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct sweep_options options = options_of(f, 5, 10);
	struct sweep_counts counts;

	put(f, f->first, NOW - 10 * DAY, 1);
	put(f, f->first, NOW - 10 * DAY + 1, 2);
	put(f, f->first, NOW - 5 * DAY, 3);
	put(f, f->first, NOW - 5 * DAY + 1, 4);
	counts = sweep(&options);
	assert_int_equal(counts.detail, 3);
	assert_int_equal(counts.calls, 1);
	expect(f, f->first, 3, 1);
	counts = sweep(&options);
	assert_int_equal(counts.detail + counts.calls, 0);
}

static void days_of_an_account_go_before_the_stores(void **state)
{
	struct fixture *f = *state;
	struct sweep_options options = options_of(f, 5, 10);
	const struct store_days days = {.detail = 0, .header = STORE_DAYS_DEFAULT};

	put(f, f->first, OLD, 1);
	put(f, f->second, OLD, 1);
	assert_int_equal(store_account_set_days(f->store, f->second, &days, NULL), 1);
	sweep(&options);
	expect(f, f->first, 0, 0);
	expect(f, f->second, 1, 1);
	keep(f, 0, 0, 0);
	put(f, f->first, OLD, 1);
	sweep(&options);
	expect(f, f->first, 1, 1);
}

static void many_go_in_many_transactions_each_with_its_record(void **state)
{
	struct fixture *f = *state;
	struct sweep_options options = options_of(f, 5, 10);
	const struct store_audit_query query = {
		.account_id = f->first, .end = INT64_MAX, .limit = 100};
	struct store_audit *records;
	size_t count;
	int64_t detail = 0, calls = 0;

	for (int i = 0; i < MANY; i++) {
		put(f, f->first, OLD + i, i);
	}
	sweep(&options);
	expect(f, f->first, 0, 0);
	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		bool whole = text_equal_string(records[i].action, "expire-calls");

		assert_true(whole || text_equal_string(records[i].action, "expire-detail"));
		assert_true(text_equal_string(records[i].user, "root"));
		assert_int_equal(records[i].time, NOW);
		detail += whole ? 0 : records[i].calls;
		calls += whole ? records[i].calls : 0;
	}
	assert_int_equal(detail, MANY);
	assert_int_equal(calls, MANY);
	assert_true(count >= 3 && f->pauses >= (int)count);
}

static void a_sweep_that_is_to_end_ends_behind_its_transaction(void **state)
{
	struct fixture *f = *state;
	struct sweep_options options = options_of(f, 5, 10);
	struct sweep_counts counts;

	for (int i = 0; i < MANY; i++) {
		put(f, f->first, OLD, i);
	}
	f->pauses_max = 1;
	counts = sweep(&options);
	assert_in_range(counts.detail, 1, MANY - 1);
	assert_int_equal(counts.calls, 0);
	expect(f, f->first, MANY, MANY - counts.detail);
}

static void the_audit_trail_has_days_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct sweep_options options = options_of(f, 0, 0);
	const struct store_audit records[] = {
		{.time = NOW - 3 * DAY - 1, .action = TEXT("a"), .times = 1},
		{.time = NOW - 3 * DAY, .action = TEXT("b"), .times = 1},
	};

	assert_int_equal(store_audit_add(f->store, records, 2, NULL), 0);
	assert_int_equal(sweep(&options).records, 0);
	keep(f, 0, 0, 3);
	assert_int_equal(sweep(&options).records, 1);
	assert_int_equal(sweep(&options).records, 0);
}

static void the_disk_is_near_from_four_fifths_on(void **state)
{
	static const struct {
		int64_t used, max;
		enum sweep_disk disk;
	} rows[] = {
		{1000, 0, SWEEP_DISK_OK},
		{799, 1000, SWEEP_DISK_OK},
		{800, 1000, SWEEP_DISK_NEAR},
		{1000, 1000, SWEEP_DISK_NEAR},
		{1001, 1000, SWEEP_DISK_FULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sweep_disk(rows[i].used, rows[i].max), rows[i].disk);
	}
}

#define SWEEP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(what_is_over_its_days_goes_and_nothing_else),
		SWEEP_TEST(days_of_an_account_go_before_the_stores),
		SWEEP_TEST(many_go_in_many_transactions_each_with_its_record),
		SWEEP_TEST(a_sweep_that_is_to_end_ends_behind_its_transaction),
		SWEEP_TEST(the_audit_trail_has_days_of_its_own),
		cmocka_unit_test(the_disk_is_near_from_four_fifths_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
