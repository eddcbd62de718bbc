/* SPDX-License-Identifier: MIT
 * What was erased leaves the audit trail, too: a mark stands in its place in a record's subject.
 * The record stays. */
#include "store/erase_marks.h"
#include "store/postgres/postgres.h"

/* In memory at a time. */
#define READ_ROWS 10000

/* clang-format off */
static const struct postgres_statement subjects = {
	"select id, subject from audit where account_id = $account_id::bigint"
	" and id > $after::bigint order by id limit $limit::bigint", .once = true};
static const struct postgres_statement mark = {
	"update audit a set subject = m.subject"
	" from unnest($id::bigint[], $subject::text[]) as m (id, subject)"
	" where a.id = m.id", .once = true};
/* clang-format on */

static const struct postgres_column columns[] = {
	{"id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct erase_mark, id)},
	{"subject", POSTGRES_TEXT, POSTGRES_MEMBER(struct erase_mark, subject)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct erase_mark);

/* Returns how many records were looked at. */
static int look(struct erase_marks *marks, struct postgres_connection *connection,
	int64_t account_id, int64_t *after, struct error *err)
{
	struct postgres_rows rows;

	BIND(connection, INT64(account_id, account_id), INT64(after, *after),
		INT64(limit, READ_ROWS));
	if (postgres_ask(connection, &subjects, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		*after = postgres_int64(&rows, i, "id");
		if (erase_marks_look(marks, *after, postgres_text(&rows, i, "subject"), err) < 0) {
			return -1;
		}
	}
	return rows.count;
}

/* Records may be changed in this transaction alone: no other can write any meanwhile. */
static int change_all(
	const struct erase_marks *marks, struct postgres_connection *connection, struct error *err)
{
	postgres_add(connection, &postgres_begin);
	postgres_add(connection,
		POSTGRES_ONCE("alter table audit disable trigger audit_is_not_changed"));
	postgres_add_rows(connection, &mark, &layout, marks->records, marks->count, NULL);
	postgres_add(
		connection, POSTGRES_ONCE("alter table audit enable trigger audit_is_not_changed"));
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int64_t after = 0;
	int looked;

	do {
		looked = look(marks, connection, account_id, &after, err);
	} while (looked == READ_ROWS);
	if (looked < 0) {
		return -1;
	}
	return marks->count > 0 ? change_all(marks, connection, err) : 0;
}
