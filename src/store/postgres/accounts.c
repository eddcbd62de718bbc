/* SPDX-License-Identifier: MIT
 * Accounts and keys on PostgreSQL. */
#include "store/postgres/postgres.h"

/* clang-format off */
#define ACCOUNT_COLUMNS \
	"a.account_id, a.email, a.created as account_created, a.disabled," \
	" coalesce(a.detail_days, -1) as detail_days, coalesce(a.header_days, -1) as header_days," \
	" (select detail_days from keeping) as store_detail_days," \
	" (select header_days from keeping) as store_header_days"
#define KEY_COLUMNS_BUT_REVOKED \
	"k.id, k.account_id, k.hash, k.scope, k.label, k.created, k.last_used," \
	" coalesce(k.of_key, 0) as of_key, k.expires, "
#define KEY_COLUMNS KEY_COLUMNS_BUT_REVOKED "k.revoked"
/* With its key, p, where it is a session: that one's end is its own. */
#define KEY_COLUMNS_BELOW \
	KEY_COLUMNS_BUT_REVOKED \
	"greatest(k.revoked, coalesce(p.revoked, 0)) as revoked"

static const struct postgres_statement account_add = {
	.sql = "insert into account (email, created) values ($email, $created::bigint)"
	" returning account_id"};
static const struct postgres_statement account_find = {
	.sql = "select " ACCOUNT_COLUMNS " from account a"
	" where lower(email collate \"C\") = lower($email::text collate \"C\")"};
static const struct postgres_statement account_list = {
	.sql = "select " ACCOUNT_COLUMNS " from account a order by lower(email collate \"C\")"};
static const struct postgres_statement account_set_disabled = {
	.sql = "update account set disabled = $disabled::bigint where account_id ="
	" $account_id::bigint"};
static const struct postgres_statement account_set_days = {
	.sql = "update account set detail_days = nullif($detail_days::bigint, -1),"
	" header_days = nullif($header_days::bigint, -1) where account_id = $account_id::bigint"};
static const struct postgres_statement keeping_get = {
	.sql = "select detail_days, header_days, audit_days from keeping"};
static const struct postgres_statement keeping_set = {
	.sql = "insert into keeping (detail_days, header_days, audit_days)"
	" values ($detail_days::bigint, $header_days::bigint, $audit_days::bigint)"
	" on conflict (only_row) do update set detail_days = excluded.detail_days,"
	" header_days = excluded.header_days, audit_days = excluded.audit_days"};

static const struct postgres_statement key_add = {
	.sql = "insert into key (account_id, hash, scope, label, created, last_used, revoked,"
	" of_key, expires) values ($account_id::bigint, $hash::bytea, $scope::bigint, $label,"
	" $created::bigint, $last_used::bigint, $revoked::bigint, nullif($of_key::bigint, 0),"
	" $expires::bigint) returning id"};
static const struct postgres_statement sessions_forget = {
	.sql = "delete from key where account_id = $account_id::bigint and of_key > 0"
	" and (revoked > 0 or expires <= $now::bigint or (of_key = $of_key::bigint and id <="
	" (select s.id from key s where s.account_id = $account_id::bigint"
	" and s.of_key = $of_key::bigint and s.revoked = 0 and s.expires > $now::bigint"
	" order by s.id desc limit 1 offset $kept::bigint)))"};
static const struct postgres_statement key_list = {
	.sql = "select " KEY_COLUMNS " from key k where k.account_id = $account_id::bigint"
	" and k.id > $after_id::bigint and k.of_key is null order by k.id limit $limit::bigint"};
static const struct postgres_statement session_list = {
	.sql = "select " KEY_COLUMNS " from key k where k.account_id = $account_id::bigint"
	" and k.id > $after_id::bigint and k.of_key > 0 and k.revoked = 0"
	" and k.expires > $now::bigint order by k.id limit $limit::bigint"};
static const struct postgres_statement key_revoke = {
	.sql = "update key set revoked = case when revoked = 0 then $now::bigint else revoked end"
	" where account_id = $account_id::bigint and id = $id::bigint"};
