/* SPDX-License-Identifier: MIT
 * Pages with their totals, and walks. The total and, where no call is passed over, the page itself
 * come in one round trip; a deep offset is found by the tallies first. */
#include "store/find.h"
#include "store/postgres/postgres.h"
#include "store/tally.h"

/* Calls of a walk that are read at once. */
#define WALK_CALLS 200

/* clang-format off */
#define OF_WINDOW \
	" from call c where c.account_id = $account_id::bigint" \
	" and c.start >= $start::bigint and c.start < $end::bigint"
#define OF_KEYS " and c.dest_key = any($keys::text[])"

static const struct postgres_statement count_all = {.sql = "select count(*)" OF_WINDOW};
static const struct postgres_statement count_of_keys = {.sql = "select count(*)" OF_WINDOW OF_KEYS};

#define PASSED_OVER POSTGRES_NEWEST_FIRST " limit 1 offset $offset::bigint"
static const struct postgres_statement skip_all = {
	.sql = "select c.start, c.session_id" OF_WINDOW PASSED_OVER};
static const struct postgres_statement skip_of_keys = {
	.sql = "select c.start, c.session_id" OF_WINDOW OF_KEYS PASSED_OVER};

#define OF_TALLY \
	" from tally where account_id = $account_id::bigint and is_all = $is_all::boolean" \
	" and dest_key = any($keys::text[]) and seconds = $seconds::integer" \
	" and bucket >= $start::bigint and bucket < $end::bigint"
static const struct postgres_statement tally_sum = {
	.sql = "select coalesce(sum(calls), 0)::bigint" OF_TALLY};
static const struct postgres_statement tally_buckets = {
	.sql = "select bucket, sum(calls)::bigint as calls" OF_TALLY
	" group by bucket order by bucket desc"};

/* The newest calls of a window from one call on, given by its start and session; packed where they
 * started after $detail_after. The calls of the page are found first, then each is joined with its
 * detail. */
#define OF_PAGE \
	" from call c where c.account_id = $account_id::bigint and c.start >= $start::bigint" \
	" and (c.start, c.session_id) <= ($top_start::bigint, $top_session::text)"
#define FOUND "select c.account_id, c.part, " POSTGRES_HEADER OF_PAGE
#define LIMITED POSTGRES_NEWEST_FIRST " limit $limit::bigint"
#define PAGE(found) \
	"select " POSTGRES_HEADER ", case when $with_state::boolean then " POSTGRES_IS_LIVE \
	" else false end as live, " POSTGRES_PACKED " from (" found LIMITED ") c" \
	" left join detail " POSTGRES_DETAIL_OF_CALL " and c.start > $detail_after::bigint" \
	POSTGRES_NEWEST_FIRST
static const struct postgres_statement page_of_all = {.sql = PAGE(FOUND)};
static const struct postgres_statement page_of_key = {
	.sql = PAGE(FOUND " and c.dest_key = $key::text")};
/* Of several numbers: each one's newest are found out of its index first. */
static const struct postgres_statement page_of_keys = {.sql = PAGE(
	"select c.* from unnest($keys::text[]) as u (dest_key) cross join lateral ("
	FOUND " and c.dest_key = u.dest_key" LIMITED ") c")};
/* clang-format on */

static int contradiction(struct error *err)
{
	return error_set(err, ERROR_CORRUPT,
		"the tallies of the PostgreSQL store contradict its calls: verify it");
}

/* Of all calls the tallies have the empty key. */
static struct text no_key[] = {{.data = "", .size = 0}};

struct postgres_subject postgres_subject_of(
	struct postgres_connection *connection, int64_t account_id, struct call_keys keys)
{
	return (struct postgres_subject){
		.connection = connection,
		.account_id = account_id,
		.is_all = keys.count == 0,
		.keys = keys.count > 0 ? keys : (struct call_keys){.items = no_key, .count = 1},
	};
}

/* ---- totals ---- */

/* What is asked of the window start <= x < end; @seconds: of a tally. */
static void bind_window(
	const struct postgres_subject *subject, int64_t start, int64_t end, int64_t seconds)
{
	struct postgres_connection *connection = subject->connection;

	BIND(connection, INT64(account_id, subject->account_id), BOOLEAN(is_all, subject->is_all),
		KEYS(keys, &subject->keys), INT32(seconds, (int32_t)seconds), INT64(start, start),
		INT64(end, end));
}

static void add_count(const struct postgres_subject *subject, const struct tally_span *span)
{
	if (span->unit != TALLY_UNITS) {
		bind_window(subject, span->start, span->end, tally_unit_seconds(span->unit));
		postgres_add(subject->connection, &tally_sum);
		return;
	}
	bind_window(subject, span->start, span->end, 0);
	postgres_add(subject->connection, subject->is_all ? &count_all : &count_of_keys);
}

size_t postgres_add_buckets(
	const struct postgres_subject *subject, int64_t seconds, int64_t start, int64_t end)
{
	bind_window(subject, start, end, seconds);
	return postgres_add(subject->connection, &tally_buckets);
}

size_t postgres_add_counts(const struct postgres_subject *subject, int64_t start, int64_t end)
{
	struct tally_span spans[TALLY_SPANS_MAX];
	size_t count = tally_split(start, end, spans);

	for (size_t i = 0; i < count; i++) {
		add_count(subject, &spans[i]);
	}
	return count;
}

static int64_t count_at(struct postgres_connection *connection, size_t index)
{
	struct postgres_rows rows = postgres_rows(connection, index);

	return postgres_only(&rows);
}

