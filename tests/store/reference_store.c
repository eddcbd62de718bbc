/* SPDX-License-Identifier: MIT
 * The reference: accounts and keys. */
#include "reference_store.h"

#include "reference.h"

struct reference_store *reference_lock(struct store *base)
{
	struct reference_store *store = (struct reference_store *)base;

	pthread_mutex_lock(&store->mutex);
	return store;
}

void reference_unlock(struct reference_store **store)
{
	pthread_mutex_unlock(&(*store)->mutex);
}

static void close_store(struct store *base)
{
	struct reference_store *store = (struct reference_store *)base;

	for (size_t i = 0; i < store->calls_count; i++) {
		free(store->calls[i]);
	}
	free(store->calls);
	for (size_t i = 0; i < store->changes_count; i++) {
		free(store->changes[i]);
	}
	free(store->changes);
	reference_kinds_deinit(&store->kinds);
	free(store->keys);
	free(store->accounts);
	free(store->records);
	arena_deinit(&store->names);
	store_repacker_deinit(&store->repacker);
	pthread_mutex_destroy(&store->mutex);
	free(store);
}

static int ping(struct store *base, struct error *err)
{
	(void)base;
	(void)err;
	return 0;
}

/* A view has the store for itself. */
static int view_open(struct store_view *view, struct store *base, struct error *err)
{
	(void)view;
	(void)err;
	reference_lock(base);
	return 0;
}

static void view_close(struct store_view *view)
{
	struct reference_store *store = reference_of(view);

	reference_unlock(&store);
}

static struct store_account *account_by_id(const struct reference_store *store, int64_t id)
{
	return id >= 1 && (uint64_t)id <= store->accounts_count ? &store->accounts[id - 1] : NULL;
}

bool reference_account_exists(const struct reference_store *store, int64_t account_id)
{
	return account_by_id(store, account_id) != NULL;
}

static const struct store_account *account_by_email(
	const struct reference_store *store, struct text email)
{
	for (size_t i = 0; i < store->accounts_count; i++) {
		if (text_equal_ascii_case(store->accounts[i].email, email)) {
			return &store->accounts[i];
		}
	}
	return NULL;
}

static int copy_text(struct arena *arena, struct text *text, struct error *err)
{
	struct text copy = arena_copy(arena, *text);

	if (!copy.data) {
		return error_no_memory(err);
	}
	*text = copy;
	return 0;
}

static int account_add(
	struct store *base, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_account account = {
		.email = email,
		.created = now,
		.days = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT},
	};
	struct store_account *grown;

	if (account_by_email(store, email)) {
		return store_account_exists(email, err);
	}
	grown = reallocarray(store->accounts, store->accounts_count + 1, sizeof(*grown));
	if (!grown) {
		return error_no_memory(err);
	}
	store->accounts = grown;
	if (copy_text(&store->names, &account.email, err) < 0) {
		return -1;
	}
	account.id = (int64_t)store->accounts_count + 1;
	store->accounts[store->accounts_count++] = account;
	*ret_id = account.id;
	return 0;
}

/* Copies @held into @arena. */
static int copy_account(struct arena *arena, const struct reference_store *store,
	const struct store_account *held, struct store_account *ret_account, struct error *err)
{
	*ret_account = *held;
	ret_account->kept = store_days_in_force(&store->keeping.days, &held->days);
	return copy_text(arena, &ret_account->email, err);
}

static int account_find(struct store *base, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	const struct store_account *held = account_by_email(store, email);
	struct store_account account;

	if (!held) {
		return 0;
	}
	if (copy_account(arena, store, held, &account, err) < 0) {
		return -1;
	}
	*ret_account = account;
	return 1;
}

static int by_email(const void *left, const void *right)
{
	const struct store_account *a = left, *b = right;

	return strcasecmp(a->email.data, b->email.data);
}

static int account_list(struct store *base, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_account *accounts =
		arena_calloc(arena, store->accounts_count, sizeof(*accounts));

	if (!accounts) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < store->accounts_count; i++) {
		if (copy_account(arena, store, &store->accounts[i], &accounts[i], err) < 0) {
			return -1;
		}
	}
	qsort(accounts, store->accounts_count, sizeof(*accounts), by_email);
	*ret_accounts = accounts;
	*ret_count = store->accounts_count;
	return 0;
}

