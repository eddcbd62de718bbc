/* SPDX-License-Identifier: MIT
 * Comparing two calls: what is the same, what is not, and that nothing of either is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call_json.h"
#include "find/diff.h"

#define MEMORY_MAX ((size_t)1 << 30)
#define START	   1000

struct fixture {
	struct arena arena;
	struct buffer details[2];
	struct call calls[2];
	struct diff diff;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	arena_init(&fixture->arena, MEMORY_MAX);
	buffer_init(&fixture->details[0], MEMORY_MAX);
	buffer_init(&fixture->details[1], MEMORY_MAX);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_deinit(&fixture->arena);
	buffer_deinit(&fixture->details[0]);
	buffer_deinit(&fixture->details[1]);
	free(fixture);
	return 0;
}

/* A letter is a step: small and capital letters differ in their line only. */
static void write_letter(struct buffer *detail, char letter, size_t at)
{
	char data[64];
	int size = snprintf(data, sizeof(data),
		"{\"module_type\":\"m%c\",\"result_variable\":\"v\"}", letter | 0x20);
	struct call_step step = {
		.line = {.data = &letter, .size = 1},
		.class_name = TEXT("event"),
		.timestamp = START + (int64_t)at * 2,
		.data = {.data = data, .size = (size_t)size},
	};

	call_json_write_step(detail, &step);
}

static void make_call(struct fixture *fixture, int side, const char *letters, size_t count)
{
	struct buffer *detail = &fixture->details[side];

	buffer_clear(detail);
	buffer_append_byte(detail, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			buffer_append_byte(detail, ',');
		}
		write_letter(detail, letters[i], i);
	}
	buffer_append_byte(detail, ']');
	fixture->calls[side] = (struct call){
		.dest = TEXT("1"),
		.src = TEXT("2"),
		.session_id = side == 0 ? TEXT("a") : TEXT("b"),
		.start = START,
		.end = START + (int64_t)count * 2 + 1,
		.has_detail = true,
		.steps = (uint32_t)count,
	};
}

static void compare(struct fixture *fixture, int first, struct diff *ret_diff)
{
	struct error err = {0};
	int second = 1 - first;

	assert_int_equal(0, diff_make(&fixture->calls[first], buffer_text(&fixture->details[first]),
				    &fixture->calls[second], buffer_text(&fixture->details[second]),
				    &fixture->arena, ret_diff, &err));
}

static void compare_letters(
	struct fixture *fixture, const char *a, size_t a_count, const char *b, size_t b_count)
{
	make_call(fixture, 0, a, a_count);
	make_call(fixture, 1, b, b_count);
	compare(fixture, 0, &fixture->diff);
}

/* "aB" for a pair of a and B, "a-" and "-b" for one alone. */
static void spell(const struct diff *diff, char *out)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_pair *pair = &diff->pairs[i];

		*out++ = pair->a ? pair->a->line.data[0] : '-';
		*out++ = pair->b ? pair->b->line.data[0] : '-';
		*out++ = ' ';
	}
	*out = '\0';
}

static void steps_are_aligned(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		const char *pairs;
		size_t changes[4];
	} cases[] = {
		{"", "", "", {0, 0, 0, 0}},
		{"a", "", "a- ", {0, 0, 1, 0}},
		{"", "a", "-a ", {0, 0, 0, 1}},
		{"abc", "abc", "aa bb cc ", {3, 0, 0, 0}},
		{"abc", "aBc", "aa bB cc ", {2, 1, 0, 0}},
		{"abcd", "acd", "aa b- cc dd ", {3, 0, 1, 0}},
		{"acd", "abcd", "aa -b cc dd ", {3, 0, 0, 1}},
		{"axd", "ayd", "aa x- -y dd ", {2, 0, 1, 1}},
		{"abXcd", "acxbd", "", {3, 0, 2, 2}},
		{"aabb", "aaabbb", "", {4, 0, 0, 2}},
		{"abcabba", "cbabac", "", {4, 0, 3, 2}},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char spelt[256];

		compare_letters(
			fixture, cases[i].a, strlen(cases[i].a), cases[i].b, strlen(cases[i].b));
		spell(&fixture->diff, spelt);
		for (size_t j = 0; j < 4; j++) {
			if (fixture->diff.changes[j] != cases[i].changes[j]) {
				fail_msg("%s %s: %s", cases[i].a, cases[i].b, spelt);
			}
		}
		if (cases[i].pairs[0] && strcmp(spelt, cases[i].pairs) != 0) {
			fail_msg("%s %s: %s", cases[i].a, cases[i].b, spelt);
		}
	}
}

