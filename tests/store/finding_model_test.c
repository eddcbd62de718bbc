/* SPDX-License-Identifier: MIT
 * Made-up calls and questions: a store finds what walking all its calls finds, whatever was put,
 * replaced and moved before. The seeds are fixed; a failure names its seed and question. */
#include "fixture.h"

#include "../rounds.h"
#include "../unit/call/random_path.h"
#include "find/dropoff.h"
#include "find/flow.h"
#include "find/places.h"
#include "find/stats.h"
#include "reference.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T		MIDNIGHT
#define SPAN		400 /* seconds in which calls start: many start in one */

struct dice {
	uint64_t state;
};

static uint32_t throw(struct dice * dice, uint32_t sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % sides;
}

static const char *pick(struct dice *dice, const char *const *items, size_t count)
{
	return items[throw(dice, (uint32_t)count)];
}
#define PICK(dice, items) pick(dice, items, COUNT_OF(items))

static const char *const numbers[] = {"6177123001", "+617 712-3002", "6177123003", "sales", "*98",
	"", "Unknown", "sip:+6177123002@pbx",
	("617/7123\xc2\xa0"
	 "003"),
	"006177123001", "011 617 712 3002", "01161771"};
static const struct call_prefixes prefixes = {
	.items = {{"00", 2}, {"011", 3}, {"0116", 4}}, .count = 3};
static const char *const classes[] = {"info", "prompt", "error"};
static const char *const modules[] = {"menu", "queue", "hangup", "digits"};
static const char *const variables[] = {"main", "help", "pin"};
static const char *const lines[] = {"Press one", "press two", "Connected to 203", "203 is busy",
	"Hung up by the caller", "User input: 1", "user-input", "Caf\xc3\xa9 one",
	"\xe9\x85\x8d\xe9\x81\x94 one", "", "?!", "one one two", "INVALID",
	"pr\xc3\xa9ss one two three four"};

/* ---- calls ---- */

/* Something that the steps do not say. */
static void tell_of(struct dice *dice, struct call *call)
{
	if (throw(dice, 3) == 0) {
		call->outcome = (enum call_outcome) throw(dice, CALL_COMPLETED + 1);
		call->told |= CALL_TOLD_OUTCOME;
	}
	if (throw(dice, 3) == 0) {
		call->ended_by = (enum call_ended_by) throw(dice, CALL_ENDED_BY_SYSTEM + 1);
		call->told |= CALL_TOLD_ENDED_BY;
	}
	if (throw(dice, 3) == 0) {
		call->answered = throw(dice, 2) ? call->start + throw(dice, 50) : 0;
		call->told |= CALL_TOLD_ANSWERED;
	}
	if (throw(dice, 3) == 0) {
		call->talk = throw(dice, 50);
		call->told |= CALL_TOLD_TALK;
	}
}

static struct store_put random_put(struct fixture *f, struct dice *dice, uint32_t sessions)
{
	struct step_of steps[5];
	uint32_t count = throw(dice, COUNT_OF(steps) + 1);
	char session[16];
	int64_t start = T + throw(dice, SPAN);
	struct store_put put;

	snprintf(session, sizeof(session), "s%u", throw(dice, sessions));
	for (uint32_t i = 0; i < count; i++) {
		steps[i] = (struct step_of){
			.class_name = PICK(dice, classes),
			.module = throw(dice, 5) == 0 ? NULL : PICK(dice, modules),
			.variable = PICK(dice, variables),
			.line = PICK(dice, lines),
		};
	}
	put = put_of_steps(f, session, start, steps, count);
	put.call.dest = text_of(PICK(dice, numbers));
	put.call.src = text_of(PICK(dice, numbers));
	put.call.end = start + throw(dice, 100);
	put.call.type = (enum call_type) throw(dice, 3);
	repack(f, &put, steps, count);
	if (throw(dice, 4) == 0) {
		put.call.has_detail = false;
		put.call.steps = 0;
		put.packed = (struct packed){0};
	}
	tell_of(dice, &put.call);
	if (throw(dice, 4) == 0) {
		put.account_id = f->other;
	}
	return put;
}

/* How much is put and asked. */
struct plan {
	int rounds;
	size_t puts; /* a round */
	uint32_t sessions;
	int questions; /* a round */
	bool texts;    /* each question is for a text, every other for more */
};

