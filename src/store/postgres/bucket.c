/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. All in one round trip. */
#include "store/buckets.h"
#include "store/postgres/postgres.h"

static void ask_whole(const struct postgres_subject *subject, const struct store_buckets *buckets)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_bind_int64(&params, subject->account_id);
	postgres_bind_bool(&params, subject->is_all);
	postgres_bind_keys(&params, &subject->keys);
	postgres_bind_int32(&params, (int32_t)buckets->seconds);
	postgres_bind_int64(&params, buckets->first);
	postgres_bind_int64(&params, buckets->last);
	postgres_add(subject->connection, POSTGRES_TALLY_NEWEST_FIRST, &params);
}

static int add_whole(
	struct store_buckets *buckets, const struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		if (store_buckets_add(buckets, postgres_int64(rows, i, 0),
			    postgres_int64(rows, i, 1), err) < 0) {
			return -1;
		}
	}
	return 0;
}

int postgres_count_buckets(struct store *base, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct postgres_subject subject;
	struct postgres_rows whole;
	size_t before, behind;

	if (postgres_session_open_snapshot(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	subject = postgres_subject_of(session.connection, account_id, keys);
	ask_whole(&subject, buckets);
	before = postgres_add_counts(&subject, buckets->start, buckets->first);
	behind = postgres_add_counts(&subject, buckets->last, buckets->end);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	whole = postgres_rows(session.connection, 0);
	if (store_buckets_add(buckets, buckets->last,
		    postgres_sum(session.connection, 1 + before, behind), err) < 0 ||
		add_whole(buckets, &whole, err) < 0) {
		return -1;
	}
	return store_buckets_add(
		buckets, buckets->start, postgres_sum(session.connection, 1, before), err);
}
