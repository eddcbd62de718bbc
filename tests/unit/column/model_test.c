/* SPDX-License-Identifier: MIT
 * Made-up calls, sealed, gone, replaced and expired in any mixture, and made-up questions: columns
 * answer what filter_matches() and plain counting do. The seeds are fixed; CALLSTEP_MODEL_SEEDS
 * asks for more of them. A failure names its seed and question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../call/random_path.h"
#include "column/best.h"
#include "column/count/stats.h"
#include "column/count/visits.h"
#include "plain_flow.h"
#include "plain_order.h"
#include "world.h"

/* ---- questions ---- */

struct asked {
	struct world *world;
	struct arena arena;
	struct filter filter;
	int64_t detail_after;
	char words[700];
	struct column_calls calls;
	const struct held **found; /* newest first */
	size_t count;
	size_t questions;
};

#define PICK(dice, items) items[dice_throw((dice), COUNT_OF(items))]

static void ask(struct asked *asked, const char *name, const char *value)
{
	size_t used = strlen(asked->words);
	struct error err = {0};

	snprintf(asked->words + used, sizeof(asked->words) - used, "%s=%s ", name, value);
	if (filter_set(&asked->filter, text_of(name), text_of(value), FIXTURE_START, &asked->arena,
		    &err) != 1) {
		fail_msg("%s: %s", asked->words, err.message);
	}
}

static void ask_times(struct asked *asked, struct dice *dice)
{
	static const char *const durations[] = {
		"0", "1", "50", "60", "4095", "4096", "65534", "65535", "65536", "5000000000"};
	char value[24];

	if (dice_throw(dice, 3) == 0) {
		snprintf(value, sizeof(value), "%lld",
			(long long)FIXTURE_START + dice_throw(dice, WORLD_SPAN));
		ask(asked, dice_throw(dice, 2) ? "start" : "end", value);
	}
	if (dice_throw(dice, 5) == 0) {
		ask(asked, dice_throw(dice, 2) ? "min_duration" : "max_duration",
			PICK(dice, durations));
	}
	if (dice_throw(dice, 40) == 0) {
		ask(asked, "state", dice_throw(dice, 2) ? "live" : "ended");
	}
}

static void ask_header(struct asked *asked, struct dice *dice)
{
	static const char *const numbers[] = {"6177123001", "617*", "*3002", "*712*", "sales", "*",
		"**98", "6177123001,6177123002", "6177123042,sales,1", "*3002,sales",
		"*3,61771230*", "6177123001,*,1", "00617*", "*06177123002", "*1", "9*", "*0*",
		"+1617*", "16177123050", "4930*", "004930*", "*9301234", "81990*", "819902*",
		"*82*", "12345678901234", "*8901234", "123456789012345", "*345678901234567*", "0*",
		"5,50,500", "*a*", "sip:6177123002@x", "none", "\"*67\"", "*67", "none,6177123001",
		"none,617*", "\"\"", "\"*98\",\"sales\""};
	static const char *const types[] = {"inbound", "outbound,transfer", "transfer"};

	if (dice_throw(dice, 3) == 0) {
		ask(asked, dice_throw(dice, 2) ? "dest" : "src", PICK(dice, numbers));
	}
	if (dice_throw(dice, 8) == 0) {
		ask(asked, dice_throw(dice, 2) ? "dest" : "src", PICK(dice, numbers));
	}
	if (dice_throw(dice, 6) == 0) {
		ask(asked, "type", PICK(dice, types));
	}
	if (dice_throw(dice, 8) == 0) {
		ask(asked, dice_throw(dice, 2) ? "-dest" : "-src", PICK(dice, numbers));
	}
	if (dice_throw(dice, 12) == 0) {
		ask(asked, "-type", PICK(dice, types));
	}
}

static uint32_t throw_for_path(void *dice, uint32_t sides)
{
	return dice_throw(dice, sides);
}