static void put_some(struct fixture *f, struct dice *dice, const struct plan *plan)
{
	struct store_put *puts = calloc(plan->puts, sizeof(*puts));

	assert_non_null(puts);
	for (size_t i = 0; i < plan->puts; i++) {
		puts[i] = random_put(f, dice, plan->sessions);
	}
	put_all(f, puts, plan->puts);
	free(puts);
}

static void drop_some(struct fixture *f, struct dice *dice)
{
	if (throw(dice, 3) == 0) {
		int64_t up_to = T + throw(dice, SPAN);
		int64_t limit = throw(dice, 20);

		drop_old(f, up_to, limit, throw(dice, 4) == 0);
	}
}

/* ---- questions ---- */

struct question {
	struct filter filter;
	struct store_search search;
	char words[700]; /* `name=value ` for each parameter */
};

static void ask(struct fixture *f, struct question *question, const char *name, const char *value)
{
	size_t used = strlen(question->words);
	struct error err = {0};

	snprintf(question->words + used, sizeof(question->words) - used, "%s=%s ", name, value);
	if (filter_set(&question->filter, text_of(name), text_of(value), T, &f->arena, &err) != 1) {
		fail_msg("%s: %s", question->words, err.message);
	}
}

static void ask_times(struct fixture *f, struct dice *dice, struct question *question)
{
	char value[24];

	if (throw(dice, 3) == 0) {
		snprintf(value, sizeof(value), "%lld", (long long)(T + throw(dice, SPAN)));
		ask(f, question, throw(dice, 2) ? "start" : "end", value);
	}
	if (throw(dice, 5) == 0) {
		snprintf(value, sizeof(value), "%u", throw(dice, 100));
		ask(f, question, throw(dice, 2) ? "min_duration" : "max_duration", value);
	}
}

static void ask_outcome(struct fixture *f, struct dice *dice, struct question *question)
{
	static const char *const outcomes[] = {"answered", "missed,abandoned", "completed"};
	static const char *const enders[] = {"caller", "called,system"};
	char value[24];

	switch (throw(dice, 6)) {
	case 4:
		ask(f, question, "-outcome", PICK(dice, outcomes));
		break;
	case 5:
		ask(f, question, "-ended_by", PICK(dice, enders));
		break;
	case 0:
		ask(f, question, "outcome", PICK(dice, outcomes));
		break;
	case 1:
		ask(f, question, "ended_by", PICK(dice, enders));
		break;
	case 2:
		ask(f, question, "answered", throw(dice, 2) ? "true" : "false");
		break;
	default:
		snprintf(value, sizeof(value), "%u", throw(dice, 50));
		ask(f, question, throw(dice, 2) ? "min_talk" : "max_talk", value);
		break;
	}
}

static void ask_header(struct fixture *f, struct dice *dice, struct question *question)
{
	static const char *const wanted[] = {"6177123001", "617*", "*3002", "*712*", "sales", "*",
		"**98", "6177123001,6177123002", "6177123003,sales,1", "*3002,sales",
		"*3,61771230*", "6177123001,*,1", "00617*", "*06177123002",
		"6177123003,6177123001,6177123002", "none", "none,*3002", "\"*98\"", "\"\""};
	static const char *const types[] = {"inbound", "outbound,transfer", "transfer"};
	static const char *const beginnings[] = {
		"s*", "s1*", "s5", "s9*", "s1", "s", "t*", "\"s1*\""};

	if (throw(dice, 4) == 0) {
		ask(f, question, throw(dice, 3) ? "dest" : "src", PICK(dice, wanted));
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, "type", PICK(dice, types));
	}
	if (throw(dice, 5) == 0) {
		ask(f, question, "session", PICK(dice, beginnings));
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, throw(dice, 2) ? "-dest" : "-src", PICK(dice, wanted));
	}
	if (throw(dice, 9) == 0) {
		ask(f, question, "-type", PICK(dice, types));
	}
	if (throw(dice, 3) == 0) {
		ask_outcome(f, dice, question);
	}
}

static const char *const texts[] = {"one", "press", "\"press one\"", "pre*", "\"one two\"",
	"one two", "cafe", "user-input", "\xe9\x81\x94", "\"one t*\"", "unheard", "three",
	"invalid user", "\"two user\""};

