/* SPDX-License-Identifier: MIT
 * The dispatcher: picks a backend by location, sees to what is the same for all, and passes on. */
#include "store/store.h"

#include <assert.h>

#include "store/amend.h"
#include "store/backend.h"
#include "store/find.h"

store_open_fn store_postgres_open, store_sqlite_open;

/* The backends, by how a location begins: the only place that names them. */
static const struct {
	const char *prefix;
	store_open_fn *open;
} backends[] = {
	/* libpq knows both names (PostgreSQL 15, chapter 34.1.1.2). */
	{"postgresql://", store_postgres_open},
	{"postgres://", store_postgres_open},
	{"", store_sqlite_open},
};

int store_open(struct store **ret_store, const char *location, const struct store_options *options,
	struct error *err)
{
	const struct store_options defaults = {0};
	const char *scheme_end = strstr(location, "://");

	if (location[0] == '\0') {
		return error_set(err, ERROR_INVALID, "the store's folder is empty: give a folder");
	}
	for (size_t i = 0; i < COUNT_OF(backends); i++) {
		const char *prefix = backends[i].prefix;

		if (text_starts_with(text_of(location), text_of(prefix)) &&
			(prefix[0] || !scheme_end)) {
			return backends[i].open(
				ret_store, location, options ? options : &defaults, err);
		}
	}
	/* Only the scheme is repeated: what follows may hold a password. */
	return error_set(err, ERROR_UNSUPPORTED,
		"this program knows no store of the kind '%.*s://': give a folder or "
		"postgresql://…",
		(int)(scheme_end - location), location);
}

void store_close(struct store *store)
{
	if (store) {
		store->backend->close(store);
	}
}

int store_ping(struct store *store, struct error *err)
{
	return store->backend->ping(store, err);
}

int store_view_open(struct store_view *view, struct store *store, struct error *err)
{
	struct store_view opened = {0};

	if (store->backend->view_open(&opened, store, err) < 0) {
		return -1;
	}
	opened.store = store;
	*view = opened;
	return 0;
}

void store_view_close(struct store_view *view)
{
	if (view->store) {
		view->store->backend->view_close(view);
		view->store = NULL;
	}
}

int store_account_add(
	struct store *store, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	if (email.size == 0 || email.size > STORE_EMAIL_MAX || text_has_control(email)) {
		return error_set(err, ERROR_INVALID,
			"the e-mail is not 1 to %d bytes without control characters",
			STORE_EMAIL_MAX);
	}
	return store->backend->account_add(store, email, now, ret_id, err);
}

int store_no_account(int64_t account_id, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "there is no account with the id %lld",
		(long long)account_id);
}

int store_account_exists(struct text email, struct error *err)
{
	return error_set(err, ERROR_EXISTS, "the account '%.*s' exists already", TEXT_ARG(email));
}

int store_key_exists(struct error *err)
{
	return error_set(err, ERROR_EXISTS, "the key is stored already");
}

int store_account_find(struct store *store, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	return store->backend->account_find(store, email, arena, ret_account, err);
}

int store_account_list(struct store *store, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	return store->backend->account_list(store, arena, ret_accounts, ret_count, err);
}

int store_account_set_disabled(
	struct store *store, int64_t account_id, int64_t disabled, struct error *err)
{
	return store->backend->account_set_disabled(store, account_id, disabled, err);
}

/* What a damaged store says must not drop anything. */
static int64_t sane_days(int64_t days)
{
	return days < 0 || days > STORE_DAYS_MAX ? 0 : days;
}

int store_keeping(struct store *store, struct store_keeping *ret_keeping, struct error *err)
{
	struct store_keeping keeping;

	if (store->backend->keeping(store, &keeping, err) < 0) {
		return -1;
	}
	*ret_keeping = (struct store_keeping){
		.days = {sane_days(keeping.days.detail), sane_days(keeping.days.header)},
		.audit_days = sane_days(keeping.audit_days),
	};
	return 0;
}

int store_set_keeping(struct store *store, const struct store_keeping *keeping, struct error *err)
{
	assert(keeping->days.detail >= 0 && keeping->days.header >= 0 && keeping->audit_days >= 0);
	return store->backend->set_keeping(store, keeping, err);
}