static void ask_course(struct asked *asked, struct dice *dice)
{
	static const char *const outcomes[] = {
		"answered", "missed,abandoned", "completed", "busy,failed,voicemail,transferred"};
	static const char *const enders[] = {"caller", "called,system"};
	static const char *const talks[] = {
		"0", "1", "30", "59", "255", "256", "65535", "65536", "5000000000"};

	if (dice_throw(dice, 5) == 0) {
		ask(asked, "outcome", PICK(dice, outcomes));
	}
	if (dice_throw(dice, 7) == 0) {
		ask(asked, "ended_by", PICK(dice, enders));
	}
	if (dice_throw(dice, 8) == 0) {
		ask(asked, "-outcome", PICK(dice, outcomes));
	}
	if (dice_throw(dice, 10) == 0) {
		ask(asked, "-ended_by", PICK(dice, enders));
	}
	if (dice_throw(dice, 6) == 0) {
		ask(asked, "answered", dice_throw(dice, 2) ? "true" : "false");
	}
	if (dice_throw(dice, 5) == 0) {
		ask(asked, dice_throw(dice, 2) ? "min_talk" : "max_talk", PICK(dice, talks));
	}
}

static const char *const counts[] = {"0", "1", "3", "6", "7"};
static const char *const classes[] = {"info", "prompt,error", "debug", "unheard"};
static const char *const modules[] = {"menu", "queue,digits", "hangup", "nowhere"};
static const char *const variables[] = {"main", "help", "pin,help"};

static void ask_refused(struct asked *asked, struct dice *dice)
{
	if (dice_throw(dice, 8) == 0) {
		ask(asked, "-class", PICK(dice, classes));
	}
	if (dice_throw(dice, 6) == 0) {
		ask(asked, "-module", PICK(dice, modules));
	}
	if (dice_throw(dice, 9) == 0) {
		ask(asked, "-variable", PICK(dice, variables));
	}
	if (dice_throw(dice, 7) == 0) {
		ask(asked, dice_throw(dice, 2) ? "-last_module" : "-last_variable",
			dice_throw(dice, 2) ? PICK(dice, modules) : PICK(dice, variables));
	}
}

static void ask_steps(struct asked *asked, struct dice *dice)
{
	if (dice_throw(dice, 5) == 0) {
		ask(asked, "class", PICK(dice, classes));
	}
	if (dice_throw(dice, 5) == 0) {
		ask(asked, "module", PICK(dice, modules));
	}
	if (dice_throw(dice, 7) == 0) {
		ask(asked, "variable", PICK(dice, variables));
	}
	if (dice_throw(dice, 7) == 0) {
		ask(asked, "last_module", PICK(dice, modules));
	}
	if (dice_throw(dice, 9) == 0) {
		ask(asked, "last_variable", PICK(dice, variables));
	}
	if (dice_throw(dice, 4) == 0) {
		struct random_path path = {.throw = throw_for_path, .dice = dice, .kinds = true};

		ask(asked, "path", random_path_make(&path));
	}
	if (dice_throw(dice, 6) == 0) {
		ask(asked, dice_throw(dice, 2) ? "min_steps" : "max_steps", PICK(dice, counts));
	}
	ask_refused(asked, dice);
}

static bool steps_served(const struct asked *asked, const struct held *held)
{
	return held->detail.data && held->row.call.start > asked->detail_after;
}

static void find_plainly(struct asked *asked)
{
	struct world *world = asked->world;
	AUTO(arena_deinit) struct arena scratch;

	arena_init(&scratch, SIZE_MAX);
	asked->found = arena_calloc(&asked->arena, world->count, sizeof(*asked->found));
	assert_non_null(asked->found);
	for (size_t i = world->count; i > 0; i--) {
		const struct held *held = &world->held[i - 1];
		struct text detail = steps_served(asked, held) ? held->detail : (struct text){0};
		int matches =
			filter_matches(&asked->filter, &held->row.call, detail, &scratch, NULL);

		assert_true(matches >= 0);
		if (matches) {
			asked->found[asked->count++] = held;
		}
	}
}

