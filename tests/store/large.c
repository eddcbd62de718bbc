/* SPDX-License-Identifier: MIT
 * Many large live calls that one transaction amends: all are as they should be, and the memory does
 * not grow with what is held of them together. Given the backend's name. */
#include "fixture.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define T	   MIDNIGHT
#define CALLS	   60
#define AT_ONCE	   10
#define LINE_BYTES ((size_t)400 << 10)
/* All calls together are 24 MB, and as many packed. */
#define PEAK_MAX_KB 110000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_PLAIN false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define IS_PLAIN false
#endif
#endif
#ifndef IS_PLAIN
#define IS_PLAIN true
#endif

/* `[…]` of one step whose line does not pack. */
static struct text large_step(struct fixture *f, unsigned int seed)
{
	AUTO(buffer_deinit) struct buffer steps;

	buffer_init(&steps, SIZE_MAX);
	buffer_append(&steps, TEXT("[{\"event\":{\"line\":\""));
	for (size_t i = 0; i < LINE_BYTES; i++) {
		seed = seed * 1103515245U + 12345U;
		buffer_append_byte(&steps, (char)('0' + (seed >> 16) % 43));
	}
	buffer_printf(&steps,
		"\",\"data\":{\"module_type\":\"Menu\",\"result_variable\":\"\"}},"
		"\"class\":\"info\",\"timestamp\":%lld}]",
		(long long)T);
	return arena_copy(&f->arena, buffer_text(&steps));
}

static struct store_amend amend_of(struct fixture *f, int number, int64_t from, struct text steps)
{
	return (struct store_amend){
		.account_id = f->account,
		.session_id = arena_printf(&f->arena, "s%d", number),
		.from = from,
		.steps = steps,
		.heard = T + 1000,
		.detail_after = -1,
		.size_max = (size_t)1 << 20,
	};
}

static void amend(struct fixture *f, struct store_entry *entries, size_t count)
{
	struct error err = {0};

	if (store_amend_calls(f->store, entries, count, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

/* One number out of /proc/self/status; 0: it is not there. */
static long status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long value = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) == 0) {
			value = strtol(line + strlen(name) + 1, NULL, 10);
		}
	}
	fclose(file);
	return value;
}

/* From now on VmHWM tells of what comes (proc(5), /proc/pid/clear_refs). */
static bool forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, "5", 1) == 1;

	close(fd);
	return done;
}

static void hold_large_calls(struct fixture *f)
{
	struct store_amend first[AT_ONCE];
	struct store_entry entries[AT_ONCE] = {0};

	for (int i = 0; i < CALLS; i += AT_ONCE) {
		for (int k = 0; k < AT_ONCE; k++) {
			first[k] = amend_of(f, i + k, 0, large_step(f, (unsigned int)(i + k) + 1));
			entries[k].amend = &first[k];
		}
		amend(f, entries, AT_ONCE);
		assert_int_equal(first[0].added, 1);
	}
}

static int64_t changes_behind(struct fixture *f, int64_t after, int64_t *ret_newest)
{
	struct store_changes changes;
	struct error err = {0};

	assert_int_equal(
		store_changes(f->store, f->account, after, 10000, -1, &f->arena, &changes, &err),
		0);
	*ret_newest = changes.count > 0 ? changes.items[changes.count - 1].id : after;
	return (int64_t)changes.count;
}

static void check_held(struct fixture *f, const struct store_amend *more, int64_t before)
{
	struct store_call call;
	struct error err;
	int64_t newest;

	for (int i = 0; i < CALLS; i++) {
		struct text session_id = more[i].session_id;

		assert_int_equal(
			store_find(f->store, f->account, session_id, &f->arena, &call, &err), 1);
		assert_int_equal(call.call.steps, i == CALLS / 2 ? 3 : 2);
		assert_int_equal(call.call.state, i == CALLS / 2 ? CALL_ENDED : CALL_LIVE);
		assert_int_equal(more[i].steps_held, 2);
		assert_int_equal(more[i].added, 1);
	}
	assert_int_equal(changes_behind(f, before, &newest), CALLS);
}

static void what_one_transaction_holds_of_large_calls_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct store_amend more[CALLS];
	struct store_entry entries[CALLS + 1] = {0};
	struct store_put put;
	int64_t newest;
	long before;
	bool told;

	hold_large_calls(f);
	for (int i = 0; i < CALLS; i++) {
		more[i] = amend_of(f, i, 1,
			TEXT("[{\"event\":{\"line\":\"more\",\"data\":{\"module_type\":\"Menu\","
			     "\"result_variable\":\"\"}},\"class\":\"info\",\"timestamp\":"
			     "1769817601}]"));
		entries[i].amend = &more[i];
	}
	/* in the middle of the large ones a whole call comes behind its own amendment */
	put = put_of(f, more[CALLS / 2].session_id.data, "1", T, 3, "whole");
	entries[CALLS].put = &put;
	changes_behind(f, 0, &newest);
	(void)malloc_trim(0);
	told = forget_peak();
	before = status_of("VmRSS");
	amend(f, entries, CALLS + 1);
	if (IS_PLAIN && told) {
		assert_in_range(status_of("VmHWM") - before, 0, PEAK_MAX_KB);
	}
	assert_true(put.replaced);
	check_held(f, more, newest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_one_transaction_holds_of_large_calls_is_bounded, fixture_set_up,
			fixture_tear_down_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
