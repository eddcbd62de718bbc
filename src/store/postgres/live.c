/* SPDX-License-Identifier: MIT
 * Live calls: which of them were heard when. */
#include "store/postgres/postgres.h"

/* clang-format off */
static const struct postgres_statement live_list = {
	.sql = "select account_id, session_id, heard from live where heard < $before::bigint"
	" and ($account_id::bigint = 0 or account_id = $account_id)"
	" order by heard, account_id, session_id limit $limit::bigint"};
static const struct postgres_statement live_hear = {
	"update live set heard = $now::bigint where heard < $now", .once = true};
/* clang-format on */

static const struct postgres_column columns[] = {
	{"account_id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_live, account_id)},
	{"session_id", POSTGRES_TEXT, POSTGRES_MEMBER(struct store_live, session_id)},
	{"heard", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_live, heard)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct store_live);

int postgres_live_list(struct store *base, int64_t account_id, int64_t before, int64_t limit,
	struct arena *arena, struct store_live **ret_calls, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct postgres_rows rows;

	BIND(connection, INT64(account_id, account_id), INT64(before, before), INT64(limit, limit));
	if (postgres_ask(connection, &live_list, &rows, err) < 0) {
		return -1;
	}
	return postgres_read_all(&rows, &layout, arena, ret_calls, ret_count, err);
}

int postgres_live_hear(struct store *base, int64_t now, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(now, now));
	postgres_add(connection, &live_hear);
	return postgres_run(connection, err);
}
