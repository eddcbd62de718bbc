/* SPDX-License-Identifier: MIT
 * Renewing the keys of numbers after the rule by which numbers are compared has changed. Only a key
 * that is the number itself can change, and all calls with such a key get the same new one. */
#include <stdio.h>

#include "store/postgres/postgres.h"

/* Those of several calls are read once. */
#define OLD_KEYS                                                                                   \
	"declare numbers no scroll cursor for "                                                    \
	"select account_id, dest_key from call where dest_key ~ '[^0-9]' "                         \
	"union select account_id, src from call where src_key is null and src ~ '[^0-9]'"
#define KEYS_AT_ONCE   5000
#define STRING(number) QUOTED(number)
#define QUOTED(number) #number
#define FETCH_OLD_KEYS "fetch forward " STRING(KEYS_AT_ONCE) " from numbers"

#define RENEWED	 "unnest($1::bigint[], $2::text[], $3::text[]) as u (account_id, old_key, new_key) "
#define OF_DEST	 "c.account_id = u.account_id and c.dest_key = u.old_key"
#define OF_TALLY "t.account_id = u.account_id and not t.is_all and t.dest_key = u.old_key"

/* What there is to do with the keys of one round, in this order. */
static const char *const renewals[] = {
	"insert into tally (account_id, is_all, dest_key, seconds, bucket, calls) "
	"select t.account_id, false, u.new_key, t.seconds, t.bucket, sum(t.calls)::bigint "
	"from tally t join " RENEWED "on " OF_TALLY " "
	"group by t.account_id, u.new_key, t.seconds, t.bucket "
	"on conflict (account_id, is_all, dest_key, seconds, bucket) "
	"do update set calls = tally.calls + excluded.calls",
	"delete from tally t using " RENEWED "where " OF_TALLY,
	"update call c set dest_key = u.new_key from " RENEWED "where " OF_DEST,
	"update call c set src_key = u.new_key from " RENEWED
	"where c.account_id = u.account_id and c.src_key is null and c.src = u.old_key",
};

/* One of the arrays of RENEWED, of the keys that change. */
static void bind_column(
	const struct postgres_rows *rows, int column, struct postgres_params *params)
{
	postgres_array_begin(params, column == 0 ? POSTGRES_BIGINT : POSTGRES_TEXT);
	for (int i = 0; i < rows->count; i++) {
		struct text old_key = postgres_text(rows, i, 1);
		char buffer[CALL_NUMBER_MAX];
		struct text new_key = call_number_key(old_key, buffer);

		if (text_equal(old_key, new_key)) {
			continue;
		}
		if (column == 0) {
			postgres_array_int64(params, postgres_int64(rows, i, 0));
		} else {
			postgres_array_text(params, column == 1 ? old_key : new_key);
		}
	}
	postgres_array_end(params);
}

static int renew(
	struct postgres_connection *connection, const struct postgres_rows *rows, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	for (int column = 0; column < 3; column++) {
		bind_column(rows, column, &params);
	}
	for (size_t i = 0; i < sizeof(renewals) / sizeof(renewals[0]); i++) {
		postgres_add_text(connection, renewals[i], &params);
	}
	return postgres_run(connection, err);
}

int postgres_numbers_renew(struct postgres_connection *connection, struct error *err)
{
	struct postgres_rows rows;

	postgres_add_text(connection, "set local enable_hashjoin = on", NULL);
	postgres_add_text(connection, "select from account for no key update", NULL);
	postgres_add_text(connection, OLD_KEYS, NULL);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	do {
		postgres_add_text(connection, FETCH_OLD_KEYS, NULL);
		if (postgres_run(connection, err) < 0) {
			return -1;
		}
		rows = postgres_rows(connection, 0);
		if (rows.count > 0 && renew(connection, &rows, err) < 0) {
			return -1;
		}
	} while (rows.count > 0);
	return postgres_exec(connection, "close numbers", err);
}
