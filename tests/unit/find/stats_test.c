/* SPDX-License-Identifier: MIT
 * Statistics agree with a plain model that keeps everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "find/stats.h"

#define MEMORY_MAX ((size_t)256 << 20)
#define CALLS	   2000
#define STEPS_MAX  12
#define GROUPS_MAX 1000

static const struct store_kind kinds[] = {
	{1, {"info", 4}, {"start", 5}, {"", 0}},
	{2, {"prompt", 6}, {"menu", 4}, {"X", 1}},
	{3, {"event", 5}, {"menu", 4}, {"X", 1}},
	{4, {"event", 5}, {"menu", 4}, {"Y", 1}},
	{7, {"error", 5}, {"", 0}, {"", 0}},
	{40, {"event", 5}, {"hangup", 6}, {"", 0}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct row {
	struct call call;
	char dest[16];
	uint32_t kinds[STEPS_MAX];
};

struct fixture {
	struct row rows[CALLS];
	struct arena arena;
};

static uint32_t random_number(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}

static void make_row(struct row *row, uint64_t *seed, int64_t start)
{
	int size = snprintf(row->dest, sizeof(row->dest), "+1 (%u)", random_number(seed, 300));

	row->call = (struct call){
		.dest = {.data = row->dest, .size = (size_t)size},
		.start = start,
		.end = start + random_number(seed, 1 + random_number(seed, 500)),
		.type = (enum call_type)random_number(seed, 3),
		.has_detail = random_number(seed, 5) > 0,
	};
	row->call.steps = row->call.has_detail ? random_number(seed, STEPS_MAX) : 0;
	for (uint32_t i = 0; i < row->call.steps; i++) {
		row->kinds[i] = kinds[random_number(seed, KINDS)].id;
	}
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int64_t start = 1800000000;
	uint64_t seed = 3;

	assert_non_null(fixture);
	arena_init(&fixture->arena, MEMORY_MAX);
	for (size_t i = 0; i < CALLS; i++) {
		start -= random_number(&seed, 2000);
		make_row(&fixture->rows[i], &seed, start);
	}
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_deinit(&fixture->arena);
	free(fixture);
	return 0;
}

static struct store_row store_row(const struct row *row)
{
	return (struct store_row){
		.call = row->call, .kinds = row->call.has_detail ? row->kinds : NULL};
}

static void count_all(struct fixture *fixture, const struct stats_question *question,
	struct stats_result *ret_result)
{
	AUTO(stats_deinit) struct stats stats;
	struct error err = {0};

	stats_init(&stats, question, MEMORY_MAX);
	for (size_t i = 0; i < CALLS; i++) {
		struct store_row row = store_row(&fixture->rows[i]);
		int counted = stats_row(&stats, &row, &err);

		if (counted == 0) {
			assert_int_equal(0, stats_kinds(&stats, kinds, KINDS, &err));
			counted = stats_row(&stats, &row, &err);
		}
		assert_int_equal(counted, 1);
	}
	assert_int_equal(0, stats_finish(&stats, &fixture->arena, ret_result, &err));
}

/* ---- the model: every group with all its durations ---- */

struct model_group {
	char key[32];
	int64_t calls;
	int64_t steps;
	int64_t durations[CALLS];
};

struct model {
	struct model_group *groups;
	size_t count;
};

static struct model_group *model_group(struct model *model, const char *key)
{
	for (size_t i = 0; i < model->count; i++) {
		if (strcmp(model->groups[i].key, key) == 0) {
			return &model->groups[i];
		}
	}
	assert_true(model->count < GROUPS_MAX);
	snprintf(model->groups[model->count].key, 32, "%s", key);
	return &model->groups[model->count++];
}

static void model_call(struct model_group *group, const struct call *call)
{
	group->durations[group->calls++] = call->end - call->start;
}

static const struct store_kind *kind_of(uint32_t id)
{
	size_t i = 0;

	while (kinds[i].id != id) {
		i++;
	}
	return &kinds[i];
}

