/* SPDX-License-Identifier: MIT
 * Reading calls: pages with their totals, single calls, walks. */
#include "store/sqlite/sqlite.h"
#include "store/tally.h"

/* What a question is about. */
struct subject {
	struct sqlite_connection *connection;
	int64_t account_id;
	bool is_all;
	struct call_keys keys; /* of the numbers called; the empty one alone when is_all */
};

/* The newest call of a page; a call there comes first, the others after it in the order of pages.
 */
struct place {
	int64_t start;
	struct text session_id;
};

/* For all calls there is one statement, with no number bound. */
static struct text no_key[] = {{.data = "", .size = 0}};

static struct subject subject_of_keys(
	struct sqlite_connection *connection, int64_t account_id, struct call_keys keys)
{
	return (struct subject){
		.connection = connection,
		.account_id = account_id,
		.is_all = keys.count == 0,
		.keys = keys.count > 0 ? keys : (struct call_keys){.items = no_key, .count = 1},
	};
}

/* A single number's key lies in @one. */
static struct subject subject_of(const struct store_query *query,
	struct sqlite_connection *connection, struct store_one_key *one)
{
	return subject_of_keys(connection, query->account_id, store_query_keys(query, one));
}

static int too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
}

/* ---- totals ---- */

static void bind_tally(struct sqlite_query *query, const struct subject *subject, struct text key,
	const struct tally_span *span)
{
	sqlite_query_int64(query, subject->account_id);
	sqlite_query_int64(query, subject->is_all);
	sqlite_query_text(query, key);
	sqlite_query_int64(query, tally_unit_seconds(span->unit));
	sqlite_query_int64(query, span->start);
	sqlite_query_int64(query, span->end);
}

static void bind_window(struct sqlite_query *query, const struct subject *subject, struct text key,
	const struct tally_span *span)
{
	sqlite_query_int64(query, subject->account_id);
	sqlite_query_int64(query, span->start);
	sqlite_query_int64(query, span->end);
	if (!subject->is_all) {
		sqlite_query_text(query, key);
	}
}

static int count_key(const struct subject *subject, struct text key, const struct tally_span *span,
	int64_t *ret_calls, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	bool counted = span->unit == TALLY_UNITS;
	enum sqlite_sql sql = !counted		? SQL_TALLY_SUM
			      : subject->is_all ? SQL_COUNT
						: SQL_COUNT_DEST;

	if (sqlite_query_start(&query, subject->connection, sql, err) < 0) {
		return -1;
	}
	(counted ? bind_window : bind_tally)(&query, subject, key, span);
	if (sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	*ret_calls = sqlite_column_int64(&query, 0);
	return 0;
}

static int count_span(const struct subject *subject, const struct tally_span *span,
	int64_t *ret_calls, struct error *err)
{
	int64_t sum = 0;

	for (size_t i = 0; i < subject->keys.count; i++) {
		int64_t calls;

		if (count_key(subject, subject->keys.items[i], span, &calls, err) < 0) {
			return -1;
		}
		sum += calls;
	}
	*ret_calls = sum;
	return 0;
}

int sqlite_count_window(struct sqlite_connection *connection, int64_t account_id,
	struct call_keys keys, int64_t start, int64_t end, int64_t *ret_calls, struct error *err)
{
	const struct subject subject = subject_of_keys(connection, account_id, keys);
	struct tally_span spans[TALLY_SPANS_MAX];
	size_t count = tally_split(start, end, spans);
	int64_t total = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t calls;

		if (count_span(&subject, &spans[i], &calls, err) < 0) {
			return -1;
		}
		total += calls;
	}
	*ret_calls = total;
	return 0;
}

/* ---- offsets ---- */

