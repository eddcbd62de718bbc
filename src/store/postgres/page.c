/* SPDX-License-Identifier: MIT
 * Pages with their totals, and walks. The total and, where no call is passed over, the page itself
 * come in one round trip; a deep offset is found by the tallies first. */
#include "store/postgres/postgres.h"
#include "store/tally.h"

/* Calls of a walk that are read at once. */
#define WALK_CALLS 200

static int too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
}

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

static void bind_tally(struct postgres_params *params, const struct postgres_subject *subject,
	const struct tally_span *span)
{
	postgres_params_clear(params);
	postgres_bind_int64(params, subject->account_id);
	postgres_bind_bool(params, subject->is_all);
	postgres_bind_keys(params, &subject->keys);
	postgres_bind_int32(params, (int32_t)tally_unit_seconds(span->unit));
	postgres_bind_int64(params, span->start);
	postgres_bind_int64(params, span->end);
}

static void bind_window(struct postgres_params *params, const struct postgres_subject *subject,
	const struct tally_span *span)
{
	postgres_params_clear(params);
	postgres_bind_int64(params, subject->account_id);
	postgres_bind_int64(params, span->start);
	postgres_bind_int64(params, span->end);
}

static void add_count(const struct postgres_subject *subject, const struct tally_span *span,
	struct postgres_params *params)
{
	if (span->unit != TALLY_UNITS) {
		bind_tally(params, subject, span);
		postgres_add(subject->connection, POSTGRES_TALLY_SUM, params);
		return;
	}
	bind_window(params, subject, span);
	if (!subject->is_all) {
		postgres_bind_keys(params, &subject->keys);
	}
	postgres_add(subject->connection, subject->is_all ? POSTGRES_COUNT : POSTGRES_COUNT_DEST,
		params);
}

size_t postgres_add_counts(const struct postgres_subject *subject, int64_t start, int64_t end)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct tally_span spans[TALLY_SPANS_MAX];
	size_t count = tally_split(start, end, spans);

	postgres_params_init(&params);
	for (size_t i = 0; i < count; i++) {
		add_count(subject, &spans[i], &params);
	}
	return count;
}

