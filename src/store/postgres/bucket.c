/* SPDX-License-Identifier: MIT
 * Calls a minute, an hour or a day, from the tallies; only what the window cuts off of a bucket is
 * counted. All in one round trip. */
#include "store/find.h"
#include "store/postgres/postgres.h"

/* The window as the part of a bucket that it begins in, whole buckets, and the part of one that it
 * ends in; each may be empty. */
struct cut {
	int64_t start;
	int64_t first; /* of the whole buckets */
	int64_t last;  /* their end */
	int64_t end;
};

static struct cut cut_of(const struct filter *filter, int64_t seconds)
{
	int64_t start = filter->start, end = filter->end;
	int64_t down = start - start % seconds, last = end - end % seconds;
	struct cut cut = {start, start, last, end};

	if (start >= end) {
		return (struct cut){start, start, start, start};
	}
	if (start % seconds == 0) {
		return cut;
	}
	/* The window may end before the next bucket begins, or before one that no number can name.
	 */
	if (last <= down) {
		return (struct cut){start, end, end, end};
	}
	cut.first = down + seconds;
	return cut;
}

struct counting {
	const struct cut cut;
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
		(struct store_bucket){start - start % counting->seconds, calls}, counting->arena,
		err);
}

static void add_whole(
	const struct postgres_subject *subject, const struct cut *cut, int64_t seconds)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_bind_int64(&params, subject->account_id);
	postgres_bind_bool(&params, subject->is_all);
	postgres_bind_keys(&params, &subject->keys);
	postgres_bind_int32(&params, (int32_t)seconds);
	postgres_bind_int64(&params, cut->first);
	postgres_bind_int64(&params, cut->last);
	postgres_add(subject->connection, POSTGRES_TALLY_NEWEST_FIRST, &params);
}

/* Newest first: the part at the end, the whole buckets, the part at the beginning. */
static int collect(struct counting *counting, int64_t at_end, const struct postgres_rows *whole,
	int64_t at_start, struct error *err)
{
	if (add(counting, counting->cut.last, at_end, err) < 0) {
		return -1;
	}
	for (int i = 0; i < whole->count; i++) {
		if (add(counting, postgres_int64(whole, i, 0), postgres_int64(whole, i, 1), err) <
			0) {
			return -1;
		}
	}
	return add(counting, counting->cut.start, at_start, err);
}

int postgres_count_buckets(struct store *base, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct counting counting = {
		.cut = cut_of(filter, bucket_seconds),
		.seconds = bucket_seconds,
		.arena = arena,
	};
	const struct cut *cut = &counting.cut;
	struct postgres_subject subject;
	struct postgres_rows whole;
	size_t before, behind;

	if (postgres_session_open_snapshot(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	subject = postgres_subject_of(session.connection, account_id, filter_dest_keys(filter));
	add_whole(&subject, cut, bucket_seconds);
	before = postgres_add_counts(&subject, cut->start, cut->first);
	behind = postgres_add_counts(&subject, cut->last, cut->end);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	whole = postgres_rows(session.connection, 0);
	if (collect(&counting, postgres_sum(session.connection, 1 + before, behind), &whole,
		    postgres_sum(session.connection, 1, before), err) < 0) {
		return -1;
	}
	*ret_buckets = counting.buckets;
	*ret_count = counting.count;
	return 0;
}
