/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. */
#include "store/buckets.h"
#include "store/sqlite/sqlite.h"

struct counting {
	struct sqlite_connection *connection;
	int64_t account_id;
	struct call_keys keys;
	struct store_buckets *buckets;
};

/* The part of a bucket that lies from @start to before @end. */
static int add_part(const struct counting *counting, int64_t start, int64_t end, struct error *err)
{
	int64_t calls;

	if (start >= end) {
		return 0;
	}
	if (sqlite_count_window(counting->connection, counting->account_id, counting->keys, start,
		    end, &calls, err) < 0) {
		return -1;
	}
	return store_buckets_add(counting->buckets, start, calls, err);
}

static int start_whole(struct sqlite_rows *rows, const struct counting *counting, struct error *err)
{
	const struct call_keys *keys = &counting->keys;

	if (sqlite_rows_start(
		    rows, counting->connection, SQL_TALLY_NEWEST_FIRST, keys->count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < rows->count; i++) {
		struct sqlite_query *query = &rows->queries[i];

		sqlite_query_int64(query, counting->account_id);
		sqlite_query_int64(query, keys->count == 0);
		sqlite_query_text(query, keys->count == 0 ? TEXT("") : keys->items[i]);
		sqlite_query_int64(query, counting->buckets->seconds);
		sqlite_query_int64(query, counting->buckets->first);
		sqlite_query_int64(query, counting->buckets->last);
	}
	return 0;
}

/* Of several numbers each has its own bucket of a time. */
static int add_whole(const struct counting *counting, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {.session_id = -1};
	int more;

	if (counting->buckets->first >= counting->buckets->last) {
		return 0;
	}
	if (start_whole(&rows, counting, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		if (store_buckets_add(counting->buckets, sqlite_column_int64(rows.row, 0),
			    sqlite_column_int64(rows.row, 1), err) < 0) {
			return -1;
		}
	}
	return more;
}

int sqlite_count_buckets(struct store *base, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	struct counting counting = {.account_id = account_id, .keys = keys, .buckets = buckets};

	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	counting.connection = reader.connection;
	if (add_part(&counting, buckets->last, buckets->end, err) < 0 ||
		add_whole(&counting, err) < 0) {
		return -1;
	}
	return add_part(&counting, buckets->start, buckets->first, err);
}