static struct text kind_text(enum stats_group by, const struct store_kind *kind)
{
	return by == STATS_CLASS    ? kind->class_name
	       : by == STATS_MODULE ? kind->module
				    : kind->variable;
}

static bool stood_before(const struct row *row, uint32_t step, enum stats_group by)
{
	for (uint32_t i = 0; i < step; i++) {
		if (text_equal(kind_text(by, kind_of(row->kinds[i])),
			    kind_text(by, kind_of(row->kinds[step])))) {
			return true;
		}
	}
	return false;
}

static void model_steps(struct model *model, const struct row *row, enum stats_group by)
{
	for (uint32_t i = 0; i < row->call.steps; i++) {
		struct text key = kind_text(by, kind_of(row->kinds[i]));
		struct model_group *group;

		if (key.size == 0) {
			continue;
		}
		group = model_group(model, key.data);
		group->steps++;
		if (!stood_before(row, i, by)) {
			model_call(group, &row->call);
		}
	}
}

static void model_row(struct model *model, const struct row *row, const struct stats_question *by)
{
	struct model_group *group;
	char key[32];

	if (by->group >= STATS_CLASS) {
		model_steps(model, row, by->group);
		return;
	}
	switch (by->group) {
	case STATS_TIME:
		snprintf(key, sizeof(key), "%lld",
			(long long)(row->call.start / by->bucket_seconds * by->bucket_seconds));
		break;
	case STATS_DEST:
		/* "+1 (23)" is compared as "123" */
		snprintf(key, sizeof(key), "1%.*s", (int)row->call.dest.size - 5, row->dest + 4);
		break;
	default:
		snprintf(key, sizeof(key), "%s", call_type_name(row->call.type));
		break;
	}
	group = model_group(model, key);
	group->steps += row->call.steps;
	model_call(group, &row->call);
}

static int compare_numbers(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* Nearest rank, as it is defined. */
static int64_t model_percentile(const struct model_group *group, int percent)
{
	int64_t rank = 1;

	while (rank * 100 < percent * group->calls) {
		rank++;
	}
	return group->durations[rank - 1];
}

static void check_entry(const struct model_group *group, const struct stats_entry *entry)
{
	int64_t sum = 0;

	for (int64_t i = 0; i < group->calls; i++) {
		sum += group->durations[i];
	}
	assert_int_equal(entry->calls, group->calls);
	assert_int_equal(entry->steps, group->steps);
	assert_int_equal(entry->duration_sum, sum);
	assert_int_equal(entry->p50, model_percentile(group, 50));
	assert_int_equal(entry->p95, model_percentile(group, 95));
}

static void check_order(const struct stats_result *result)
{
	for (size_t i = 1; i < result->count; i++) {
		const struct stats_entry *a = &result->entries[i - 1], *b = &result->entries[i];

		if (result->question.group == STATS_TIME) {
			assert_true(a->time < b->time);
		} else {
			assert_true(a->calls > b->calls ||
				    (a->calls == b->calls && text_compare(a->key, b->key) < 0));
		}
	}
}

static void check_result(struct fixture *fixture, const struct stats_result *result)
{
	struct model model = {.groups = calloc(GROUPS_MAX, sizeof(struct model_group))};

	assert_non_null(model.groups);
	for (size_t i = 0; i < CALLS; i++) {
		model_row(&model, &fixture->rows[i], &result->question);
	}
	for (size_t i = 0; i < model.count; i++) {
		qsort(model.groups[i].durations, (size_t)model.groups[i].calls, sizeof(int64_t),
			compare_numbers);
	}
	assert_int_equal(result->entries_total, model.count);
	assert_int_equal(result->total_calls, CALLS);
	for (size_t i = 0; i < result->count; i++) {
		char time[32];

		snprintf(time, sizeof(time), "%lld", (long long)result->entries[i].time);
		check_entry(model_group(&model, result->question.group == STATS_TIME
							? time
							: result->entries[i].key.data),
			&result->entries[i]);
	}
	assert_int_equal(result->entries_total, model.count);
	check_order(result);
	free(model.groups);
}

static void every_group_agrees_with_the_model(void **state)
{
	struct fixture *fixture = *state;

	for (enum stats_group group = STATS_TIME; group <= STATS_VARIABLE; group++) {
		struct stats_question question = {
			.group = group, .bucket_seconds = 3600, .limit = 1000};
		struct stats_result result;

		count_all(fixture, &question, &result);
		check_result(fixture, &result);
		assert_int_equal(result.count, result.entries_total);
	}
}

static void a_limit_leaves_the_largest(void **state)
{
	struct fixture *fixture = *state;
	struct stats_question question = {.group = STATS_DEST, .limit = 1000};
	struct stats_result all, some;

	count_all(fixture, &question, &all);
	question.limit = 7;
	count_all(fixture, &question, &some);
	assert_int_equal(some.count, 7);
	assert_int_equal(some.entries_total, all.entries_total);
	for (size_t i = 0; i < some.count; i++) {
		assert_true(text_equal(some.entries[i].key, all.entries[i].key));
		assert_int_equal(some.entries[i].p95, all.entries[i].p95);
	}
}

static void counting_calls_only_gives_the_same_calls(void **state)
{
	struct fixture *fixture = *state;
	struct stats_question question = {
		.group = STATS_TIME, .bucket_seconds = 86400, .limit = 1000};
	struct stats_result all, calls;

	count_all(fixture, &question, &all);
	question.calls_only = true;
	count_all(fixture, &question, &calls);
	assert_int_equal(all.count, calls.count);
	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(all.entries[i].time, calls.entries[i].time);
		assert_int_equal(all.entries[i].calls, calls.entries[i].calls);
	}
}