struct store_days store_days_in_force(const struct store_days *store, const struct store_days *own)
{
	struct store_days days = {
		.detail =
			sane_days(own->detail == STORE_DAYS_DEFAULT ? store->detail : own->detail),
		.header =
			sane_days(own->header == STORE_DAYS_DEFAULT ? store->header : own->header),
	};

	if (days.detail == 0 || days.header < days.detail) {
		days.header = days.header == 0 ? 0 : days.detail;
	}
	return days;
}

int store_account_set_days(
	struct store *store, int64_t account_id, const struct store_days *days, struct error *err)
{
	assert(days->detail >= STORE_DAYS_DEFAULT && days->header >= STORE_DAYS_DEFAULT);
	return store->backend->account_set_days(store, account_id, days, err);
}

int store_key_add(
	struct store *store, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	if (key->label.size > STORE_LABEL_MAX || text_has_control(key->label)) {
		return error_set(err, ERROR_INVALID,
			"the label is longer than %d bytes or holds a control character",
			STORE_LABEL_MAX);
	}
	return store->backend->key_add(store, key, ret_id, err);
}

int store_key_page(struct store *store, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	return store->backend->key_page(
		store, account_id, after_id, limit, arena, ret_keys, ret_count, err);
}

int store_session_page(struct store *store, int64_t account_id, int64_t now, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err)
{
	return store->backend->session_page(
		store, account_id, now, after_id, limit, arena, ret_keys, ret_count, err);
}

int store_key_list(struct store *store, int64_t account_id, struct arena *arena,
	struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	return store_key_page(store, account_id, 0, INT64_MAX, arena, ret_keys, ret_count, err);
}

int store_key_revoke(
	struct store *store, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	return store->backend->key_revoke(store, account_id, key_id, now, err);
}

int store_key_find(struct store *store, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	AUTO(store_view_close) struct store_view view = {0};

	if (store_view_open(&view, store, err) < 0) {
		return -1;
	}
	return store_view_key_find(&view, hash, arena, ret_key, ret_account, err);
}

int store_view_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	return view->store->backend->key_find(view, hash, arena, ret_key, ret_account, err);
}

int store_key_touch(struct store *store, int64_t key_id, int64_t now, struct error *err)
{
	return store->backend->key_touch(store, key_id, now - now % 60, err);
}

static void forget_outcome(const struct store_entry *entry)
{
	if (entry->amend) {
		store_amend_forget(entry->amend);
	} else {
		entry->put->call.state = CALL_ENDED;
		entry->put->replaced = entry->put->others = false;
	}
}

int store_put_calls(struct store *store, struct store_put *puts, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		assert(puts[i].call.start >= 0);
		assert(puts[i].call.has_detail == (puts[i].packed.deflate.data != NULL));
		forget_outcome(&(const struct store_entry){.put = &puts[i]});
	}
	return count == 0 ? 0 : store->backend->put_calls(store, puts, count, err);
}

static int no_live_calls(struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED, "this store keeps no live calls");
}

int store_amend_calls(
	struct store *store, const struct store_entry *entries, size_t count, struct error *err)
{
	if (!store->backend->amend_calls) {
		return no_live_calls(err);
	}
	for (size_t i = 0; i < count; i++) {
		assert((entries[i].put != NULL) != (entries[i].amend != NULL));
		forget_outcome(&entries[i]);
	}
	return count == 0 ? 0 : store->backend->amend_calls(store, entries, count, err);
}

int store_live_list(struct store *store, int64_t account_id, int64_t before, int64_t limit,
	struct arena *arena, struct store_live **ret_calls, size_t *ret_count, struct error *err)
{
	assert(limit >= 0);
	if (!store->backend->live_list) {
		return no_live_calls(err);
	}
	return store->backend->live_list(
		store, account_id, before, limit, arena, ret_calls, ret_count, err);
}

int store_live_hear(struct store *store, int64_t now, struct error *err)
{
	return store->backend->live_hear ? store->backend->live_hear(store, now, err)
					 : no_live_calls(err);
}

