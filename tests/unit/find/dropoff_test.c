/* SPDX-License-Identifier: MIT
 * Drop-off agrees with a plain model, and its sums with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "find/dropoff.h"

#define MEMORY_MAX ((size_t)64 << 20)
#define STEPS_MAX  16
#define PLACES	   4

/* Ids 1 to 4 are places 0 to 3, 5 is another class at place 1, 6 and 7 are hang-ups. */
static const struct store_kind kinds[] = {
	{1, {"info", 4}, {"start", 5}, {"", 0}},
	{2, {"prompt", 6}, {"menu", 4}, {"X", 1}},
	{3, {"event", 5}, {"menu", 4}, {"Y", 1}},
	{4, {"event", 5}, {"", 0}, {"", 0}},
	{5, {"event", 5}, {"menu", 4}, {"X", 1}},
	{6, {"event", 5}, {"hangup", 6}, {"", 0}},
	{7, {"info", 4}, {"hangup", 6}, {"X", 1}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct fixture {
	struct dropoff dropoff;
	struct arena arena;
	struct dropoff_result result;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error err;

	assert_non_null(fixture);
	arena_init(&fixture->arena, MEMORY_MAX);
	dropoff_init(&fixture->dropoff, MEMORY_MAX);
	assert_int_equal(0, dropoff_kinds(&fixture->dropoff, kinds, KINDS, &err));
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	dropoff_deinit(&fixture->dropoff);
	arena_deinit(&fixture->arena);
	free(fixture);
	return 0;
}

static void add_call(struct fixture *fixture, const uint32_t *steps, uint32_t count)
{
	struct store_row row = {.call = {.has_detail = true, .steps = count}, .kinds = steps};
	struct error err;

	assert_int_equal(1, dropoff_row(&fixture->dropoff, &row, &err));
}

static void finish(struct fixture *fixture, size_t limit)
{
	struct error err;

	assert_int_equal(0,
		dropoff_finish(&fixture->dropoff, limit, &fixture->arena, &fixture->result, &err));
}

/* A digit a step. */
static void add_digits(struct fixture *fixture, const char *digits)
{
	uint32_t steps[STEPS_MAX];
	uint32_t count = 0;

	for (; digits[count]; count++) {
		steps[count] = (uint32_t)(digits[count] - '0');
	}
	add_call(fixture, steps, count);
}

static void calls_are_counted_once_a_place(void **state)
{
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer buffer;
	struct store_row expired = {.call = {.steps = 0}};
	struct error err;

	buffer_init(&buffer, MEMORY_MAX);
	add_digits(fixture, "112526");	/* start, menu X, hang-up: ended at menu X */
	add_digits(fixture, "1212367"); /* there and back: each way counts once */
	add_digits(fixture, "1676");
	add_digits(fixture, "66");
	add_digits(fixture, "");
	assert_int_equal(1, dropoff_row(&fixture->dropoff, &expired, &err));
	finish(fixture, 10);
	dropoff_write(&buffer, &fixture->result);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		"{\"modules\":["
		"{\"module\":\"start\",\"variable\":\"\",\"reached\":3,\"went_on\":2,\"ended\":1,"
		"\"next\":[{\"module\":\"menu\",\"variable\":\"X\",\"calls\":2}]},"
		"{\"module\":\"menu\",\"variable\":\"X\",\"reached\":2,\"went_on\":1,\"ended\":1,"
		"\"next\":[{\"module\":\"menu\",\"variable\":\"Y\",\"calls\":1},"
		"{\"module\":\"start\",\"variable\":\"\",\"calls\":1}]},"
		"{\"module\":\"menu\",\"variable\":\"Y\",\"reached\":1,\"went_on\":0,\"ended\":1,"
		"\"next\":[]}],\"total_calls\":6,\"modules_total\":3,"
		"\"calls_with_steps\":0,\"calls_over_days\":0,\"calls_without_steps\":0}");
}

static void a_kind_that_is_not_known_is_asked_for_before_anything_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct store_kind more = {100, TEXT("info"), TEXT("queue"), TEXT("")};
	uint32_t steps[] = {1, 100};
	struct store_row row = {.call = {.has_detail = true, .steps = 2}, .kinds = steps};
	struct error err;

	assert_int_equal(0, dropoff_row(&fixture->dropoff, &row, &err));
	assert_int_equal(0, dropoff_kinds(&fixture->dropoff, &more, 1, &err));
	assert_int_equal(1, dropoff_row(&fixture->dropoff, &row, &err));
	finish(fixture, 10);
	assert_int_equal(fixture->result.count, 2);
	assert_int_equal(fixture->result.places[0].reached, 1);
	assert_int_equal(fixture->result.total_calls, 1);
}

