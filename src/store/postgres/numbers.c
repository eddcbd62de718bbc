/* SPDX-License-Identifier: MIT
 * Renewing the keys of numbers after the rule by which numbers are compared has changed. Only a key
 * that is the number itself can change, and all calls with such a key get the same new one. */
#include "store/postgres/postgres.h"

/* clang-format off */

/* Those of several calls are read once. */
static const struct postgres_statement declare_old_keys = {
	"declare numbers no scroll cursor for"
	" select account_id, dest_key as old_key from call where dest_key ~ '[^0-9]'"
	" union select account_id, src from call where src_key is null and src ~ '[^0-9]'",
	.once = true};
static const struct postgres_statement fetch_old_keys = {
	"fetch forward 5000 from numbers", .once = true};

#define RENEWED \
	" unnest($account_id::bigint[], $old_key::text[], $new_key::text[])" \
	" as u (account_id, old_key, new_key)"
#define OF_TALLY "t.account_id = u.account_id and not t.is_all and t.dest_key = u.old_key"

/* What there is to do with the keys of one round, in this order. */
static const struct postgres_statement renewals[] = {
	{"insert into tally (account_id, is_all, dest_key, seconds, bucket, calls)"
	" select t.account_id, false, u.new_key, t.seconds, t.bucket, sum(t.calls)::bigint"
	" from tally t join" RENEWED " on " OF_TALLY
	" group by t.account_id, u.new_key, t.seconds, t.bucket"
	" on conflict (account_id, is_all, dest_key, seconds, bucket)"
	" do update set calls = tally.calls + excluded.calls", .once = true},
	{"delete from tally t using" RENEWED " where " OF_TALLY, .once = true},
	{"update call c set dest_key = u.new_key from" RENEWED
	" where c.account_id = u.account_id and c.dest_key = u.old_key", .once = true},
	{"update call c set src_key = u.new_key from" RENEWED
	" where c.account_id = u.account_id and c.src_key is null and c.src = u.old_key", .once =
	true},
};

/* clang-format on */

struct renewal {
	int64_t account_id;
	struct text old_key;
};

static bool write_new_key(struct buffer *out, const void *row)
{
	char buffer[CALL_NUMBER_MAX];

	buffer_append(out, call_number_key(((const struct renewal *)row)->old_key, buffer));
	return true;
}

static const struct postgres_column columns[] = {
	{"account_id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct renewal, account_id)},
	{"old_key", POSTGRES_TEXT, POSTGRES_MEMBER(struct renewal, old_key)},
	{"new_key", POSTGRES_TEXT, .write = write_new_key},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct renewal);

static bool changes(const void *row)
{
	struct text old_key = ((const struct renewal *)row)->old_key;
	char buffer[CALL_NUMBER_MAX];

	return !text_equal(old_key, call_number_key(old_key, buffer));
}

/* *ret_count is how many keys were looked at. */
static int renew_some(struct postgres_connection *connection, size_t *ret_count, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct renewal *keys;

	arena_init(&arena, SIZE_MAX);
	if (postgres_list(connection, &fetch_old_keys, &layout, &arena, &keys, ret_count, err) <
		0) {
		return -1;
	}
	for (size_t i = 0; i < COUNT_OF(renewals); i++) {
		postgres_add_rows(connection, &renewals[i], &layout, keys, *ret_count, changes);
	}
	return postgres_run(connection, err);
}

int postgres_numbers_renew(struct postgres_connection *connection, struct error *err)
{
	size_t count;

	postgres_add(connection, POSTGRES_ONCE("set local enable_hashjoin = on"));
	postgres_add(connection, POSTGRES_ONCE("select from account for no key update"));
	postgres_add(connection, &declare_old_keys);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	do {
		if (renew_some(connection, &count, err) < 0) {
			return -1;
		}
	} while (count > 0);
	return postgres_exec(connection, "close numbers", err);
}
