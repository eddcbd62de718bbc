/* SPDX-License-Identifier: MIT
 * Following calls. Numbers are given in the order of commits (change_head), so who has read up to
 * one has missed none before it. */
#include "store/postgres/postgres.h"

int postgres_change_newest(struct store *base, int64_t *ret_id, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct postgres_rows rows;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0 ||
		postgres_run_one(session.connection, POSTGRES_CHANGE_HEAD, NULL, err) < 0) {
		return -1;
	}
	rows = postgres_rows(session.connection, 0);
	if (rows.count != 1) {
		return error_set(err, ERROR_CORRUPT,
			"the PostgreSQL store has lost its number of changes: verify it");
	}
	*ret_id = postgres_int64(&rows, 0, 0);
	return 0;
}

/* Columns before the call's own. */
#define LIST_COLUMNS 3

static int copy_changes(const struct postgres_rows *rows, struct arena *arena,
	struct store_changes *changes, struct error *err)
{
	changes->items = arena_calloc(arena, (size_t)rows->count, sizeof(*changes->items));
	if (!changes->items) {
		return error_set(err, ERROR_TOO_LARGE, "the changes do not fit into memory");
	}
	for (int i = 0; i < rows->count; i++) {
		struct store_change *item = &changes->items[i];

		item->id = postgres_int64(rows, i, 0);
		if (postgres_copy_call(rows, i, LIST_COLUMNS, arena, &item->call, err) < 0) {
			return -1;
		}
	}
	changes->count = (size_t)rows->count;
	return 0;
}

int postgres_changes_read(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
	struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct store_changes changes = {0};
	struct postgres_rows head, rows;
	int64_t newest, oldest;

	postgres_params_init(&params);
	postgres_bind_int64(&params, account_id);
	postgres_bind_int64(&params, after);
	postgres_bind_int64(&params, limit);
	postgres_bind_int64(&params, detail_after);
	if (postgres_session_open_snapshot(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	postgres_add(session.connection, POSTGRES_CHANGE_HEAD, NULL);
	postgres_add(session.connection, POSTGRES_CHANGES, &params);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	head = postgres_rows(session.connection, 0);
	rows = postgres_rows(session.connection, 1);
	newest = head.count > 0 ? postgres_int64(&head, 0, 0) : 0;
	oldest = head.count > 0 ? postgres_int64(&head, 0, 1) : 0;
	/* A number that was never given is of another store, or of this one before it was restored.
	 */
	changes.gap = after + 1 < oldest || after > newest;
	changes.last = newest;
	if ((rows.count > 0 ? postgres_int64(&rows, 0, 1) : 0) == limit) {
		changes.last = rows.count > 0 ? postgres_int64(&rows, 0, 2) : after;
	}
	if (copy_changes(&rows, arena, &changes, err) < 0) {
		return -1;
	}
	*ret_changes = changes;
	return 0;
}