static void asked_begin(struct asked *asked, struct world *world)
{
	static const struct call_prefixes prefixes = {
		.items = {{"00", 2}, {"011", 3}, {"0116", 4}}, .count = 3};
	struct dice *dice = &world->dice;

	*asked = (struct asked){.world = world};
	arena_init(&asked->arena, SIZE_MAX);
	filter_init(&asked->filter);
	asked->filter.prefixes = dice_throw(dice, 2) ? &prefixes : NULL;
	ask_times(asked, dice);
	ask_header(asked, dice);
	ask_course(asked, dice);
	ask_steps(asked, dice);
	asked->detail_after =
		dice_throw(dice, 2) ? -1 : FIXTURE_START + dice_throw(dice, WORLD_SPAN);
	asked->calls = (struct column_calls){
		.kinds = &fixture_kinds,
		.blocks = world->ranges,
		.blocks_count = world->blocks_count,
		.loader = {.load = fixture_load, .context = &world->blocks},
		.fresh = world->fresh,
		.fresh_count = world->fresh_count,
	};
	find_plainly(asked);
}

static struct column_question base_of(const struct asked *asked)
{
	return (struct column_question){
		.filter = &asked->filter, .detail_after = asked->detail_after};
}

static void differ(const struct asked *asked, const char *what)
{
	fail_msg("seed %llu, %s(detail after %lld): %s differ",
		(unsigned long long)asked->world->seed, asked->words,
		(long long)(asked->detail_after - FIXTURE_START), what);
}

#define EXPECT(asked, what, holds)                                                                 \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			differ((asked), (what));                                                   \
		}                                                                                  \
	} while (0)

/* ---- pages ---- */

static void expect_row(
	const struct asked *asked, const struct column_row *found, const struct held *held)
{
	struct column_row wanted = held->row;

	if (wanted.call.start <= asked->detail_after) {
		column_row_strip(&wanted);
	}
	EXPECT(asked, "sessions of a page",
		text_equal(found->call.session_id, wanted.call.session_id));
	EXPECT(asked, "numbers of a page",
		text_equal(found->call.dest, wanted.call.dest) &&
			text_equal(found->call.src, wanted.call.src));
	EXPECT(asked, "headers of a page",
		found->call.start == wanted.call.start && found->call.end == wanted.call.end &&
			found->call.type == wanted.call.type && found->id == wanted.id);
	EXPECT(asked, "steps of a page",
		found->call.has_detail == wanted.call.has_detail &&
			found->call.steps == wanted.call.steps);
	EXPECT(asked, "outcomes of a page",
		found->call.outcome == wanted.call.outcome &&
			found->call.ended_by == wanted.call.ended_by);
	EXPECT(asked, "talks of a page",
		found->call.answered == wanted.call.answered &&
			found->call.talk == wanted.call.talk &&
			found->call.told == wanted.call.told);
}

static void check_page(struct asked *asked)
{
	static const char *const sessions[] = {"s", "s1", "s50", "s99", "t"};
	struct dice *dice = &asked->world->dice;
	struct column_page_question question = {
		.base = base_of(asked),
		.offset = dice_throw(dice, 3) ? 0 : dice_throw(dice, 40),
		.limit = dice_throw(dice, 3) ? 1000 : dice_throw(dice, 12),
		.with_total = dice_throw(dice, 3) > 0,
	};
	struct call place = {.start = FIXTURE_START + dice_throw(dice, WORLD_SPAN),
		.session_id = text_of(PICK(dice, sessions))};
	struct column_page page;
	int64_t passed = 0;
	size_t shown = 0;

	if (dice_throw(dice, 3) == 0) {
		question.after_start = place.start;
		question.after_session_id = place.session_id;
	}
	assert_int_equal(column_search(&asked->calls, &question, &asked->arena, &page, NULL), 0);
	EXPECT(asked, "totals", page.total == (question.with_total ? (int64_t)asked->count : -1));
	for (size_t i = 0; i < asked->count; i++) {
		const struct held *held = asked->found[i];

		if ((question.after_session_id.data &&
			    column_compare(&held->row.call, &place) >= 0) ||
			passed++ < question.offset || (int64_t)shown == question.limit) {
			continue;
		}
		EXPECT(asked, "lengths of pages", shown < page.count);
		expect_row(asked, &page.rows[shown++], held);
	}
	EXPECT(asked, "lengths of pages", shown == page.count);
	asked->questions++;
}

