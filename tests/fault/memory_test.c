/* SPDX-License-Identifier: MIT
 * No memory: the standard run of the store and a run of intake, again and again, with the first,
 * the second, … allocation failing, once or until there is memory again. Nothing crashes, leaks or
 * gets lost, and the same store goes on. */
#include "../rounds.h"
#include "failing_memory.h"
#include "figures.h"
#include "intake/intake.h"
#include "story.h"

#define INTAKE_CALLS 12
#define USUAL_STRIDE 41 /* there are thousands of allocations: all of them in scripts/torture */

static void expect_told(size_t step, const struct error *err)
{
	if (err->code != ERROR_NO_MEMORY && err->code != ERROR_TOO_LARGE) {
		fail_msg("%s: error %d '%s'", story_step_name(step), err->code, err->message);
	}
}

/* ---- the store ---- */

/* Returns how many errors were told, negative when no allocation failed. */
static int run_story(long nth, bool stays)
{
	struct story story;
	int told = 0, failed;

	story_begin(&story);
	failing_memory_arm(nth, stays);
	for (size_t step = 0; step < story_steps; step++) {
		struct error err = {0};

		if (story_run(&story, step, &err) < 0) {
			failed = failing_memory_heal();
			expect_told(step, &err);
			told++;
			story_check(&story);
			if (story_run(&story, step, &err) < 0) {
				fail_msg("%s: not healed: %s", story_step_name(step), err.message);
			}
		}
		failing_memory_hold(true);
		story_note(&story, step);
		story_check(&story);
		failing_memory_hold(false);
	}
	failed = failing_memory_heal();
	story_verify(&story);
	story_end(&story);
	return failed > 0 ? told : -1;
}

static void run_stories(bool stays)
{
	int points = 0, told = 0, stride = rounds_of("CALLSTEP_MEMORY_STRIDE", USUAL_STRIDE);
	long live;

	assert_int_equal(run_story(0, false), -1); /* what is allocated once and for all */
	live = failing_memory_live();
	for (long nth = 1;; nth += stride) {
		int errors = run_story(nth, stays);

		if (errors < 0) {
			break;
		}
		points++;
		told += errors;
		if (failing_memory_live() != live) {
			fail_msg("allocation %ld: %ld pieces of memory are leaked", nth,
				failing_memory_live() - live);
		}
	}
	assert_true(points > 0);
	figures_tell("no memory", "store, %s: %d faults, %d errors told, 0 lost, 0 leaked",
		stays ? "until there is some" : "once", points, told);
}

static void a_store_loses_nothing_when_an_allocation_fails(void **state)
{
	(void)state;
	run_stories(false);
}

static void a_store_loses_nothing_when_all_allocations_fail_from_one_on(void **state)
{
	(void)state;
	run_stories(true);
}

/* ---- intake ---- */

static void write_call(struct buffer *body, int number, int version)
{
	buffer_printf(body,
		"{\"dest\":\"617%d\",\"src\":\"978\",\"start\":%d,\"end\":%d,\"session_id\":\"s%"
		"02d\","
		"\"type\":\"inbound\",\"detail\":[",
		number % 3, 1000 + number, 1000 + number + version, number);
	for (int i = 0; i < 3; i++) {
		buffer_printf(body,
			"%s{\"event\":{\"line\":\"version%d\",\"data\":{\"module_type\":\"menu\","
			"\"result_variable\":\"m\"}},\"class\":\"info\",\"timestamp\":%d}",
			i > 0 ? "," : "", version, 1000 + number + i);
	}
	buffer_append(body, TEXT("]}\n"));
}

static size_t count_reject(void *context, const struct batch_reject *reject)
{
	(void)reject;
	++*(int *)context;
	return 0;
}

/* Posts all calls in the given version. Returns how many were acknowledged, which are the first
 * ones. */
