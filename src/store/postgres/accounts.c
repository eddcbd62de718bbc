/* SPDX-License-Identifier: MIT
 * Accounts and keys on PostgreSQL. */
#include "store/postgres/postgres.h"

/* A session and the parameters of its one statement. */
struct asking {
	struct postgres_session session;
	struct postgres_params params;
};

static int asking_open(struct asking *asking, struct store *base, struct error *err)
{
	postgres_params_init(&asking->params);
	return postgres_session_open(&asking->session, (struct postgres_store *)base, err);
}

static void asking_close(struct asking *asking)
{
	postgres_params_deinit(&asking->params);
	postgres_session_close(&asking->session);
}

static int ask(struct asking *asking, enum postgres_sql sql, struct postgres_rows *ret_rows,
	struct error *err)
{
	if (postgres_run_one(asking->session.connection, sql, &asking->params, err) < 0) {
		return -1;
	}
	*ret_rows = postgres_rows(asking->session.connection, 0);
	return 0;
}

/* For a statement that changes at most one row: how many it changed. */
static int change(struct asking *asking, enum postgres_sql sql, struct error *err)
{
	if (postgres_run_one(asking->session.connection, sql, &asking->params, err) < 0) {
		return -1;
	}
	return postgres_changed(asking->session.connection, 0) > 0;
}

static int copy_text(struct arena *arena, struct text *text, struct error *err)
{
	*text = arena_copy(arena, *text);
	return text->data ? 0
			  : error_set(err, ERROR_TOO_LARGE,
				    "the accounts and keys do not fit into memory");
}

static int read_account(const struct postgres_rows *rows, int row, int column, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	const struct store_days store = {
		.detail = postgres_int64(rows, row, column + 6),
		.header = postgres_int64(rows, row, column + 7),
	};

	*ret_account = (struct store_account){
		.id = postgres_int64(rows, row, column),
		.email = postgres_text(rows, row, column + 1),
		.created = postgres_int64(rows, row, column + 2),
		.disabled = postgres_int64(rows, row, column + 3),
		.days = {.detail = postgres_int64(rows, row, column + 4),
			.header = postgres_int64(rows, row, column + 5)},
	};
	ret_account->kept = store_days_in_force(&store, &ret_account->days);
	return copy_text(arena, &ret_account->email, err);
}

int postgres_account_add(
	struct store *base, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct postgres_rows rows;

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_text(&asking.params, email);
	postgres_bind_int64(&asking.params, now);
	if (ask(&asking, POSTGRES_ACCOUNT_ADD, &rows, err) < 0) {
		return postgres_failed_with(asking.session.connection, POSTGRES_UNIQUE_VIOLATION)
			       ? error_set(err, ERROR_EXISTS, "the account '%.*s' exists already",
					 TEXT_ARG(email))
			       : -1;
	}
	*ret_id = postgres_int64(&rows, 0, 0);
	return 0;
}

int postgres_account_find(struct store *base, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct store_account account;
	struct postgres_rows rows;

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_asked(&asking.params, email);
	if (ask(&asking, POSTGRES_ACCOUNT_FIND, &rows, err) < 0) {
		return -1;
	}
	if (rows.count == 0) {
		return 0;
	}
	if (read_account(&rows, 0, 0, arena, &account, err) < 0) {
		return -1;
	}
	*ret_account = account;
	return 1;
}

int postgres_account_list(struct store *base, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct store_account *accounts;
	struct postgres_rows rows;

	if (asking_open(&asking, base, err) < 0 ||
		ask(&asking, POSTGRES_ACCOUNT_LIST, &rows, err) < 0) {
		return -1;
	}
	accounts = arena_calloc(arena, (size_t)rows.count, sizeof(*accounts));
	if (!accounts) {
		return error_set(err, ERROR_TOO_LARGE, "the accounts do not fit into memory");
	}
	for (int i = 0; i < rows.count; i++) {
		if (read_account(&rows, i, 0, arena, &accounts[i], err) < 0) {
			return -1;
		}
	}
	*ret_accounts = accounts;
	*ret_count = (size_t)rows.count;
	return 0;
}

int postgres_account_set_disabled(
	struct store *base, int64_t account_id, int64_t disabled, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, account_id);
	postgres_bind_int64(&asking.params, disabled);
	return change(&asking, POSTGRES_ACCOUNT_SET_DISABLED, err);
}

int postgres_account_set_days(
	struct store *base, int64_t account_id, const struct store_days *days, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, account_id);
	postgres_bind_int64(&asking.params, days->detail);
	postgres_bind_int64(&asking.params, days->header);
	return change(&asking, POSTGRES_ACCOUNT_SET_DAYS, err);
}