/* ---- in another order ---- */

/* Behind all questions that need the order of time. */
static void check_order(struct asked *asked)
{
	struct dice *dice = &asked->world->dice;
	const struct column_order order = {
		(enum column_order_by)dice_throw(dice, 4), dice_throw(dice, 2)};
	size_t limit = dice_throw(dice, 3) ? dice_throw(dice, 30) : 1000;
	const struct column_question question = base_of(asked);
	AUTO(column_best_deinit) struct column_best best;

	column_best_init(&best, &order, limit);
	assert_int_equal(column_best_find(&best, &asked->calls, &question, NULL), 0);
	column_best_finish(&best);
	plain_order(asked->found, asked->count, asked->detail_after, &order);
	EXPECT(asked, "totals in order", best.total == (int64_t)asked->count);
	EXPECT(asked, "lengths in order",
		best.count == (asked->count < limit ? asked->count : limit));
	for (size_t i = 0; i < best.count; i++) {
		const struct column_row row = {
			.call = best.items[i].call, .id = asked->found[i]->row.id};

		expect_row(asked, &row, asked->found[i]);
	}
	asked->questions++;
}

/* ---- statistics ---- */

/* A call in a group. */
struct counted {
	struct text key, second;
	int64_t time;
	int64_t duration;
	int64_t steps;
};

struct plain {
	struct counted *items;
	size_t count;
	struct column_entry *entries;
	size_t entries_count; /* that the limit leaves, */
	size_t entries_total; /* of so many */
};

static struct text group_key(enum column_group group, const struct column_kind *kind)
{
	if (group == COLUMN_BY_CLASS) {
		return kind->class_name;
	}
	return group == COLUMN_BY_MODULE ? kind->module : kind->variable;
}

static void count_steps(const struct asked *asked, const struct held *held, enum column_group group,
	struct plain *plain)
{
	size_t first = plain->count;

	for (uint32_t i = 0; steps_served(asked, held) && i < held->row.call.steps; i++) {
		struct text key =
			group_key(group, column_kind_find(&fixture_kinds, held->row.kinds[i]));
		size_t at = first;

		while (at < plain->count && !text_equal(plain->items[at].key, key)) {
			at++;
		}
		if (key.size == 0) {
			continue;
		}
		if (at == plain->count) {
			plain->items[plain->count++] = (struct counted){
				.key = key, .duration = held->row.call.end - held->row.call.start};
		}
		plain->items[at].steps++;
	}
}

static struct text choice_key(enum column_group group, const struct call *call)
{
	switch (group) {
	case COLUMN_BY_TYPE:
		return text_of(call_type_name(call->type));
	case COLUMN_BY_OUTCOME:
		return call_outcome_names.items[call->outcome];
	default:
		return call_ended_by_names.items[call->ended_by];
	}
}

static void count_call(struct asked *asked, const struct held *held,
	const struct column_stats_question *question, struct plain *plain)
{
	const struct call *call = &held->row.call;
	char buffer[CALL_NUMBER_MAX];
	struct counted counted = {.duration = call->end - call->start,
		.second = question->by_two ? choice_key(question->second, call) : TEXT(""),
		.steps = steps_served(asked, held) ? call->steps : 0};

	switch (question->group) {
	case COLUMN_BY_TIME:
		counted.time = call->start - call->start % question->bucket_seconds;
		break;
	case COLUMN_BY_DEST:
		counted.key =
			arena_copy(&asked->arena, call_number_undialled(asked->filter.prefixes,
							  call_number_key(call->dest, buffer)));
		break;
	case COLUMN_BY_SRC:
		counted.key =
			arena_copy(&asked->arena, call_number_undialled(asked->filter.prefixes,
							  call_number_key(call->src, buffer)));
		break;
	case COLUMN_BY_TYPE:
	case COLUMN_BY_OUTCOME:
	case COLUMN_BY_ENDED_BY:
		counted.key = choice_key(question->group, call);
		break;
	default:
		count_steps(asked, held, question->group, plain);
		return;
	}
	plain->items[plain->count++] = counted;
}

