/* SPDX-License-Identifier: MIT
 * What every backend has to do alike: one suite, given the backend's name. */
#include "fixture.h"

#include <pthread.h>

#include "call/call_json.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void expect_sessions(
	const struct store_page *page, const char *const *sessions, size_t count)
{
	assert_int_equal(page->count, count);
	for (size_t i = 0; i < count; i++) {
		struct text got = page->calls[i].call.session_id;

		if (!text_equal_string(got, sessions[i])) {
			fail_msg("call %zu is '%.*s', not '%s'", i, TEXT_ARG(got), sessions[i]);
		}
	}
}

static void an_empty_store_has_no_calls(void **state)
{
	struct fixture *f = *state;
	struct store_query query = query_all(f);
	struct store_page page = page_of(f, &query);
	struct store_call call;
	struct error err;

	assert_int_equal(page.count, 0);
	assert_int_equal(page.total_calls, 0);
	assert_int_equal(store_find(f->store, f->account, TEXT("s"), &f->arena, &call, &err), 0);
	assert_int_equal(store_put_calls(f->store, NULL, 0, &err), 0);
	assert_int_equal(store_ping(f->store, &err), 0);
	assert_int_equal(problems_of(f->store), 0);
}

static void calls_come_newest_first_and_ties_by_session_bytes(void **state)
{
	static const char *const expected[] = {"new", "\xc3\xa9", "b", "aa", "a", "Z", "old"};
	struct fixture *f = *state;
	struct store_put puts[COUNT_OF(expected)];
	struct store_query query = query_all(f);
	struct store_page page;

	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		size_t from = (i * 3) % COUNT_OF(expected);
		int64_t start = from == 0 ? 200 : from == COUNT_OF(expected) - 1 ? 50 : 100;

		puts[i] = put_of(f, expected[from], "1", start, -1, "");
	}
	put_all(f, puts, COUNT_OF(expected));
	page = page_of(f, &query);
	expect_sessions(&page, expected, COUNT_OF(expected));
}

static void the_window_takes_its_start_and_not_its_end(void **state)
{
	static const struct {
		int64_t start, end;
		size_t count;
	} rows[] = {
		{MIDNIGHT, MIDNIGHT, 0},
		{MIDNIGHT, MIDNIGHT + 1, 1},
		{MIDNIGHT - 1, MIDNIGHT, 1},
		{MIDNIGHT - 1, MIDNIGHT + 1, 2},
		{MIDNIGHT + 1, MIDNIGHT + 2, 1},
		{MIDNIGHT + 2, MIDNIGHT + 9999999, 0},
		{0, MIDNIGHT - 1, 0},
		{0, INT64_MAX, 3},
		{MIDNIGHT, INT64_C(999999999999999999), 2},
	};
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "before", "1", MIDNIGHT - 1, -1, ""),
		put_of(f, "at", "1", MIDNIGHT, -1, ""),
		put_of(f, "after", "1", MIDNIGHT + 1, -1, ""),
	};

	put_all(f, puts, COUNT_OF(puts));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_query query = query_all(f);
		struct store_page page;

		query.start = rows[i].start;
		query.end = rows[i].end;
		page = page_of(f, &query);
		assert_int_equal(page.count, rows[i].count);
		assert_int_equal(page.total_calls, rows[i].count);
	}
}

static void numbers_are_compared_normalised(void **state)
{
	static const struct {
		const char *number;
		int64_t calls;
	} rows[] = {
		{"6177123001", 2},
		{"+617 712-3001", 2},
		{"(617)712.3001", 2},
		{"16177123001", 0},
		{"sales", 1},
		{"Sales", 0},
		{"sa-les", 0},
		{"*98", 1},
		{"98", 0},
		{"+ext 5", 1},
		{"ext 5", 0},
	};
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "a", "+617 (712) 3001", 10, 1, "x"),
		put_of(f, "b", "6177123001", 11, 1, "x"),
		put_of(f, "c", "sales", 12, 1, "x"),
		put_of(f, "d", "*98", 13, 1, "x"),
		put_of(f, "e", "+ext 5", 14, 1, "x"),
	};

	put_all(f, puts, COUNT_OF(puts));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_query query = query_all(f);
		struct store_page page;

		query.number = text_of(rows[i].number);
		page = page_of(f, &query);
		assert_int_equal(page.total_calls, rows[i].calls);
		assert_int_equal(page.count, rows[i].calls);
	}
}

