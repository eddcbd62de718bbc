/* SPDX-License-Identifier: MIT
 * What was erased leaves the audit trail as well: in its place in a record's subject stands a mark.
 * The record stays. */
#include "store/erase_marks.h"
#include "store/postgres/postgres.h"

#define READ_ROWS 10000 /* in memory at a time */

/* $1 account, $2 the record after which to go on, $3 how many at most. */
#define SUBJECTS                                                                                   \
	"select id, subject from audit where account_id = $1::bigint and id > $2::bigint "         \
	"order by id limit $3::bigint"

#define MARK                                                                                       \
	"update audit a set subject = m.subject "                                                  \
	"from unnest($1::bigint[], $2::text[]) as m (id, subject) where a.id = m.id"

/* Returns how many records were looked at. */
static int look(struct erase_marks *marks, struct postgres_connection *connection,
	int64_t account_id, int64_t *after, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;

	postgres_params_init(&params);
	postgres_bind_int64(&params, account_id);
	postgres_bind_int64(&params, *after);
	postgres_bind_int64(&params, READ_ROWS);
	postgres_add_text(connection, SUBJECTS, &params);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	for (int i = 0; i < rows.count; i++) {
		*after = postgres_int64(&rows, i, 0);
		if (erase_marks_look(marks, *after, postgres_text(&rows, i, 1), err) < 0) {
			return -1;
		}
	}
	return rows.count;
}

/* Records may be changed in this transaction and in no other: nobody else can write any meanwhile.
 */
static int change_all(
	const struct erase_marks *marks, struct postgres_connection *connection, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_array_begin(&params, POSTGRES_BIGINT);
	for (size_t i = 0; i < marks->count; i++) {
		postgres_array_int64(&params, marks->records[i].id);
	}
	postgres_array_end(&params);
	postgres_array_begin(&params, POSTGRES_TEXT);
	for (size_t i = 0; i < marks->count; i++) {
		postgres_array_text(&params, marks->records[i].subject);
	}
	postgres_array_end(&params);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add_text(
		connection, "alter table audit disable trigger audit_is_not_changed", NULL);
	postgres_add_text(connection, MARK, &params);
	postgres_add_text(
		connection, "alter table audit enable trigger audit_is_not_changed", NULL);
	postgres_add(connection, POSTGRES_COMMIT, NULL);
	return postgres_run(connection, err);
}

int postgres_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	int64_t after = 0;
	int looked;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	do {
		looked = look(marks, session.connection, account_id, &after, err);
	} while (looked == READ_ROWS);
	if (looked < 0) {
		return -1;
	}
	return marks->count > 0 ? change_all(marks, session.connection, err) : 0;
}