static int counted_in_order(const void *left, const void *right)
{
	const struct counted *a = left, *b = right;
	int order = text_compare(a->key, b->key);

	order = order != 0 ? order : text_compare(a->second, b->second);
	if (order != 0) {
		return order;
	}
	if (a->time != b->time) {
		return a->time < b->time ? -1 : 1;
	}
	return a->duration < b->duration ? -1 : a->duration > b->duration;
}

/* The largest first. */
static int entries_by_size(const void *left, const void *right, void *context)
{
	const struct column_stats_question *question = context;
	const struct column_entry *a = left, *b = right;
	int key = text_compare(a->key, b->key), second = text_compare(a->second, b->second);

	if (a->calls != b->calls) {
		return a->calls > b->calls ? -1 : 1;
	}
	if (a->time != b->time) {
		return a->time < b->time ? -1 : 1;
	}
	if (question->second_first) {
		return second != 0 ? second : key;
	}
	return key != 0 ? key : second;
}

static int entries_by_time(const void *left, const void *right, void *context)
{
	const struct column_entry *a = left, *b = right;

	return a->time != b->time ? (a->time < b->time ? -1 : 1)
				  : entries_by_size(left, right, context);
}

static void make_entries(struct column_stats_question *question, struct plain *plain)
{
	bool whole = !question->calls_only;

	for (size_t from = 0, to = 0; from < plain->count; from = to) {
		struct column_entry *entry = &plain->entries[plain->entries_count++];
		const struct counted *first = &plain->items[from];

		*entry = (struct column_entry){
			.key = first->key, .second = first->second, .time = first->time};
		while (to < plain->count && text_equal(plain->items[to].key, first->key) &&
			text_equal(plain->items[to].second, first->second) &&
			plain->items[to].time == first->time) {
			entry->steps += whole ? plain->items[to].steps : 0;
			entry->duration_sum += whole ? plain->items[to].duration : 0;
			to++;
		}
		entry->calls = (int64_t)(to - from);
		if (whole) {
			entry->p50 = first[(to - from + 1) / 2 - 1].duration;
			entry->p95 = first[((to - from) * 95 + 99) / 100 - 1].duration;
		}
	}
	plain->entries_total = plain->entries_count;
	if (plain->entries_total == 0) {
		return;
	}
	qsort_r(plain->entries, plain->entries_count, sizeof(*plain->entries), entries_by_size,
		question);
	if (question->limit < plain->entries_count &&
		(question->group != COLUMN_BY_TIME || question->by_two)) {
		plain->entries_count = question->limit;
	}
	qsort_r(plain->entries, plain->entries_count, sizeof(*plain->entries), entries_by_time,
		question);
}

static void count_plainly(
	struct asked *asked, struct column_stats_question *question, struct plain *plain)
{
	size_t room = asked->count * 8 + 1;

	*plain = (struct plain){
		.items = arena_calloc(&asked->arena, room, sizeof(struct counted)),
		.entries = arena_calloc(&asked->arena, room, sizeof(struct column_entry)),
	};
	assert_true(plain->items && plain->entries);
	for (size_t i = 0; i < asked->count; i++) {
		count_call(asked, asked->found[i], question, plain);
	}
	if (plain->count > 0) {
		qsort(plain->items, plain->count, sizeof(*plain->items), counted_in_order);
	}
	make_entries(question, plain);
}

static void expect_entry(
	const struct asked *asked, const struct column_entry *a, const struct column_entry *b)
{
	EXPECT(asked, "groups",
		text_equal(a->key, b->key) && text_equal(a->second, b->second) &&
			a->time == b->time);
	EXPECT(asked, "calls of groups", a->calls == b->calls);
	EXPECT(asked, "steps of groups", a->steps == b->steps);
	EXPECT(asked, "durations of groups", a->duration_sum == b->duration_sum);
	EXPECT(asked, "percentiles of groups", a->p50 == b->p50 && a->p95 == b->p95);
}

