/* SPDX-License-Identifier: MIT
 * What every backend has to do alike with what gets old: dropping calls and their detail, how long
 * an account keeps them, the audit trail. Given the backend's name. */
#include "fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- calls ---- */

static void put_sample(struct fixture *f)
{
	struct store_put puts[] = {
		put_of(f, "a", "1", MIDNIGHT - 86400, 2, "old"),
		put_of(f, "b", "2", MIDNIGHT, 1, "words"),
		put_of(f, "c", "1", MIDNIGHT, -1, ""),
		put_of(f, "d", "1", MIDNIGHT + 61, 0, ""),
		put_of(f, "e", "+1", MIDNIGHT + 86400, 3, "new"),
		put_of(f, "a", "1", MIDNIGHT - 99, 1, "theirs"),
	};

	puts[5].account_id = f->other;
	put_all(f, puts, COUNT_OF(puts));
}

/* The sessions of all calls, oldest first, a capital letter where one has detail: "aBc". */
static void expect_calls(struct fixture *f, const char *expected)
{
	struct store_query query = query_all(f);
	struct store_page page = page_of(f, &query);
	char got[32] = "";

	for (size_t i = 0; i < page.count; i++) {
		char letter = page.calls[i].call.session_id.data[0];

		got[page.count - 1 - i] =
			(char)(page.calls[i].call.has_detail ? letter - 'a' + 'A' : letter);
	}
	assert_string_equal(got, expected);
	assert_int_equal(page.total_calls, strlen(expected));
	assert_int_equal(problems_of(f->store), 0);
}

static void detail_is_dropped_oldest_first_up_to_a_time(void **state)
{
	struct fixture *f = *state;

	put_sample(f);
	expect_calls(f, "ABcDE");
	assert_int_equal(drop_old(f, MIDNIGHT - 86401, 10, false), 0);
	assert_int_equal(drop_old(f, MIDNIGHT + 86399, 0, false), 0);
	assert_int_equal(drop_old(f, MIDNIGHT + 86399, 1, false), 1);
	expect_calls(f, "aBcDE");
	assert_int_equal(drop_old(f, MIDNIGHT + 86399, 10, false), 2);
	expect_calls(f, "abcdE");
	assert_int_equal(drop_old(f, INT64_MAX, 10, false), 1);
	assert_int_equal(drop_old(f, INT64_MAX, 10, false), 0);
	expect_calls(f, "abcde");
}

static void calls_are_dropped_whole_and_counted_no_longer(void **state)
{
	struct fixture *f = *state;
	struct store_query query = query_all(f);
	struct store_call call;

	put_sample(f);
	assert_int_equal(drop_old(f, MIDNIGHT, 2, true), 2);
	expect_calls(f, "cDE");
	assert_int_equal(drop_old(f, MIDNIGHT, 2, true), 1);
	expect_calls(f, "DE");
	assert_int_equal(drop_old(f, MIDNIGHT, 2, true), 0);
	query.number = TEXT("1");
	assert_int_equal(page_of(f, &query).total_calls, 2);
	assert_int_equal(store_find(f->store, f->account, TEXT("a"), &f->arena, &call, NULL), 0);
	assert_int_equal(store_find(f->store, f->other, TEXT("a"), &f->arena, &call, NULL), 1);
	assert_int_equal(drop_old(f, INT64_MAX, 10, true), 2);
	expect_calls(f, "");
	put_sample(f);
	expect_calls(f, "ABcDE");
}

static void detail_that_comes_late_is_found_as_well(void **state)
{
	struct fixture *f = *state;
	struct store_put late[] = {
		put_of(f, "f", "1", MIDNIGHT - 5, 1, "late"),
		put_of(f, "c", "1", MIDNIGHT - 7, -1, ""),
		put_of(f, "e", "1", MIDNIGHT - 200000, -1, ""), /* moves, with the steps it has */
	};

	put_sample(f);
	assert_int_equal(drop_old(f, MIDNIGHT + 100, 10, false), 3);
	put_all(f, late, COUNT_OF(late));
	expect_calls(f, "EacFbd");
	assert_int_equal(drop_old(f, MIDNIGHT + 100, 10, false), 2);
	expect_calls(f, "eacfbd");
}