int store_live_expire(struct store *store, int64_t now, int64_t timeout_s, int64_t limit,
	int64_t *ret_ended, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_amend *amends;
	struct store_entry *entries;
	struct store_live *calls;
	size_t count;

	assert(timeout_s > 0);
	arena_init(&arena, SIZE_MAX);
	if (store_live_list(store, 0, now - timeout_s + 1, limit, &arena, &calls, &count, err) <
		0) {
		return -1;
	}
	amends = arena_calloc(&arena, count, sizeof(*amends));
	entries = arena_calloc(&arena, count, sizeof(*entries));
	if (!amends || !entries) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		amends[i] = (struct store_amend){
			.account_id = calls[i].account_id,
			.session_id = calls[i].session_id,
			.heard = now,
			.timeout_s = timeout_s,
		};
		entries[i].amend = &amends[i];
	}
	if (store_amend_calls(store, entries, count, err) < 0) {
		return -1;
	}
	*ret_ended = 0;
	for (size_t i = 0; i < count; i++) {
		*ret_ended += amends[i].ended;
	}
	return 0;
}

/* A query with its number among the keys. */
struct keyed_query {
	struct store_query query;
	struct text key;
	char buffer[CALL_NUMBER_MAX];
};

static const struct store_query *by_key(const struct store_query *query, struct keyed_query *keyed)
{
	if (!query->number.data) {
		return query;
	}
	keyed->query = *query;
	keyed->key = call_number_key(query->number, keyed->buffer);
	keyed->query.keys = (struct call_keys){.items = &keyed->key, .count = 1};
	return &keyed->query;
}

int store_page(struct store *store, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	AUTO(store_view_close) struct store_view view = {0};

	if (store_view_open(&view, store, err) < 0) {
		return -1;
	}
	return store_view_page(&view, query, arena, ret_page, err);
}

int store_view_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct keyed_query keyed;

	assert(query->start >= 0 && query->offset >= 0 && query->limit >= 0);
	return view->store->backend->page(view, by_key(query, &keyed), arena, ret_page, err);
}

int store_find(struct store *store, int64_t account_id, struct text session_id, struct arena *arena,
	struct store_call *ret_call, struct error *err)
{
	AUTO(store_view_close) struct store_view view = {0};

	if (store_view_open(&view, store, err) < 0) {
		return -1;
	}
	return store_view_find(&view, account_id, session_id, arena, ret_call, err);
}

int store_view_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	return view->store->backend->find(view, account_id, session_id, arena, ret_call, err);
}

int store_walk(struct store *store, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	struct keyed_query keyed;

	assert(query->start >= 0);
	return store->backend->walk(store, by_key(query, &keyed), each, context, err);
}

/* Counted by tallies, and so is its offset. */
static int search_window(struct store *store, const struct store_search *search,
	struct arena *arena, struct store_page *ret_page, struct error *err)
{
	const struct store_query query = {
		.account_id = search->account_id,
		.start = search->filter->start,
		.end = search->filter->end,
		.keys = filter_dest_keys(search->filter),
		.offset = search->offset,
		.limit = search->limit,
		.detail_after = search->with_packed ? search->detail_after : INT64_MAX,
	};

	if (store_find_check_deadline(search, err) < 0 ||
		store_page(store, &query, arena, ret_page, err) < 0) {
		return -1;
	}
	STORE_COST(search->cost, tallies, 1);
	STORE_COST(search->cost, rows, (int64_t)ret_page->count);
	for (size_t i = 0; i < ret_page->count; i++) {
		store_find_hide_detail(&ret_page->calls[i], search->detail_after);
	}
	if (!search->with_total) {
		ret_page->total_calls = -1;
	}
	return 0;
}

int store_search(struct store *store, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	assert(search->filter->start >= 0 && search->offset >= 0 && search->limit >= 0);
	if (filter_is_window(search->filter) && !search->after.session_id.data) {
		return search_window(store, search, arena, ret_page, err);
	}
	return store->backend->search(store, search, arena, ret_page, err);
}

int store_scan(struct store *store, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	assert(search->filter->start >= 0);
	return store->backend->scan(store, search, each, context, err);
}