int postgres_keeping(struct store *base, struct store_keeping *ret_keeping, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct postgres_rows rows;

	if (asking_open(&asking, base, err) < 0 || ask(&asking, POSTGRES_KEEPING, &rows, err) < 0) {
		return -1;
	}
	/* Where the row is missing nothing is dropped. */
	*ret_keeping = (struct store_keeping){0};
	if (rows.count > 0) {
		ret_keeping->days.detail = postgres_int64(&rows, 0, 0);
		ret_keeping->days.header = postgres_int64(&rows, 0, 1);
		ret_keeping->audit_days = postgres_int64(&rows, 0, 2);
	}
	return 0;
}

int postgres_set_keeping(struct store *base, const struct store_keeping *keeping, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, keeping->days.detail);
	postgres_bind_int64(&asking.params, keeping->days.header);
	postgres_bind_int64(&asking.params, keeping->audit_days);
	return change(&asking, POSTGRES_SET_KEEPING, err) < 0 ? -1 : 0;
}

int postgres_key_add(
	struct store *base, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct text hash = {.data = (const char *)key->hash, .size = sizeof(key->hash)};
	struct postgres_rows rows;

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, key->account_id);
	postgres_bind_text(&asking.params, hash);
	postgres_bind_int64(&asking.params, key->scopes);
	postgres_bind_text(&asking.params, key->label);
	postgres_bind_int64(&asking.params, key->created);
	postgres_bind_int64(&asking.params, key->last_used);
	postgres_bind_int64(&asking.params, key->revoked);
	if (ask(&asking, POSTGRES_KEY_ADD, &rows, err) == 0) {
		*ret_id = postgres_int64(&rows, 0, 0);
		return 0;
	}
	if (postgres_failed_with(asking.session.connection, POSTGRES_FOREIGN_KEY)) {
		error_set(err, ERROR_NOT_FOUND, "there is no account with the id %lld",
			(long long)key->account_id);
	} else if (postgres_failed_with(asking.session.connection, POSTGRES_UNIQUE_VIOLATION)) {
		error_set(err, ERROR_EXISTS, "the key is stored already");
	}
	return -1;
}

static int read_key(const struct postgres_rows *rows, int row, struct arena *arena,
	struct store_key *ret_key, struct error *err)
{
	struct text hash = postgres_text(rows, row, 2);
	struct store_key key = {
		.id = postgres_int64(rows, row, 0),
		.account_id = postgres_int64(rows, row, 1),
		.scopes = (unsigned int)postgres_int64(rows, row, 3),
		.label = postgres_text(rows, row, 4),
		.created = postgres_int64(rows, row, 5),
		.last_used = postgres_int64(rows, row, 6),
		.revoked = postgres_int64(rows, row, 7),
	};

	if (copy_text(arena, &key.label, err) < 0) {
		return -1;
	}
	if (hash.size != sizeof(key.hash)) {
		return error_set(err, ERROR_CORRUPT, "the stored key %lld has no proper hash",
			(long long)key.id);
	}
	memcpy(key.hash, hash.data, sizeof(key.hash));
	*ret_key = key;
	return 0;
}

int postgres_key_page(struct store *base, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct postgres_rows rows;
	struct store_key *keys;

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, account_id);
	postgres_bind_int64(&asking.params, after_id);
	postgres_bind_int64(&asking.params, limit);
	if (ask(&asking, POSTGRES_KEY_LIST, &rows, err) < 0) {
		return -1;
	}
	keys = arena_calloc(arena, (size_t)rows.count, sizeof(*keys));
	if (!keys) {
		return error_set(err, ERROR_TOO_LARGE, "the keys do not fit into memory");
	}
	for (int i = 0; i < rows.count; i++) {
		if (read_key(&rows, i, arena, &keys[i], err) < 0) {
			return -1;
		}
	}
	*ret_keys = keys;
	*ret_count = (size_t)rows.count;
	return 0;
}

int postgres_key_revoke(
	struct store *base, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, account_id);
	postgres_bind_int64(&asking.params, key_id);
	postgres_bind_int64(&asking.params, now);
	return change(&asking, POSTGRES_KEY_REVOKE, err);
}

int postgres_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct store_account account;
	struct postgres_rows rows;
	struct store_key key;

	postgres_params_init(&params);
	postgres_bind_text(
		&params, (struct text){.data = (const char *)hash, .size = STORE_KEY_HASH_SIZE});
	if (postgres_run_one(view->state, POSTGRES_KEY_FIND, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(view->state, 0);
	if (rows.count == 0) {
		return 0;
	}
	if (read_key(&rows, 0, arena, &key, err) < 0 ||
		read_account(&rows, 0, 8, arena, &account, err) < 0) {
		return -1;
	}
	*ret_key = key;
	*ret_account = account;
	return 1;
}

int postgres_key_touch(struct store *base, int64_t key_id, int64_t minute, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};

	if (asking_open(&asking, base, err) < 0) {
		return -1;
	}
	postgres_bind_int64(&asking.params, key_id);
	postgres_bind_int64(&asking.params, minute);
	return change(&asking, POSTGRES_KEY_TOUCH, err) < 0 ? -1 : 0;
}
