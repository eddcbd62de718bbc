/* SPDX-License-Identifier: MIT
 * Joining parts of a call: no step is lost, none comes twice, and the order in which they come does
 * not matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "call/call_join.h"
#include "call/call_json.h"

/* A part of a call: "100 Dialled|101 Answered|>" with `<` for a part that begins during the call
 * and `>` for one that ends during it. A step's line is what stands behind its time. */
struct part_of {
	const char *dest, *src, *channel;
	const char *steps;
};

static void write_step(struct buffer *detail, int64_t time, struct text line, const char *member,
	const char *channel)
{
	char data[300];
	int size = snprintf(data, sizeof(data),
		"{\"module_type\":\"m\",\"result_variable\":\"\",\"channel\":\"%s\"%s}", channel,
		member);

	buffer_append(detail, detail->size == 0 ? TEXT("[") : TEXT(","));
	call_json_write_step(detail, &(struct call_step){
					     .line = line,
					     .class_name = TEXT("info"),
					     .timestamp = time,
					     .data = {.data = data, .size = (size_t)size},
				     });
}

static struct text json_of(struct arena *arena, const struct part_of *part)
{
	AUTO(buffer_deinit) struct buffer detail;
	AUTO(buffer_deinit) struct buffer json;
	struct call call = {.session_id = TEXT("s"), .has_detail = true};
	struct text rest = text_of(part->steps), step;
	int64_t time = -1;

	buffer_init(&detail, 1 << 20);
	buffer_init(&json, 1 << 20);
	call.dest = text_of(part->dest ? part->dest : "1");
	call.src = text_of(part->src ? part->src : "2");
	call.start = -1;
	while (text_split(&rest, '|', &step)) {
		struct text number;
		const char *member = "";

		if (text_equal(step, TEXT("<"))) {
			/* its time is that of the step behind it */
			struct text next = rest;

			assert_true(text_split(&next, ' ', &number));
			assert_true(text_to_int64(number, &time));
			member = ",\"begins_before\":true";
		} else if (text_equal(step, TEXT(">"))) {
			member = ",\"goes_on\":true";
		} else {
			assert_true(text_split(&step, ' ', &number));
			assert_true(text_to_int64(number, &time));
		}
		call.start = call.start < 0 ? time : call.start;
		call.end = time;
		write_step(&detail, time, step, member, part->channel ? part->channel : "c");
	}
	buffer_append_byte(&detail, ']');
	call_json_write(&json, &call, buffer_text(&detail));
	return arena_copy(arena, buffer_text(&json));
}

/* What is held after @added came: as the store does it. */
static struct text joined(
	struct arena *arena, struct text held, struct text added, struct call_joined *ret)
{
	AUTO(buffer_deinit) struct buffer out;
	struct error err = {0};
	int parts;

	buffer_init(&out, 1 << 20);
	parts = call_join(held, added, arena, &out, ret, &err);
	if (parts < 0) {
		fail_msg("%s", err.message);
	}
	return parts > 0 ? arena_copy(arena, buffer_text(&out)) : added;
}

static void assert_joined(struct arena *arena, const struct part_of *held,
	const struct part_of *added, const struct part_of *expected)
{
	struct call_joined result;
	struct text got = joined(arena, json_of(arena, held), json_of(arena, added), &result);
	struct text wanted = json_of(arena, expected);

	if (!text_equal(got, wanted)) {
		fail_msg("'%s' and '%s' are\n%.*s instead of\n%.*s", held->steps, added->steps,
			TEXT_ARG(got), TEXT_ARG(wanted));
	}
	assert_false(result.others);
}

static void two_parts_are_one_call_whichever_comes_first(void **state)
{
	static const struct {
		const char *a, *b, *both;
	} cases[] = {
		{"100 one|101 two|>", "<|110 three|111 four", "100 one|101 two|110 three|111 four"},
		/* both within a second */
		{"100 one|100 two|>", "<|100 three|100 four", "100 one|100 two|100 three|100 four"},
		/* the middle is missing, and the end */
		{"100 one|>", "<|120 three|>", "100 one|120 three|>"},
		{"<|100 one|>", "<|120 three|>", "<|100 one|120 three|>"},
		{"<|100 one|>", "<|120 three", "<|100 one|120 three"},
		/* they overlap */
		{"100 one|105 two|110 three|>", "<|105 two|110 three|115 four",
			"100 one|105 two|110 three|115 four"},
		/* the same step twice is twice the same step */
		{"100 one|101 x|101 x|>", "<|101 x|102 y", "100 one|101 x|101 x|102 y"},
		/* the middle of what two others left */
		{"100 one|120 three", "<|110 two|>", "100 one|110 two|120 three"},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct part_of a = {.steps = cases[i].a}, b = {.steps = cases[i].b};
		const struct part_of both = {.steps = cases[i].both};

		assert_joined(&arena, &a, &b, &both);
		/* What is whole takes the place of a part. */
		assert_joined(&arena, &b, &a, strchr(a.steps, '>') ? &both : &a);
		/* Again changes nothing. */
		assert_joined(&arena, &both, &b, &both);
		assert_joined(&arena, &both, &a, strchr(a.steps, '>') ? &both : &a);
		assert_joined(&arena, &a, &a, &a);
		assert_joined(&arena, &b, &b, &b);
	}
	arena_deinit(&arena);
}