static int post(struct intake *intake, int64_t account_id, int version, struct error *ret_failure)
{
	AUTO(buffer_deinit) struct buffer body;
	AUTO(batch_destroyp) struct batch *batch = NULL;
	int rejects = 0;
	const struct batch_options options = {
		.account_id = account_id,
		.shape = STREAM_NDJSON,
		.rejected = count_reject,
		.context = &rejects,
	};
	struct batch_result result;

	buffer_init(&body, SIZE_MAX);
	failing_memory_hold(true);
	for (int i = 0; i < INTAKE_CALLS; i++) {
		write_call(&body, i, version);
	}
	failing_memory_hold(false);
	if (batch_create(&batch, intake, &options, ret_failure) < 0) {
		return 0;
	}
	batch_feed_all(batch, body.data, body.size);
	batch_end(batch, false);
	batch_wait(batch);
	result = batch_result(batch);
	/* A good call is never called bad because there is no memory. */
	assert_int_equal(rejects, 0);
	if (result.failure.code == ERROR_NONE) {
		assert_int_equal(result.accepted, INTAKE_CALLS);
	}
	*ret_failure = result.failure;
	return (int)result.accepted;
}

/* The first @acknowledged calls are of @version, the others of the one before; a call of version 0
 * is not there. */
static void expect_versions(struct store *store, int64_t account_id, int version, int acknowledged)
{
	AUTO(arena_deinit) struct arena arena;

	arena_init(&arena, SIZE_MAX);
	for (int i = 0; i < INTAKE_CALLS; i++) {
		struct text session_id = arena_printf(&arena, "s%02d", i);
		int wanted = i < acknowledged ? version : version - 1;
		struct store_call call;
		struct error err = {0};
		int found = store_find(store, account_id, session_id, &arena, &call, &err);

		if (found < 0) {
			fail_msg("%s", err.message);
		}
		assert_int_equal(found, wanted > 0);
		if (found && call.call.end - call.call.start != wanted) {
			fail_msg("call %d is of version %lld, not %d", i,
				(long long)(call.call.end - call.call.start), wanted);
		}
	}
}

/* A batch into an empty store, and one that replaces it, one of them without memory. Whether an
 * allocation failed. */
static bool run_intake(long nth, bool stays)
{
	const struct intake_options options = {
		.threads = 1, .call_size_max = 100000, .in_flight_max = 2000};
	struct fixture f;
	struct intake *intake;
	int failed = 0;

	fixture_open(&f, "sqlite");
	assert_int_equal(intake_create(&intake, f.store, &options, NULL), 0);
	failing_memory_arm(nth, stays);
	for (int version = 1; version <= 2; version++) {
		struct error failure = {0};
		int acknowledged = post(intake, f.account, version, &failure);

		if (failure.code != ERROR_NONE) {
			failed += failing_memory_heal();
			assert_int_equal(failure.code, ERROR_NO_MEMORY);
			expect_versions(f.store, f.account, version, acknowledged);
			assert_int_equal(post(intake, f.account, version, &failure), INTAKE_CALLS);
		}
		failing_memory_hold(true);
		expect_versions(f.store, f.account, version, INTAKE_CALLS);
		failing_memory_hold(false);
	}
	failed += failing_memory_heal();
	intake_destroy(intake);
	assert_int_equal(problems_of(f.store), 0);
	fixture_close(&f);
	return failed > 0;
}

static void run_intakes(bool stays)
{
	int points = 0, stride = rounds_of("CALLSTEP_MEMORY_STRIDE", USUAL_STRIDE);
	long live;

	run_intake(0, false);
	live = failing_memory_live();
	for (long nth = 1; run_intake(nth, stays); nth += stride) {
		points++;
		if (failing_memory_live() != live) {
			fail_msg("allocation %ld: %ld pieces of memory are leaked", nth,
				failing_memory_live() - live);
		}
	}
	assert_true(points > 0);
	figures_tell("no memory", "intake, %s: %d faults, 0 lost, 0 leaked",
		stays ? "until there is some" : "once", points);
}

static void intake_loses_nothing_when_an_allocation_fails(void **state)
{
	(void)state;
	run_intakes(false);
}

static void intake_loses_nothing_when_all_allocations_fail_from_one_on(void **state)
{
	(void)state;
	run_intakes(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_loses_nothing_when_an_allocation_fails),
		cmocka_unit_test(a_store_loses_nothing_when_all_allocations_fail_from_one_on),
		cmocka_unit_test(intake_loses_nothing_when_an_allocation_fails),
		cmocka_unit_test(intake_loses_nothing_when_all_allocations_fail_from_one_on),
	};

	figures_begin();
	failing_memory_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
