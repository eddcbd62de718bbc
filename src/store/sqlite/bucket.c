/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. */
#include "store/buckets.h"
#include "store/sqlite/sqlite.h"

/* The part of a bucket that lies from @start to before @end. */
static int add_part(struct store_buckets *buckets, const struct sqlite_subject *subject,
	int64_t start, int64_t end, struct error *err)
{
	int64_t calls;

	if (start >= end) {
		return 0;
	}
	if (sqlite_count_window(subject, start, end, &calls, err) < 0) {
		return -1;
	}
	return store_buckets_add(buckets, start, calls, err);
}

/* Of several numbers each has its own bucket of a time. */
static int add_whole(
	struct store_buckets *buckets, const struct sqlite_subject *subject, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	int more;

	if (buckets->first >= buckets->last) {
		return 0;
	}
	if (sqlite_buckets_start(
		    &rows, subject, buckets->seconds, buckets->first, buckets->last, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		if (store_buckets_add(buckets, sqlite_column_int64(rows.row, SQLITE_BUCKET_START),
			    sqlite_column_int64(rows.row, SQLITE_BUCKET_CALLS), err) < 0) {
			return -1;
		}
	}
	return more;
}

int sqlite_count_buckets(struct store *base, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);

	if (!reader.connection) {
		return -1;
	}
	const struct sqlite_subject subject = {reader.connection, account_id, keys};
	if (add_part(buckets, &subject, buckets->last, buckets->end, err) < 0 ||
		add_whole(buckets, &subject, err) < 0) {
		return -1;
	}
	return add_part(buckets, &subject, buckets->start, buckets->first, err);
}