static void percentiles_are_of_the_nearest_rank(void **state)
{
	static const struct {
		int64_t durations[5];
		size_t count;
		int64_t p50, p95;
	} cases[] = {
		{{7}, 1, 7, 7},
		{{3, 9}, 2, 3, 9},
		{{15, 20, 35, 40, 50}, 5, 35, 50},
		{{1, 1, 1, 1, 100}, 5, 1, 100},
	};
	struct stats_question question = {.group = STATS_TYPE, .limit = 10};
	struct fixture *fixture = *state;
	struct stats_result result;
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(stats_deinit) struct stats stats;

		stats_init(&stats, &question, MEMORY_MAX);
		for (size_t j = 0; j < cases[i].count; j++) {
			struct store_row row = {.call = {.end = cases[i].durations[j]}};

			assert_int_equal(1, stats_row(&stats, &row, &err));
		}
		assert_int_equal(0, stats_finish(&stats, &fixture->arena, &result, &err));
		assert_int_equal(result.entries[0].p50, cases[i].p50);
		assert_int_equal(result.entries[0].p95, cases[i].p95);
	}
}

static void durations_that_no_number_holds_are_the_largest(void **state)
{
	AUTO(stats_deinit) struct stats stats;
	struct stats_question question = {.group = STATS_TYPE, .limit = 10};
	struct store_row row = {.call = {.end = INT64_C(999999999999999999)}};
	struct fixture *fixture = *state;
	struct stats_result result;
	struct error err;

	stats_init(&stats, &question, MEMORY_MAX);
	for (int i = 0; i < 11; i++) {
		assert_int_equal(1, stats_row(&stats, &row, &err));
	}
	assert_int_equal(0, stats_finish(&stats, &fixture->arena, &result, &err));
	assert_true(result.entries[0].duration_sum == INT64_MAX);
}

