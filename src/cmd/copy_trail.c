/* SPDX-License-Identifier: MIT
 * The trail is listed newest first and written oldest first. So a span of time that holds more than
 * is taken at once is halved, the older half first. */
#include "cmd/copy_trail.h"

#include <stdlib.h>

#include "base/array.h"

#define RECORDS_AT_ONCE 2000
#define TIME_END	INT64_MAX

/* Numbers in one store and in the other. */
struct pair {
	int64_t from;
	int64_t to;
};

struct run {
	struct copy_trail *trail;
	struct arena names; /* of the pairs */
	struct pair *accounts;
	size_t accounts_count;
	struct pair *keys;
	size_t keys_count;
	size_t keys_room;
	struct arena arena; /* of the span that is copied */
};

struct records {
	struct store_audit *items;
	size_t count;
};

static void run_end(struct run *run)
{
	arena_deinit(&run->names);
	arena_deinit(&run->arena);
	free(run->keys);
}

/* ---- accounts and keys in both stores ---- */

static int add_key(struct run *run, const struct store_key *key, struct error *err)
{
	struct store_account account;
	struct store_key other;
	int found;

	if (!ARRAY_RESERVE(run->keys, run->keys_room, run->keys_count + 1)) {
		return error_no_memory(err);
	}
	found = store_key_find(run->trail->to, key->hash, &run->names, &other, &account, err);
	if (found < 0) {
		return -1;
	}
	run->keys[run->keys_count++] = (struct pair){key->id, found > 0 ? other.id : 0};
	return 0;
}

static int add_keys(struct run *run, int64_t account_id, struct error *err)
{
	struct store_key *keys;
	size_t count;

	if (store_key_list(run->trail->from, account_id, &run->names, &keys, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (add_key(run, &keys[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int read_names(struct run *run, struct error *err)
{
	struct store_account *accounts, other;
	size_t count;

	if (store_account_list(run->trail->from, &run->names, &accounts, &count, err) < 0) {
		return -1;
	}
	run->accounts = arena_calloc(&run->names, count, sizeof(*run->accounts));
	if (!run->accounts) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		int found = store_account_find(
			run->trail->to, accounts[i].email, &run->names, &other, err);

		if (found < 0 || add_keys(run, accounts[i].id, err) < 0) {
			return -1;
		}
		run->accounts[run->accounts_count++] =
			(struct pair){accounts[i].id, found > 0 ? other.id : 0};
	}
	return 0;
}

static int64_t other_id(const struct pair *pairs, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].from == id) {
			return pairs[i].to;
		}
	}
	return 0;
}

/* ---- a span ---- */

static int list(struct run *run, struct store *store, int64_t start, int64_t end, int64_t limit,
	struct records *ret_records, struct error *err)
{
	const struct store_audit_query query = {
		.account_id = -1, .start = start, .end = end, .limit = limit};

	return store_audit_list(
		store, &query, &run->arena, &ret_records->items, &ret_records->count, err);
}

static bool is_same(const struct store_audit *a, const struct store_audit *b)
{
	return a->time == b->time && a->account_id == b->account_id && a->key_id == b->key_id &&
	       a->outcome == b->outcome && a->calls == b->calls && a->times == b->times &&
	       text_equal(a->action, b->action) && text_equal(a->subject, b->subject) &&
	       text_equal(a->address, b->address) && text_equal(a->user, b->user);
}

/* Takes the record out of those of its second that @held has, which begin at *@at: newest first, as
 * those that are asked for. */
static bool take(struct records *held, size_t *at, const struct store_audit *record)
{
	while (*at < held->count && held->items[*at].time > record->time) {
		(*at)++;
	}
	for (size_t i = *at; i < held->count && held->items[i].time == record->time; i++) {
		if (held->items[i].times > 0 && is_same(&held->items[i], record)) {
			held->items[i].times = 0; /* of no record that is held */
			return true;
		}
	}
	return false;
}

/* Leaves in @records those that @held lacks, the oldest first. */
static void keep_missing(struct run *run, struct records *records, struct records *held)
{
	size_t at = 0, count = 0;

	for (size_t i = 0; i < records->count; i++) {
		struct store_audit record = records->items[i];

		record.account_id = other_id(run->accounts, run->accounts_count, record.account_id);
		record.key_id = other_id(run->keys, run->keys_count, record.key_id);
		if (take(held, &at, &record)) {
			run->trail->same++;
		} else {
			records->items[count++] = record;
		}
	}
	records->count = count;
	for (size_t i = 0; i < count / 2; i++) {
		struct store_audit record = records->items[i];

		records->items[i] = records->items[count - 1 - i];
		records->items[count - 1 - i] = record;
	}
}

static int copy_records(
	struct run *run, struct records *records, int64_t start, int64_t end, struct error *err)
{
	struct copy_trail *trail = run->trail;
	struct records held;

	if (list(run, trail->to, start, end, INT64_MAX, &held, err) < 0) {
		return -1;
	}
	keep_missing(run, records, &held);
	if (trail->comparing) {
		trail->missing += (int64_t)records->count;
		return 0;
	}
	if (store_audit_add(trail->to, records->items, records->count, err) < 0) {
		return -1;
	}
	trail->copied += (int64_t)records->count;
	return 0;
}

static int copy_span(struct run *run, int64_t start, int64_t end, struct error *err)
{
	int64_t middle = start + (end - start) / 2;
	int64_t limit = end - start > 1 ? RECORDS_AT_ONCE : INT64_MAX;
	struct records records;

	arena_deinit(&run->arena);
	if (list(run, run->trail->from, start, end, limit, &records, err) < 0) {
		return -1;
	}
	if (records.count == 0) {
		return 0;
	}
	if ((int64_t)records.count < limit) {
		return copy_records(run, &records, start, end, err);
	}
	return copy_span(run, start, middle, err) < 0 ? -1 : copy_span(run, middle, end, err);
}

int copy_trail(struct copy_trail *trail, struct error *err)
{
	AUTO(run_end) struct run run = {.trail = trail};

	arena_init(&run.names, SIZE_MAX);
	arena_init(&run.arena, SIZE_MAX);
	if (read_names(&run, err) < 0) {
		return -1;
	}
	return copy_span(&run, 0, TIME_END, err);
}