static void a_limit_leaves_the_places_that_most_reached(void **state)
{
	struct fixture *fixture = *state;

	add_digits(fixture, "123");
	add_digits(fixture, "12");
	add_digits(fixture, "1");
	finish(fixture, 2);
	assert_int_equal(fixture->result.count, 2);
	assert_int_equal(fixture->result.places_total, 3);
	assert_true(text_equal(fixture->result.places[1].module, TEXT("menu")));
	assert_int_equal(fixture->result.places[1].reached, 2);
	assert_int_equal(fixture->result.places[1].next_count, 1);
}

static void no_calls_have_no_places(void **state)
{
	struct fixture *fixture = *state;

	finish(fixture, 10);
	assert_int_equal(fixture->result.count, 0);
	assert_int_equal(fixture->result.places_total, 0);
}

/* ---- the model ---- */

struct model {
	int64_t reached[PLACES];
	int64_t ended[PLACES];
	int64_t ways[PLACES][PLACES];
};

static int place_of(uint32_t kind)
{
	static const int places[] = {-1, 0, 1, 2, 3, 1, -1, -1};

	return places[kind];
}

static void model_call(struct model *model, const uint32_t *steps, uint32_t count)
{
	bool reached[PLACES] = {0}, ways[PLACES][PLACES] = {0};
	int at = -1;

	for (uint32_t i = 0; i < count; i++) {
		int place = place_of(steps[i]);

		if (place >= 0) {
			reached[place] = true;
			if (at >= 0 && at != place) {
				ways[at][place] = true;
			}
			at = place;
		}
	}
	for (int i = 0; i < PLACES; i++) {
		model->reached[i] += reached[i];
		model->ended[i] += i == at;
		for (int j = 0; j < PLACES; j++) {
			model->ways[i][j] += ways[i][j];
		}
	}
}

static int find_place(struct text module, struct text variable)
{
	for (int i = 0; i < PLACES; i++) {
		if (text_equal(kinds[i].module, module) &&
			text_equal(kinds[i].variable, variable)) {
			return i;
		}
	}
	fail_msg("no such place");
	return -1;
}

static void check_place(const struct model *model, const struct dropoff_place *place)
{
	int at = find_place(place->module, place->variable);
	int64_t ways = 0;

	assert_int_equal(place->reached, model->reached[at]);
	assert_int_equal(place->ended, model->ended[at]);
	for (size_t i = 0; i < place->next_count; i++) {
		int to = find_place(place->next[i].module, place->next[i].variable);

		assert_int_equal(place->next[i].calls, model->ways[at][to]);
		assert_true(i == 0 || place->next[i - 1].calls >= place->next[i].calls);
		ways += place->next[i].calls;
	}
	for (int to = 0; to < PLACES; to++) {
		ways -= model->ways[at][to];
	}
	assert_int_equal(ways, 0);
}

static void random_calls_agree_with_the_model(void **state)
{
	struct fixture *fixture = *state;
	struct model model = {0};
	uint64_t seed = 5;

	for (int i = 0; i < 5000; i++) {
		uint32_t steps[STEPS_MAX];
		uint32_t count;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		count = (uint32_t)(seed >> 60);
		for (uint32_t j = 0; j < count; j++) {
			steps[j] = 1 + (uint32_t)(seed >> (3 * j)) % 7;
		}
		model_call(&model, steps, count);
		add_call(fixture, steps, count);
	}
	finish(fixture, 10);
	assert_int_equal(fixture->result.count, PLACES);
	for (size_t i = 0; i < PLACES; i++) {
		check_place(&model, &fixture->result.places[i]);
	}
}

static void memory_has_a_ceiling(void **state)
{
	AUTO(dropoff_deinit) struct dropoff dropoff;
	struct error err = {0};
	int status = 0;

	(void)state;
	dropoff_init(&dropoff, 1 << 20);
	for (uint32_t i = 1; status == 0; i++) {
		char module[16];
		struct store_kind kind = {.id = i};

		snprintf(module, sizeof(module), "%u", i);
		kind.module = text_of(module);
		status = dropoff_kinds(&dropoff, &kind, 1, &err);
		assert_true(i < 100000);
	}
	assert_int_equal(err.code, ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_are_counted_once_a_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_kind_that_is_not_known_is_asked_for_before_anything_is_counted, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_limit_leaves_the_places_that_most_reached, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_calls_have_no_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			random_calls_agree_with_the_model, set_up, tear_down),
		cmocka_unit_test(memory_has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