int64_t postgres_sum(struct postgres_connection *connection, size_t first, size_t count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += count_at(connection, first + i);
	}
	return sum;
}

/* ---- offsets ---- */

/* Narrows the span that the offset ends in to one of its buckets. */
static int find_bucket(
	const struct postgres_subject *subject, struct tally_passing *passing, struct error *err)
{
	const struct tally_span *span = &passing->span;
	struct postgres_rows rows;

	bind_window(subject, span->start, span->end, tally_unit_seconds(span->unit));
	if (postgres_ask(subject->connection, &tally_buckets, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		if (tally_pass_bucket(passing, postgres_int64(&rows, i, "bucket"),
			    postgres_int64(&rows, i, "calls"))) {
			return 0;
		}
	}
	return contradiction(err);
}

/* After the counts were run: finds where the page begins, bucket by bucket down to a minute, whose
 * rows are passed over one by one. 1 there, 0 when no call is past its offset. */
static int locate(const struct postgres_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_place *place, struct error *err)
{
	struct tally_passing passing = {.left = query->offset};
	struct tally_span spans[TALLY_SPANS_MAX];
	struct postgres_rows rows;
	int found;

	for (size_t i = tally_split(query->start, query->end, spans); i > 0; i--) {
		tally_pass_span(&passing, &spans[i - 1], count_at(subject->connection, i - 1));
	}
	if (!passing.found) {
		return 0;
	}
	while (passing.span.unit != TALLY_UNITS) {
		if (find_bucket(subject, &passing, err) < 0) {
			return -1;
		}
	}
	bind_window(subject, passing.span.start, passing.span.end, 0);
	BIND(subject->connection, INT64(offset, passing.left));
	found = postgres_ask(
		subject->connection, subject->is_all ? &skip_all : &skip_of_keys, &rows, err);
	if (found <= 0) {
		return found < 0 ? -1 : contradiction(err);
	}
	return store_place_keep(place, postgres_int64(&rows, 0, "start"),
		       postgres_text(&rows, 0, "session_id"), arena, err) < 0
		       ? -1
		       : 1;
}

/* ---- rows ---- */

/* Calls from @place on, which comes itself. Returns the number of the statement. */
static size_t add_rows(const struct postgres_subject *subject, const struct store_query *query,
	const struct store_place *place, int64_t limit)
{
	struct postgres_connection *connection = subject->connection;

	BIND(connection, INT64(account_id, subject->account_id), INT64(start, query->start),
		INT64(top_start, place->start), STRING(top_session, place->session_id),
		INT64(detail_after, query->detail_after), INT64(limit, limit),
		BOOLEAN(with_state, !query->contract_only));
	if (subject->is_all) {
		return postgres_add(connection, &page_of_all);
	}
	if (subject->keys.count == 1) {
		BIND(connection, ASKED(key, subject->keys.items[0]));
		return postgres_add(connection, &page_of_key);
	}
	BIND(connection, KEYS(keys, &subject->keys));
	return postgres_add(connection, &page_of_keys);
}

/* What stands at the top comes with the counts; what lies deeper needs them first. */
static int read_page(const struct postgres_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_page *page, struct error *err)
{
	struct postgres_connection *connection = subject->connection;
	struct store_place place = store_place_before(query->end);
	bool at_top = query->offset == 0;
	size_t counts = postgres_add_counts(subject, query->start, query->end), index = 0;
	struct postgres_rows rows;
	int found = 1;

	if (at_top) {
		index = add_rows(subject, query, &place, query->limit);
	}
	if ((at_top || counts > 0) && postgres_run(connection, err) < 0) {
		return -1;
	}
	page->total_calls = counts > 0 ? postgres_sum(connection, 0, counts) : 0;
	if (!at_top) {
		found = query->limit == 0 || counts == 0
				? 0
				: locate(subject, query, arena, &place, err);
		if (found <= 0) {
			return found;
		}
		index = add_rows(subject, query, &place, query->limit);
		if (postgres_run(connection, err) < 0) {
			return -1;
		}
	}
	rows = postgres_rows(connection, index);
	return postgres_read_page(&rows, arena, page, err);
}

int postgres_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct postgres_subject subject =
		postgres_subject_of(view->state, query->account_id, query->keys);
	struct store_page page = {0};

	if (read_page(&subject, query, arena, &page, err) < 0) {
		return -1;
	}
	*ret_page = page;
	return 0;
}

/* ---- walks ---- */

int postgres_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, base, err);
	const struct postgres_subject subject =
		postgres_subject_of(connection, query->account_id, query->keys);
	struct postgres_rows rows = {.count = WALK_CALLS};
	struct store_place place = store_place_before(query->end);
	char session[CALL_SESSION_ID_MAX];

	while (rows.count == WALK_CALLS) {
		size_t index = add_rows(&subject, query, &place, WALK_CALLS);
		/* The last of those before stands there again. */
		int first = place.session_id.data == session;

		if (postgres_run(connection, err) < 0) {
			return -1;
		}
		rows = postgres_rows(connection, index);
		for (int i = first; i < rows.count; i++) {
			struct store_call call = {
				.call = postgres_read_header(&rows, i),
				.packed = postgres_read_packed(&rows, i),
			};
			int status = each(context, &call, err);

			if (status < 0) {
				return status;
			}
			place.start = call.call.start;
			place.session_id.size = call.call.session_id.size;
			memcpy(session, call.call.session_id.data, place.session_id.size);
			place.session_id.data = session;
		}
	}
	return 0;
}