static int account_set_disabled(
	struct store *base, int64_t account_id, int64_t disabled, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_account *account = account_by_id(store, account_id);

	(void)err;
	if (account) {
		account->disabled = disabled;
	}
	return account != NULL;
}

static int account_set_days(
	struct store *base, int64_t account_id, const struct store_days *days, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_account *account = account_by_id(store, account_id);

	(void)err;
	if (account) {
		account->days = *days;
	}
	return account != NULL;
}

static int keeping(struct store *base, struct store_keeping *ret_keeping, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	*ret_keeping = store->keeping;
	return 0;
}

static int set_keeping(struct store *base, const struct store_keeping *keeping, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	store->keeping = *keeping;
	return 0;
}

static const struct store_key *key_by_hash(
	const struct reference_store *store, const unsigned char *hash)
{
	for (size_t i = 0; i < store->keys_count; i++) {
		if (memcmp(store->keys[i].hash, hash, STORE_KEY_HASH_SIZE) == 0) {
			return &store->keys[i];
		}
	}
	return NULL;
}

/* Before @key is added, which may be a session: those that are over, and the oldest of its key. */
static void forget_sessions(struct reference_store *store, const struct store_key *key)
{
	size_t newer = 0;

	for (size_t i = store->keys_count; key->of_key > 0 && i-- > 0;) {
		struct store_key *old = &store->keys[i];
		bool over = old->revoked > 0 || old->expires <= key->created;

		if (old->account_id != key->account_id || old->of_key == 0) {
			continue;
		}
		newer += !over && old->of_key == key->of_key;
		if (over || (old->of_key == key->of_key && newer >= STORE_SESSIONS_MAX)) {
			memset(old->hash, 0xff, sizeof(old->hash)); /* nothing has it any more */
			old->revoked = 1;
		}
	}
}

static int key_add(
	struct store *base, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_key copy = *key;
	struct store_key *grown;

	if (!account_by_id(store, key->account_id)) {
		return store_no_account(key->account_id, err);
	}
	if (key_by_hash(store, key->hash)) {
		return store_key_exists(err);
	}
	forget_sessions(store, key);
	grown = reallocarray(store->keys, store->keys_count + 1, sizeof(*grown));
	if (!grown) {
		return error_no_memory(err);
	}
	store->keys = grown;
	if (copy_text(&store->names, &copy.label, err) < 0) {
		return -1;
	}
	copy.id = (int64_t)store->keys_count + 1;
	store->keys[store->keys_count++] = copy;
	*ret_id = copy.id;
	return 0;
}

/* @sessions_at: of sessions, those that are not over then; 0: of keys. */
static int list_keys(struct store *base, int64_t account_id, int64_t sessions_at, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_key *keys = arena_calloc(arena, store->keys_count, sizeof(*keys));
	size_t count = 0;

	if (!keys) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < store->keys_count; i++) {
		const struct store_key *key = &store->keys[i];

		if (key->account_id != account_id || key->id <= after_id ||
			(key->of_key > 0) != (sessions_at > 0) || (int64_t)count >= limit ||
			(sessions_at > 0 && (key->revoked > 0 || key->expires <= sessions_at))) {
			continue;
		}
		keys[count] = *key;
		if (copy_text(arena, &keys[count++].label, err) < 0) {
			return -1;
		}
	}
	*ret_keys = keys;
	*ret_count = count;
	return 0;
}

static int key_page(struct store *base, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	return list_keys(base, account_id, 0, after_id, limit, arena, ret_keys, ret_count, err);
}

static int session_page(struct store *base, int64_t account_id, int64_t now, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err)
{
	return list_keys(base, account_id, now, after_id, limit, arena, ret_keys, ret_count, err);
}

static int key_revoke(
	struct store *base, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	for (size_t i = 0; i < store->keys_count; i++) {
		struct store_key *key = &store->keys[i];

		if (key->id == key_id && key->account_id == account_id) {
			key->revoked = key->revoked ? key->revoked : now;
			return 1;
		}
	}
	return 0;
}

