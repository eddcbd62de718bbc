/* SPDX-License-Identifier: MIT
 * Made-up calls: always the same, always good, and like those of a real IVR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#include "call/call_json.h"
#include "cmd/shift.h"
#include "generate/generate.h"
#include "generate/play.h"

#define START	   INT64_C(1766620800)
#define END	   INT64_C(1767225600)
#define CALLS	   2000
#define SIZE_MAX_B ((size_t)64 << 20)

struct statistics {
	uint32_t steps[CALLS];
	size_t calls;
	size_t bytes;
	size_t of_type[3];
};

static void fill(struct buffer *out, uint64_t seed, int64_t calls, int64_t start, int64_t end)
{
	struct generator generator;

	buffer_init(out, SIZE_MAX_B);
	generator_init(&generator, seed, calls, start, end);
	while (generator_next(&generator, out)) {
	}
	generator_deinit(&generator);
	assert_false(out->failed);
}

static void the_same_seed_makes_the_same_bytes_everywhere(void **state)
{
	AUTO(buffer_deinit) struct buffer calls;

	(void)state;
	fill(&calls, 1, 500, START, END);
	/* Benchmarks stand on these bytes: a change of what is generated changes this on
	 * purpose. */
	assert_int_equal(crc32(0, (const unsigned char *)calls.data, (unsigned int)calls.size),
		UINT32_C(0xd15debf4));
}

static void another_seed_makes_other_calls(void **state)
{
	AUTO(buffer_deinit) struct buffer one;
	AUTO(buffer_deinit) struct buffer other;

	(void)state;
	fill(&one, 1, 10, START, END);
	fill(&other, 2, 10, START, END);
	assert_false(text_equal(buffer_text(&one), buffer_text(&other)));
}

/* Checks one line, which must be canonical, and counts it. */
static void check_call(struct text line, struct statistics *statistics, int64_t *last_start)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical;
	struct json_position position = {.line = 1, .column = 1};
	struct error err = {0};
	struct call call;

	arena_init(&arena, SIZE_MAX_B);
	buffer_init(&canonical, SIZE_MAX_B);
	if (call_json_read(line, position, &arena, &canonical, &call, &err) < 0) {
		fail_msg("%s in %.*s", err.message, TEXT_ARG(line));
	}
	assert_true(text_equal(buffer_text(&canonical), line));
	assert_true(call.steps >= PLAY_STEPS_MIN && call.steps <= PLAY_STEPS_MAX);
	assert_true(call.start >= *last_start && call.start >= START && call.start < END);
	*last_start = call.start;
	statistics->steps[statistics->calls++] = call.steps;
	statistics->bytes += line.size;
	statistics->of_type[call.type]++;
}

static int compare_steps(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void every_call_is_canonical_and_they_are_spread_as_promised(void **state)
{
	AUTO(buffer_deinit) struct buffer calls;
	static struct statistics statistics;
	int64_t last_start = 0;
	struct text rest, line;

	(void)state;
	fill(&calls, 5, CALLS, START, END);
	rest = buffer_text(&calls);
	while (text_split(&rest, '\n', &line) && line.size > 0) {
		check_call(line, &statistics, &last_start);
	}
	qsort(statistics.steps, CALLS, sizeof(statistics.steps[0]), compare_steps);
	assert_int_equal(statistics.calls, CALLS);
	assert_int_equal(statistics.steps[0], PLAY_STEPS_MIN);
	assert_in_range(statistics.steps[CALLS / 2], 23, 27);
	assert_true(statistics.steps[CALLS - 1] > 50);
	assert_in_range(statistics.bytes / CALLS, 5000, 7000);
	assert_in_range(statistics.of_type[CALL_INBOUND], CALLS / 2, CALLS);
	assert_in_range(statistics.of_type[CALL_OUTBOUND], CALLS / 50, CALLS / 4);
	assert_in_range(statistics.of_type[CALL_TRANSFER], CALLS / 50, CALLS / 4);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void no_session_comes_twice(void **state)
{
	AUTO(buffer_deinit) struct buffer calls;
	static char ids[CALLS][64];
	struct text rest, line;
	size_t count = 0;

	(void)state;
	/* All in one second, so that the time does not part them. */
	fill(&calls, 5, CALLS, START, START + 1);
	rest = buffer_text(&calls);
	while (text_split(&rest, '\n', &line) && line.size > 0) {
		const char *at = strstr(line.data, "\"session_id\":\"");

		assert_non_null(at);
		snprintf(
			ids[count++], sizeof(ids[0]), "%.*s", (int)strcspn(at + 14, "\""), at + 14);
	}
	qsort(ids, count, sizeof(ids[0]), compare_ids);
	for (size_t i = 1; i < count; i++) {
		assert_string_not_equal(ids[i - 1], ids[i]);
	}
}

static void assert_occurs(struct text text, const char *word)
{
	if (!memmem(text.data, text.size, word, strlen(word))) {
		fail_msg("%s never occurs", word);
	}
}

static void every_language_and_mishap_occurs(void **state)
{
	static const char *const words[] = {"en-US", "es-ES", "de-DE", "fr-FR", "ja-JP",
		"\"class\":\"error\"", "No input", "Invalid input: ", "Entering queue ",
		"Transfer answered", "Transfer busy", "(speech)", "宅配便", "Terminvergabe"};
	AUTO(buffer_deinit) struct buffer calls;

	(void)state;
	fill(&calls, 5, CALLS, START, END);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_occurs(buffer_text(&calls), words[i]);
	}
}

static void a_moved_call_has_all_its_times_moved_and_nothing_else(void **state)
{
	static const struct text call = TEXT(
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":\"1000\",\"end\":\"1010\",\"session_id\":"
		"\"s\","
		"\"detail\":[{\"event\":{\"line\":\"start 1000\",\"data\":{\"timestamp\":1000,"
		"\"start\":\"1000\"}},\"class\":\"info\",\"timestamp\":1000,\"end\":\"1000\"}],"
		"\"type\":\"inbound\",\"log\":true}");
	static const struct text expected = TEXT(
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":\"3000\",\"end\":\"3010\",\"session_id\":"
		"\"s\","
		"\"detail\":[{\"event\":{\"line\":\"start 1000\",\"data\":{\"timestamp\":1000,"
		"\"start\":\"1000\"}},\"class\":\"info\",\"timestamp\":3000,\"end\":\"1000\"}],"
		"\"type\":\"inbound\",\"log\":true}");
	AUTO(buffer_deinit) struct buffer out;

	(void)state;
	buffer_init(&out, SIZE_MAX_B);
	assert_int_equal(shift_call(call, 2000, &out, NULL), 0);
	assert_true(text_equal(buffer_text(&out), expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_makes_the_same_bytes_everywhere),
		cmocka_unit_test(another_seed_makes_other_calls),
		cmocka_unit_test(every_call_is_canonical_and_they_are_spread_as_promised),
		cmocka_unit_test(no_session_comes_twice),
		cmocka_unit_test(every_language_and_mishap_occurs),
		cmocka_unit_test(a_moved_call_has_all_its_times_moved_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
