/* SPDX-License-Identifier: MIT
 * Following calls. Numbers are given in the order of commits (change_head): a reader that has read
 * up to one has missed none before it. */
#include "store/postgres/postgres.h"

/* clang-format off */
static const struct postgres_statement change_head = {.sql = "select newest, oldest from"
	" change_head"};
static const struct postgres_statement changes_list = {
	.sql = "with list as materialized (select id, session_id, first_step from change"
	" where account_id = $account_id::bigint and id > $after::bigint"
	" order by id limit $limit::bigint)"
	" select h.id, (select count(*) from list) as listed, (select max(id) from list) as"
	" last_id, "
	POSTGRES_HEADER ", " POSTGRES_LIVE ", h.first_step, h.header, " POSTGRES_PACKED
	" from (select max(id) as id, session_id, min(case when first_step < 0"
	" then -1 - first_step else first_step end) as first_step,"
	" bool_or(first_step is null or first_step < 0) as header"
	" from list group by session_id) h"
	" join call c on c.account_id = $account_id and c.session_id = h.session_id"
	" left join detail " POSTGRES_DETAIL_OF_CALL " and c.start > $detail_after::bigint"
	" order by h.id"};
/* clang-format on */

int postgres_change_newest(struct store *base, int64_t *ret_id, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct postgres_rows rows;

	if (postgres_ask(connection, &change_head, &rows, err) < 0) {
		return -1;
	}
	if (rows.count != 1) {
		return error_set(err, ERROR_CORRUPT,
			"the PostgreSQL store has lost its number of changes: verify it");
	}
	*ret_id = postgres_int64(&rows, 0, "newest");
	return 0;
}

static const struct postgres_column columns[] = {
	{"id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_change, id)},
};

static int read_change(
	struct postgres_rows *rows, int row, struct arena *arena, void *item, struct error *err)
{
	struct store_change *change = item;

	change->first_step = postgres_is_null(rows, row, "first_step")
				     ? -1
				     : postgres_int64(rows, row, "first_step");
	change->header = postgres_int64(rows, row, "header") != 0;
	return postgres_read(rows, row, &postgres_call_layout, arena, &change->call, err);
}

static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct store_change,
	.finish = read_change, .too_large = "the changes do not fit into memory");

int postgres_changes_read(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, base, err);
	struct postgres_rows head, rows;
	size_t head_index;

	BIND(connection, INT64(account_id, account_id), INT64(after, after), INT64(limit, limit),
		INT64(detail_after, detail_after));
	head_index = postgres_add(connection, &change_head);
	if (postgres_ask(connection, &changes_list, &rows, err) < 0) {
		return -1;
	}
	head = postgres_rows(connection, head_index);
	if (head.count > 0) {
		list->newest = postgres_int64(&head, 0, "newest");
		list->oldest = postgres_int64(&head, 0, "oldest");
	}
	if (rows.count > 0) {
		list->looked_at = postgres_int64(&rows, 0, "listed");
		list->last = postgres_int64(&rows, 0, "last_id");
	}
	return postgres_read_all(&rows, &layout, arena, &list->items, &list->count, err);
}