static void a_number_is_given_back_as_it_came(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "+617 (712) 3001", 10, 2, "x");
	struct store_call call;
	struct error err;

	put.call.src = TEXT("Zo\xc3\xab");
	put.call.type = CALL_TRANSFER;
	put.call.has_detail = false;
	put.packed = (struct packed){0};
	put_all(f, &put, 1);
	assert_int_equal(store_find(f->store, f->account, TEXT("a"), &f->arena, &call, &err), 1);
	assert_true(text_equal_string(call.call.dest, "+617 (712) 3001"));
	assert_true(text_equal_string(call.call.src, "Zo\xc3\xab"));
	assert_int_equal(call.call.type, CALL_TRANSFER);
	assert_int_equal(call.call.start, 10);
	assert_int_equal(call.call.end, 70);
	assert_false(call.call.has_detail);
}

static void detail_is_read_only_after_the_time_asked_for(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "old", "1", 100, 1, "x"),
		put_of(f, "new", "1", 101, 3, "x"),
		put_of(f, "bare", "1", 102, -1, ""),
	};
	struct store_query query = query_all(f);
	struct store_page page;

	put_all(f, puts, COUNT_OF(puts));
	query.detail_after = 100;
	page = page_of(f, &query);
	assert_false(page.calls[0].call.has_detail);
	assert_null(page.calls[0].packed.deflate.data);
	assert_true(page.calls[1].call.has_detail);
	assert_int_equal(page.calls[1].call.steps, 3);
	assert_true(text_equal(page.calls[1].packed.deflate, puts[1].packed.deflate));
	assert_int_equal(page.calls[1].packed.crc32, puts[1].packed.crc32);
	assert_int_equal(page.calls[1].packed.crc32_op, puts[1].packed.crc32_op);
	assert_int_equal(page.calls[1].packed.size, puts[1].packed.size);
	assert_true(page.calls[2].call.has_detail);
	assert_int_equal(page.calls[2].call.steps, 1);
	assert_null(page.calls[2].packed.deflate.data);
	query.detail_after = INT64_MAX;
	page = page_of(f, &query);
	assert_null(page.calls[1].packed.deflate.data);
}

static void accounts_do_not_see_each_other(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "same", "1", 100, 1, "mine"),
		put_of(f, "same", "1", 100, 1, "theirs"),
		put_of(f, "more", "1", 101, 1, "theirs"),
	};
	struct store_query query = query_all(f);
	struct store_page page;
	struct store_call call;
	struct error err;

	puts[1].account_id = puts[2].account_id = f->other;
	put_all(f, puts, COUNT_OF(puts));
	assert_false(puts[1].replaced);
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 1);
	assert_int_equal(page.count, 1);
	query.account_id = f->other;
	query.number = TEXT("1");
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 2);
	assert_int_equal(store_find(f->store, f->account, TEXT("more"), &f->arena, &call, &err), 0);
	query.account_id = 4711;
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 0);
}

static void a_later_copy_without_detail_keeps_the_steps_under_its_header(void **state)
{
	struct fixture *f = *state;
	struct store_put first = put_of(f, "a", "1", 100, 2, "kept");
	struct store_put second = put_of(f, "a", "2", 5000, -1, "");
	struct store_query query = query_all(f);
	struct store_page page;
	struct text json;

	put_all(f, &first, 1);
	put_all(f, &second, 1);
	assert_false(first.replaced);
	assert_true(second.replaced);
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 1);
	assert_int_equal(page.calls[0].call.start, 5000);
	assert_int_equal(page.calls[0].call.steps, 2);
	json = json_of(f, &page.calls[0].packed);
	assert_true(text_starts_with(json, TEXT("{\"dest\":\"2\",")));
	assert_non_null(memmem(json.data, json.size, "kept", 4));
	assert_non_null(memmem(json.data, json.size, "\"start\":\"5000\"", 14));
	assert_int_equal(problems_of(f->store), 0);
}

static void a_later_copy_with_detail_replaces_the_steps_even_by_none(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "a", "1", 100, 2, "first"),
		put_of(f, "a", "1", 100, 1, "second"),
		put_of(f, "a", "1", 100, 0, ""),
	};
	struct store_call call;
	struct error err;

	put_all(f, puts, COUNT_OF(puts));
	assert_false(puts[0].replaced);
	assert_true(puts[1].replaced);
	assert_true(puts[2].replaced);
	assert_int_equal(store_find(f->store, f->account, TEXT("a"), &f->arena, &call, &err), 1);
	assert_true(call.call.has_detail);
	assert_int_equal(call.call.steps, 0);
	assert_true(text_equal(call.packed.deflate, puts[2].packed.deflate));
	assert_int_equal(problems_of(f->store), 0);
}

