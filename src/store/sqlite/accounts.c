/* SPDX-License-Identifier: MIT
 * Accounts and keys in the embedded store, and how long calls are kept. */
#include "store/sqlite/sqlite.h"

/* clang-format off */
enum {
	ACCOUNT_ID, ACCOUNT_EMAIL, ACCOUNT_CREATED, ACCOUNT_DISABLED, ACCOUNT_DETAIL_DAYS,
	ACCOUNT_HEADER_DAYS, ACCOUNT_STORE_DETAIL_DAYS, ACCOUNT_STORE_HEADER_DAYS
};
#define ACCOUNT_COLUMNS \
	"a.id, a.email, a.created, a.disabled, coalesce(a.detail_days, -1), " \
	"coalesce(a.header_days, -1), h.detail_days, h.header_days"
/* The one row of the store's days; where it is missing, nothing is dropped. */
#define WITH_KEEPING " left join keeping h on h.id = 1 "

enum {
	KEY_ID, KEY_ACCOUNT_ID, KEY_HASH, KEY_SCOPE, KEY_LABEL, KEY_CREATED, KEY_LAST_USED,
	KEY_REVOKED, KEY_OF_KEY, KEY_EXPIRES,
	/* Where a key comes with its account, the account's columns follow. */
	KEY_END
};
#define KEY_COLUMNS_BUT_REVOKED \
	"k.id, k.account_id, k.hash, k.scope, k.label, k.created, k.last_used, "
#define KEY_COLUMNS KEY_COLUMNS_BUT_REVOKED "k.revoked, k.of_key, k.expires"
/* With its key, p, where it is a session: that one's end is its own. */
#define KEY_COLUMNS_BELOW \
	KEY_COLUMNS_BUT_REVOKED \
	"max(k.revoked, coalesce(p.revoked, 0)), k.of_key, k.expires"

enum { KEEPING_DETAIL_DAYS, KEEPING_HEADER_DAYS, KEEPING_AUDIT_DAYS };

static const struct sqlite_statement
	account_add = {"insert into account (email, created) values (:email, :created)"},
	account_find = {
		"select " ACCOUNT_COLUMNS " from account a" WITH_KEEPING "where email = :email"},
	account_list = {"select " ACCOUNT_COLUMNS " from account a" WITH_KEEPING "order by email"},
	account_set_disabled = {"update account set disabled = :disabled where id = :id"},
	account_set_days = {
		"update account set detail_days = nullif(:detail, -1), "
		"header_days = nullif(:header, -1) where id = :id"},
	account_detail_from = {"select detail_from from account where id = :id"},
	keeping_get = {"select detail_days, header_days, audit_days from keeping"},
	keeping_set = {
		"insert or replace into keeping (id, detail_days, header_days, audit_days) "
		"values (1, :detail, :header, :audit)"},
	key_add = {
		"insert into key (account_id, hash, scope, label, created, last_used, revoked, "
		"of_key, expires) values (:account_id, :hash, :scope, :label, :created, "
		":last_used, :revoked, nullif(:of_key, 0), :expires)"},
	sessions_forget = {
		"delete from key where account_id = :account_id and of_key > 0 "
		"and (revoked > 0 or expires <= :now or (of_key = :of_key and id <= "
		"(select s.id from key s where s.account_id = :account_id "
		"and s.of_key = :of_key and s.revoked = 0 and s.expires > :now "
		"order by s.id desc limit 1 offset :kept)))"},
	key_page = {
		"select " KEY_COLUMNS " from key k where account_id = :account_id "
		"and id > :after_id and of_key is null order by id limit :limit"},
	session_page = {
		"select " KEY_COLUMNS " from key k where account_id = :account_id "
		"and id > :after_id and of_key > 0 and revoked = 0 and expires > :now "
		"order by id limit :limit"},
	key_exists = {"select 1 from key where id = :id and account_id = :account_id"},
	key_revoke = {
		"update key set revoked = :now where id = :id and account_id = :account_id "
		"and revoked = 0"},
	key_find = {
		"select " KEY_COLUMNS_BELOW ", " ACCOUNT_COLUMNS " from key k "
		"join account a on a.id = k.account_id "
		"left join key p on p.id = k.of_key" WITH_KEEPING
		"where k.hash = :hash"},
	key_touch = {"update key set last_used = :minute where id = :id and last_used < :minute"};
/* clang-format on */

/* Ends what added a row. */
static int commit_new(struct sqlite_writer *writer, int64_t *ret_id, struct error *err)
{
	int64_t id = sqlite3_last_insert_rowid(writer->connection->db);

	if (sqlite_writer_commit(writer, err) < 0) {
		return -1;
	}
	*ret_id = id;
	return 0;
}

