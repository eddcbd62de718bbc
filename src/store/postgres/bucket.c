/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. All in one round trip. */
#include "store/buckets.h"
#include "store/postgres/postgres.h"

static int add_whole(struct store_buckets *buckets, struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		if (store_buckets_add(buckets, postgres_int64(rows, i, "bucket"),
			    postgres_int64(rows, i, "calls"), err) < 0) {
			return -1;
		}
	}
	return 0;
}

int postgres_count_buckets(struct store *base, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, base, err);
	const struct postgres_subject subject = postgres_subject_of(connection, account_id, keys);
	size_t whole =
		postgres_add_buckets(&subject, buckets->seconds, buckets->first, buckets->last);
	size_t before = postgres_add_counts(&subject, buckets->start, buckets->first);
	size_t behind = postgres_add_counts(&subject, buckets->last, buckets->end);
	struct postgres_rows rows;

	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, whole);
	if (store_buckets_add(buckets, buckets->last,
		    postgres_sum(connection, whole + 1 + before, behind), err) < 0 ||
		add_whole(buckets, &rows, err) < 0) {
		return -1;
	}
	return store_buckets_add(
		buckets, buckets->start, postgres_sum(connection, whole + 1, before), err);
}