static void a_put_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_put held = put_of(f, "held", "1", 100, 1, "held");
	struct store_put puts[] = {
		put_of(f, "new", "1", 100, 1, "x"),
		put_of(f, "held", "2", 200, 1, "x"),
		put_of(f, "lost", "1", 300, 1, "x"),
	};
	struct store_query query = query_all(f);
	struct store_page page;
	struct error err;

	put_all(f, &held, 1);
	puts[2].account_id = 4711;
	assert_int_equal(store_put_calls(f->store, puts, COUNT_OF(puts), &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 1);
	assert_true(text_equal_string(page.calls[0].call.dest, "1"));
	assert_int_equal(problems_of(f->store), 0);
	put_all(f, puts, 2);
	page = page_of(f, &query);
	assert_int_equal(page.total_calls, 2);
}

static void a_page_that_does_not_fit_says_so(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 200, "words of some length");
	struct store_query query = query_all(f);
	struct store_page page = {.total_calls = 77};
	struct arena small;
	struct error err;

	arena_init(&small, 100);
	put_all(f, &put, 1);
	assert_int_equal(store_page(f->store, &query, &small, &page, &err), -1);
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	assert_int_equal(page.total_calls, 77);
	arena_deinit(&small);
}

/* ---- against a model ---- */

#define MODEL_SESSIONS 300

struct model_call {
	bool there;
	int64_t start;
	const char *dest;
	const char *key;
	int steps; /* -1: no detail */
};

struct model {
	struct model_call calls[MODEL_SESSIONS];
	uint64_t random;
};

static uint64_t next_random(struct model *model, uint64_t below)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return model->random % below;
}

/* Times crowd round the borders of minutes, hours and days, and fill one minute. */
static int64_t random_time(struct model *model)
{
	static const int64_t unit[] = {1, 60, 3600, 86400};
	int64_t whole = unit[next_random(model, COUNT_OF(unit))];
	int64_t time = MIDNIGHT + whole * ((int64_t)next_random(model, 9) - 4);

	return time + (int64_t)next_random(model, 3) - 1;
}

static const struct {
	const char *dest;
	const char *key;
} model_dests[] = {
	{"6177123001", "6177123001"},
	{"+617 712-3001", "6177123001"},
	{"sales", "sales"},
	{"", ""},
	{"all", "all"},
};

static void model_put(struct fixture *f, struct model *model)
{
	struct store_put puts[20];
	size_t count = 1 + next_random(model, COUNT_OF(puts));

	for (size_t i = 0; i < count; i++) {
		size_t session = next_random(model, MODEL_SESSIONS);
		struct model_call *call = &model->calls[session];
		size_t dest = next_random(model, COUNT_OF(model_dests));
		int steps = (int)next_random(model, 4) - 1;
		char session_id[16];

		snprintf(session_id, sizeof(session_id), "s%04zu", session);
		call->start = random_time(model);
		call->dest = model_dests[dest].dest;
		call->key = model_dests[dest].key;
		call->steps = steps < 0 && call->there ? call->steps : steps;
		call->there = true;
		puts[i] = put_of(f, session_id, call->dest, call->start, steps, "x");
	}
	put_all(f, puts, count);
}

static int by_page_order(const void *left, const void *right, void *context)
{
	const struct model *model = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int64_t a_start = model->calls[a].start, b_start = model->calls[b].start;

	if (a_start != b_start) {
		return a_start > b_start ? -1 : 1;
	}
	return a > b ? -1 : 1;
}

static size_t model_select(
	const struct model *model, const struct store_query *query, size_t found[MODEL_SESSIONS])
{
	size_t count = 0;

	for (size_t i = 0; i < MODEL_SESSIONS; i++) {
		const struct model_call *call = &model->calls[i];

		if (call->there && call->start >= query->start && call->start < query->end &&
			(!query->number.data || text_equal_string(query->number, call->key))) {
			found[count++] = i;
		}
	}
	qsort_r(found, count, sizeof(*found), by_page_order, (void *)model);
	return count;
}