static void many_of_one_second_are_dropped_part_by_part(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[7];

	for (size_t i = 0; i < COUNT_OF(puts); i++) {
		char session_id[2] = {(char)('a' + i), '\0'};

		puts[i] = put_of(f, session_id, "1", MIDNIGHT, 1, "x");
	}
	put_all(f, puts, COUNT_OF(puts));
	assert_int_equal(drop_old(f, MIDNIGHT, 3, false), 3);
	expect_calls(f, "abcDEFG");
	assert_int_equal(drop_old(f, MIDNIGHT, 3, false), 3);
	assert_int_equal(drop_old(f, MIDNIGHT, 3, false), 1);
	expect_calls(f, "abcdefg");
}

static void the_oldest_call_is_told(void **state)
{
	struct fixture *f = *state;
	int64_t start = 4711;

	assert_int_equal(store_oldest(f->store, f->account, false, &start, NULL), 0);
	assert_int_equal(start, 4711);
	put_sample(f);
	assert_int_equal(store_oldest(f->store, f->account, false, &start, NULL), 1);
	assert_int_equal(start, MIDNIGHT - 86400);
	drop_old(f, MIDNIGHT, 10, false);
	assert_int_equal(store_oldest(f->store, f->account, true, &start, NULL), 1);
	assert_int_equal(start, MIDNIGHT + 61);
	assert_int_equal(store_oldest(f->store, f->other, true, &start, NULL), 1);
	assert_int_equal(start, MIDNIGHT - 99);
	drop_old(f, INT64_MAX, 10, false);
	assert_int_equal(store_oldest(f->store, f->account, true, &start, NULL), 0);
}

static void dropped_calls_are_passed_over_by_those_who_follow(void **state)
{
	struct fixture *f = *state;
	struct store_changes changes;
	struct store_put next;
	struct error err;

	put_sample(f);
	drop_old(f, MIDNIGHT, 10, true);
	assert_int_equal(
		store_changes(f->store, f->account, 0, 100, 0, &f->arena, &changes, &err), 0);
	assert_int_equal(changes.count, 2);
	assert_int_equal(changes.last, 6);
	/* The newest call of all goes, and another account's may get its place. */
	drop_old(f, INT64_MAX, 10, true);
	next = put_of(f, "z", "1", MIDNIGHT, 1, "x");
	next.account_id = f->other;
	put_all(f, &next, 1);
	assert_int_equal(
		store_changes(f->store, f->account, 0, 100, 0, &f->arena, &changes, &err), 0);
	assert_int_equal(changes.count, 0);
	assert_int_equal(
		store_changes(f->store, f->other, 0, 100, 0, &f->arena, &changes, &err), 0);
	assert_int_equal(changes.count, 2);
}

/* ---- accounts ---- */

static void an_account_has_its_own_days_or_none(void **state)
{
	struct fixture *f = *state;
	const struct store_days days = {.detail = 0, .header = 90};
	struct store_account *accounts;
	struct error err;
	size_t count;

	assert_int_equal(store_account_list(f->store, &f->arena, &accounts, &count, &err), 0);
	assert_int_equal(accounts[0].days.detail, STORE_DAYS_DEFAULT);
	assert_int_equal(accounts[0].days.header, STORE_DAYS_DEFAULT);
	assert_int_equal(store_account_set_days(f->store, accounts[0].id, &days, &err), 1);
	assert_int_equal(store_account_set_days(f->store, 4711, &days, &err), 0);
	assert_int_equal(store_account_list(f->store, &f->arena, &accounts, &count, &err), 0);
	assert_int_equal(accounts[0].days.detail, 0);
	assert_int_equal(accounts[0].days.header, 90);
	assert_int_equal(accounts[1].days.header, STORE_DAYS_DEFAULT);
}

