/* SPDX-License-Identifier: MIT
 * The index of calls that come packed: for calls that are replaced, and for a whole store
 * without any. */
#include "store/sqlite/sqlite.h"

/* clang-format off */
enum { UNINDEXED_ID = PACKED_COLUMNS_END, UNINDEXED_ACCOUNT_ID, UNINDEXED_STEPS };

static const struct sqlite_statement
	call_set_path = {"update call set path = :path, stays = :stays where id = :id"},
	unindexed = {
		"select " PACKED_COLUMNS("p.") ", c.id, c.account_id, c.steps "
		"from packed p cross join call c on c.id = p.call_id "
		"where c.steps >= 0 and c.path is null order by p.call_id"};
/* clang-format on */

int sqlite_words_drop_packed(struct sqlite_store *store, int64_t id, int64_t account_id,
	uint32_t steps, const struct packed *packed, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_index index;

	arena_init(&arena, SIZE_MAX);
	if (store_index_packed(&store->repacker, account_id, steps, packed, &arena, &index, err) <
		0) {
		return err->code == ERROR_CORRUPT ? 0 : -1;
	}
	return sqlite_words_drop(store->writer, id, index.words, err);
}

/* A damaged call stays without an index: it must not keep the others from being found. */
static int index_row(struct sqlite_store *store, const struct sqlite_cursor *row, struct error *err)
{
	int64_t id = sqlite_column_int64(row, UNINDEXED_ID);
	int64_t account_id = sqlite_column_int64(row, UNINDEXED_ACCOUNT_ID);
	const struct packed packed = sqlite_packed_at(row, 0);
	AUTO(arena_deinit) struct arena arena;
	struct store_index index;
	struct text path;

	arena_init(&arena, SIZE_MAX);
	if (store_index_packed(&store->repacker, account_id,
		    sqlite_column_uint32(row, UNINDEXED_STEPS), &packed, &arena, &index, err) < 0) {
		return err->code == ERROR_CORRUPT ? 0 : -1;
	}
	if (sqlite_kinds_path(&store->kinds, store->writer, account_id, &index, &path, err) < 0 ||
		sqlite_run(store->writer, &call_set_path,
			BIND(INT64(id, id), BLOB(path, path), BLOB(stays, index.stays)), err) < 0) {
		return -1;
	}
	return sqlite_words_add(store->writer, id, index.words, err);
}

int sqlite_index_all(struct sqlite_store *store, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(store->writer, &unindexed, BIND_NOTHING, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		if (index_row(store, &row, err) < 0) {
			return -1;
		}
	}
	return more;
}