static void compare_call(const struct model_call *expected, size_t session,
	const struct store_call *got, const struct store_query *query)
{
	bool packed = expected->steps >= 0 && expected->start > query->detail_after;
	char session_id[16];

	snprintf(session_id, sizeof(session_id), "s%04zu", session);
	assert_true(text_equal_string(got->call.session_id, session_id));
	assert_int_equal(got->call.start, expected->start);
	assert_int_equal(got->call.has_detail, expected->steps >= 0);
	assert_int_equal(got->packed.deflate.data != NULL, packed);
	if (!packed || !query->contract_only) {
		assert_true(text_equal_string(got->call.dest, expected->dest));
		assert_int_equal(got->call.steps, expected->steps >= 0 ? expected->steps : 0);
	}
}

static void compare_page(
	struct fixture *f, const struct model *model, const struct store_query *query)
{
	struct store_page page = page_of(f, query);
	size_t found[MODEL_SESSIONS];
	size_t total = model_select(model, query, found);
	size_t offset = (uint64_t)query->offset < total ? (size_t)query->offset : total;
	size_t left = total - offset;

	assert_int_equal(page.total_calls, total);
	assert_int_equal(page.count, left < (uint64_t)query->limit ? left : (size_t)query->limit);
	for (size_t i = 0; i < page.count; i++) {
		size_t session = found[offset + i];

		compare_call(&model->calls[session], session, &page.calls[i], query);
	}
}

static void compare_random_pages(struct fixture *f, struct model *model)
{
	for (int i = 0; i < 20; i++) {
		struct store_query query = query_all(f);
		size_t dest = next_random(model, COUNT_OF(model_dests) * 2);
		int64_t a = random_time(model), b = random_time(model);

		query.start = a < b ? a : b;
		query.end = a < b ? b : a;
		if (next_random(model, 3) == 0) {
			query.start = 0;
			query.end = INT64_MAX;
		}
		if (dest < COUNT_OF(model_dests)) {
			query.number = text_of(model_dests[dest].key);
		}
		query.offset = (int64_t)next_random(model, 40);
		query.limit = (int64_t)next_random(model, 40);
		query.detail_after = next_random(model, 4) == 0 ? INT64_MAX : random_time(model);
		query.contract_only = next_random(model, 2) == 0;
		compare_page(f, model, &query);
	}
}

static void random_calls_and_pages_agree_with_a_model(void **state)
{
	struct fixture *f = *state;
	struct model model = {.random = 20260131};

	for (int round = 0; round < 80; round++) {
		model_put(f, &model);
		compare_random_pages(f, &model);
	}
	assert_int_equal(problems_of(f->store), 0);
}

static void every_offset_gives_the_call_that_stands_there(void **state)
{
	struct fixture *f = *state;
	struct model model = {.random = 7};

	for (int round = 0; round < 40; round++) {
		model_put(f, &model);
	}
	for (int64_t offset = 0; offset <= MODEL_SESSIONS + 1; offset++) {
		struct store_query query = query_all(f);

		query.offset = offset;
		query.limit = 1 + offset % 3;
		compare_page(f, &model, &query);
		query.number = TEXT("6177123001");
		query.offset = offset / 2;
		compare_page(f, &model, &query);
	}
}

/* ---- walks ---- */

struct walk {
	struct fixture *fixture;
	const struct store_page *page;
	size_t count;
	size_t stop_at;
};

static int compare_with_page(void *context, const struct store_call *call, struct error *err)
{
	struct walk *walk = context;
	const struct store_call *expected = &walk->page->calls[walk->count++];

	assert_true(text_equal(call->call.session_id, expected->call.session_id));
	assert_true(text_equal(call->packed.deflate, expected->packed.deflate));
	if (walk->count == 1) {
		struct store_put put = put_of(walk->fixture, "put meanwhile", "1", 1, 1, "x");

		put_all(walk->fixture, &put, 1);
	}
	return walk->count == walk->stop_at ? error_set(err, ERROR_INVALID, "enough") : 0;
}

static void a_walk_sees_one_state_while_calls_are_put(void **state)
{
	struct fixture *f = *state;
	struct model model = {.random = 99};
	struct store_query query = query_all(f);
	struct store_page page;
	struct walk walk;
	struct error err = {0};

	for (int round = 0; round < 20; round++) {
		model_put(f, &model);
	}
	page = page_of(f, &query);
	walk = (struct walk){.fixture = f, .page = &page};
	assert_int_equal(store_walk(f->store, &query, compare_with_page, &walk, &err), 0);
	assert_int_equal(walk.count, page.count);
	page = page_of(f, &query);
	walk = (struct walk){.fixture = f, .page = &page, .stop_at = 3};
	assert_int_equal(store_walk(f->store, &query, compare_with_page, &walk, &err), -1);
	assert_string_equal(err.message, "enough");
	assert_int_equal(walk.count, 3);
}

