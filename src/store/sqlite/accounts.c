/* SPDX-License-Identifier: MIT
 * Accounts and keys in the embedded store. */
#include "store/sqlite/sqlite.h"

/* Runs a statement that changes rows and commits. Returns how many rows it changed (0 or 1). */
static int run_and_commit(
	struct sqlite_writer *writer, struct sqlite_query *query, struct error *err)
{
	int changed;

	if (sqlite_query_run(query, err) < 0) {
		return -1;
	}
	changed = sqlite3_changes(writer->connection->db);
	return sqlite_writer_commit(writer, err) < 0 ? -1 : changed;
}

static bool failed_with(struct sqlite_writer *writer, int status)
{
	return sqlite3_extended_errcode(writer->connection->db) == status;
}

int sqlite_account_add(
	struct store *base, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_ACCOUNT_ADD, err) < 0) {
		return -1;
	}
	sqlite_query_text(&query, email);
	sqlite_query_int64(&query, now);
	if (run_and_commit(&writer, &query, err) < 0) {
		if (failed_with(&writer, SQLITE_CONSTRAINT_UNIQUE)) {
			error_set(err, ERROR_EXISTS, "the account '%.*s' exists already",
				TEXT_ARG(email));
		}
		return -1;
	}
	*ret_id = sqlite3_last_insert_rowid(writer.connection->db);
	return 0;
}

/* Reads the account that begins at @column. */
static int read_account(struct sqlite_query *query, int column, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	struct text email = arena_copy(arena, sqlite_column_text(query, column + 1));
	const struct store_days store = {
		.detail = sqlite_column_int64(query, column + 6),
		.header = sqlite_column_int64(query, column + 7),
	};

	if (!email.data) {
		return error_set(err, ERROR_TOO_LARGE, "the accounts do not fit into memory");
	}
	*ret_account = (struct store_account){
		.id = sqlite_column_int64(query, column),
		.email = email,
		.created = sqlite_column_int64(query, column + 2),
		.disabled = sqlite_column_int64(query, column + 3),
		.days = {.detail = sqlite_column_int64(query, column + 4),
			.header = sqlite_column_int64(query, column + 5)},
	};
	ret_account->kept = store_days_in_force(&store, &ret_account->days);
	return 0;
}

int sqlite_account_find(struct store *base, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, reader.connection, SQL_ACCOUNT_FIND, err) < 0) {
		return -1;
	}
	sqlite_query_text(&query, email);
	row = sqlite_query_step(&query, err);
	if (row > 0 && read_account(&query, 0, arena, ret_account, err) < 0) {
		return -1;
	}
	return row;
}

int sqlite_account_list(struct store *base, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct store_account *accounts = NULL;
	size_t count = 0;
	int row;

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, reader.connection, SQL_ACCOUNT_LIST, err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		accounts = arena_list_grow(arena, accounts, count, sizeof(*accounts));
		if (!accounts) {
			return error_set(
				err, ERROR_TOO_LARGE, "the accounts do not fit into memory");
		}
		if (read_account(&query, 0, arena, &accounts[count++], err) < 0) {
			return -1;
		}
	}
	if (row == 0) {
		*ret_accounts = accounts;
		*ret_count = count;
	}
	return row;
}

int sqlite_account_set_disabled(
	struct store *base, int64_t account_id, int64_t disabled, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_ACCOUNT_SET_DISABLED, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, disabled);
	return run_and_commit(&writer, &query, err);
}

int sqlite_account_set_days(
	struct store *base, int64_t account_id, const struct store_days *days, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_ACCOUNT_SET_DAYS, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, days->detail);
	sqlite_query_int64(&query, days->header);
	return run_and_commit(&writer, &query, err);
}

int sqlite_keeping(struct store *base, struct store_keeping *ret_keeping, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, reader.connection, SQL_KEEPING, err) < 0 ||
		sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	/* Where the row is missing these are zeros: nothing is dropped. */
	*ret_keeping = (struct store_keeping){
		.days = {.detail = sqlite_column_int64(&query, 0),
			.header = sqlite_column_int64(&query, 1)},
		.audit_days = sqlite_column_int64(&query, 2),
	};
	return 0;
}

int sqlite_set_keeping(struct store *base, const struct store_keeping *keeping, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_SET_KEEPING, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, keeping->days.detail);
	sqlite_query_int64(&query, keeping->days.header);
	sqlite_query_int64(&query, keeping->audit_days);
	return run_and_commit(&writer, &query, err) < 0 ? -1 : 0;
}