static void steps_have_their_times(void **state)
{
	struct fixture *fixture = *state;
	const struct diff_pair *pairs;

	compare_letters(fixture, "ab", 2, "b", 1);
	pairs = fixture->diff.pairs;
	assert_int_equal(pairs[0].a->index, 1);
	assert_int_equal(pairs[0].a->offset, 0);
	assert_int_equal(pairs[0].a->duration, 2);
	assert_int_equal(pairs[1].a->index, 2);
	assert_int_equal(pairs[1].a->timestamp, START + 2);
	assert_int_equal(pairs[1].a->offset, 2);
	assert_int_equal(pairs[1].a->duration, 3); /* until the call's end */
	assert_int_equal(pairs[1].b->index, 1);
	assert_int_equal(pairs[1].b->offset, 0);
}

/* The model: the length of the longest common subsequence, by the book. */
static size_t model_same(const char *a, size_t a_count, const char *b, size_t b_count)
{
	size_t lengths[2][64] = {0};

	for (size_t i = 1; i <= a_count; i++) {
		for (size_t j = 1; j <= b_count; j++) {
			size_t left = lengths[i & 1][j - 1], up = lengths[~i & 1][j];

			lengths[i & 1][j] = a[i - 1] == b[j - 1] ? lengths[~i & 1][j - 1] + 1
					    : left > up		 ? left
								 : up;
		}
	}
	return lengths[a_count & 1][b_count];
}

/* Applying the pairs gives back both calls, each step once and in its order. */
static void check_whole(const struct diff *diff)
{
	uint32_t a = 0, b = 0;

	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_pair *pair = &diff->pairs[i];

		assert_true(pair->a || pair->b);
		assert_int_equal(pair->a != NULL, pair->change != DIFF_ONLY_B);
		assert_int_equal(pair->b != NULL, pair->change != DIFF_ONLY_A);
		if (pair->a) {
			assert_int_equal(pair->a->index, ++a);
		}
		if (pair->b) {
			assert_int_equal(pair->b->index, ++b);
		}
		if (pair->a && pair->b) {
			assert_true(text_equal(pair->a->module, pair->b->module));
			assert_int_equal(pair->change == DIFF_SAME,
				text_equal(pair->a->line, pair->b->line));
		}
	}
	assert_int_equal(a, diff->a.steps);
	assert_int_equal(b, diff->b.steps);
	assert_int_equal(diff->count, diff->changes[DIFF_SAME] + diff->changes[DIFF_CHANGED] +
					      diff->changes[DIFF_ONLY_A] +
					      diff->changes[DIFF_ONLY_B]);
}

static void check_mirror(struct fixture *fixture)
{
	const struct diff *there = &fixture->diff;
	struct diff back;

	compare(fixture, 1, &back);
	check_whole(&back);
	assert_int_equal(there->changes[DIFF_SAME], back.changes[DIFF_SAME]);
	assert_int_equal(there->changes[DIFF_CHANGED], back.changes[DIFF_CHANGED]);
	assert_int_equal(there->changes[DIFF_ONLY_A], back.changes[DIFF_ONLY_B]);
	assert_int_equal(there->changes[DIFF_ONLY_B], back.changes[DIFF_ONLY_A]);
}

static uint32_t random_number(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}

static void random_letters(uint64_t *seed, char *letters, size_t count, uint32_t different)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t number = random_number(seed, different * 2);

		letters[i] = (char)((number & 1 ? 'a' : 'A') + (int)(number / 2));
	}
}