/* ---- accounts and keys ---- */

static void an_account_is_found_by_its_e_mail_in_either_case(void **state)
{
	struct fixture *f = *state;
	struct store_account account;
	struct store_account *accounts;
	size_t count;
	int64_t id;
	struct error err;

	assert_int_equal(store_account_add(f->store, TEXT("An@Example.com"), 33, &id, &err), 0);
	assert_int_equal(store_account_add(f->store, TEXT("aN@eXAMPLE.COM"), 34, &id, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	assert_int_equal(
		store_account_find(f->store, TEXT("an@example.COM"), &f->arena, &account, &err), 1);
	assert_true(text_equal_string(account.email, "An@Example.com"));
	assert_int_equal(account.created, 33);
	assert_int_equal(account.disabled, 0);
	assert_int_equal(
		store_account_find(f->store, TEXT("an@example"), &f->arena, &account, &err), 0);
	assert_int_equal(store_account_list(f->store, &f->arena, &accounts, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_int_equal(accounts[0].id, id);
	assert_int_equal(accounts[2].id, f->other);
}

static void an_account_is_disabled_and_enabled(void **state)
{
	struct fixture *f = *state;
	struct store_account account;
	struct error err;

	assert_int_equal(store_account_set_disabled(f->store, f->account, 50, &err), 1);
	assert_int_equal(store_account_set_disabled(f->store, 4711, 50, &err), 0);
	assert_int_equal(
		store_account_find(f->store, TEXT("one@example.com"), &f->arena, &account, &err),
		1);
	assert_int_equal(account.disabled, 50);
	assert_int_equal(store_account_set_disabled(f->store, f->account, 0, &err), 1);
	assert_int_equal(
		store_account_find(f->store, TEXT("one@example.com"), &f->arena, &account, &err),
		1);
	assert_int_equal(account.disabled, 0);
}

static void an_improper_e_mail_or_label_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store_key key = {.account_id = f->account, .label = TEXT("a\nb")};
	char name[STORE_EMAIL_MAX + 1];
	int64_t id = -5;
	struct error err;

	memset(name, 'a', sizeof(name));
	assert_int_equal(store_account_add(f->store, TEXT(""), 1, &id, &err), -1);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_int_equal(
		store_account_add(f->store, (struct text){name, sizeof(name)}, 1, &id, &err), -1);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_int_equal(store_key_add(f->store, &key, &id, &err), -1);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_int_equal(id, -5);
}

static struct store_key key_of(int64_t account_id, unsigned char fill)
{
	struct store_key key = {
		.account_id = account_id,
		.scopes = STORE_SCOPE_READ | STORE_SCOPE_WRITE,
		.label = TEXT("desk"),
		.created = 1000,
	};

	memset(key.hash, fill, sizeof(key.hash));
	return key;
}

static void a_key_is_found_with_its_account(void **state)
{
	struct fixture *f = *state;
	struct store_key key = key_of(f->other, 0), stranger = key_of(4711, 2), found;
	struct store_account account;
	int64_t id;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &id, &err), 0);
	assert_int_equal(store_key_add(f->store, &key, &id, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	assert_int_equal(store_key_add(f->store, &stranger, &id, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_int_equal(
		store_key_find(f->store, stranger.hash, &f->arena, &found, &account, &err), 0);
	assert_int_equal(store_key_find(f->store, key.hash, &f->arena, &found, &account, &err), 1);
	assert_int_equal(found.id, id);
	assert_int_equal(found.account_id, f->other);
	assert_int_equal(found.scopes, STORE_SCOPE_READ | STORE_SCOPE_WRITE);
	assert_true(text_equal_string(found.label, "desk"));
	assert_int_equal(found.created, 1000);
	assert_int_equal(found.last_used, 0);
	assert_int_equal(found.revoked, 0);
	assert_true(text_equal_string(account.email, "two@example.com"));
}

static void a_revoked_key_stays_revoked_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct store_key key = key_of(f->account, 1);
	struct store_key *keys;
	size_t count;
	int64_t id;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &id, &err), 0);
	assert_int_equal(store_key_revoke(f->store, f->other, id, 50, &err), 0);
	assert_int_equal(store_key_revoke(f->store, f->account, id, 60, &err), 1);
	assert_int_equal(store_key_revoke(f->store, f->account, id, 70, &err), 1);
	assert_int_equal(store_key_list(f->store, f->account, &f->arena, &keys, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(keys[0].revoked, 60);
	assert_int_equal(store_key_list(f->store, f->other, &f->arena, &keys, &count, &err), 0);
	assert_int_equal(count, 0);
}

static void the_use_of_a_key_is_noted_to_the_minute(void **state)
{
	static const struct {
		int64_t now, last_used;
	} rows[] = {{MIDNIGHT + 59, MIDNIGHT}, {MIDNIGHT + 60, MIDNIGHT + 60},
		{MIDNIGHT, MIDNIGHT + 60}};
	struct fixture *f = *state;
	struct store_key key = key_of(f->account, 1), found;
	struct store_account account;
	int64_t id;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &id, &err), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(store_key_touch(f->store, id, rows[i].now, &err), 0);
		assert_int_equal(
			store_key_find(f->store, key.hash, &f->arena, &found, &account, &err), 1);
		assert_int_equal(found.last_used, rows[i].last_used);
	}
	assert_int_equal(store_key_touch(f->store, 4711, MIDNIGHT, &err), 0);
}

/* ---- threads ---- */

#define READERS	     3
#define PUTS_AT_ONCE 10
#define PUT_ROUNDS   40

struct reading {
	struct store *store;
	struct store_query query;
	int64_t wrong;
};

/* Calls come ten at a time: a page of one state has a multiple of ten, and as many calls as it
 * counts. */
static void *read_until_all_are_there(void *context)
{
	struct reading *reading = context;
	struct store_page page = {0};

	while (page.total_calls < PUTS_AT_ONCE * PUT_ROUNDS) {
		AUTO(arena_deinit) struct arena arena;

		arena_init(&arena, SIZE_MAX);
		if (store_page(reading->store, &reading->query, &arena, &page, NULL) < 0 ||
			page.total_calls % PUTS_AT_ONCE != 0 ||
			page.total_calls != (int64_t)page.count) {
			reading->wrong++;
			break;
		}
	}
	return NULL;
}

static void readers_see_whole_puts_while_they_are_made(void **state)
{
	struct fixture *f = *state;
	struct reading reading[READERS];
	pthread_t threads[READERS];

	for (int i = 0; i < READERS; i++) {
		reading[i] = (struct reading){.store = f->store, .query = query_all(f)};
		reading[i].query.number = i % 2 ? TEXT("1") : (struct text){0};
		pthread_create(&threads[i], NULL, read_until_all_are_there, &reading[i]);
	}
	for (int round = 0; round < PUT_ROUNDS; round++) {
		struct store_put puts[PUTS_AT_ONCE];

		for (int i = 0; i < PUTS_AT_ONCE; i++) {
			char session_id[16];

			snprintf(session_id, sizeof(session_id), "%d-%d", round, i);
			puts[i] = put_of(f, session_id, "1", MIDNIGHT + 37 * round * i, 1, "x");
		}
		put_all(f, puts, PUTS_AT_ONCE);
	}
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(reading[i].wrong, 0);
	}
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_empty_store_has_no_calls),
		STORE_TEST(calls_come_newest_first_and_ties_by_session_bytes),
		STORE_TEST(the_window_takes_its_start_and_not_its_end),
		STORE_TEST(numbers_are_compared_normalised),
		STORE_TEST(a_number_is_given_back_as_it_came),
		STORE_TEST(detail_is_read_only_after_the_time_asked_for),
		STORE_TEST(accounts_do_not_see_each_other),
		STORE_TEST(a_later_copy_without_detail_keeps_the_steps_under_its_header),
		STORE_TEST(a_later_copy_with_detail_replaces_the_steps_even_by_none),
		STORE_TEST(a_put_that_fails_leaves_nothing),
		STORE_TEST(a_page_that_does_not_fit_says_so),
		STORE_TEST(random_calls_and_pages_agree_with_a_model),
		STORE_TEST(every_offset_gives_the_call_that_stands_there),
		STORE_TEST(a_walk_sees_one_state_while_calls_are_put),
		STORE_TEST(an_account_is_found_by_its_e_mail_in_either_case),
		STORE_TEST(an_account_is_disabled_and_enabled),
		STORE_TEST(an_improper_e_mail_or_label_is_refused),
		STORE_TEST(a_key_is_found_with_its_account),
		STORE_TEST(a_revoked_key_stays_revoked_as_it_was),
		STORE_TEST(the_use_of_a_key_is_noted_to_the_minute),
		STORE_TEST(readers_see_whole_puts_while_they_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
