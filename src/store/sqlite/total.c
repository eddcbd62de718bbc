/* SPDX-License-Identifier: MIT
 * Totals, offsets and counts by time, by tallies.
 *
 * To count a year's calls row by row takes as long as to read them. So tallies say how many calls
 * started in each minute, hour, day and 32 days, of an account and of each of its numbers. A window
 * is at most nine spans of these (tally.h); only the seconds at its edges are counted by index. An
 * offset is found from the newest span on: spans that lie before it are taken off. The span that it
 * ends in is narrowed, unit by unit, down to a minute. Only calls of that minute are passed over
 * one by one. Several numbers have each their own tallies, which are read side by side. */
#include "store/buckets.h"
#include "store/find.h"
#include "store/sqlite/sqlite.h"

/* clang-format off */
#define IN_WINDOW "from call where account_id = :account_id and start >= :start and start < :end "
#define NEWEST_FIRST "order by start desc, session_id desc "
#define IN_TALLIES \
	"from tally where account_id = :account_id and is_all = :is_all and dest_key = :dest_key " \
	"and seconds = :seconds and bucket >= :start and bucket < :end "

static const struct sqlite_statement
	tally_sum = {"select sum(calls) " IN_TALLIES},
	tally_newest_first = {"select bucket, calls " IN_TALLIES "order by bucket desc"},
	count_all = {"select count(*) " IN_WINDOW},
	count_dest = {"select count(*) " IN_WINDOW "and dest_key = :dest_key"},
	skip_all = {"select start, session_id " IN_WINDOW NEWEST_FIRST "limit 1 offset :offset"},
	skip_dest = {
		"select start, session_id " IN_WINDOW "and dest_key = :dest_key " NEWEST_FIRST
		"limit -1 offset :offset"};
enum { PLACE_START, PLACE_SESSION_ID };
/* clang-format on */

/* ---- totals ---- */

/* Counts the calls to the number @key, of all numbers where the subject names none. */
static int count_key(const struct sqlite_subject *subject, struct text key,
	const struct tally_span *span, int64_t *ret_calls, struct error *err)
{
	bool is_all = subject->keys.count == 0;
	const struct sqlite_statement *counted = is_all ? &count_all : &count_dest;
	bool by_tallies = span->unit != TALLY_UNITS;

	return sqlite_read_int64(subject->connection, by_tallies ? &tally_sum : counted,
		BIND(INT64(account_id, subject->account_id), INT64(is_all, is_all),
			INT64(seconds, by_tallies ? tally_unit_seconds(span->unit) : 0),
			INT64(start, span->start), INT64(end, span->end), STRING(dest_key, key)),
		ret_calls, err);
}

static int count_span(const struct sqlite_subject *subject, const struct tally_span *span,
	int64_t *ret_calls, struct error *err)
{
	int64_t sum = 0, calls;

	if (subject->keys.count == 0) {
		return count_key(subject, TEXT(""), span, ret_calls, err);
	}
	for (size_t i = 0; i < subject->keys.count; i++) {
		if (count_key(subject, subject->keys.items[i], span, &calls, err) < 0) {
			return -1;
		}
		sum += calls;
	}
	*ret_calls = sum;
	return 0;
}

int sqlite_count_window(const struct sqlite_subject *subject, int64_t start, int64_t end,
	int64_t *ret_calls, struct error *err)
{
	struct tally_span spans[TALLY_SPANS_MAX];
	size_t count = tally_split(start, end, spans);
	int64_t total = 0, calls;

	for (size_t i = 0; i < count; i++) {
		if (count_span(subject, &spans[i], &calls, err) < 0) {
			return -1;
		}
		total += calls;
	}
	*ret_calls = total;
	return 0;
}

/* ---- offsets ---- */

int sqlite_buckets_start(struct sqlite_rows *rows, const struct sqlite_subject *subject,
	int64_t seconds, int64_t start, int64_t end, struct error *err)
{
	*rows = (struct sqlite_rows){.start = SQLITE_BUCKET_START, .session_id = -1};
	return sqlite_rows_start(rows, subject->connection, &tally_newest_first,
		BIND(INT64(account_id, subject->account_id),
			INT64(is_all, subject->keys.count == 0), INT64(seconds, seconds),
			INT64(start, start), INT64(end, end), STRING(dest_key, TEXT(""))),
		subject->keys, err);
}

/* Narrows the span that the offset ends in to one of its buckets. */
static int find_bucket(
	const struct sqlite_subject *subject, struct tally_passing *passing, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	int more;

	if (sqlite_buckets_start(&rows, subject, tally_unit_seconds(passing->span.unit),
		    passing->span.start, passing->span.end, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		if (tally_pass_bucket(passing, sqlite_column_int64(rows.row, SQLITE_BUCKET_START),
			    sqlite_column_int64(rows.row, SQLITE_BUCKET_CALLS))) {
			return 0;
		}
	}
	return more < 0 ? -1
			: error_set(err, ERROR_CORRUPT,
				  "the tallies of the store '%s' contradict themselves: verify it",
				  subject->connection->folder);
}

/* Finds the call with @offset newer ones in @span by going over the index alone. SQLite passes over
 * the newer ones, but not where the calls of several numbers are read side by side. */
static int skip_calls(const struct sqlite_subject *subject, const struct tally_span *span,
	int64_t offset, struct arena *arena, struct store_place *ret_place, struct error *err)
{
	AUTO(sqlite_rows_end)
	struct sqlite_rows rows = {.start = PLACE_START, .session_id = PLACE_SESSION_ID};
	const struct call_keys keys = subject->keys;
	int64_t left = keys.count > 1 ? offset : 0;
	int more;

	if (sqlite_rows_start(&rows, subject->connection, keys.count == 0 ? &skip_all : &skip_dest,
		    BIND(INT64(account_id, subject->account_id), INT64(start, span->start),
			    INT64(end, span->end), INT64(offset, offset - left),
			    STRING(dest_key, TEXT(""))),
		    keys, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0 && left > 0) {
		left--;
	}
	if (more <= 0) {
		return more < 0 ? -1
				: error_set(err, ERROR_CORRUPT,
					  "the tallies of the store '%s' count calls that are not "
					  "there: verify it",
					  subject->connection->folder);
	}
	return store_place_keep(ret_place, sqlite_column_int64(rows.row, PLACE_START),
		sqlite_column_text(rows.row, PLACE_SESSION_ID), arena, err);
}

int sqlite_locate(const struct sqlite_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_place *place, int64_t *ret_total, struct error *err)
{
	struct tally_span spans[TALLY_SPANS_MAX];
	struct tally_passing passing = {.left = query->offset};
	size_t count = tally_split(query->start, query->end, spans);
	int64_t total = 0, calls;

	while (count > 0) {
		if (count_span(subject, &spans[--count], &calls, err) < 0) {
			return -1;
		}
		tally_pass_span(&passing, &spans[count], calls);
		total += calls;
	}
	*ret_total = total;
	if (query->offset == 0 || query->limit == 0 || !passing.found) {
		return 0;
	}
	while (passing.span.unit != TALLY_UNITS) {
		if (find_bucket(subject, &passing, err) < 0) {
			return -1;
		}
	}
	return skip_calls(subject, &passing.span, passing.left, arena, place, err);
}

/* ---- calls a minute, an hour or a day: only what the window cuts off of a bucket is counted ----
 */

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
