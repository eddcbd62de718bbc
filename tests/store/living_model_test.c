/* SPDX-License-Identifier: MIT
 * Made-up amendments, puts, expiries, sweeps and erasures: a store has after each what the
 * reference has. The seeds are fixed; a failure names its seed and round. */
#include "fixture.h"

#include "call/call_json.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T		MIDNIGHT
#define ENTRIES_MAX	10

struct dice {
	uint64_t state;
};

static uint32_t throw(struct dice * dice, uint32_t sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % sides;
}

static const char *const sessions[] = {"a", "b", "c", "d", "e"};
static const char *const numbers[] = {"6177123001", "6177123002", "sales"};
static const char *const lines[] = {"one", "two", "one two", "three", "press one", "",
	"Connected to 203", "Disconnected from 203", "203 is busy", "Hung up by the caller",
	"Waiting in queue 1"};
static const char *const modules[] = {"menu", "queue", "hangup"};
#define PICK(dice, items) (items)[throw(dice, COUNT_OF(items))]

/* The store under test and the reference, which are given the same. */
struct pair {
	struct fixture store;
	struct fixture reference;
	struct dice dice;
	uint64_t seed;
	int round;
	int64_t now;
};

static struct text random_steps(struct pair *pair)
{
	AUTO(buffer_deinit) struct buffer detail;
	uint32_t count = throw(&pair->dice, 4);

	buffer_init(&detail, SIZE_MAX);
	buffer_append_byte(&detail, '[');
	for (uint32_t i = 0; i < count; i++) {
		struct call_step step = {
			.class_name = TEXT("info"),
			.line = text_of(PICK(&pair->dice, lines)),
			.timestamp = T + throw(&pair->dice, 20),
		};

		step.data = throw(&pair->dice, 2)
				    ? arena_printf(&pair->store.arena, "{\"module_type\":\"%s\"}",
					      PICK(&pair->dice, modules))
				    : arena_printf(&pair->store.arena,
					      "{\"module_type\":\"%s\",\"event_id\":\"%u\"}",
					      PICK(&pair->dice, modules), throw(&pair->dice, 12));
		buffer_append(&detail, i > 0 ? TEXT(",") : TEXT(""));
		call_json_write_step(&detail, &step);
	}
	buffer_append_byte(&detail, ']');
	return arena_copy(&pair->store.arena, buffer_text(&detail));
}

static struct store_amend random_amend(struct pair *pair)
{
	struct dice *dice = &pair->dice;
	struct store_amend amend = {
		.account_id = throw(dice, 5) ? pair->store.account : pair->store.other,
		.session_id = text_of(PICK(dice, sessions)),
		.given = throw(dice, 3) ? 0 : throw(dice, 1024),
		.from = (int64_t) throw(dice, 8) - 2,
		.heard = pair->now,
		.detail_after = throw(dice, 6) ? -1 : T + throw(dice, 20),
		.size_max = throw(dice, 6) ? (size_t)1 << 20 : 100 + throw(dice, 1000),
	};

	if (amend.from < 0) {
		amend.from = -1;
	}
	amend.call = (struct call){
		.dest = text_of(PICK(dice, numbers)),
		.src = text_of(PICK(dice, numbers)),
		.start = T + throw(dice, 20),
		.end = T + throw(dice, 40),
		.type = (enum call_type) throw(dice, 3),
		.state = (enum call_state) throw(dice, 2),
		.told = throw(dice, 16),
	};
	if (amend.call.told & CALL_TOLD_OUTCOME) {
		amend.call.outcome = (enum call_outcome) throw(dice, CALL_COMPLETED + 1);
	}
	if (amend.call.told & CALL_TOLD_ENDED_BY) {
		amend.call.ended_by = (enum call_ended_by) throw(dice, CALL_ENDED_BY_SYSTEM + 1);
	}
	amend.call.answered = amend.call.told & CALL_TOLD_ANSWERED ? T + throw(dice, 20) : 0;
	amend.call.talk = amend.call.told & CALL_TOLD_TALK ? throw(dice, 20) : 0;
	if (throw(dice, 5)) {
		amend.steps = random_steps(pair);
	}
	return amend;
}

static struct store_put random_put(struct pair *pair)
{
	struct dice *dice = &pair->dice;
	struct store_put put = put_of(&pair->store, PICK(dice, sessions), PICK(dice, numbers),
		T + throw(dice, 20), (int) throw(dice, 4) - 1, PICK(dice, lines));

	put.recorded = throw(dice, 4) == 0;
	return put;
}