static const struct postgres_statement key_find = {
	.sql = "select " KEY_COLUMNS_BELOW ", " ACCOUNT_COLUMNS
	" from key k join account a on a.account_id = k.account_id"
	" left join key p on p.account_id = k.account_id and p.id = k.of_key"
	" where k.hash = $hash::bytea"};
static const struct postgres_statement key_touch = {
	.sql = "update key set last_used = $minute::bigint"
	" where id = $id::bigint and last_used < $minute"};
/* clang-format on */

#define OF_ACCOUNT(member) POSTGRES_MEMBER(struct store_account, member)

static const struct postgres_column account_columns[] = {
	{"account_id", POSTGRES_BIGINT, OF_ACCOUNT(id)},
	{"email", POSTGRES_TEXT, OF_ACCOUNT(email)},
	{"account_created", POSTGRES_BIGINT, OF_ACCOUNT(created)},
	{"disabled", POSTGRES_BIGINT, OF_ACCOUNT(disabled)},
	{"detail_days", POSTGRES_BIGINT, OF_ACCOUNT(days.detail)},
	{"header_days", POSTGRES_BIGINT, OF_ACCOUNT(days.header)},
};

static int read_kept(
	struct postgres_rows *rows, int row, struct arena *arena, void *item, struct error *err)
{
	const struct store_days store = {
		.detail = postgres_int64(rows, row, "store_detail_days"),
		.header = postgres_int64(rows, row, "store_header_days"),
	};
	struct store_account *account = item;

	(void)arena;
	(void)err;
	account->kept = store_days_in_force(&store, &account->days);
	return 0;
}

static const struct postgres_layout account_layout =
	POSTGRES_LAYOUT(account_columns, struct store_account, .finish = read_kept,
		.too_large = "the accounts do not fit into memory");

#define OF_KEY(member) POSTGRES_MEMBER(struct store_key, member)

static const struct postgres_column key_columns[] = {
	{"id", POSTGRES_BIGINT, OF_KEY(id)},
	{"account_id", POSTGRES_BIGINT, OF_KEY(account_id)},
	{"scope", POSTGRES_BIGINT, OF_KEY(scopes)},
	{"label", POSTGRES_TEXT, OF_KEY(label)},
	{"created", POSTGRES_BIGINT, OF_KEY(created)},
	{"last_used", POSTGRES_BIGINT, OF_KEY(last_used)},
	{"revoked", POSTGRES_BIGINT, OF_KEY(revoked)},
	{"of_key", POSTGRES_BIGINT, OF_KEY(of_key)},
	{"expires", POSTGRES_BIGINT, OF_KEY(expires)},
};

static int read_hash(
	struct postgres_rows *rows, int row, struct arena *arena, void *item, struct error *err)
{
	struct text hash = postgres_text(rows, row, "hash");
	struct store_key *key = item;

	(void)arena;
	if (hash.size != sizeof(key->hash)) {
		return error_set(err, ERROR_CORRUPT, "the stored key %lld has no proper hash",
			(long long)key->id);
	}
	memcpy(key->hash, hash.data, sizeof(key->hash));
	return 0;
}

static const struct postgres_layout key_layout = POSTGRES_LAYOUT(key_columns, struct store_key,
	.finish = read_hash, .too_large = "the keys do not fit into memory");

int postgres_account_add(
	struct store *base, struct text email, int64_t now, int64_t *ret_id, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, STRING(email, email), INT64(created, now));
	if (postgres_ask_int64(connection, &account_add, ret_id, err) < 0) {
		return postgres_failed_with(connection, POSTGRES_UNIQUE_VIOLATION)
			       ? store_account_exists(email, err)
			       : -1;
	}
	return 0;
}

int postgres_account_find(struct store *base, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct store_account *accounts;
	size_t count;

	BIND(connection, ASKED(email, email));
	if (postgres_list(connection, &account_find, &account_layout, arena, &accounts, &count,
		    err) < 0) {
		return -1;
	}
	if (count > 0) {
		*ret_account = accounts[0];
	}
	return count > 0;
}

int postgres_account_list(struct store *base, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	return postgres_list(
		connection, &account_list, &account_layout, arena, ret_accounts, ret_count, err);
}