static void a_key_comes_with_its_accounts_days(void **state)
{
	struct fixture *f = *state;
	const struct store_days days = {.detail = 30, .header = STORE_DAYS_DEFAULT};
	struct store_key key = {.account_id = f->account, .scopes = 1, .label = TEXT("")};
	struct store_account account;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &key.id, &err), 0);
	assert_int_equal(store_account_set_days(f->store, f->account, &days, &err), 1);
	assert_int_equal(store_key_find(f->store, key.hash, &f->arena, &key, &account, &err), 1);
	assert_int_equal(account.days.detail, 30);
	assert_int_equal(account.days.header, STORE_DAYS_DEFAULT);
}

static void expect_keeping(
	struct fixture *f, int64_t detail_days, int64_t header_days, int64_t audit_days)
{
	struct store_keeping keeping;
	struct error err = {0};

	if (store_keeping(f->store, &keeping, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(keeping.days.detail, detail_days);
	assert_int_equal(keeping.days.header, header_days);
	assert_int_equal(keeping.audit_days, audit_days);
}

static void expect_kept(struct fixture *f, int64_t detail_days, int64_t header_days)
{
	struct store_account listed = {0}, found, *accounts;
	struct error err;
	size_t count;

	assert_int_equal(store_account_list(f->store, &f->arena, &accounts, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		if (accounts[i].id == f->account) {
			listed = accounts[i];
		}
	}
	assert_int_equal(store_account_find(f->store, listed.email, &f->arena, &found, &err), 1);
	assert_int_equal(listed.kept.detail, detail_days);
	assert_int_equal(listed.kept.header, header_days);
	assert_int_equal(found.kept.detail, detail_days);
	assert_int_equal(found.kept.header, header_days);
}

static void a_new_store_keeps_a_month_of_detail_and_a_year_of_calls(void **state)
{
	struct fixture *f = *state;

	expect_keeping(f, 31, 365, 365);
	expect_kept(f, 31, 365);
}

static void the_stores_days_are_those_of_accounts_that_have_none(void **state)
{
	struct fixture *f = *state;
	const struct store_keeping keeping = {{90, 400}, 0};
	const struct store_days own = {.detail = 7, .header = STORE_DAYS_DEFAULT};
	struct store_key key = {.account_id = f->account, .scopes = 1, .label = TEXT("")};
	struct store_account account;
	struct error err;

	assert_int_equal(store_key_add(f->store, &key, &key.id, &err), 0);
	assert_int_equal(store_set_keeping(f->store, &keeping, &err), 0);
	expect_keeping(f, 90, 400, 0);
	expect_kept(f, 90, 400);
	assert_int_equal(store_account_set_days(f->store, f->account, &own, &err), 1);
	expect_kept(f, 7, 400);
	assert_int_equal(store_key_find(f->store, key.hash, &f->arena, &key, &account, &err), 1);
	assert_int_equal(account.kept.detail, 7);
	assert_int_equal(account.kept.header, 400);
	assert_int_equal(problems_of(f->store), 0);
}

static void an_accounts_own_days_count_and_calls_last_as_long_as_their_detail(void **state)
{
	static const struct {
		struct store_days store, account, kept;
	} rows[] = {
		{{5, 365}, {-1, -1}, {5, 365}},
		{{5, 365}, {30, -1}, {30, 365}},
		{{5, 365}, {-1, 90}, {5, 90}},
		{{5, 365}, {400, -1}, {400, 400}},
		{{5, 365}, {0, -1}, {0, 0}},
		{{5, 365}, {-1, 0}, {5, 0}},
		{{0, 365}, {-1, -1}, {0, 0}},
		{{0, 365}, {7, -1}, {7, 365}},
		{{5, 0}, {-1, -1}, {5, 0}},
		{{5, 3}, {-1, -1}, {5, 5}},
		{{0, 0}, {2, 1}, {2, 2}},
		/* Of a damaged store. */
		{{INT64_MAX, 365}, {-1, -1}, {0, 0}},
		{{5, 365}, {-7, 1000000}, {0, 0}},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_days kept = store_days_in_force(&rows[i].store, &rows[i].account);

		assert_int_equal(kept.detail, rows[i].kept.detail);
		assert_int_equal(kept.header, rows[i].kept.header);
	}
}

/* ---- the audit trail ---- */

static struct store_audit record_of(int64_t time, int64_t account_id, const char *action)
{
	return (struct store_audit){
		.time = time,
		.account_id = account_id,
		.key_id = 3,
		.address = TEXT("127.0.0.1"),
		.user = TEXT(""),
		.action = text_of(action),
		.subject = TEXT("/api/all_logs/1/2?number=617"),
		.outcome = STORE_REFUSED,
		.calls = 7,
		.times = 2,
	};
}

static void add_sample(struct fixture *f)
{
	const struct store_audit records[] = {
		record_of(100, 1, "read-calls"),
		record_of(102, 2, "read-calls"),
		record_of(101, 1, "make-key"),
		record_of(101, 0, "sign-in"),
		record_of(103, 1, "read-calls"),
	};

	assert_int_equal(store_audit_add(f->store, records, 2, NULL), 0);
	assert_int_equal(store_audit_add(f->store, records + 2, 3, NULL), 0);
	assert_int_equal(store_audit_add(f->store, NULL, 0, NULL), 0);
}

static void expect_records(
	struct fixture *f, const struct store_audit_query *query, const char *expected)
{
	struct store_audit *records;
	struct error err = {0};
	char ids[64] = "";
	size_t count;

	if (store_audit_list(f->store, query, &f->arena, &records, &count, &err) < 0) {
		fail_msg("%s", err.message);
	}
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(ids);

		snprintf(ids + used, sizeof(ids) - used, "%lld ", (long long)records[i].id);
	}
	assert_string_equal(ids, expected);
}

static void records_are_listed_newest_first_by_what_is_asked(void **state)
{
	static const struct {
		struct store_audit_query query;
		const char *ids;
	} rows[] = {
		{{.account_id = -1, .end = INT64_MAX, .limit = 9}, "5 2 4 3 1 "},
		{{.account_id = 1, .end = INT64_MAX, .limit = 9}, "5 3 1 "},
		{{.account_id = 0, .end = INT64_MAX, .limit = 9}, "4 "},
		{{.account_id = 3, .end = INT64_MAX, .limit = 9}, ""},
		{{.account_id = -1, .start = 101, .end = 103, .limit = 9}, "2 4 3 "},
		{{.account_id = -1, .end = INT64_MAX, .limit = 2}, "5 2 "},
		{{.account_id = -1, .end = INT64_MAX, .limit = 2, .after_time = 102, .after_id = 2},
			"4 3 "},
		{{.account_id = 1, .end = INT64_MAX, .limit = 9, .action = TEXT("read-calls")},
			"5 1 "},
		{{.account_id = 1, .end = INT64_MAX, .limit = 9, .action = TEXT("")}, ""},
	};
	struct fixture *f = *state;

	add_sample(f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		expect_records(f, &rows[i].query, rows[i].ids);
	}
	assert_int_equal(problems_of(f->store), 0);
}

static void a_record_is_read_as_it_was_written(void **state)
{
	struct fixture *f = *state;
	const struct store_audit_query query = {.account_id = 2, .end = INT64_MAX, .limit = 1};
	struct store_audit *records;
	size_t count;

	add_sample(f);
	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(records->id, 2);
	assert_int_equal(records->time, 102);
	assert_int_equal(records->account_id, 2);
	assert_int_equal(records->key_id, 3);
	assert_true(text_equal_string(records->address, "127.0.0.1"));
	assert_int_equal(records->user.size, 0);
	assert_true(text_equal_string(records->action, "read-calls"));
	assert_true(text_equal_string(records->subject, "/api/all_logs/1/2?number=617"));
	assert_int_equal(records->outcome, STORE_REFUSED);
	assert_int_equal(records->calls, 7);
	assert_int_equal(records->times, 2);
}

static void records_are_dropped_from_the_old_end_only(void **state)
{
	struct fixture *f = *state;
	const struct store_audit_query all = {.account_id = -1, .end = INT64_MAX, .limit = 9};
	int64_t dropped;

	add_sample(f);
	assert_int_equal(store_audit_drop(f->store, 100, 9, &dropped, NULL), 0);
	assert_int_equal(dropped, 0);
	/* The third and fourth are older than 102, but behind one that is not. */
	assert_int_equal(store_audit_drop(f->store, 102, 9, &dropped, NULL), 0);
	assert_int_equal(dropped, 1);
	expect_records(f, &all, "5 2 4 3 ");
	assert_int_equal(store_audit_drop(f->store, INT64_MAX, 2, &dropped, NULL), 0);
	assert_int_equal(dropped, 2);
	assert_int_equal(store_audit_drop(f->store, INT64_MAX, 9, &dropped, NULL), 0);
	assert_int_equal(dropped, 2);
	assert_int_equal(problems_of(f->store), 0);
	add_sample(f);
	expect_records(f, &all, "10 7 9 8 6 ");
	assert_int_equal(problems_of(f->store), 0);
}

static void what_is_dropped_is_recorded_with_it(void **state)
{
	struct fixture *f = *state;
	const struct store_audit record = record_of(100, f->account, "drop-detail");
	const struct store_audit_query query = {
		.account_id = f->account, .end = INT64_MAX, .limit = 9};
	struct store_drop drop = {
		.account_id = f->account, .up_to = MIDNIGHT, .limit = 9, .record = &record};
	struct store_audit *records;
	int64_t dropped;
	size_t count;

	put_sample(f);
	assert_int_equal(store_drop(f->store, &drop, &dropped, NULL), 0);
	assert_int_equal(dropped, 2);
	assert_int_equal(store_drop(f->store, &drop, &dropped, NULL), 0);
	assert_int_equal(dropped, 0); /* which is not worth a record */
	drop.whole = true;
	assert_int_equal(store_drop(f->store, &drop, &dropped, NULL), 0);
	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(records[0].calls, 3);
	assert_int_equal(records[1].calls, 2);
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- space ---- */

static void space_that_is_free_is_given_back_bit_by_bit(void **state)
{
	struct fixture *f = *state;
	struct store_space before, after;
	int64_t freed, all = 0;

	for (int i = 0; i < 200; i++) {
		char session_id[16];
		struct store_put put;

		snprintf(session_id, sizeof(session_id), "s%d", i);
		put = put_of(f, session_id, session_id, MIDNIGHT + i, 300, session_id);
		put_all(f, &put, 1);
	}
	drop_old(f, INT64_MAX, 1000, true);
	assert_int_equal(store_space(f->store, &before, NULL), 0);
	do {
		assert_int_equal(store_shrink(f->store, 0, 64 << 10, &freed, NULL), 0);
		assert_in_range(freed, 0, 64 << 10);
		all += freed;
	} while (freed > 0);
	assert_int_equal(store_space(f->store, &after, NULL), 0);
	assert_int_equal(after.free_bytes, 0);
	/* pages that point to pages */
	assert_in_range(before.used_bytes - after.used_bytes, 0, 64 << 10);
	assert_in_range(all, before.free_bytes, before.free_bytes + (64 << 10));
	assert_int_equal(problems_of(f->store), 0);
}

static void keys_come_in_pages(void **state)
{
	struct fixture *f = *state;
	struct store_key *keys;
	int64_t ids[5];
	size_t count;
	struct error err;

	for (unsigned char i = 0; i < 5; i++) {
		struct store_key key = {.account_id = i == 2 ? f->other : f->account,
			.scopes = STORE_SCOPE_READ,
			.label = TEXT(""),
			.hash = {i}};

		assert_int_equal(store_key_add(f->store, &key, &ids[i], &err), 0);
	}
	assert_int_equal(
		store_key_page(f->store, f->account, 0, 2, &f->arena, &keys, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(keys[1].id, ids[1]);
	assert_int_equal(store_key_page(f->store, f->account, keys[1].id, 100, &f->arena, &keys,
				 &count, &err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(keys[0].id, ids[3]);
	assert_int_equal(keys[1].id, ids[4]);
	assert_int_equal(
		store_key_page(f->store, f->account, ids[4], 100, &f->arena, &keys, &count, &err),
		0);
	assert_int_equal(count, 0);
}

static struct store_key session_of(struct fixture *f, unsigned char byte, int64_t key_id)
{
	return (struct store_key){.account_id = f->account,
		.scopes = STORE_SCOPE_READ,
		.label = TEXT("desk"),
		.hash = {byte},
		.created = 100,
		.of_key = key_id,
		.expires = 200};
}

static bool is_good(struct fixture *f, unsigned char byte, int64_t now)
{
	const unsigned char hash[STORE_KEY_HASH_SIZE] = {byte};
	struct store_account account;
	struct store_key key;
	struct error err;

	return store_key_find(f->store, hash, &f->arena, &key, &account, &err) > 0 &&
	       store_key_is_good(&key, &account, now);
}

static size_t sessions_at(struct fixture *f, int64_t now, struct store_key **ret_sessions)
{
	struct error err;
	size_t count;

	assert_int_equal(store_session_page(f->store, f->account, now, 0, 200, &f->arena,
				 ret_sessions, &count, &err),
		0);
	return count;
}

/* Ids of keys 1 and 2, and of two sessions of the first and one of the second. */
static void add_sessions(struct fixture *f, int64_t ids[5])
{
	for (unsigned char i = 0; i < 5; i++) {
		struct store_key key = session_of(f, i, i < 2 ? 0 : ids[i / 4]);
		struct error err;

		key.expires = i < 2 ? 0 : 200 + i;
		assert_int_equal(store_key_add(f->store, &key, &ids[i], &err), 0);
	}
}

static void a_session_is_no_key_and_is_listed_until_it_is_over(void **state)
{
	struct fixture *f = *state;
	struct store_key *keys, *sessions;
	struct error err;
	int64_t ids[5];
	size_t count;

	add_sessions(f, ids);
	assert_int_equal(store_key_list(f->store, f->account, &f->arena, &keys, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(sessions_at(f, 201, &sessions), 3);
	assert_int_equal(sessions[2].id, ids[4]);
	assert_int_equal(sessions[2].of_key, ids[1]);
	assert_int_equal(sessions[2].expires, 204);
	assert_true(text_equal_string(sessions[2].label, "desk"));
	assert_int_equal(sessions_at(f, 203, &sessions), 1);
	assert_true(is_good(f, 4, 203));
	assert_false(is_good(f, 4, 204));
}

static void a_session_ends_alone_with_its_key_or_with_its_account(void **state)
{
	struct fixture *f = *state;
	struct store_key *sessions;
	struct error err;
	int64_t ids[5];

	add_sessions(f, ids);
	assert_int_equal(store_key_revoke(f->store, f->other, ids[2], 150, &err), 0);
	assert_int_equal(store_key_revoke(f->store, f->account, ids[2], 150, &err), 1);
	assert_false(is_good(f, 2, 150));
	assert_int_equal(sessions_at(f, 150, &sessions), 2);
	assert_true(is_good(f, 0, 150) && is_good(f, 3, 150));
	assert_int_equal(store_key_revoke(f->store, f->account, ids[0], 160, &err), 1);
	assert_false(is_good(f, 3, 160));
	assert_true(is_good(f, 4, 160));
	assert_int_equal(store_account_set_disabled(f->store, f->account, 170, &err), 1);
	assert_false(is_good(f, 4, 170));
}

/* Their rows are gone: those of keys and of others stay. */
static void a_new_session_takes_those_with_it_that_are_over(void **state)
{
	struct fixture *f = *state;
	struct store_key late = session_of(f, 9, 1);
	struct store_account account;
	struct store_key found;
	struct error err;
	int64_t ids[5], id;

	add_sessions(f, ids);
	assert_int_equal(store_key_revoke(f->store, f->account, ids[1], 150, &err), 1);
	late.created = 203;
	late.of_key = ids[0];
	late.expires = 300;
	assert_int_equal(store_key_add(f->store, &late, &id, &err), 0);
	for (unsigned char i = 0; i < 5; i++) {
		const unsigned char hash[STORE_KEY_HASH_SIZE] = {i};
		int expected = i < 2 || i == 4;

		assert_int_equal(store_key_find(f->store, hash, &f->arena, &found, &account, &err),
			expected);
	}
}

static void a_key_has_at_most_so_many_sessions_and_the_oldest_gives_way(void **state)
{
	struct fixture *f = *state;
	struct store_key *sessions;
	struct error err;
	int64_t ids[5], id;

	add_sessions(f, ids);
	for (unsigned char i = 0; i < STORE_SESSIONS_MAX - 1; i++) {
		struct store_key more = session_of(f, (unsigned char)(10 + i), ids[0]);

		assert_int_equal(store_key_add(f->store, &more, &id, &err), 0);
	}
	assert_false(is_good(f, 2, 150));
	assert_true(is_good(f, 3, 150));
	assert_true(is_good(f, 4, 150)); /* of the other key */
	assert_int_equal(sessions_at(f, 150, &sessions), STORE_SESSIONS_MAX + 1);
	assert_int_equal(sessions[0].id, ids[3]);
}

#define KEEPING_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEPING_TEST(detail_is_dropped_oldest_first_up_to_a_time),
		KEEPING_TEST(calls_are_dropped_whole_and_counted_no_longer),
		KEEPING_TEST(detail_that_comes_late_is_found_as_well),
		KEEPING_TEST(many_of_one_second_are_dropped_part_by_part),
		KEEPING_TEST(the_oldest_call_is_told),
		KEEPING_TEST(dropped_calls_are_passed_over_by_those_who_follow),
		KEEPING_TEST(an_account_has_its_own_days_or_none),
		KEEPING_TEST(a_key_comes_with_its_accounts_days),
		KEEPING_TEST(a_new_store_keeps_a_month_of_detail_and_a_year_of_calls),
		KEEPING_TEST(the_stores_days_are_those_of_accounts_that_have_none),
		KEEPING_TEST(an_accounts_own_days_count_and_calls_last_as_long_as_their_detail),
		KEEPING_TEST(keys_come_in_pages),
		KEEPING_TEST(a_session_is_no_key_and_is_listed_until_it_is_over),
		KEEPING_TEST(a_session_ends_alone_with_its_key_or_with_its_account),
		KEEPING_TEST(a_new_session_takes_those_with_it_that_are_over),
		KEEPING_TEST(a_key_has_at_most_so_many_sessions_and_the_oldest_gives_way),
		KEEPING_TEST(records_are_listed_newest_first_by_what_is_asked),
		KEEPING_TEST(a_record_is_read_as_it_was_written),
		KEEPING_TEST(records_are_dropped_from_the_old_end_only),
		KEEPING_TEST(what_is_dropped_is_recorded_with_it),
		KEEPING_TEST(space_that_is_free_is_given_back_bit_by_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
