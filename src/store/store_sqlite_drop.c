/* SPDX-License-Identifier: MIT
 * Dropping the detail of old calls, with its path and its words. */
#include "store/store_sqlite.h"

struct old_call {
	int64_t id;
	int64_t account_id;
	int64_t start;
	int64_t steps;
};

struct old_calls {
	struct old_call *items;
	size_t count;
};

static void free_calls(struct old_calls *calls)
{
	free(calls->items);
}

static struct old_call read_row(struct sqlite_query *row)
{
	return (struct old_call){
		.id = sqlite_column_int64(row, 0),
		.account_id = sqlite_column_int64(row, 1),
		.start = sqlite_column_int64(row, 2),
		.steps = sqlite_column_int64(row, 3),
	};
}

static int add(struct old_calls *calls, size_t *room, struct old_call call, struct error *err)
{
	if (calls->count == *room) {
		struct old_call *grown;

		*room = *room ? 2 * *room : 64;
		grown = reallocarray(calls->items, *room, sizeof(*grown));
		if (!grown) {
			return error_no_memory(err);
		}
		calls->items = grown;
	}
	calls->items[calls->count++] = call;
	return 0;
}

/* Nobody waits for the writer while the calls are looked for. */
static int find_old(struct sqlite_store *store, int64_t account_id, int64_t up_to, int64_t limit,
	struct old_calls *calls, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	size_t room = 0;
	int more;

	if (sqlite_reader_open(&reader, store, err) < 0 ||
		sqlite_query_start(&row, reader.connection, SQL_DETAIL_OLD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, account_id);
	sqlite_query_int64(&row, up_to);
	sqlite_query_int64(&row, limit);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		if (add(calls, &room, read_row(&row), err) < 0) {
			return -1;
		}
	}
	return more;
}

/* The call as it is now: it may have been replaced since it was found. */
static int read_again(
	struct sqlite_connection *connection, struct old_call *call, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int found;

	if (sqlite_query_start(&row, connection, SQL_DETAIL_OF, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, call->id);
	found = sqlite_query_step(&row, err);
	if (found > 0) {
		*call = read_row(&row);
	}
	return found;
}

static int run_for(
	struct sqlite_connection *connection, enum sqlite_sql sql, int64_t id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	return sqlite_query_run(&query, err);
}

/* Returns 1 when it was dropped, 0 when it is no longer old or has none. */
static int drop_detail(
	struct sqlite_store *store, struct old_call call, int64_t up_to, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_connection *connection = store->writer;
	struct packed packed;
	int found = read_again(connection, &call, err);

	arena_init(&arena, SIZE_MAX);
	if (found <= 0 || call.start > up_to || call.steps < 0) {
		return found < 0 ? -1 : 0;
	}
	if (sqlite_packed_by_id(connection, call.id, &arena, &packed, err) < 0 ||
		sqlite_words_drop_packed(
			store, call.id, call.account_id, (uint32_t)call.steps, &packed, err) < 0 ||
		run_for(connection, SQL_PACKED_DROP, call.id, err) < 0 ||
		run_for(connection, SQL_CALL_DROP_DETAIL, call.id, err) < 0) {
		return -1;
	}
	return 1;
}

int sqlite_drop_detail(struct store *base, int64_t account_id, int64_t up_to, int64_t limit,
	int64_t *ret_dropped, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(free_calls) struct old_calls calls = {0};
	struct sqlite_store *store = (struct sqlite_store *)base;
	int64_t dropped = 0;

	if (find_old(store, account_id, up_to, limit, &calls, err) < 0 ||
		(calls.count > 0 && sqlite_writer_begin(&writer, store, err) < 0)) {
		return -1;
	}
	for (size_t i = 0; i < calls.count; i++) {
		int status = drop_detail(store, calls.items[i], up_to, err);

		if (status < 0) {
			return -1;
		}
		dropped += status;
	}
	if (calls.count > 0 && sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_dropped = dropped;
	return 0;
}