static void too_many_buckets_are_an_error_that_says_so(void **state)
{
	AUTO(stats_deinit) struct stats stats;
	struct stats_question question = {.group = STATS_TIME, .bucket_seconds = 60, .limit = 10};
	struct store_row row = {.call = {.start = 6000000}};
	struct error err = {0};

	(void)state;
	stats_init(&stats, &question, MEMORY_MAX);
	for (int i = 0; i < STATS_BUCKETS_MAX; i++, row.call.start -= 60) {
		row.call.end = row.call.start;
		assert_int_equal(1, stats_row(&stats, &row, &err));
	}
	assert_int_equal(-1, stats_row(&stats, &row, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_true(text_starts_with(text_of(err.message), TEXT("bucket: there are more than")));
}

static void memory_has_a_ceiling(void **state)
{
	AUTO(stats_deinit) struct stats stats;
	struct stats_question question = {.group = STATS_DEST, .limit = 10};
	struct error err = {0};
	int counted = 1;

	(void)state;
	stats_init(&stats, &question, 1 << 20);
	for (int i = 0; counted > 0; i++) {
		char dest[16];
		struct store_row row = {0};

		snprintf(dest, sizeof(dest), "%d", i);
		row.call.dest = text_of(dest);
		counted = stats_row(&stats, &row, &err);
		assert_true(i < 100000);
	}
	assert_int_equal(counted, -1);
	assert_int_equal(err.code, ERROR_TOO_LARGE);
}

static void write_result(
	struct fixture *fixture, const struct stats_question *question, struct buffer *buffer)
{
	AUTO(stats_deinit) struct stats stats;
	uint32_t steps[] = {2, 3};
	struct store_row row = {.call = {.dest = TEXT("a\"b"),
					.start = 7300,
					.end = 7310,
					.has_detail = true,
					.steps = 2},
		.kinds = steps};
	struct stats_result result;
	struct error err;

	stats_init(&stats, question, MEMORY_MAX);
	assert_int_equal(0, stats_kinds(&stats, kinds, KINDS, &err));
	assert_int_equal(1, stats_row(&stats, &row, &err));
	assert_int_equal(0, stats_finish(&stats, &fixture->arena, &result, &err));
	buffer_clear(buffer);
	stats_write(buffer, &result);
	buffer_append_byte(buffer, '\0');
}

static void the_document_is_that_of_the_api(void **state)
{
	static const struct {
		struct stats_question question;
		const char *document;
	} cases[] = {
		{{.group = STATS_TIME, .bucket_seconds = 3600, .limit = 1},
			"{\"group\":\"time\",\"bucket\":\"hour\",\"zone\":\"UTC\",\"groups\":[{"
			"\"key\":7200,"
			"\"calls\":1,"
			"\"steps\":2,\"duration\":{\"sum\":10,\"p50\":10,\"p95\":10}}],"
			"\"groups_total\":1,\"total_calls\":1}"},
		{{.group = STATS_TIME, .bucket_seconds = 60, .calls_only = true, .limit = 1},
			"{\"group\":\"time\",\"bucket\":\"minute\",\"zone\":\"UTC\",\"groups\":[{"
			"\"key\":7260,"
			"\"calls\":1}],\"groups_total\":1,\"total_calls\":1}"},
		{{.group = STATS_DEST, .calls_only = true, .limit = 1},
			"{\"group\":\"dest\",\"groups\":[{\"key\":\"a\\\"b\",\"calls\":1}],"
			"\"groups_total\":1,\"total_calls\":1}"},
		{{.group = STATS_CLASS, .calls_only = true, .limit = 1},
			"{\"group\":\"class\",\"groups\":[{\"key\":\"event\",\"calls\":1}],"
			"\"groups_total\":2,\"total_calls\":1,"
			"\"calls_with_steps\":0,\"calls_over_days\":0,\"calls_without_steps\":0}"},
	};
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, MEMORY_MAX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_result(*state, &cases[i].question, &buffer);
		assert_string_equal(buffer.data, cases[i].document);
	}
}

static void names_are_read(void **state)
{
	static const char *const wrong[] = {"", ",", "caller", "time,", ",time", "time,time",
		"type,dest,src", "time;type", "Time"};
	struct stats_question question = {0};
	int64_t seconds;
	struct error err;

	(void)state;
	for (enum stats_group i = STATS_TIME; i <= STATS_SRC; i++) {
		assert_int_equal(
			stats_groups_parse(text_of(stats_group_name(i)), &question, &err), 0);
		assert_int_equal(question.group, i);
		assert_false(question.by_two);
	}
	assert_int_equal(stats_groups_parse(TEXT("outcome,time"), &question, &err), 0);
	assert_true(question.by_two);
	assert_int_equal(question.group, STATS_OUTCOME);
	assert_int_equal(question.second, STATS_TIME);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_int_equal(stats_groups_parse(text_of(wrong[i]), &question, &err), -1);
		assert_int_equal(err.code, ERROR_INVALID);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(stats_bucket_parse(text_of(wrong[i]), &seconds));
	}
	assert_true(stats_bucket_parse(TEXT("month"), &seconds));
	assert_string_equal(stats_bucket_name(seconds), "month");
}

