/* SPDX-License-Identifier: MIT
 * What the open calls tell the spool of gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "collect/asterisk/live_calls.h"

#define SECOND_US INT64_C(1000000)
#define START_US  (INT64_C(1795459000) * SECOND_US)
#define EXTRA	  ((size_t)4 << 20) /* bytes of a row that fills the memory */

struct watched {
	char folder[64];
	struct spool *spool;
	struct live_calls *live;
	struct buffer read;
};

static int set_up(void **state)
{
	struct watched *watched = calloc(1, sizeof(*watched));

	snprintf(watched->folder, sizeof(watched->folder), "/tmp/callstep-live-XXXXXX");
	assert_non_null(mkdtemp(watched->folder));
	buffer_init(&watched->read, (size_t)64 << 20);
	assert_int_equal(spool_open(&watched->spool, watched->folder, (int64_t)256 << 20, NULL), 0);
	assert_int_equal(live_calls_create(&watched->live,
				 &(struct live_calls_options){
					 .spool = watched->spool, .prefix = "", .by_arrival = true},
				 NULL),
		0);
	*state = watched;
	return 0;
}

static int tear_down(void **state)
{
	struct watched *watched = *state;
	char command[128];

	live_calls_destroy(watched->live);
	spool_close(watched->spool);
	buffer_deinit(&watched->read);
	snprintf(command, sizeof(command), "rm -r %s", watched->folder);
	assert_int_equal(system(command), 0);
	free(watched);
	return 0;
}

static void add_row(
	struct watched *watched, const char *event, const char *id, struct text app_data)
{
	struct text field[CEL_FIELDS];
	const struct ami_row row = {.field = field, .hash = 1, .time_us = START_US};

	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = TEXT("");
	}
	field[CEL_EVENT_TYPE] = text_of(event);
	field[CEL_CHANNEL] = TEXT("PJSIP/a-1");
	field[CEL_UNIQUE_ID] = field[CEL_LINKED_ID] = text_of(id);
	field[CEL_APP_DATA] = app_data;
	live_calls_add_row(watched->live, &row, 0);
}

/* How often @words stand in what was told since the last time. */
static size_t count_told(struct watched *watched, const char *words)
{
	struct text rest;
	size_t count = 0;
	const char *found;
	int lines;

	assert_int_equal(live_calls_turn(watched->live, true, NULL), 0);
	while ((lines = spool_read(
			watched->spool, (size_t)32 << 20, 100000, &watched->read, NULL)) > 0) {
		rest = buffer_text(&watched->read);
		while ((found = memmem(rest.data, rest.size, words, strlen(words)))) {
			rest = text_tail(rest, (size_t)(found - rest.data) + 1);
			count++;
		}
		assert_int_equal(spool_acknowledge(
					 watched->spool, watched->read.size, (uint64_t)lines, NULL),
			0);
	}
	return count;
}

/* The connection was lost and found again; @id, NULL for none, is still up. */
static void pass_gap(struct watched *watched, const char *id)
{
	live_calls_begin_status(watched->live);
	if (id) {
		add_row(watched, "AMI_STILL", id, TEXT(""));
	}
	assert_int_equal(live_calls_end_status(watched->live, SECOND_US, "lost", NULL), 0);
}

static void each_gap_is_a_step_though_nothing_tells_them_apart(void **state)
{
	struct watched *watched = *state;

	/* All steps of gaps have the time of the last row then. */
	live_calls_set_clock(watched->live, -INT64_C(1000000000) * SECOND_US);
	add_row(watched, "CHAN_START", "a.1", TEXT(""));
	for (int i = 0; i < 3; i++) {
		pass_gap(watched, "a.1");
	}
	assert_int_equal(count_told(watched, "Not watched for 1 s"), 3);
}

/* Fills the memory with the rows of other calls, so that those of the first are left. */
static void fill_memory(struct watched *watched)
{
	char *bytes = malloc(EXTRA);
	char id[32];

	assert_non_null(bytes);
	memset(bytes, 'x', EXTRA);
	for (size_t i = 0; i * EXTRA < LIVE_CALLS_BYTES_MAX + EXTRA; i++) {
		snprintf(id, sizeof(id), "other.%zu", i);
		add_row(watched, "CHAN_START", id, (struct text){.data = bytes, .size = EXTRA});
	}
	free(bytes);
	assert_int_equal(live_calls_turn(watched->live, true, NULL), 0);
	assert_true(live_calls_counts(watched->live).bytes <= LIVE_CALLS_BYTES_MAX);
}

static void a_call_whose_rows_were_left_is_told_of_a_gap(void **state)
{
	struct watched *watched = *state;

	add_row(watched, "CHAN_START", "a.1", TEXT(""));
	assert_int_equal(count_told(watched, "\"session_id\":\"a.1\""), 1);
	fill_memory(watched);
	count_told(watched, "\n");
	pass_gap(watched, "a.1");
	assert_int_equal(count_told(watched, "Not watched for 1 s"), 1);
}

static void a_call_whose_rows_were_left_ends_though_its_end_was_not_watched(void **state)
{
	struct watched *watched = *state;
	size_t ended = 0;

	add_row(watched, "CHAN_START", "a.1", TEXT(""));
	fill_memory(watched);
	count_told(watched, "\n");
	pass_gap(watched, NULL);
	for (int i = 0; i < 20 && ended == 0; i++) {
		ended = count_told(watched, "{\"session_id\":\"a.1\",\"call\":{\"end\":1795459000,"
					    "\"state\":\"ended\"}");
	}
	assert_int_equal(ended, 1);
}

/* Nothing is acknowledged: each might have to be told again. */
static void calls_that_are_over_do_not_fill_the_memory(void **state)
{
	struct watched *watched = *state;
	char *bytes = malloc(EXTRA);
	size_t calls = 2 * LIVE_ENDED_BYTES_MAX / EXTRA;
	char id[32];

	assert_non_null(bytes);
	memset(bytes, 'x', EXTRA);
	for (size_t i = 0; i < calls; i++) {
		snprintf(id, sizeof(id), "over.%zu", i);
		add_row(watched, "CHAN_START", id, (struct text){.data = bytes, .size = EXTRA});
		add_row(watched, "LINKEDID_END", id, TEXT(""));
	}
	free(bytes);
	assert_true(live_calls_counts(watched->live).bytes > LIVE_ENDED_BYTES_MAX);
	while (live_calls_linger(watched->live)) {
		poll(NULL, 0, 20);
		assert_int_equal(live_calls_turn(watched->live, false, NULL), 0);
	}
	assert_int_equal(live_calls_counts(watched->live).calls, calls);
	assert_true(live_calls_counts(watched->live).bytes <= LIVE_ENDED_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			calls_that_are_over_do_not_fill_the_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			each_gap_is_a_step_though_nothing_tells_them_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_whose_rows_were_left_is_told_of_a_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_whose_rows_were_left_ends_though_its_end_was_not_watched, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