static uint32_t throw_for_path(void *dice, uint32_t sides)
{
	return throw(dice, sides);
}

static void ask_path(struct fixture *f, struct dice *dice, struct question *question)
{
	struct random_path path = {
		.throw = throw_for_path, .dice = dice, .kinds = throw(dice, 2) == 0};

	ask(f, question, "path", random_path_make(&path));
}

static const char *const counts[] = {"0", "1", "2", "4", "5"};
static const char *const some_data[] = {"module_type=menu", "result_variable=main",
	"module_type=menu,module_type=queue", "module_type=nothing"};
static const char *const some_modules[] = {"menu", "queue,digits", "hangup", "nowhere"};

static void ask_refused(struct fixture *f, struct dice *dice, struct question *question)
{
	if (throw(dice, 8) == 0) {
		ask(f, question, "-class", PICK(dice, classes));
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, "-module", PICK(dice, some_modules));
	}
	if (throw(dice, 8) == 0) {
		ask(f, question, "-last_module", PICK(dice, some_modules));
	}
	if (throw(dice, 10) == 0) {
		ask(f, question, throw(dice, 2) ? "-variable" : "-last_variable",
			PICK(dice, variables));
	}
}

static void ask_detail(struct fixture *f, struct dice *dice, struct question *question)
{
	if (throw(dice, 3) == 0) {
		ask(f, question, "text", PICK(dice, texts));
	}
	if (throw(dice, 5) == 0) {
		ask(f, question, "class", PICK(dice, classes));
	}
	if (throw(dice, 4) == 0) {
		ask(f, question, "module", PICK(dice, some_modules));
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, "variable", PICK(dice, variables));
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, "last_module", PICK(dice, some_modules));
	}
	if (throw(dice, 8) == 0) {
		ask(f, question, "last_variable", PICK(dice, variables));
	}
	if (throw(dice, 3) == 0) {
		ask_path(f, dice, question);
	}
	if (throw(dice, 6) == 0) {
		ask(f, question, "step_data", PICK(dice, some_data));
	}
	if (throw(dice, 5) == 0) {
		ask(f, question, throw(dice, 2) ? "min_steps" : "max_steps", PICK(dice, counts));
	}
	ask_refused(f, dice, question);
}

static void random_question(
	struct fixture *f, struct dice *dice, const struct plan *plan, struct question *question)
{
	static const char *const sessions[] = {"s", "s1", "s50", "s99", "t"};

	*question = (struct question){0};
	filter_init(&question->filter);
	question->filter.prefixes = throw(dice, 2) ? &prefixes : NULL;
	ask_times(f, dice, question);
	if (plan->texts) {
		ask(f, question, "text", PICK(dice, texts));
	} else {
		ask_detail(f, dice, question);
	}
	if (!plan->texts || throw(dice, 2)) {
		ask_header(f, dice, question);
	}
	question->search = (struct store_search){
		.account_id = throw(dice, 4) == 0 ? f->other : f->account,
		.filter = &question->filter,
		.detail_after = throw(dice, 2) ? -1 : T + throw(dice, SPAN),
		.offset = throw(dice, 3) == 0 ? throw(dice, 20) : 0,
		.limit = throw(dice, 3) == 0 ? throw(dice, 10) : 1000,
		.with_packed = throw(dice, 2),
		.with_total = throw(dice, 3) != 0,
	};
	if (throw(dice, 3) == 0) {
		question->search.after.start = T + throw(dice, SPAN);
		question->search.after.session_id = text_of(PICK(dice, sessions));
	}
}

static void tell(struct buffer *out, const struct call *call, const struct packed *packed)
{
	buffer_printf(out,
		"%.*s %lld-%lld %.*s<%.*s type %d %s%u packed %u "
		"outcome %d by %d answered %lld talk %lld told %lld\n",
		TEXT_ARG(call->session_id), (long long)call->start, (long long)call->end,
		TEXT_ARG(call->dest), TEXT_ARG(call->src), call->type,
		call->has_detail ? "steps " : "bare ", call->steps, packed->crc32, call->outcome,
		call->ended_by, (long long)call->answered, (long long)call->talk,
		(long long)call->told);
}