/* Calls as large as a group allows in the one result, and rows of two groups in the other. */
static void two_groups_are_what_is_alike_in_both(void **state)
{
	static const struct {
		int64_t start, end;
		enum call_type type;
	} calls[] = {{7300, 7310, CALL_INBOUND}, {7250, 7251, CALL_OUTBOUND},
		{7201, 7205, CALL_INBOUND}, {90, 99, CALL_INBOUND}};
	struct stats_question question = {.group = STATS_TYPE,
		.by_two = true,
		.second = STATS_TIME,
		.bucket_seconds = 3600,
		.limit = 10};
	AUTO(stats_deinit) struct stats stats;
	struct fixture *fixture = *state;
	AUTO(buffer_deinit) struct buffer buffer;
	struct stats_result result;
	struct error err;

	buffer_init(&buffer, MEMORY_MAX);
	stats_init(&stats, &question, MEMORY_MAX);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct store_row row = {.call = {.start = calls[i].start,
						.end = calls[i].end,
						.type = calls[i].type}};

		assert_int_equal(1, stats_row(&stats, &row, &err));
	}
	assert_int_equal(0, stats_finish(&stats, &fixture->arena, &result, &err));
	stats_write_csv(&buffer, &result);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data,
		"type,time,time_iso,calls,steps,duration_sum,duration_p50,duration_p95\r\n"
		"inbound,0,1970-01-01T00:00:00Z,1,0,9,9,9\r\n"
		"inbound,7200,1970-01-01T02:00:00Z,2,0,14,4,10\r\n"
		"outbound,7200,1970-01-01T02:00:00Z,1,0,1,1,1\r\n");
}

/* The largest ones stay. */
static void a_limit_cuts_two_groups_and_how_many_there_are_is_told(void **state)
{
	struct stats_question question = {.group = STATS_TIME,
		.by_two = true,
		.second = STATS_MODULE,
		.bucket_seconds = ZONE_DAY_S,
		.limit = 1000};
	struct fixture *fixture = *state;
	struct stats_result all, some;

	count_all(fixture, &question, &all);
	question.limit = 5;
	count_all(fixture, &question, &some);
	assert_int_equal(some.count, 5);
	assert_int_equal(some.entries_total, all.count);
	for (size_t i = 0; i < some.count; i++) {
		size_t larger = 0;

		for (size_t j = 0; j < all.count; j++) {
			larger += all.entries[j].calls > some.entries[i].calls;
		}
		assert_true(larger < 5);
		assert_true(i == 0 || some.entries[i].time >= some.entries[i - 1].time);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_group_agrees_with_the_model),
		cmocka_unit_test(a_limit_leaves_the_largest),
		cmocka_unit_test(counting_calls_only_gives_the_same_calls),
		cmocka_unit_test(percentiles_are_of_the_nearest_rank),
		cmocka_unit_test(durations_that_no_number_holds_are_the_largest),
		cmocka_unit_test(too_many_buckets_are_an_error_that_says_so),
		cmocka_unit_test(memory_has_a_ceiling),
		cmocka_unit_test(the_document_is_that_of_the_api),
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(two_groups_are_what_is_alike_in_both),
		cmocka_unit_test(a_limit_cuts_two_groups_and_how_many_there_are_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