static void expect_steps(const struct asked *asked, const struct column_steps *steps)
{
	struct column_steps wanted = {0};

	for (size_t i = 0; i < asked->count; i++) {
		const struct held *held = asked->found[i];
		bool over = held->row.call.start <= asked->detail_after;
		bool with = !over && held->row.call.steps > 0;

		wanted.with_steps += with;
		wanted.over_days += over;
		wanted.without_steps += !over && !with;
	}
	EXPECT(asked, "calls with steps",
		steps->with_steps == wanted.with_steps && steps->over_days == wanted.over_days &&
			steps->without_steps == wanted.without_steps);
}

static bool is_of_steps(enum column_group group)
{
	return group >= COLUMN_BY_CLASS && group <= COLUMN_BY_VARIABLE;
}

/* Adds a second group, a choice, to about every other question. */
static void choose_second(struct dice *dice, struct column_stats_question *question)
{
	static const enum column_group choices[] = {
		COLUMN_BY_TYPE, COLUMN_BY_OUTCOME, COLUMN_BY_ENDED_BY};

	question->second = choices[dice_throw(dice, COUNT_OF(choices))];
	question->by_two = dice_throw(dice, 2) && !is_of_steps(question->group) &&
			   question->second != question->group;
	question->second_first = question->by_two && dice_throw(dice, 2);
}

static void check_stats(struct asked *asked, enum column_group group)
{
	struct dice *dice = &asked->world->dice;
	struct column_stats_question question = {
		.base = base_of(asked),
		.group = group,
		.bucket_seconds = dice_throw(dice, 2) ? 60 : 3600,
		.buckets_max = 1000,
		.calls_only = dice_throw(dice, 3) == 0,
		.limit = dice_throw(dice, 2) ? 1 + dice_throw(dice, 20) : 10000,
	};
	struct column_stats stats;
	struct plain plain;
	struct error err = {0};

	choose_second(dice, &question);
	count_plainly(asked, &question, &plain);
	if (column_stats(&asked->calls, &question, (size_t)400 << 20, &asked->arena, &stats, &err) <
		0) {
		fail_msg("%s: %s", asked->words, err.message);
	}
	EXPECT(asked, "calls of statistics", stats.calls == (int64_t)asked->count);
	EXPECT(asked, "numbers of groups",
		stats.count == plain.entries_count &&
			stats.entries_total == (int64_t)plain.entries_total);
	for (size_t i = 0; i < plain.entries_count; i++) {
		expect_entry(asked, &stats.entries[i], &plain.entries[i]);
	}
	if (is_of_steps(group)) {
		expect_steps(asked, &stats.steps);
	}
	asked->questions++;
}

/* ---- drop-off ---- */

#define PLACES_MAX 16

struct flow {
	struct text modules[PLACES_MAX], variables[PLACES_MAX];
	uint32_t count;
	int64_t reached[PLACES_MAX], ended[PLACES_MAX], ways[PLACES_MAX][PLACES_MAX];
};

static uint32_t place_of(struct flow *flow, struct text module, struct text variable)
{
	uint32_t at = 0;

	while (at < flow->count && !(text_equal(flow->modules[at], module) &&
					   text_equal(flow->variables[at], variable))) {
		at++;
	}
	if (at == flow->count) {
		assert_true(at < PLACES_MAX);
		flow->modules[at] = module;
		flow->variables[at] = variable;
		flow->count++;
	}
	return at;
}

static void flow_through(struct flow *flow, const struct held *held)
{
	bool reached[PLACES_MAX] = {false}, gone[PLACES_MAX][PLACES_MAX] = {{false}};
	uint32_t at = PLACES_MAX;

	for (uint32_t i = 0; i < held->row.call.steps; i++) {
		const struct column_kind *kind =
			column_kind_find(&fixture_kinds, held->row.kinds[i]);
		uint32_t to;

		if (text_equal_string(kind->module, "hangup")) {
			continue;
		}
		to = place_of(flow, kind->module, kind->variable);
		if (to == at) {
			continue;
		}
		flow->reached[to] += !reached[to];
		reached[to] = true;
		if (at < PLACES_MAX) {
			flow->ways[at][to] += !gone[at][to];
			gone[at][to] = true;
		}
		at = to;
	}
	if (at < PLACES_MAX) {
		flow->ended[at]++;
	}
}