/* ---- accounts ---- */

int sqlite_account_add(
	struct store *base, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	if (sqlite_run(writer.connection, &account_add,
		    BIND(STRING(email, email), INT64(created, now)), err) < 0) {
		return sqlite_failed_with(writer.connection, SQLITE_CONSTRAINT_UNIQUE)
			       ? store_account_exists(email, err)
			       : -1;
	}
	return commit_new(&writer, ret_id, err);
}

/* Reads the account whose columns begin at @first. */
static int read_account_at(const struct sqlite_cursor *row, int first, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	struct text email = arena_copy(arena, sqlite_column_text(row, first + ACCOUNT_EMAIL));
	const struct store_days store = {
		.detail = sqlite_column_int64(row, first + ACCOUNT_STORE_DETAIL_DAYS),
		.header = sqlite_column_int64(row, first + ACCOUNT_STORE_HEADER_DAYS),
	};

	if (!email.data) {
		return error_set(err, ERROR_TOO_LARGE, "the accounts do not fit into memory");
	}
	*ret_account = (struct store_account){
		.id = sqlite_column_int64(row, first + ACCOUNT_ID),
		.email = email,
		.created = sqlite_column_int64(row, first + ACCOUNT_CREATED),
		.disabled = sqlite_column_int64(row, first + ACCOUNT_DISABLED),
		.days = {.detail = sqlite_column_int64(row, first + ACCOUNT_DETAIL_DAYS),
			.header = sqlite_column_int64(row, first + ACCOUNT_HEADER_DAYS)},
	};
	ret_account->kept = store_days_in_force(&store, &ret_account->days);
	return 0;
}

static int read_account(
	struct sqlite_cursor *row, struct arena *arena, void *ret_account, struct error *err)
{
	return read_account_at(row, 0, arena, ret_account, err);
}

int sqlite_account_find(struct store *base, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(reader.connection, &account_find, BIND(STRING(email, email)), err);
	int found = sqlite_step(&row, err);

	return found > 0 && read_account(&row, arena, ret_account, err) < 0 ? -1 : found;
}

int sqlite_account_list(struct store *base, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list list = {arena, sizeof(**ret_accounts), read_account, .what = "accounts"};

	if (sqlite_list(&list, reader.connection, &account_list, BIND_NOTHING, err) < 0) {
		return -1;
	}
	*ret_accounts = list.items;
	*ret_count = list.count;
	return 0;
}

int sqlite_account_set_disabled(
	struct store *base, int64_t account_id, int64_t disabled, struct error *err)
{
	return sqlite_change(base, &account_set_disabled,
		BIND(INT64(id, account_id), INT64(disabled, disabled)), err);
}

int sqlite_account_set_days(
	struct store *base, int64_t account_id, const struct store_days *days, struct error *err)
{
	return sqlite_change(base, &account_set_days,
		BIND(INT64(id, account_id), INT64(detail, days->detail),
			INT64(header, days->header)),
		err);
}

int sqlite_detail_from(struct sqlite_connection *connection, int64_t account_id, int64_t *ret_start,
	struct error *err)
{
	*ret_start = 0;
	return sqlite_read_int64(
		connection, &account_detail_from, BIND(INT64(id, account_id)), ret_start, err);
}

int sqlite_keeping(struct store *base, struct store_keeping *ret_keeping, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(reader.connection, &keeping_get, BIND_NOTHING, err);

	if (sqlite_step(&row, err) < 0) {
		return -1;
	}
	/* Where the row is missing these are zeros: nothing is dropped. */
	*ret_keeping = (struct store_keeping){
		.days = {.detail = sqlite_column_int64(&row, KEEPING_DETAIL_DAYS),
			.header = sqlite_column_int64(&row, KEEPING_HEADER_DAYS)},
		.audit_days = sqlite_column_int64(&row, KEEPING_AUDIT_DAYS),
	};
	return 0;
}

int sqlite_set_keeping(struct store *base, const struct store_keeping *keeping, struct error *err)
{
	return sqlite_change(base, &keeping_set,
		       BIND(INT64(detail, keeping->days.detail),
			       INT64(header, keeping->days.header),
			       INT64(audit, keeping->audit_days)),
		       err) < 0
		       ? -1
		       : 0;
}

/* ---- keys ---- */