static int64_t count_at(struct postgres_connection *connection, size_t index)
{
	struct postgres_rows rows = postgres_rows(connection, index);

	return postgres_int64(&rows, 0, 0);
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

/* Finds the newest bucket of @span whose calls reach past *offset, and takes the calls of the newer
 * ones off *offset. */
static int find_bucket(const struct postgres_subject *subject, struct tally_span *span,
	int64_t *offset, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;

	postgres_params_init(&params);
	bind_tally(&params, subject, span);
	if (postgres_run_one(subject->connection, POSTGRES_TALLY_NEWEST_FIRST, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(subject->connection, 0);
	for (int i = 0; i < rows.count; i++) {
		int64_t calls = postgres_int64(&rows, i, 1);

		if (calls > *offset) {
			span->start = postgres_int64(&rows, i, 0);
			span->end = span->start + tally_unit_seconds(span->unit);
			return 0;
		}
		*offset -= calls;
	}
	return contradiction(err);
}

/* Finds the call with @offset newer ones in @span: bucket by bucket down to a minute, whose rows
 * are passed over one by one. */
static int find_place(const struct postgres_subject *subject, struct tally_span *span,
	int64_t offset, struct arena *arena, struct store_place *ret_place, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;
	struct text session_id;

	while (span->unit != TALLY_UNITS) {
		if (find_bucket(subject, span, &offset, err) < 0) {
			return -1;
		}
		span->unit = span->unit == TALLY_MINUTE ? TALLY_UNITS
							: (enum tally_unit)(span->unit - 1);
	}
	postgres_params_init(&params);
	bind_window(&params, subject, span);
	postgres_bind_int64(&params, offset);
	if (!subject->is_all) {
		postgres_bind_keys(&params, &subject->keys);
	}
	if (postgres_run_one(subject->connection,
		    subject->is_all ? POSTGRES_SKIP : POSTGRES_SKIP_DEST, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(subject->connection, 0);
	if (rows.count == 0) {
		return contradiction(err);
	}
	session_id = arena_copy(arena, postgres_text(&rows, 0, 1));
	if (!session_id.data) {
		return too_large(err);
	}
	*ret_place = (struct store_place){postgres_int64(&rows, 0, 0), session_id};
	return 0;
}

/* After the counts were run: finds where the page begins. 1 there, 0 when no call is past its
 * offset. */
static int locate(const struct postgres_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_place *place, struct error *err)
{
	struct tally_span spans[TALLY_SPANS_MAX];
	int64_t skip = query->offset;

	for (size_t i = tally_split(query->start, query->end, spans); i > 0; i--) {
		int64_t calls = count_at(subject->connection, i - 1);

		if (calls > skip) {
			return find_place(subject, &spans[i - 1], skip, arena, place, err) < 0 ? -1
											       : 1;
		}
		skip -= calls;
	}
	return 0;
}

/* ---- rows ---- */

/* Calls from @place on, which comes itself. */
static void add_rows(const struct postgres_subject *subject, const struct store_query *query,
	const struct store_place *place, int64_t limit)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_bind_int64(&params, subject->account_id);
	postgres_bind_int64(&params, query->start);
	postgres_bind_int64(&params, place->start);
	postgres_bind_text(&params, place->session_id);
	postgres_bind_int64(&params, query->detail_after);
	postgres_bind_int64(&params, limit);
	if (!subject->is_all && subject->keys.count == 1) {
		postgres_bind_asked(&params, subject->keys.items[0]);
	} else if (!subject->is_all) {
		postgres_bind_keys(&params, &subject->keys);
	}
	postgres_add(subject->connection,
		subject->is_all		   ? POSTGRES_PAGE
		: subject->keys.count == 1 ? POSTGRES_PAGE_DEST
					   : POSTGRES_PAGE_DESTS,
		&params);
}

static int copy_rows(struct postgres_connection *connection, struct arena *arena,
	struct store_page *page, struct error *err)
{
	struct postgres_rows rows = postgres_last_rows(connection);

	page->calls = arena_calloc(arena, (size_t)rows.count, sizeof(*page->calls));
	if (!page->calls) {
		return too_large(err);
	}
	for (int i = 0; i < rows.count; i++) {
		if (postgres_copy_call(&rows, i, 0, arena, &page->calls[i], err) < 0) {
			return -1;
		}
	}
	page->count = (size_t)rows.count;
	return 0;
}

/* No session_id is empty: what is at most (end, '') started before the end. */
static struct store_place window_top(const struct store_query *query)
{
	return (struct store_place){.start = query->end, .session_id = TEXT("")};
}

/* What stands at the top comes with the counts; what lies deeper needs them first. */
static int read_page(const struct postgres_subject *subject, const struct store_query *query,
	struct arena *arena, struct store_page *page, struct error *err)
{
	struct postgres_connection *connection = subject->connection;
	struct store_place place = window_top(query);
	bool at_top = query->offset == 0;
	size_t counts = postgres_add_counts(subject, query->start, query->end);
	int found = 1;

	if (at_top) {
		add_rows(subject, query, &place, query->limit);
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
		add_rows(subject, query, &place, query->limit);
		if (postgres_run(connection, err) < 0) {
			return -1;
		}
	}
	return copy_rows(connection, arena, page, err);
}

int postgres_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct store_one_key one;
	struct postgres_subject subject =
		postgres_subject_of(view->state, query->account_id, store_query_keys(query, &one));
	struct store_page page = {0};

	if (read_page(&subject, query, arena, &page, err) < 0) {
		return -1;
	}
	*ret_page = page;
	return 0;
}

/* ---- walks ---- */

struct walk {
	struct postgres_subject subject;
	const struct store_query *query;
	store_each_call_fn *each;
	void *context;
	struct store_place place;
	bool begun;
	char session[CALL_SESSION_ID_MAX];
};

/* Shows the rows that were read but the first where the last of those before stands there again.
 * Returns how many were read. */
static int show_rows(struct walk *walk, struct error *err)
{
	struct postgres_rows rows = postgres_last_rows(walk->subject.connection);

	for (int i = walk->begun ? 1 : 0; i < rows.count; i++) {
		struct store_call call = {
			.call = postgres_read_header(&rows, i, 0),
			.packed = postgres_read_packed(&rows, i, 0),
		};
		int status = walk->each(walk->context, &call, err);

		if (status < 0) {
			return status;
		}
	}
	return rows.count;
}

static void remember_last(struct walk *walk)
{
	struct postgres_rows rows = postgres_last_rows(walk->subject.connection);
	struct call last = postgres_read_header(&rows, rows.count - 1, 0);

	memcpy(walk->session, last.session_id.data, last.session_id.size);
	walk->place.start = last.start;
	walk->place.session_id = (struct text){.data = walk->session, .size = last.session_id.size};
	walk->begun = true;
}

int postgres_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct store_one_key one;
	struct walk walk = {.query = query, .each = each, .context = context};
	int shown = WALK_CALLS;

	if (postgres_session_open_snapshot(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	walk.subject = postgres_subject_of(
		session.connection, query->account_id, store_query_keys(query, &one));
	walk.place = window_top(query);
	while (shown == WALK_CALLS) {
		add_rows(&walk.subject, query, &walk.place, WALK_CALLS);
		if (postgres_run(session.connection, err) < 0) {
			return -1;
		}
		shown = show_rows(&walk, err);
		if (shown > 0) {
			remember_last(&walk);
		}
	}
	return shown < 0 ? shown : 0;
}