static int key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	struct reference_store *store = reference_of(view);
	const struct store_key *held = key_by_hash(store, hash);
	struct store_key key;
	struct store_account account;

	if (!held) {
		return 0;
	}
	key = *held;
	for (size_t i = 0; i < store->keys_count; i++) {
		const struct store_key *parent = &store->keys[i];

		if (parent->id == key.of_key && parent->revoked > key.revoked) {
			key.revoked = parent->revoked;
		}
	}
	if (copy_text(arena, &key.label, err) < 0 ||
		copy_account(arena, store, account_by_id(store, key.account_id), &account, err) <
			0) {
		return -1;
	}
	*ret_key = key;
	*ret_account = account;
	return 1;
}

static int key_touch(struct store *base, int64_t key_id, int64_t minute, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	for (size_t i = 0; i < store->keys_count; i++) {
		if (store->keys[i].id == key_id && store->keys[i].last_used < minute) {
			store->keys[i].last_used = minute;
		}
	}
	return 0;
}

static int backup(struct store *base, const char *destination, struct error *err)
{
	(void)base;
	return error_set(err, ERROR_UNSUPPORTED,
		"cannot write a backup to '%s': the store is in memory only", destination);
}

/* What was erased was freed. */
static int scrub(struct store *base, struct error *err)
{
	(void)base;
	(void)err;
	return 1;
}

static int scan(struct store *base, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	struct reference_store *store = (struct reference_store *)base;

	return reference_scan(base, search, &store->kinds, each, context, err);
}

static int count_buckets(struct store *base, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err)
{
	struct filter filter;
	struct store_bucket *items;
	size_t count;

	filter_init(&filter);
	filter.start = buckets->start;
	filter.end = buckets->end;
	filter.dest.whole = keys;
	if (reference_count_buckets(base, account_id, &filter, buckets->seconds, buckets->arena,
		    &items, &count, err) < 0) {
		return -1;
	}
	buckets->items = items;
	buckets->count = count;
	return 0;
}

static int kinds(struct store *base, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	struct reference_store *store = (struct reference_store *)base;

	return reference_kinds_list(&store->kinds, account_id, arena, ret_kinds, ret_count, err);
}

static const struct store_backend backend = {
	.close = close_store,
	.ping = ping,
	.view_open = view_open,
	.view_close = view_close,
	.account_add = account_add,
	.account_find = account_find,
	.account_list = account_list,
	.account_set_disabled = account_set_disabled,
	.account_set_days = account_set_days,
	.keeping = keeping,
	.set_keeping = set_keeping,
	.key_add = key_add,
	.key_page = key_page,
	.session_page = session_page,
	.key_revoke = key_revoke,
	.key_find = key_find,
	.key_touch = key_touch,
	.put_calls = reference_put_calls,
	.amend_calls = reference_amend_calls,
	.live_list = reference_live_list,
	.live_hear = reference_live_hear,
	.page = reference_page,
	.find = reference_find,
	.walk = reference_walk,
	.search = reference_search,
	.scan = scan,
	.kinds = kinds,
	.count_buckets = count_buckets,
	.change_newest = reference_change_newest,
	.changes = reference_changes,
	.erase = reference_erase,
	.audit_erase = reference_audit_erase,
	.scrub = scrub,
	.audit_add = reference_audit_add,
	.audit_list = reference_audit_list,
	.audit_drop = reference_audit_drop,
	.drop = reference_drop,
	.oldest = reference_oldest,
	.space = reference_space,
	.shrink = reference_shrink,
	.backup = backup,
	.verify = reference_verify,
};

int reference_open(struct store **ret_store, struct error *err)
{
	struct reference_store *store = calloc(1, sizeof(*store));

	if (!store) {
		return error_no_memory(err);
	}
	store->base.backend = &backend;
	store->keeping =
		(struct store_keeping){{STORE_DETAIL_DAYS, STORE_HEADER_DAYS}, STORE_AUDIT_DAYS};
	pthread_mutex_init(&store->mutex, NULL);
	arena_init(&store->names, SIZE_MAX);
	store_repacker_init(&store->repacker);
	reference_kinds_init(&store->kinds);
	*ret_store = &store->base;
	return 0;
}