int sqlite_key_add(
	struct store *base, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct text hash = {.data = (const char *)key->hash, .size = sizeof(key->hash)};

	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	if (key->of_key > 0 &&
		sqlite_run(writer.connection, &sessions_forget,
			BIND(INT64(account_id, key->account_id), INT64(now, key->created),
				INT64(of_key, key->of_key), INT64(kept, STORE_SESSIONS_MAX - 1)),
			err) < 0) {
		return -1;
	}
	if (sqlite_run(writer.connection, &key_add,
		    BIND(INT64(account_id, key->account_id), BLOB(hash, hash),
			    INT64(scope, key->scopes), STRING(label, key->label),
			    INT64(created, key->created), INT64(last_used, key->last_used),
			    INT64(revoked, key->revoked), INT64(of_key, key->of_key),
			    INT64(expires, key->expires)),
		    err) < 0) {
		if (sqlite_failed_with(writer.connection, SQLITE_CONSTRAINT_FOREIGNKEY)) {
			return store_no_account(key->account_id, err);
		}
		return sqlite_failed_with(writer.connection, SQLITE_CONSTRAINT_UNIQUE)
			       ? store_key_exists(err)
			       : -1;
	}
	return commit_new(&writer, ret_id, err);
}

static int read_key(
	struct sqlite_cursor *row, struct arena *arena, void *ret_key, struct error *err)
{
	struct text hash = sqlite_column_blob(row, KEY_HASH);
	struct store_key key = {
		.id = sqlite_column_int64(row, KEY_ID),
		.account_id = sqlite_column_int64(row, KEY_ACCOUNT_ID),
		.scopes = sqlite_column_uint32(row, KEY_SCOPE),
		.label = arena_copy(arena, sqlite_column_text(row, KEY_LABEL)),
		.created = sqlite_column_int64(row, KEY_CREATED),
		.last_used = sqlite_column_int64(row, KEY_LAST_USED),
		.revoked = sqlite_column_int64(row, KEY_REVOKED),
		.of_key = sqlite_column_int64(row, KEY_OF_KEY),
		.expires = sqlite_column_int64(row, KEY_EXPIRES),
	};

	if (!key.label.data) {
		return error_set(err, ERROR_TOO_LARGE, "the keys do not fit into memory");
	}
	if (hash.size != sizeof(key.hash)) {
		return error_set(err, ERROR_CORRUPT, "the stored key %lld has no proper hash",
			(long long)key.id);
	}
	memcpy(key.hash, hash.data, sizeof(key.hash));
	*(struct store_key *)ret_key = key;
	return 0;
}

static int list_keys(struct store *base, const struct sqlite_statement *page,
	struct sqlite_values values, struct arena *arena, struct store_key **ret_keys,
	size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list list = {arena, sizeof(**ret_keys), read_key, .what = "keys"};

	if (sqlite_list(&list, reader.connection, page, values, err) < 0) {
		return -1;
	}
	*ret_keys = list.items;
	*ret_count = list.count;
	return 0;
}

int sqlite_key_page(struct store *base, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	return list_keys(base, &key_page,
		BIND(INT64(account_id, account_id), INT64(after_id, after_id), INT64(limit, limit)),
		arena, ret_keys, ret_count, err);
}

int sqlite_session_page(struct store *base, int64_t account_id, int64_t now, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err)
{
	return list_keys(base, &session_page,
		BIND(INT64(account_id, account_id), INT64(now, now), INT64(after_id, after_id),
			INT64(limit, limit)),
		arena, ret_keys, ret_count, err);
}

int sqlite_key_revoke(
	struct store *base, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t one;
	int exists;

	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	exists = sqlite_read_int64(writer.connection, &key_exists,
		BIND(INT64(id, key_id), INT64(account_id, account_id)), &one, err);
	if (exists <= 0) {
		return exists;
	}
	if (sqlite_run(writer.connection, &key_revoke,
		    BIND(INT64(id, key_id), INT64(account_id, account_id), INT64(now, now)),
		    err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err) < 0 ? -1 : 1;
}

int sqlite_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	const struct text wanted = {.data = (const char *)hash, .size = STORE_KEY_HASH_SIZE};
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(view->state, &key_find, BIND(BLOB(hash, wanted)), err);
	struct store_key key;
	struct store_account account;
	int found = sqlite_step(&row, err);

	if (found <= 0) {
		return found;
	}
	if (read_key(&row, arena, &key, err) < 0 ||
		read_account_at(&row, KEY_END, arena, &account, err) < 0) {
		return -1;
	}
	*ret_key = key;
	*ret_account = account;
	return 1;
}

int sqlite_key_touch(struct store *base, int64_t key_id, int64_t minute, struct error *err)
{
	return sqlite_change(
		       base, &key_touch, BIND(INT64(id, key_id), INT64(minute, minute)), err) < 0
		       ? -1
		       : 0;
}