int store_columns(struct store *store, const struct store_search *search,
	const struct store_columns_use *use, struct error *err)
{
	return store->backend->columns ? store->backend->columns(store, search, use, err) : 0;
}

int store_kinds(struct store *store, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	return store->backend->kinds(store, account_id, arena, ret_kinds, ret_count, err);
}

int store_count_buckets(struct store *store, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err)
{
	struct store_buckets buckets;

	assert(filter_is_window(filter) && filter->start >= 0);
	assert(bucket_seconds == 60 || bucket_seconds == 3600 || bucket_seconds == 86400);
	buckets = store_buckets_of(filter, bucket_seconds, arena);
	if (store->backend->count_buckets(
		    store, account_id, filter_dest_keys(filter), &buckets, err) < 0) {
		return -1;
	}
	*ret_buckets = buckets.items;
	*ret_count = buckets.count;
	return 0;
}

int store_change_newest(struct store *store, int64_t *ret_id, struct error *err)
{
	return store->backend->change_newest(store, ret_id, err);
}

int store_changes(struct store *store, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
	struct error *err)
{
	struct store_change_list list = {0};

	assert(after >= 0 && limit >= 0);
	if (store->backend->changes(
		    store, account_id, after, limit, detail_after, arena, &list, err) < 0) {
		return -1;
	}
	*ret_changes = (struct store_changes){
		.items = list.items,
		.count = list.count,
		.last = list.newest,
		/* A number that was never given is of another store, or of this one before it was
		 * restored. */
		.gap = after + 1 < list.oldest || after > list.newest,
	};
	if (list.looked_at == limit) {
		ret_changes->last = limit > 0 ? list.last : after;
	}
	return 0;
}

int store_listen(struct store *store, store_heard_fn *heard, void *context, struct error *err)
{
	return store->backend->listen ? store->backend->listen(store, heard, context, err) : 0;
}

void store_listen_end(struct store *store)
{
	if (store->backend->listen_end) {
		store->backend->listen_end(store);
	}
}

int store_audit_add(
	struct store *store, const struct store_audit *records, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		assert(records[i].subject.size <= STORE_SUBJECT_MAX && records[i].times > 0);
	}
	return count == 0 ? 0 : store->backend->audit_add(store, records, count, err);
}

int store_audit_list(struct store *store, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	assert(query->limit >= 0);
	return store->backend->audit_list(store, query, arena, ret_records, ret_count, err);
}

int store_audit_drop(
	struct store *store, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	assert(limit >= 0);
	return store->backend->audit_drop(store, before, limit, ret_dropped, err);
}

int store_drop(
	struct store *store, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	assert(drop->limit >= 0);
	return store->backend->drop(store, drop, ret_dropped, err);
}

int store_turn_take(struct store_turn *turn, struct store *store, enum store_duty duty,
	char holder[STORE_HOLDER_SIZE], struct error *err)
{
	struct store_turn taken = {.duty = duty};

	if (store->backend->turn_take) {
		int status = store->backend->turn_take(&taken, store, duty, holder, err);

		if (status <= 0) {
			return status;
		}
	}
	taken.store = store;
	*turn = taken;
	return 1;
}

int store_turn_check(struct store_turn *turn, struct error *err)
{
	const struct store_backend *backend = turn->store->backend;

	return backend->turn_check ? backend->turn_check(turn, err) : 0;
}

void store_turn_end(struct store_turn *turn)
{
	if (turn->store && turn->store->backend->turn_end) {
		turn->store->backend->turn_end(turn);
	}
	turn->store = NULL;
}

bool store_is_remote(const struct store *store)
{
	return store->backend->remote;
}

bool store_keeps_days(const struct store *store)
{
	return store->backend->day_find != NULL;
}

int store_day_find(struct store *store, const struct store_expiry *expiries, size_t count,
	int64_t after, struct store_day *ret_day, struct error *err)
{
	return store_keeps_days(store)
		       ? store->backend->day_find(store, expiries, count, after, ret_day, err)
		       : 0;
}

