/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. */
#include "store/find.h"
#include "store/sqlite/sqlite.h"
#include "store/tally.h"

struct counting {
	struct sqlite_connection *connection;
	int64_t account_id;
	const struct filter *filter;
	int64_t seconds;
	struct arena *arena;
	struct store_bucket *buckets;
	size_t count;
	size_t room;
};

static int add(struct counting *counting, int64_t start, int64_t calls, struct error *err)
{
	if (calls == 0) {
		return 0;
	}
	return store_find_add_bucket(&counting->buckets, &counting->count, &counting->room,
		(struct store_bucket){start, calls}, counting->arena, err);
}

/* Counts the part of the bucket of @start that lies from @start to before @end. */
static int add_part(struct counting *counting, int64_t start, int64_t end, struct error *err)
{
	struct filter part = *counting->filter;
	int64_t calls;

	part.start = start;
	part.end = end;
	if (sqlite_count_window(counting->connection, counting->account_id, &part, &calls, err) <
		0) {
		return -1;
	}
	return add(counting, start - start % counting->seconds, calls, err);
}

static int start_whole(struct sqlite_rows *rows, const struct counting *counting, int64_t start,
	int64_t end, struct error *err)
{
	struct call_keys keys = filter_dest_keys(counting->filter);

	if (sqlite_rows_start(rows, counting->connection, SQL_TALLY_NEWEST_FIRST, keys.count, err) <
		0) {
		return -1;
	}
	for (size_t i = 0; i < rows->count; i++) {
		struct sqlite_query *query = &rows->queries[i];

		sqlite_query_int64(query, counting->account_id);
		sqlite_query_int64(query, keys.count == 0);
		sqlite_query_text(query, keys.count == 0 ? TEXT("") : keys.items[i]);
		sqlite_query_int64(query, counting->seconds);
		sqlite_query_int64(query, start);
		sqlite_query_int64(query, end);
	}
	return 0;
}

/* Whole buckets, @start and @end being borders of theirs. Of several numbers each has its own of a
 * time. */
static int add_whole(struct counting *counting, int64_t start, int64_t end, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {.session_id = -1};
	struct store_bucket bucket = {0};
	int more;

	if (start_whole(&rows, counting, start, end, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		int64_t next = sqlite_column_int64(rows.row, 0);

		if (next != bucket.start && add(counting, bucket.start, bucket.calls, err) < 0) {
			return -1;
		}
		bucket.calls = next == bucket.start ? bucket.calls : 0;
		bucket.calls += sqlite_column_int64(rows.row, 1);
		bucket.start = next;
	}
	return more < 0 ? -1 : add(counting, bucket.start, bucket.calls, err);
}

static int count(struct counting *counting, struct error *err)
{
	int64_t start = counting->filter->start, end = counting->filter->end;
	int64_t last = end - end % counting->seconds;
	int64_t first = start;

	if (start >= end) {
		return 0;
	}
	if (start % counting->seconds != 0) {
		int64_t down = start - start % counting->seconds;

		/* The window may end before the next bucket begins, or before one that no number
		 * can name. */
		if (last <= down) {
			return add_part(counting, start, end, err);
		}
		first = down + counting->seconds;
	}
	if ((last < end && add_part(counting, last, end, err) < 0) ||
		(first < last && add_whole(counting, first, last, err) < 0)) {
		return -1;
	}
	return start < first ? add_part(counting, start, first, err) : 0;
}

int sqlite_count_buckets(struct store *base, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	struct counting counting = {
		.account_id = account_id,
		.filter = filter,
		.seconds = bucket_seconds,
		.arena = arena,
	};

	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	counting.connection = reader.connection;
	if (count(&counting, err) < 0) {
		return -1;
	}
	*ret_buckets = counting.buckets;
	*ret_count = counting.count;
	return 0;
}