static void random_calls_agree_with_the_model(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 1;

	for (int i = 0; i < 3000; i++) {
		char a[63], b[63];
		size_t a_count = random_number(&seed, 63), b_count = random_number(&seed, 63);
		uint32_t different = 1 + random_number(&seed, 26);

		random_letters(&seed, a, a_count, different);
		random_letters(&seed, b, b_count, different);
		compare_letters(fixture, a, a_count, b, b_count);
		assert_int_equal(
			fixture->diff.changes[DIFF_SAME], model_same(a, a_count, b, b_count));
		check_whole(&fixture->diff);
		check_mirror(fixture);
		arena_deinit(&fixture->arena);
	}
}

/* Far more differences than are searched to the end. */
static void large_calls_are_compared_in_bounded_time(void **state)
{
	static char a[50000], b[50000];
	static const uint32_t different[] = {1, 3, 26};
	struct fixture *fixture = *state;
	uint64_t seed = 2;

	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
		random_letters(&seed, a, sizeof(a), different[i]);
		random_letters(&seed, b, sizeof(b), different[i]);
		compare_letters(fixture, a, sizeof(a), b, sizeof(b));
		check_whole(&fixture->diff);
		check_mirror(fixture);
		assert_true(fixture->diff.changes[DIFF_SAME] > sizeof(a) / 5);
		arena_deinit(&fixture->arena);
	}
	memset(a, 'x', sizeof(a));
	memset(b, 'y', sizeof(b));
	compare_letters(fixture, a, sizeof(a), b, sizeof(b));
	check_whole(&fixture->diff);
	assert_int_equal(fixture->diff.changes[DIFF_ONLY_A], sizeof(a));
}

static void steps_that_are_not_the_headers_are_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	compare_letters(fixture, "abc", 3, "abc", 3);
	for (uint32_t steps = 2; steps <= 4; steps += 2) {
		fixture->calls[1].steps = steps;
		assert_int_equal(
			-1, diff_make(&fixture->calls[0], buffer_text(&fixture->details[0]),
				    &fixture->calls[1], buffer_text(&fixture->details[1]),
				    &fixture->arena, &fixture->diff, &err));
		assert_int_equal(err.code, ERROR_CORRUPT);
		assert_string_equal(err.message, "call 'b' has other steps than its header says");
	}
}

static void the_document_is_that_of_the_api(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, MEMORY_MAX);
	compare_letters(fixture, "ax", 2, "A", 1);
	diff_write(&buffer, &fixture->diff);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		"{\"a\":{\"dest\":\"1\",\"src\":\"2\",\"start\":1000,\"end\":1005,\"duration\":5,"
		"\"session_id\":\"a\",\"type\":\"inbound\",\"steps\":2,\"state\":\"ended\","
		"\"outcome\":null,\"answered\":null,\"talk\":null,\"ended_by\":null,\"log\":"
		"true},"
		"\"b\":{\"dest\":\"1\",\"src\":\"2\",\"start\":1000,\"end\":1003,\"duration\":3,"
		"\"session_id\":\"b\",\"type\":\"inbound\",\"steps\":1,\"state\":\"ended\","
		"\"outcome\":null,\"answered\":null,\"talk\":null,\"ended_by\":null,\"log\":"
		"true},"
		"\"steps\":[{\"change\":\"changed\","
		"\"a\":{\"index\":1,\"timestamp\":1000,\"offset\":0,\"duration\":2,\"class\":"
		"\"event\","
		"\"module\":\"ma\",\"variable\":\"v\",\"line\":\"a\"},"
		"\"b\":{\"index\":1,\"timestamp\":1000,\"offset\":0,\"duration\":3,\"class\":"
		"\"event\","
		"\"module\":\"ma\",\"variable\":\"v\",\"line\":\"A\"}},"
		"{\"change\":\"only_a\","
		"\"a\":{\"index\":2,\"timestamp\":1002,\"offset\":2,\"duration\":3,\"class\":"
		"\"event\","
		"\"module\":\"mx\",\"variable\":\"v\",\"line\":\"x\"},\"b\":null}],"
		"\"same\":0,\"changed\":1,\"only_a\":1,\"only_b\":0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(steps_are_aligned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(steps_have_their_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			random_calls_agree_with_the_model, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			large_calls_are_compared_in_bounded_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			steps_that_are_not_the_headers_are_an_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_document_is_that_of_the_api, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