static int start_buckets(struct sqlite_rows *rows, const struct subject *subject,
	const struct tally_span *span, struct error *err)
{
	if (sqlite_rows_start(rows, subject->connection, SQL_TALLY_NEWEST_FIRST,
		    subject->keys.count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < rows->count; i++) {
		bind_tally(&rows->queries[i], subject, subject->keys.items[i], span);
	}
	return 0;
}

/* Finds the newest bucket of @span whose calls reach past *offset, and takes the calls of the newer
 * ones off *offset. Of several numbers each has its own bucket of a time. */
static int find_bucket(
	const struct subject *subject, struct tally_span *span, int64_t *offset, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {.session_id = -1};
	int64_t start = INT64_MAX, passed = 0, calls = 0;
	int more;

	if (start_buckets(&rows, subject, span, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		int64_t bucket = sqlite_column_int64(rows.row, 0);

		if (bucket != start) {
			passed += calls;
			calls = 0;
			start = bucket;
		}
		calls += sqlite_column_int64(rows.row, 1);
		if (passed + calls > *offset) {
			*offset -= passed;
			span->start = bucket;
			span->end = bucket + tally_unit_seconds(span->unit);
			return 0;
		}
	}
	return more < 0 ? -1
			: error_set(err, ERROR_CORRUPT,
				  "the tallies of the store '%s' contradict themselves: verify it",
				  subject->connection->folder);
}

/* Narrows @span to a minute, or to seconds that were so already. */
static int find_minute(
	const struct subject *subject, struct tally_span *span, int64_t *offset, struct error *err)
{
	while (span->unit != TALLY_UNITS) {
		if (find_bucket(subject, span, offset, err) < 0) {
			return -1;
		}
		span->unit = span->unit == TALLY_MINUTE ? TALLY_UNITS
							: (enum tally_unit)(span->unit - 1);
	}
	return 0;
}

/* The places of the calls in @span; of all calls, and of one number's, only from that on which has
 * @offset newer ones. */
static int start_places(struct sqlite_rows *rows, const struct subject *subject,
	const struct tally_span *span, int64_t offset, struct error *err)
{
	if (sqlite_rows_start(rows, subject->connection, subject->is_all ? SQL_SKIP : SQL_SKIP_DEST,
		    subject->keys.count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < rows->count; i++) {
		bind_window(&rows->queries[i], subject, subject->keys.items[i], span);
	}
	for (size_t i = 0; i < rows->count; i++) {
		sqlite_query_int64(&rows->queries[i], rows->count == 1 ? offset : 0);
	}
	return 0;
}

/* Finds the call with @offset newer ones in @span by going over the index alone. */
static int skip_calls(const struct subject *subject, const struct tally_span *span, int64_t offset,
	struct arena *arena, struct place *ret_place, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {.session_id = 1};
	int64_t passed = subject->keys.count == 1 ? offset : 0;
	struct text session_id;
	int more;

	if (start_places(&rows, subject, span, offset, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0 && passed < offset) {
		passed++;
	}
	if (more <= 0) {
		return more < 0 ? -1
				: error_set(err, ERROR_CORRUPT,
					  "the tallies of the store '%s' count calls that are not "
					  "there: verify it",
					  subject->connection->folder);
	}
	session_id = arena_copy(arena, sqlite_column_text(rows.row, 1));
	if (!session_id.data) {
		return too_large(err);
	}
	*ret_place = (struct place){sqlite_column_int64(rows.row, 0), session_id};
	return 0;
}

/* Counts the window, and finds where the page begins when there are calls past its offset. */
static int locate(const struct subject *subject, const struct store_query *query,
	struct arena *arena, struct place *place, int64_t *ret_total, struct error *err)
{
	struct tally_span spans[TALLY_SPANS_MAX], found = {0};
	size_t count = tally_split(query->start, query->end, spans);
	int64_t total = 0, skip = -1;

	while (count > 0) {
		int64_t calls;

		if (count_span(subject, &spans[--count], &calls, err) < 0) {
			return -1;
		}
		if (skip < 0 && calls > query->offset - total) {
			found = spans[count];
			skip = query->offset - total;
		}
		total += calls;
	}
	*ret_total = total;
	if (query->offset == 0 || query->limit == 0 || skip < 0) {
		return 0;
	}
	if (find_minute(subject, &found, &skip, err) < 0) {
		return -1;
	}
	return skip_calls(subject, &found, skip, arena, place, err);
}

/* ---- rows ---- */

/* Reads a row of CALL_COLUMNS (store/sqlite/db.c); its texts are valid until the next step. */
static struct store_call read_call(struct sqlite_query *query)
{
	struct store_call call = {
		.call = {.session_id = sqlite_column_text(query, 0),
			.start = sqlite_column_int64(query, 1)},
		.packed.deflate = sqlite_column_blob(query, 10),
	};

	if (call.packed.deflate.data) {
		call.packed.size = sqlite_column_uint32(query, 7);
		call.packed.crc32 = sqlite_column_uint32(query, 8);
		call.packed.crc32_op = sqlite_column_uint32(query, 9);
		call.call.has_detail = true;
	}
	if (sqlite_column_is_null(query, 6)) {
		return call;
	}
	int64_t steps = sqlite_column_int64(query, 6);

	call.call.dest = sqlite_column_text(query, 2);
	call.call.src = sqlite_column_text(query, 3);
	call.call.end = sqlite_column_int64(query, 4);
	call.call.type = sqlite_call_type(sqlite_column_int64(query, 5));
	call.call.has_detail = steps >= 0;
	call.call.steps = steps >= 0 ? (uint32_t)steps : 0;
	return call;
}

/* Where packed calls lie one behind the other with a byte between them, so that a page of them is
 * glued in place. */
struct run {
	char *at;
	size_t left;
	size_t calls; /* that are still to come */
};

/* Two of these and the headers of their calls fill a large block of an arena. */
#define RUN_MAX	      ((size_t)960 << 10)
#define RUN_CALL_SIZE ((size_t)1536) /* most packed calls are smaller */
#define PACKED_ROOM   1
#define CACHE_LINE    ((size_t)64)

static void move_text(struct text *text, char **to)
{
	if (text->size > 0) {
		memcpy(*to, text->data, text->size);
	}
	text->data = *to;
	*to += text->size;
}

/* Copies everything that the call's header points to into one piece of @arena. */
static int copy_header(struct call *call, struct arena *arena, struct error *err)
{
	char *to = arena_alloc(arena, call->dest.size + call->src.size + call->session_id.size);

	if (!to) {
		return too_large(err);
	}
	move_text(&call->dest, &to);
	move_text(&call->src, &to);
	move_text(&call->session_id, &to);
	return 0;
}

/* Asks for the memory that the next call is copied to while SQLite looks for that call: of a large
 * page it has left the processor's caches, and who writes to such memory waits for it first. Asking
 * behind the run's end does no harm. */
static void prefetch_room(const struct run *run)
{
	for (size_t i = 0; i < RUN_CALL_SIZE; i += CACHE_LINE) {
		__builtin_prefetch(run->at + i, 1);
	}
}

static int copy_packed(
	struct packed *packed, struct run *run, struct arena *arena, struct error *err)
{
	size_t size = packed->deflate.size + PACKED_ROOM;

	if (run->left < size) {
		size_t wanted = run->calls * RUN_CALL_SIZE;

		wanted = wanted < RUN_MAX ? wanted : RUN_MAX;
		run->left = wanted > size ? wanted : size;
		run->at = arena_alloc(arena, run->left);
		if (!run->at) {
			return too_large(err);
		}
	}
	move_text(&packed->deflate, &run->at);
	packed->room = PACKED_ROOM;
	run->at += PACKED_ROOM;
	run->left -= size;
	prefetch_room(run);
	return 0;
}

static int copy_call(
	struct store_call *call, struct run *run, struct arena *arena, struct error *err)
{
	if (copy_header(&call->call, arena, err) < 0) {
		return -1;
	}
	return call->packed.deflate.data ? copy_packed(&call->packed, run, arena, err) : 0;
}

/* Which rows a page's statement gives, by whether it is about one number. */
static const enum sqlite_sql packed_rows[] = {SQL_PAGE_PACKED_DEST, SQL_PAGE_PACKED};
static const enum sqlite_sql whole_rows[] = {SQL_PAGE_DEST, SQL_PAGE};

static int start_rows(struct sqlite_rows *rows, const enum sqlite_sql sql[2],
	const struct subject *subject, const struct store_query *query, const struct place *place,
	int64_t limit, struct error *err)
{
	if (sqlite_rows_start(rows, subject->connection, sql[subject->is_all], subject->keys.count,
		    err) < 0) {
		return -1;
	}
	rows->start = 1; /* of CALL_COLUMNS */
	for (size_t i = 0; i < rows->count; i++) {
		struct sqlite_query *row = &rows->queries[i];

		sqlite_query_int64(row, subject->account_id);
		sqlite_query_int64(row, query->detail_after);
		sqlite_query_int64(row, query->start);
		sqlite_query_int64(row, place->start);
		sqlite_query_text(row, place->session_id);
		sqlite_query_int64(row, limit);
		if (!subject->is_all) {
			sqlite_query_text(row, subject->keys.items[i]);
		}
	}
	return 0;
}

/* A page that is being read. */
struct reading {
	const struct subject *subject;
	const struct store_query *query;
	struct arena *arena;
	struct store_page *page;
	size_t room; /* calls that the page is going to have */
	struct run run;
	struct place place; /* of the call that comes next */
};

static int copy_place(struct reading *reading, const struct call *call, struct error *err)
{
	struct text session_id = arena_copy(reading->arena, call->session_id);

	if (!session_id.data) {
		return too_large(err);
	}
	reading->place = (struct place){call->start, session_id};
	return 0;
}

/* Adds calls to the page: as far as they have packed calls when there is nothing else in @sql's
 * rows. Returns 1 where it stopped before one that has none, 0 at the end. */
static int add_rows(struct reading *reading, const enum sqlite_sql sql[2], struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	struct store_page *page = reading->page;
	int more = 0;

	if (start_rows(&rows, sql, reading->subject, reading->query, &reading->place,
		    (int64_t)(reading->room - page->count), err) < 0) {
		return -1;
	}
	while (page->count < reading->room && (more = sqlite_rows_step(&rows, err)) > 0) {
		struct store_call *call = &page->calls[page->count];

		*call = read_call(rows.row);
		if (sql == packed_rows && !call->packed.deflate.data) {
			return copy_place(reading, &call->call, err) < 0 ? -1 : 1;
		}
		reading->run.calls = reading->room - page->count;
		if (copy_call(call, &reading->run, reading->arena, err) < 0) {
			return -1;
		}
		page->count++;
	}
	return more < 0 ? -1 : 0;
}

static int add_calls(struct reading *reading, struct error *err)
{
	const struct store_query *query = reading->query;
	int more = 1;

	/* The newest calls of a page are those that have detail, mostly all of them. */
	if (query->packed_only && reading->place.start > query->detail_after) {
		more = add_rows(reading, packed_rows, err);
	}
	return more > 0 ? add_rows(reading, whole_rows, err) : more;
}

/* So many calls do not fit into SQLITE_CACHE. */
#define CALLS_LARGE 4000

static int add_many_calls(struct reading *reading, struct error *err)
{
	struct sqlite_connection *connection = reading->subject->connection;
	int failed;

	if (sqlite_exec(connection, SQLITE_CACHE_SMALL, err) < 0) {
		return -1;
	}
	failed = add_calls(reading, err);
	/* The connection is used again, also after a failure. */
	return sqlite_exec(connection, SQLITE_CACHE, failed < 0 ? NULL : err) < 0 ? -1 : failed;
}

static int read_rows(const struct subject *subject, const struct store_query *query,
	const struct place *place, struct arena *arena, struct store_page *page, struct error *err)
{
	int64_t left = page->total_calls > query->offset ? page->total_calls - query->offset : 0;
	struct reading reading = {
		.subject = subject,
		.query = query,
		.arena = arena,
		.page = page,
		.room = (size_t)(left < query->limit ? left : query->limit),
		.place = *place,
	};

	if (reading.room == 0) {
		return 0;
	}
	page->calls = arena_calloc(arena, reading.room, sizeof(*page->calls));
	if (!page->calls) {
		return too_large(err);
	}
	return reading.room > CALLS_LARGE ? add_many_calls(&reading, err)
					  : add_calls(&reading, err);
}

/* No session_id is empty: what is at most (end, '') started before the end. */
static struct place window_top(const struct store_query *query)
{
	return (struct place){.start = query->end, .session_id = TEXT("")};
}

int sqlite_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct store_one_key one;
	struct place place = window_top(query);
	struct store_page page = {0};
	struct subject subject = subject_of(query, view->state, &one);

	if (locate(&subject, query, arena, &place, &page.total_calls, err) < 0 ||
		read_rows(&subject, query, &place, arena, &page, err) < 0) {
		return -1;
	}
	*ret_page = page;
	return 0;
}

int sqlite_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct run run = {.calls = 1};
	struct store_call call;
	int row;

	if (sqlite_query_start(&query, view->state, SQL_CALL_FIND, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, -1);
	sqlite_query_text(&query, session_id);
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row;
	}
	call = read_call(&query);
	if (copy_call(&call, &run, arena, err) < 0) {
		return -1;
	}
	*ret_call = call;
	return 1;
}

int sqlite_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	struct store_one_key one;
	struct place place = window_top(query);
	struct subject subject;
	int more;

	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	subject = subject_of(query, reader.connection, &one);
	if (start_rows(&rows, whole_rows, &subject, query, &place, -1, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		struct store_call call = read_call(rows.row);
		int status = each(context, &call, err);

		if (status < 0) {
			return status;
		}
	}
	return more;
}