static void check_dropoff(struct asked *asked)
{
	struct column_question question = base_of(asked);
	struct column_dropoff found;
	struct flow flow = {0};

	for (size_t i = 0; i < asked->count; i++) {
		if (steps_served(asked, asked->found[i])) {
			flow_through(&flow, asked->found[i]);
		}
	}
	assert_int_equal(column_dropoff(&asked->calls, &question, &asked->arena, &found, NULL), 0);
	EXPECT(asked, "calls of drop-off", found.calls == (int64_t)asked->count);
	expect_steps(asked, &found.steps);
	for (size_t i = 0; i < found.ways.count; i++) {
		const struct column_way *way = &found.ways.items[i];
		const struct column_place *from = &found.ways.places[way->from - WAYS_PLACES];
		const struct column_place *to = &found.ways.places[way->to - WAYS_PLACES];
		uint32_t a = place_of(&flow, from->module, from->variable);
		uint32_t b = place_of(&flow, to->module, to->variable);

		EXPECT(asked, "ways", flow.ways[a][b] == way->calls);
		flow.ways[a][b] = 0;
	}
	for (size_t i = 0; i < found.ways.places_count; i++) {
		const struct column_place *place = &found.ways.places[i];
		uint32_t at = place_of(&flow, place->module, place->variable);

		EXPECT(asked, "places",
			flow.reached[at] == place->calls && flow.ended[at] == found.ended[i]);
		flow.reached[at] = 0;
	}
	for (uint32_t i = 0; i < flow.count; i++) {
		EXPECT(asked, "places that were not found", flow.reached[i] == 0);
		for (uint32_t j = 0; j < flow.count; j++) {
			EXPECT(asked, "ways that were not found", flow.ways[i][j] == 0);
		}
	}
	asked->questions++;
}

/* ---- flow ---- */

static void check_flow(struct asked *asked)
{
	struct column_question question = base_of(asked);
	struct column_flow found;
	struct error err = {0};
	const char *differs;

	if (column_flow(&asked->calls, &question, true, &asked->arena, &found, &err) < 0) {
		fail_msg("%s: %s", asked->words, err.message);
	}
	EXPECT(asked, "calls of flow", found.calls == (int64_t)asked->count);
	expect_steps(asked, &found.steps);
	differs = plain_flow_differs(&found, asked->found, asked->count, asked->detail_after);
	if (differs) {
		differ(asked, differs);
	}
	asked->questions++;
}

/* ---- the whole ---- */

#define GROUPS (COLUMN_BY_SRC + 1)

/* Asks of one made-up filter: two pages, two groupings, drop-off, flow. */
static size_t ask_world(struct world *world, int filters)
{
	size_t questions = 0;

	for (int i = 0; i < filters; i++) {
		struct asked asked;

		asked_begin(&asked, world);
		check_page(&asked);
		check_page(&asked);
		check_stats(&asked, (enum column_group)dice_throw(&world->dice, GROUPS));
		check_stats(&asked, (enum column_group)dice_throw(&world->dice, GROUPS));
		check_dropoff(&asked);
		check_flow(&asked);
		check_order(&asked);
		questions += asked.questions;
		arena_deinit(&asked.arena);
	}
	return questions;
}

static void columns_answer_as_plain_counting_does(void **state)
{
	const char *more = getenv("CALLSTEP_MODEL_SEEDS");
	/* Set for sanitizers, which take ten times as long. */
	int64_t seeds = getenv("CALLSTEP_FAULT_STRIDE") ? 10 : 100;
	size_t questions = 0;

	(void)state;
	if (more) {
		assert_true(text_to_int64(text_of(more), &seeds));
	}
	for (uint64_t seed = 1; seed <= (uint64_t)seeds; seed++) {
		struct world world;

		world_begin(&world, seed, seed % 20 == 0 ? 4000 : 50 + (uint32_t)seed % 7 * 40);
		questions += ask_world(&world, 50);
		world_end(&world);
	}
	print_message("%zu questions\n", questions);
	assert_true(questions >= (size_t)seeds * 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_answer_as_plain_counting_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