int sqlite_detail_from(struct sqlite_connection *connection, int64_t account_id, int64_t *ret_start,
	struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_DETAIL_FROM, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	if (sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	*ret_start = sqlite_column_int64(&query, 0);
	return 0;
}

int sqlite_key_add(
	struct store *base, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct text hash = {.data = (const char *)key->hash, .size = sizeof(key->hash)};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_KEY_ADD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, key->account_id);
	sqlite_query_blob(&query, hash);
	sqlite_query_int64(&query, key->scopes);
	sqlite_query_text(&query, key->label);
	sqlite_query_int64(&query, key->created);
	sqlite_query_int64(&query, key->last_used);
	sqlite_query_int64(&query, key->revoked);
	if (run_and_commit(&writer, &query, err) < 0) {
		if (failed_with(&writer, SQLITE_CONSTRAINT_FOREIGNKEY)) {
			error_set(err, ERROR_NOT_FOUND, "there is no account with the id %lld",
				(long long)key->account_id);
		} else if (failed_with(&writer, SQLITE_CONSTRAINT_UNIQUE)) {
			error_set(err, ERROR_EXISTS, "the key is stored already");
		}
		return -1;
	}
	*ret_id = sqlite3_last_insert_rowid(writer.connection->db);
	return 0;
}

static int read_key(struct sqlite_query *query, struct arena *arena, struct store_key *ret_key,
	struct error *err)
{
	struct text hash = sqlite_column_blob(query, 2);
	struct text label = arena_copy(arena, sqlite_column_text(query, 4));
	struct store_key key = {
		.id = sqlite_column_int64(query, 0),
		.account_id = sqlite_column_int64(query, 1),
		.scopes = sqlite_column_uint32(query, 3),
		.label = label,
		.created = sqlite_column_int64(query, 5),
		.last_used = sqlite_column_int64(query, 6),
		.revoked = sqlite_column_int64(query, 7),
	};

	if (!label.data) {
		return error_set(err, ERROR_TOO_LARGE, "the keys do not fit into memory");
	}
	if (hash.size != sizeof(key.hash)) {
		return error_set(err, ERROR_CORRUPT, "the stored key %lld has no proper hash",
			(long long)key.id);
	}
	memcpy(key.hash, hash.data, sizeof(key.hash));
	*ret_key = key;
	return 0;
}

int sqlite_key_page(struct store *base, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct store_key *keys = NULL;
	size_t count = 0;
	int row;

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, reader.connection, SQL_KEY_LIST, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, after_id);
	sqlite_query_int64(&query, limit);
	while ((row = sqlite_query_step(&query, err)) > 0) {
		keys = arena_list_grow(arena, keys, count, sizeof(*keys));
		if (!keys) {
			return error_set(err, ERROR_TOO_LARGE, "the keys do not fit into memory");
		}
		if (read_key(&query, arena, &keys[count++], err) < 0) {
			return -1;
		}
	}
	if (row == 0) {
		*ret_keys = keys;
		*ret_count = count;
	}
	return row;
}

static int key_exists(
	struct sqlite_connection *connection, int64_t account_id, int64_t key_id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_KEY_EXISTS, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, key_id);
	return sqlite_query_step(&query, err);
}

int sqlite_key_revoke(
	struct store *base, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int exists;

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	exists = key_exists(writer.connection, account_id, key_id, err);
	if (exists <= 0) {
		return exists;
	}
	if (sqlite_query_start(&query, writer.connection, SQL_KEY_REVOKE, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, key_id);
	sqlite_query_int64(&query, now);
	return run_and_commit(&writer, &query, err) < 0 ? -1 : 1;
}

int sqlite_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct store_key key;
	struct store_account account;
	int row;

	if (sqlite_query_start(&query, view->state, SQL_KEY_FIND, err) < 0) {
		return -1;
	}
	sqlite_query_blob(
		&query, (struct text){.data = (const char *)hash, .size = STORE_KEY_HASH_SIZE});
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row;
	}
	if (read_key(&query, arena, &key, err) < 0 ||
		read_account(&query, 8, arena, &account, err) < 0) {
		return -1;
	}
	*ret_key = key;
	*ret_account = account;
	return 1;
}

int sqlite_key_touch(struct store *base, int64_t key_id, int64_t minute, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_writer_begin(&writer, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&query, writer.connection, SQL_KEY_TOUCH, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, key_id);
	sqlite_query_int64(&query, minute);
	return run_and_commit(&writer, &query, err) < 0 ? -1 : 0;
}