/* ---- doing ---- */

/* The same entries for both. */
struct batch {
	struct store_put puts[2][ENTRIES_MAX];
	struct store_amend amends[2][ENTRIES_MAX];
	struct store_entry entries[2][ENTRIES_MAX];
	uint32_t count;
};

static void fill(struct pair *pair, struct batch *batch)
{
	batch->count = throw(&pair->dice, 2) ? 1 : 1 + throw(&pair->dice, ENTRIES_MAX);
	for (uint32_t i = 0; i < batch->count; i++) {
		bool put = throw(&pair->dice, 5) == 0;

		batch->puts[0][i] = batch->puts[1][i] = random_put(pair);
		batch->amends[0][i] = batch->amends[1][i] = random_amend(pair);
		for (int side = 0; side < 2; side++) {
			batch->entries[side][i] =
				put ? (struct store_entry){.put = &batch->puts[side][i]}
				    : (struct store_entry){.amend = &batch->amends[side][i]};
		}
	}
}

static void tell_outcome(struct buffer *out, const struct store_entry *entry)
{
	const struct store_amend *amend = entry->amend;

	if (entry->put) {
		buffer_printf(out, "put %.*s replaced %d\n", TEXT_ARG(entry->put->call.session_id),
			entry->put->replaced);
		return;
	}
	buffer_printf(out,
		"%.*s: result %d created %d ended %d added %u duplicates %u %lld-%lld %u steps "
		"state %d\n",
		TEXT_ARG(amend->session_id), (int)amend->result, amend->created, amend->ended,
		amend->added, amend->duplicates, (long long)amend->start, (long long)amend->end,
		amend->steps_held, (int)amend->state);
}

static void amend_some(struct pair *pair, struct buffer *store, struct buffer *reference)
{
	struct batch batch;
	struct error err = {0};

	fill(pair, &batch);
	if (store_amend_calls(pair->store.store, batch.entries[0], batch.count, &err) < 0 ||
		store_amend_calls(pair->reference.store, batch.entries[1], batch.count, &err) < 0) {
		fail_msg("seed %llu: %s", (unsigned long long)pair->seed, err.message);
	}
	for (uint32_t i = 0; i < batch.count; i++) {
		tell_outcome(store, &batch.entries[0][i]);
		tell_outcome(reference, &batch.entries[1][i]);
	}
}

static int64_t erase(struct fixture *f, const char *session)
{
	const struct store_erase erase = {
		.account_id = f->account, .session_id = text_of(session), .limit = 10};
	struct store_erased erased;
	struct error err = {0};

	assert_int_equal(store_erase(f->store, &erase, &erased, &err), 0);
	return erased.calls;
}