static void what_covers_all_that_is_held_takes_its_place(void **state)
{
	static const struct {
		const char *held, *added;
	} cases[] = {
		{"100 one|101 two|>", "100 one|101 TWO|110 three"},
		{"<|110 three|111 four", "100 one|110 Three|111 four"},
		/* a growing log, read again and again */
		{"100 one|101 two|>", "100 one|101 TWO|110 three|>"},
		{"<|105 two|110 three", "<|100 one|105 Two|110 three"},
		/* read again by a version that says it otherwise */
		{"100 one|101 two|>", "100 One|101 Two|>"},
		{"100 one|101 two", "100 One"},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct part_of held = {.steps = cases[i].held};
		const struct part_of added = {.steps = cases[i].added};

		assert_joined(&arena, &held, &added, &added);
	}
	arena_deinit(&arena);
}

/* The beginning knows who called whom; where it does not, the other part does. */
static void the_header_is_the_beginning_of_one_and_the_end_of_the_other(void **state)
{
	const struct part_of a = {.dest = "300", .src = "", .steps = "100 one|>"};
	const struct part_of b = {.dest = "SIP/x", .src = "7", .steps = "<|110 two"};
	struct call_joined result[2];
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 24);
	joined(&arena, json_of(&arena, &a), json_of(&arena, &b), &result[0]);
	joined(&arena, json_of(&arena, &b), json_of(&arena, &a), &result[1]);
	for (int i = 0; i < 2; i++) {
		assert_true(text_equal_string(result[i].call.dest, "300"));
		assert_true(text_equal_string(result[i].call.src, "7"));
		assert_int_equal(result[i].call.start, 100);
		assert_int_equal(result[i].call.end, 110);
		assert_int_equal(result[i].call.steps, 2);
	}
	arena_deinit(&arena);
}

static void calls_with_other_numbers_and_another_channel_are_others(void **state)
{
	static const struct {
		struct part_of held, added;
		bool others;
	} cases[] = {
		{{"300", "7", "a", "100 one"}, {"400", "8", "b", "100 one"}, true},
		{{"300", "7", "a", "100 one"}, {"400", "8", "a", "100 one"}, false},
		{{"300", "7", "a", "100 one"}, {"400", "7", "b", "100 one"}, false},
		{{"300", "+7", "a", "100 one"}, {"400", "(7)", "b", "100 one"}, false},
		{{"300", "7", "", "100 one"}, {"400", "8", "b", "100 one"}, false},
		/* Of a later part the numbers may not be known. */
		{{"300", "7", "a", "100 one|>"}, {"x", "8", "b", "<|110 two"}, false},
		{{"300", "7", "a", "100 one|120 x|>"}, {"x", "8", "b", "<|110 two|>"}, true},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_joined result;

		joined(&arena, json_of(&arena, &cases[i].held), json_of(&arena, &cases[i].added),
			&result);
		if (result.others != cases[i].others) {
			fail_msg("case %zu", i);
		}
	}
	arena_deinit(&arena);
}

/* Calls that an older version stored have the words alone. */
static void a_part_is_known_by_its_words_too(void **state)
{
	static const char words[] =
		"{\"dest\":\"1\",\"src\":\"2\",\"start\":\"100\",\"end\":\"100\",\"session_id\":"
		"\"s\","
		"\"detail\":[{\"event\":{\"line\":\"Call still up at the end of the recording\","
		"\"data\":{\"module_type\":\"end\",\"result_variable\":\"\"}},\"class\":\"info\","
		"\"timestamp\":100}],\"type\":\"inbound\",\"log\":true}";
	const struct part_of b = {.steps = "<|110 two"};
	struct call_joined result;
	struct arena arena;
	struct text both;

	(void)state;
	arena_init(&arena, 1 << 24);
	both = joined(&arena, text_of(words), json_of(&arena, &b), &result);
	assert_int_equal(result.call.start, 100);
	assert_int_equal(result.call.steps, 1);
	assert_null(memmem(both.data, both.size, "still up", 8));
	arena_deinit(&arena);
}

static void what_is_not_canonical_is_refused(void **state)
{
	const struct part_of part = {.steps = "100 one|>"};
	struct call_joined result;
	struct buffer out;
	struct arena arena;
	struct error err;
	struct text json;

	(void)state;
	arena_init(&arena, 1 << 24);
	buffer_init(&out, 1 << 20);
	json = json_of(&arena, &part);
	for (size_t size = 0; size < json.size; size++) {
		assert_int_equal(
			call_join(text_head(json, size), json, &arena, &out, &result, &err), -1);
		assert_int_equal(err.code, ERROR_CORRUPT);
	}
	buffer_deinit(&out);
	arena_deinit(&arena);
}

static void without_memory_it_says_so(void **state)
{
	const struct part_of a = {.src = "\"a\"", .steps = "100 one|101 two|>"};
	const struct part_of b = {.src = "\"a\"", .steps = "<|110 three"};
	struct arena arena, small;
	struct call_joined result;
	struct text held, added;
	size_t told = 0;

	(void)state;
	arena_init(&arena, 1 << 24);
	held = json_of(&arena, &a);
	added = json_of(&arena, &b);
	for (size_t size = 0; size < 20000; size += 8) {
		AUTO(buffer_deinit) struct buffer out;
		struct error err = {0};

		buffer_init(&out, 1 << 20);
		arena_init(&small, size);
		if (call_join(held, added, &small, &out, &result, &err) < 0) {
			assert_int_equal(err.code, ERROR_NO_MEMORY);
			told++;
		}
		arena_deinit(&small);
	}
	assert_true(told > 0);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_parts_are_one_call_whichever_comes_first),
		cmocka_unit_test(what_covers_all_that_is_held_takes_its_place),
		cmocka_unit_test(the_header_is_the_beginning_of_one_and_the_end_of_the_other),
		cmocka_unit_test(calls_with_other_numbers_and_another_channel_are_others),
		cmocka_unit_test(a_part_is_known_by_its_words_too),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