int store_day_drop(struct store *store, const struct store_expiry *expiries, size_t count,
	const struct store_day *day, int64_t *ret_dropped, struct error *err)
{
	assert(store_keeps_days(store));
	return store->backend->day_drop(store, expiries, count, day, ret_dropped, err);
}

int store_day_tidy(struct store *store, int64_t limit, struct error *err)
{
	return store_keeps_days(store) ? store->backend->day_tidy(store, limit, err) : 0;
}

int store_oldest(
	struct store *store, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	return store->backend->oldest(store, account_id, detail, ret_start, err);
}

int store_space(struct store *store, struct store_space *ret_space, struct error *err)
{
	return store->backend->space(store, ret_space, err);
}

bool store_connections(struct store *store, int *ret_busy, int *ret_idle)
{
	if (!store->backend->connections) {
		return false;
	}
	store->backend->connections(store, ret_busy, ret_idle);
	return true;
}

int store_tidy(struct store *store, struct error *err)
{
	return store->backend->tidy ? store->backend->tidy(store, err) : 0;
}

bool store_keeps_columns(const struct store *store)
{
	return store->backend->seal != NULL;
}

int store_seal(struct store *store, struct store_sealed *ret_sealed, struct error *err)
{
	*ret_sealed = (struct store_sealed){0};
	return store_keeps_columns(store) ? store->backend->seal(store, ret_sealed, err) : 0;
}

int store_shrink(struct store *store, int64_t keep_bytes, int64_t limit_bytes, int64_t *ret_freed,
	struct error *err)
{
	assert(keep_bytes >= 0 && limit_bytes >= 0);
	if (!store->backend->shrink) {
		*ret_freed = 0;
		return 0;
	}
	return store->backend->shrink(store, keep_bytes, limit_bytes, ret_freed, err);
}

int store_sessions_add(struct store_sessions *sessions, struct arena *arena, struct text session_id,
	struct error *err)
{
	struct text copy = arena_copy(arena, session_id);

	sessions->items = arena_list_grow(arena, sessions->items, sessions->count, sizeof(copy));
	if (!copy.data || !sessions->items) {
		return error_no_memory(err);
	}
	sessions->items[sessions->count++] = copy;
	return 0;
}

/* What was asked for, and the sessions of what was erased, leave the audit trail. */
static int erase_names(struct store *store, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *sessions, struct store_erased *erased, struct error *err)
{
	AUTO(erase_marks_deinit) struct erase_marks marks = {0};
	char buffer[CALL_NUMBER_MAX];
	struct text named =
		erase->session_id.data ? erase->session_id : call_number_key(erase->number, buffer);

	if (store_sessions_add(sessions, arena, named, err) < 0 ||
		erase_marks_init(&marks,
			&(struct erase_names){.items = sessions->items, .count = sessions->count},
			err) < 0 ||
		store->backend->audit_erase(store, erase->account_id, &marks, err) < 0) {
		return -1;
	}
	erased->records = (int64_t)marks.count;
	return 0;
}

int store_erase(struct store *store, const struct store_erase *erase,
	struct store_erased *ret_erased, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_sessions sessions = {0};

	assert(!erase->number.data != !erase->session_id.data);
	assert(erase->from >= 0 && erase->limit >= 1);
	arena_init(&arena, SIZE_MAX);
	if (store->backend->erase(store, erase, &arena, &sessions, ret_erased, err) < 0) {
		return -1;
	}
	return erase->count_only ? 0
				 : erase_names(store, erase, &arena, &sessions, ret_erased, err);
}

int store_scrub(struct store *store, struct error *err)
{
	return store->backend->scrub(store, err);
}

int store_backup(struct store *store, const char *destination, struct error *err)
{
	return store->backend->backup(store, destination, err);
}

int store_verify(struct store *store, store_problem_fn *problem, store_progress_fn *progress,
	void *context, struct store_verdict *ret_verdict, struct error *err)
{
	AUTO(store_check_deinit) struct store_check check;

	if (store_check_init(&check, problem, progress, context, err) < 0 ||
		store->backend->verify(store, &check, err) < 0) {
		return -1;
	}
	*ret_verdict = check.verdict;
	return 0;
}