static int64_t expire(struct fixture *f, int64_t now)
{
	int64_t ended;
	struct error err = {0};

	if (store_live_expire(f->store, now, 90, 100, &ended, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return ended;
}

/* Sometimes something that is not an amendment. */
static void upkeep(struct pair *pair)
{
	struct fixture *store = &pair->store, *reference = &pair->reference;
	int64_t up_to = T + throw(&pair->dice, 20);
	bool whole = throw(&pair->dice, 3) == 0;
	const char *session = PICK(&pair->dice, sessions);

	switch (throw(&pair->dice, 12)) {
	case 0:
		assert_int_equal(
			drop_old(store, up_to, 3, whole), drop_old(reference, up_to, 3, whole));
		break;
	case 1:
		assert_int_equal(erase(store, session), erase(reference, session));
		break;
	case 2:
	case 3:
		assert_int_equal(expire(store, pair->now), expire(reference, pair->now));
		break;
	case 4:
		assert_int_equal(store_live_hear(store->store, pair->now - 30, NULL), 0);
		assert_int_equal(store_live_hear(reference->store, pair->now - 30, NULL), 0);
		break;
	default:
		break;
	}
}

/* ---- telling ---- */

static void tell_calls(struct fixture *f, int64_t account, struct buffer *out)
{
	struct store_query query = query_all(f);
	struct store_page page;

	query.account_id = account;
	page = page_of(f, &query);
	for (size_t i = 0; i < page.count; i++) {
		const struct store_call *call = &page.calls[i];

		buffer_printf(out,
			"%s %.*s %lld-%lld outcome %d by %d answered %lld talk %lld told %lld\n",
			call_state_name(call->call.state), TEXT_ARG(call->call.session_id),
			(long long)call->call.start, (long long)call->call.end, call->call.outcome,
			call->call.ended_by, (long long)call->call.answered,
			(long long)call->call.talk, (long long)call->call.told);
		if (call->packed.deflate.data) {
			buffer_append(out, json_of(f, &call->packed));
			buffer_append_byte(out, '\n');
		}
	}
}

static void tell_found(struct fixture *f, struct buffer *out)
{
	static const char *const questions[][2] = {{"state", "live"}, {"state", "ended"},
		{"text", "one"}, {"text", "\"one two\""}, {"text", "taken"}, {"module", "menu"},
		{"last_module", "queue"}, {"answered", "true"}, {"answered", "false"},
		{"min_talk", "2"}, {"outcome", "abandoned,busy"}, {"ended_by", "caller"}};

	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		struct filter filter;
		struct store_search search = {.account_id = f->account,
			.filter = &filter,
			.limit = 100,
			.detail_after = -1,
			.with_total = true};
		struct store_page page;
		struct error err = {0};

		filter_init(&filter);
		assert_int_equal(filter_set(&filter, text_of(questions[i][0]),
					 text_of(questions[i][1]), T, &f->arena, &err),
			1);
		if (store_search(f->store, &search, &f->arena, &page, &err) < 0) {
			fail_msg("%s", err.message);
		}
		buffer_printf(out, "%s=%s: %lld:", questions[i][0], questions[i][1],
			(long long)page.total_calls);
		for (size_t k = 0; k < page.count; k++) {
			buffer_printf(out, " %.*s", TEXT_ARG(page.calls[k].call.session_id));
		}
		buffer_append_byte(out, '\n');
	}
}

static int by_session(const void *left, const void *right)
{
	const struct store_live *a = left, *b = right;

	return a->account_id != b->account_id ? (a->account_id > b->account_id ? 1 : -1)
					      : text_compare(a->session_id, b->session_id);
}

static void tell_live(struct fixture *f, struct buffer *out)
{
	struct store_live *calls;
	struct error err = {0};
	size_t count;

	assert_int_equal(
		store_live_list(f->store, 0, INT64_MAX, 100, &f->arena, &calls, &count, &err), 0);
	if (count > 0) {
		qsort(calls, count, sizeof(*calls), by_session);
	}
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "live %.*s heard %lld\n", TEXT_ARG(calls[i].session_id),
			(long long)calls[i].heard);
	}
}

static void tell(struct fixture *f, struct buffer *out)
{
	tell_calls(f, f->account, out);
	tell_calls(f, f->other, out);
	tell_found(f, out);
	tell_live(f, out);
}

/* Tells the first line in which they differ. */
static void compare(const struct pair *pair, struct text store, struct text reference)
{
	struct text ours = TEXT(""), wanted = TEXT("");

	while (text_equal(ours, wanted) && text_split(&store, '\n', &ours) &&
		text_split(&reference, '\n', &wanted)) {
	}
	if (!text_equal(ours, wanted)) {
		fail_msg("seed %llu, round %d:\n%.*s\nnot\n%.*s", (unsigned long long)pair->seed,
			pair->round, TEXT_ARG(text_head(ours, ours.size < 450 ? ours.size : 450)),
			TEXT_ARG(text_head(wanted, wanted.size < 450 ? wanted.size : 450)));
	}
}

static void run_round(struct pair *pair)
{
	AUTO(buffer_deinit) struct buffer store, reference;

	buffer_init(&store, SIZE_MAX);
	buffer_init(&reference, SIZE_MAX);
	pair->now += throw(&pair->dice, 60);
	amend_some(pair, &store, &reference);
	seal_some(&pair->store);
	upkeep(pair);
	seal_some(&pair->store);
	tell(&pair->store, &store);
	tell(&pair->reference, &reference);
	compare(pair, buffer_text(&store), buffer_text(&reference));
}

static void whatever_is_done_both_have_the_same(void **state)
{
	bool remote = strcmp(getenv("CALLSTEP_TEST_BACKEND"), "postgres") == 0;

	(void)state;
	for (uint64_t seed = 1; seed <= (remote ? 3 : 10); seed++) {
		struct pair pair = {.dice.state = seed, .seed = seed, .now = T + 1000};

		fixture_open(&pair.store, getenv("CALLSTEP_TEST_BACKEND"));
		fixture_open(&pair.reference, "reference");
		for (pair.round = 0; pair.round < 120; pair.round++) {
			run_round(&pair);
		}
		assert_int_equal(problems_of(pair.store.store), 0);
		fixture_close(&pair.store);
		fixture_close(&pair.reference);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_done_both_have_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
