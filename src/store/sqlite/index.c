/* SPDX-License-Identifier: MIT
 * The index of calls that come packed: for puts without one, for calls that are replaced, and for a
 * whole store that has none. */
#include "store/sqlite/sqlite.h"

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

static int set_path(
	struct sqlite_connection *connection, int64_t id, struct text path, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_CALL_SET_PATH, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	sqlite_query_blob(&query, path);
	return sqlite_query_run(&query, err);
}

/* A damaged call stays without an index: it must not keep the others from being found. */
static int index_row(struct sqlite_store *store, struct sqlite_query *row, struct error *err)
{
	int64_t id = sqlite_column_int64(row, 0);
	int64_t account_id = sqlite_column_int64(row, 1);
	const struct packed packed = {
		.size = sqlite_column_uint32(row, 3),
		.crc32 = sqlite_column_uint32(row, 4),
		.crc32_op = sqlite_column_uint32(row, 5),
		.deflate = sqlite_column_blob(row, 6),
	};
	AUTO(arena_deinit) struct arena arena;
	struct store_index index;
	struct text path;

	arena_init(&arena, SIZE_MAX);
	if (store_index_packed(&store->repacker, account_id, sqlite_column_uint32(row, 2), &packed,
		    &arena, &index, err) < 0) {
		return err->code == ERROR_CORRUPT ? 0 : -1;
	}
	if (sqlite_kinds_path(&store->kinds, store->writer, account_id, &index, &path, err) < 0 ||
		set_path(store->writer, id, path, err) < 0) {
		return -1;
	}
	return sqlite_words_add(store->writer, id, index.words, err);
}

int sqlite_index_all(struct sqlite_store *store, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int more;

	if (sqlite_query_start(&row, store->writer, SQL_UNINDEXED, err) < 0) {
		return -1;
	}
	while ((more = sqlite_query_step(&row, err)) > 0) {
		if (index_row(store, &row, err) < 0) {
			return -1;
		}
	}
	return more;
}