int postgres_account_set_disabled(
	struct store *base, int64_t account_id, int64_t disabled, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(disabled, disabled));
	return postgres_change(connection, &account_set_disabled, err);
}

int postgres_account_set_days(
	struct store *base, int64_t account_id, const struct store_days *days, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(detail_days, days->detail),
		INT64(header_days, days->header));
	return postgres_change(connection, &account_set_days, err);
}

int postgres_keeping(struct store *base, struct store_keeping *ret_keeping, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct postgres_rows rows;
	int found = postgres_ask(connection, &keeping_get, &rows, err);

	if (found < 0) {
		return -1;
	}
	/* Where the row is missing nothing is dropped. */
	*ret_keeping = (struct store_keeping){0};
	if (found > 0) {
		ret_keeping->days.detail = postgres_int64(&rows, 0, "detail_days");
		ret_keeping->days.header = postgres_int64(&rows, 0, "header_days");
		ret_keeping->audit_days = postgres_int64(&rows, 0, "audit_days");
	}
	return 0;
}

int postgres_set_keeping(struct store *base, const struct store_keeping *keeping, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(detail_days, keeping->days.detail),
		INT64(header_days, keeping->days.header), INT64(audit_days, keeping->audit_days));
	return postgres_change(connection, &keeping_set, err) < 0 ? -1 : 0;
}

static struct text hash_text_of(const unsigned char hash[STORE_KEY_HASH_SIZE])
{
	return (struct text){.data = (const char *)hash, .size = STORE_KEY_HASH_SIZE};
}

int postgres_key_add(
	struct store *base, const struct store_key *key, int64_t *ret_id, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, key->account_id), INT64(now, key->created),
		INT64(of_key, key->of_key), INT64(kept, STORE_SESSIONS_MAX - 1));
	if (key->of_key > 0 && postgres_change(connection, &sessions_forget, err) < 0) {
		return -1;
	}
	BIND(connection, INT64(account_id, key->account_id), STRING(hash, hash_text_of(key->hash)),
		INT64(scope, key->scopes), STRING(label, key->label), INT64(created, key->created),
		INT64(last_used, key->last_used), INT64(revoked, key->revoked),
		INT64(of_key, key->of_key), INT64(expires, key->expires));
	if (postgres_ask_int64(connection, &key_add, ret_id, err) >= 0) {
		return 0;
	}
	if (postgres_failed_with(connection, POSTGRES_FOREIGN_KEY)) {
		return store_no_account(key->account_id, err);
	}
	return postgres_failed_with(connection, POSTGRES_UNIQUE_VIOLATION) ? store_key_exists(err)
									   : -1;
}

int postgres_key_page(struct store *base, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(after_id, after_id),
		INT64(limit, limit));
	return postgres_list(connection, &key_list, &key_layout, arena, ret_keys, ret_count, err);
}

int postgres_session_page(struct store *base, int64_t account_id, int64_t now, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(now, now), INT64(after_id, after_id),
		INT64(limit, limit));
	return postgres_list(
		connection, &session_list, &key_layout, arena, ret_keys, ret_count, err);
}

int postgres_key_revoke(
	struct store *base, int64_t account_id, int64_t key_id, int64_t now, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, key_id), INT64(now, now));
	return postgres_change(connection, &key_revoke, err);
}

int postgres_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err)
{
	struct store_account account = {0};
	struct store_key key = {0};
	struct postgres_rows rows;
	int found;

	BIND(view->state, STRING(hash, hash_text_of(hash)));
	found = postgres_ask(view->state, &key_find, &rows, err);
	if (found <= 0) {
		return found;
	}
	if (postgres_read(&rows, 0, &key_layout, arena, &key, err) < 0 ||
		postgres_read(&rows, 0, &account_layout, arena, &account, err) < 0) {
		return -1;
	}
	*ret_key = key;
	*ret_account = account;
	return 1;
}

int postgres_key_touch(struct store *base, int64_t key_id, int64_t minute, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(id, key_id), INT64(minute, minute));
	return postgres_change(connection, &key_touch, err) < 0 ? -1 : 0;
}