static struct text tell_page(struct fixture *f, const struct store_page *page)
{
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, SIZE_MAX);
	buffer_printf(&out, "%lld in all\n", (long long)page->total_calls);
	for (size_t i = 0; i < page->count; i++) {
		tell(&out, &page->calls[i].call, &page->calls[i].packed);
	}
	return arena_copy(&f->arena, buffer_text(&out));
}

static void expect_same(
	struct text found, struct text wanted, const struct question *question, uint64_t seed)
{
	if (!text_equal(found, wanted)) {
		fail_msg("seed %llu, %s(detail after %lld):\n%.*s\nnot\n%.*s",
			(unsigned long long)seed, question->words,
			(long long)(question->search.detail_after - T), TEXT_ARG(found),
			TEXT_ARG(wanted));
	}
}

static void check_search(struct fixture *f, const struct question *question, uint64_t seed)
{
	struct store_page found, wanted;
	struct error err = {0};

	if (store_search(f->store, &question->search, &f->arena, &found, &err) < 0 ||
		reference_search(f->store, &question->search, &f->arena, &wanted, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	expect_same(tell_page(f, &found), tell_page(f, &wanted), question, seed);
}

/* ---- scans ---- */

struct scan {
	struct buffer out;
	const struct store_kind *kinds; /* NULL: the rows are not told yet */
	size_t count;
};

static int tell_row(void *context, const struct store_row *row, struct error *err)
{
	struct scan *scan = context;
	const struct packed none = {0};

	(void)err;
	if (!scan->kinds) {
		return 0;
	}
	tell(&scan->out, &row->call, &none);
	for (uint32_t i = 0; i < row->call.steps; i++) {
		const struct store_kind *kind = &scan->kinds[row->kinds[i] - 1];

		assert_true(row->kinds[i] <= scan->count);
		buffer_printf(&scan->out, "  %.*s %.*s %.*s\n", TEXT_ARG(kind->class_name),
			TEXT_ARG(kind->module), TEXT_ARG(kind->variable));
	}
	return 0;
}

static void check_scan(struct fixture *f, const struct question *question, uint64_t seed)
{
	struct scan found = {0}, wanted = {0};
	struct reference_kinds table;
	struct store_kind *kinds;
	struct error err = {0};
	int64_t account = question->search.account_id;

	reference_kinds_init(&table);
	buffer_init(&found.out, SIZE_MAX);
	buffer_init(&wanted.out, SIZE_MAX);
	assert_int_equal(store_kinds(f->store, account, &f->arena, &kinds, &found.count, &err), 0);
	found.kinds = kinds;
	assert_int_equal(store_scan(f->store, &question->search, tell_row, &found, &err), 0);
	assert_int_equal(
		reference_scan(f->store, &question->search, &table, tell_row, &wanted, &err), 0);
	assert_int_equal(
		reference_kinds_list(&table, account, &f->arena, &kinds, &wanted.count, &err), 0);
	wanted.kinds = kinds;
	assert_int_equal(
		reference_scan(f->store, &question->search, &table, tell_row, &wanted, &err), 0);
	expect_same(buffer_text(&found.out), buffer_text(&wanted.out), question, seed);
	buffer_deinit(&found.out);
	buffer_deinit(&wanted.out);
	reference_kinds_deinit(&table);
}

static void check_buckets(struct fixture *f, struct question *question, uint64_t seed)
{
	static const int64_t seconds[] = {60, 3600, 86400};
	struct store_bucket *found, *wanted;
	size_t found_count, wanted_count;
	struct error err = {0};

	for (size_t i = 0; filter_is_window(&question->filter) && i < COUNT_OF(seconds); i++) {
		assert_int_equal(store_count_buckets(f->store, f->account, &question->filter,
					 seconds[i], &f->arena, &found, &found_count, &err),
			0);
		assert_int_equal(reference_count_buckets(f->store, f->account, &question->filter,
					 seconds[i], &f->arena, &wanted, &wanted_count, &err),
			0);
		if (found_count != wanted_count ||
			(found_count > 0 &&
				memcmp(found, wanted, found_count * sizeof(*found)) != 0)) {
			fail_msg("seed %llu, %s: buckets of %lld s differ",
				(unsigned long long)seed, question->words, (long long)seconds[i]);
		}
	}
}

/* ---- counting ---- */

static struct stats_question random_stats(struct dice *dice)
{
	static const int64_t seconds[] = {60, 3600, ZONE_DAY_S, ZONE_WEEK_S, ZONE_MONTH_S};
	int group = (int) throw(dice, STATS_SRC + 1);

	return (struct stats_question){
		.group = (enum stats_group)group,
		.by_two = throw(dice, 4) == 0,
		.second = (enum stats_group)((group + 1) % (STATS_SRC + 1)),
		.bucket_seconds = seconds[throw(dice, COUNT_OF(seconds))],
		.calls_only = throw(dice, 4) == 0,
		.limit = throw(dice, 3) == 0 ? 2 : 100,
	};
}

/* Counts row by row, as no store's columns do. */
static void count_rows(struct fixture *f, const struct question *question,
	const struct stats_question *asked, struct stats_result *ret_result)
{
	static const struct scan_counter counter = {.row = stats_row, .kinds = stats_kinds};
	AUTO(stats_deinit) struct stats stats;
	struct scan_steps steps;
	struct error err = {0};

	stats_init(&stats, asked, STATS_MEMORY_MAX);
	stats.prefixes = question->filter.prefixes;
	if (scan_count(f->store, &question->search, &counter, &stats, &steps, &err) < 0 ||
		stats_finish(&stats, &f->arena, ret_result, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	if (stats_is_of_steps(asked)) {
		ret_result->steps = steps;
	}
}

static void check_stats(
	struct fixture *f, struct dice *dice, const struct question *question, uint64_t seed)
{
	const struct stats_question asked = random_stats(dice);
	AUTO(buffer_deinit) struct buffer found, wanted;
	struct stats_result result;
	struct error err = {0};

	buffer_init(&found, SIZE_MAX);
	buffer_init(&wanted, SIZE_MAX);
	if (stats_find(f->store, &question->search, &asked, &f->arena, &result, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	stats_write(&found, &result);
	count_rows(f, question, &asked, &result);
	stats_write(&wanted, &result);
	expect_same(buffer_text(&found), buffer_text(&wanted), question, seed);
}

static void check_dropoff(struct fixture *f, const struct question *question, uint64_t seed)
{
	static const struct scan_counter counter = {.row = dropoff_row, .kinds = dropoff_kinds};
	AUTO(dropoff_deinit) struct dropoff dropoff;
	AUTO(buffer_deinit) struct buffer found, wanted;
	struct dropoff_result result;
	struct scan_steps steps;
	struct error err = {0};

	buffer_init(&found, SIZE_MAX);
	buffer_init(&wanted, SIZE_MAX);
	dropoff_init(&dropoff, DROPOFF_MEMORY_MAX);
	if (dropoff_find(f->store, &question->search, 7, &f->arena, &result, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	dropoff_write(&found, &result);
	if (scan_count(f->store, &question->search, &counter, &dropoff, &steps, &err) < 0 ||
		dropoff_finish(&dropoff, 7, &f->arena, &result, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	result.steps = steps;
	dropoff_write(&wanted, &result);
	expect_same(buffer_text(&found), buffer_text(&wanted), question, seed);
}

static void check_stays(struct fixture *f, const struct question *question, uint64_t seed)
{
	const struct flow_span half = {T, T + SPAN / 2};
	const struct flow_span *compared = seed % 2 ? &half : NULL;
	AUTO(buffer_deinit) struct buffer found, wanted;
	struct places_result places;
	struct flow_result flow;
	struct error err = {0};

	buffer_init(&found, SIZE_MAX);
	buffer_init(&wanted, SIZE_MAX);
	if (places_find(f->store, &question->search, 3, &f->arena, &places, &err) < 0 ||
		flow_find(f->store, &question->search, compared, 3, &f->arena, &flow, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	places_write(&found, &places);
	flow_write(&found, &flow);
	if (places_read(f->store, &question->search, 3, &f->arena, &places, &err) < 0 ||
		flow_read(f->store, &question->search, compared, 3, &f->arena, &flow, &err) < 0) {
		fail_msg("%s: %s", question->words, err.message);
	}
	places_write(&wanted, &places);
	flow_write(&wanted, &flow);
	expect_same(buffer_text(&found), buffer_text(&wanted), question, seed);
}

static void run_seed(const struct plan *plan, uint64_t seed)
{
	struct dice dice = {.state = seed};
	struct fixture f;

	fixture_open(&f, getenv("CALLSTEP_TEST_BACKEND"));
	for (int round = 0; round < plan->rounds; round++) {
		put_some(&f, &dice, plan);
		drop_some(&f, &dice);
		seal_some(&f);
		for (int i = 0; i < plan->questions; i++) {
			struct question question;

			random_question(&f, &dice, plan, &question);
			check_search(&f, &question, seed);
			check_scan(&f, &question, seed);
			check_buckets(&f, &question, seed);
			check_stats(&f, &dice, &question, seed);
			check_dropoff(&f, &question, seed);
			check_stays(&f, &question, seed);
		}
	}
	assert_int_equal(problems_of(f.store), 0);
	fixture_close(&f);
}

static void any_question_finds_what_walking_finds(void **state)
{
	static const struct plan small = {
		.rounds = 8, .puts = 40, .sessions = 120, .questions = 25};
	/* So many that words are asked for by a bit a call. */
	static const struct plan large = {
		.rounds = 1, .puts = 5000, .sessions = 4000, .questions = 30};
	/* So many more that calls are looked up which more than a few have. */
	static const struct plan words = {
		.rounds = 1, .puts = 12000, .sessions = 20000, .questions = 150, .texts = true};

	(void)state;
	for (int seed = 1; seed <= rounds_of("CALLSTEP_MODEL_SEEDS", 12); seed++) {
		run_seed(&small, (uint64_t)seed);
	}
	run_seed(&large, 1);
	run_seed(&words, 1);
}

/* ---- paging ---- */

/* Session by session: how often pages showed it, and whether it was there from the beginning. */
struct shown {
	bool there;
	int times;
};

static int number_of(struct text session_id)
{
	int64_t number;

	assert_true(text_to_int64(text_tail(session_id, 1), &number));
	return (int)number;
}

static void put_new(struct fixture *f, struct dice *dice, int number)
{
	struct step_of step = {"info", PICK(dice, modules), "main", PICK(dice, lines)};
	char session[16];
	struct store_put put;

	snprintf(session, sizeof(session), "s%d", number);
	put = put_of_steps(f, session, T + throw(dice, SPAN), &step, 1);
	put_all(f, &put, 1);
}

static void page_through(struct fixture *f, struct dice *dice, const char *name, const char *value)
{
	enum { BEFORE = 150, MEANWHILE = 100 };
	struct shown shown[BEFORE + MEANWHILE] = {0};
	struct question question = {0};
	struct store_page page;
	int next = BEFORE;

	for (int i = 0; i < BEFORE; i++) {
		put_new(f, dice, i);
	}
	filter_init(&question.filter);
	ask(f, &question, name, value);
	question.search = (struct store_search){
		.account_id = f->account, .filter = &question.filter, .limit = 1000};
	assert_int_equal(store_search(f->store, &question.search, &f->arena, &page, NULL), 0);
	for (size_t i = 0; i < page.count; i++) {
		shown[number_of(page.calls[i].call.session_id)].there = true;
	}
	question.search.limit = 7;
	do {
		assert_int_equal(
			store_search(f->store, &question.search, &f->arena, &page, NULL), 0);
		for (size_t i = 0; i < page.count; i++) {
			const struct call *call = &page.calls[i].call;

			assert_int_equal(shown[number_of(call->session_id)].times++, 0);
			question.search.after = (struct store_place){call->start, call->session_id};
		}
		for (int i = 0; i < 5 && next < BEFORE + MEANWHILE; i++) {
			put_new(f, dice, next++);
		}
	} while (page.count > 0);
	for (int i = 0; i < BEFORE; i++) {
		assert_int_equal(shown[i].times, shown[i].there);
	}
}

static void pages_neither_repeat_nor_skip_while_calls_come_in(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"start", "0"},
		{"dest", "6177123001"},
		{"type", "inbound"},
		{"module", "menu,queue"},
		{"text", "one"},
		{"text", "three"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dice dice = {.state = i + 1};
		struct fixture f;

		fixture_open(&f, getenv("CALLSTEP_TEST_BACKEND"));
		page_through(&f, &dice, rows[i].name, rows[i].value);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_question_finds_what_walking_finds),
		cmocka_unit_test(pages_neither_repeat_nor_skip_while_calls_come_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
