/* SPDX-License-Identifier: MIT
 * Reading calls: pages, single calls, walks. What a page's total is, and where it begins, is told
 * by tallies (total.c).
 *
 * A page of 10,000 calls waits for memory that has left the processor's caches, so each row is
 * touched little. Packed calls are copied back to back, with room for a comma, so that an answer is
 * glued in place. Where only packed calls are asked for, a first statement reads nothing else. It
 * stops before the first call that has no packed call; a second statement reads the headers from
 * there on. Where no packed call is asked for, nothing but the contract's header is read. One
 * number's calls are found out of their index alone. A large page is read with a small cache
 * (docs/decisions/0014-large-pages.md). */
#include "store/find.h"
#include "store/sqlite/sqlite.h"

/* clang-format off */
/* A call's packed row, looked at only where the call started after :detail_after: a null finds
 * nothing without reading. */
#define WITH_PACKED(more, index) \
	", " PACKED_COLUMNS("p.") more " from call i " index " left join packed p on " \
	"p.call_id = case when i.start > :detail_after then i.id end " \
	"where i.account_id = :account_id "
#define WHOLE(index) "select " HEADER_COLUMNS("i.") WITH_PACKED(", i.id ", index)
enum { WHOLE_ID = HEADER_COLUMNS_END + PACKED_COLUMNS_END };
/* Without what the packed call has. */
#define UNREAD(member, sql, kind, with) ", null"
#define PACKED(index) \
	"select i.session_id, i.start, null" STORE_COLUMNS(UNREAD, ) WITH_PACKED("", index)
/* What the contract's answers have of calls without a packed call. */
#define HEADERS(index) \
	"select i.session_id, i.start, i.steps" STORE_CONTRACT_COLUMNS(STORE_COLUMN_NAME, "i.") \
	" from call i " index " where i.account_id = :account_id "
/* The newest calls of a window from one call on. */
#define FROM_PLACE "and i.start >= :start and (i.start, i.session_id) <= (:place, :session_id) "
#define ORDERED "order by i.start desc, i.session_id desc limit :limit"
#define BY_DEST "indexed by call_by_dest"
#define TO_DEST "and i.dest_key = :dest_key "

static const struct sqlite_statement
	call_find = {WHOLE("") "and i.session_id = :session_id"},
	page_whole = {WHOLE("") FROM_PLACE ORDERED},
	page_whole_dest = {WHOLE(BY_DEST) FROM_PLACE TO_DEST ORDERED},
	page_packed = {PACKED("") FROM_PLACE ORDERED},
	page_packed_dest = {PACKED(BY_DEST) FROM_PLACE TO_DEST ORDERED},
	page_headers = {HEADERS("") FROM_PLACE ORDERED},
	page_headers_dest = {HEADERS(BY_DEST) FROM_PLACE TO_DEST ORDERED};
/* clang-format on */

/* What is read of each call. */
enum reads {
	READS_ALL,
	READS_PACKED,	/* the packed call, as far as calls have one */
	READS_CONTRACT, /* the contract's header of calls whose packed call is not asked for */
};

/* ---- rows ---- */

/* Its texts are valid until the next step. */
static struct store_call read_call(
	const struct sqlite_cursor *row, enum reads reads, const struct sqlite_live_set *live)
{
	struct store_call call = {0};

	if (reads == READS_CONTRACT) {
		call.call = sqlite_contract_header_at(row, 0);
		return call;
	}
	call.packed = sqlite_packed_at(row, HEADER_COLUMNS_END);
	if (reads == READS_PACKED) {
		call.call = (struct call){
			.start = sqlite_column_int64(row, HEADER_start),
			.session_id = sqlite_column_text(row, HEADER_session_id),
			.has_detail = call.packed.deflate.data != NULL,
		};
	} else {
		call.call = sqlite_header_at(row, 0);
		call.call.state = sqlite_live_state(live, sqlite_column_int64(row, WHOLE_ID));
	}
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

/* Copies everything that the call's header points to into one piece of @arena. */
static int copy_header(struct call *call, struct arena *arena, struct error *err)
{
	char *to = arena_alloc(arena, call->dest.size + call->src.size + call->session_id.size);

	if (!to) {
		return store_page_too_large(err);
	}
	text_move(&call->dest, &to);
	text_move(&call->src, &to);
	text_move(&call->session_id, &to);
	return 0;
}

/* Asks for the memory that the next call is copied to, while SQLite looks for that call. In a
 * large page this memory has left the processor's caches, and a write would wait for it. Asking
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
			return store_page_too_large(err);
		}
	}
	text_move(&packed->deflate, &run->at);
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

/* Starts reading calls from @place on. */
static int start_rows(struct sqlite_rows *rows, enum reads reads,
	const struct sqlite_subject *subject, const struct store_query *query,
	const struct store_place *place, int64_t limit, struct error *err)
{
	static const struct {
		const struct sqlite_statement *all, *dest;
	} statements[] = {
		[READS_ALL] = {&page_whole, &page_whole_dest},
		[READS_PACKED] = {&page_packed, &page_packed_dest},
		[READS_CONTRACT] = {&page_headers, &page_headers_dest},
	};

	*rows = (struct sqlite_rows){.start = HEADER_start, .session_id = HEADER_session_id};
	return sqlite_rows_start(rows, subject->connection,
		subject->keys.count == 0 ? statements[reads].all : statements[reads].dest,
		BIND(INT64(account_id, subject->account_id),
			INT64(detail_after, query->detail_after), INT64(start, query->start),
			INT64(place, place->start), STRING(session_id, place->session_id),
			INT64(limit, limit), STRING(dest_key, TEXT(""))),
		subject->keys, err);
}

/* A page that is being read. */
struct reading {
	const struct sqlite_subject *subject;
	const struct store_query *query;
	struct arena *arena;
	struct store_page *page;
	size_t room; /* calls that the page is going to have */
	struct run run;
	struct store_place place; /* of the call that comes next */
	struct sqlite_live_set live;
};

/* Adds calls to the page. READS_PACKED returns 1 where it stopped before a call that is not packed,
 * 0 at the end. */
static int add_rows(struct reading *reading, enum reads reads, struct error *err)
{
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	struct store_page *page = reading->page;
	int more = 0;

	if (start_rows(&rows, reads, reading->subject, reading->query, &reading->place,
		    (int64_t)(reading->room - page->count), err) < 0) {
		return -1;
	}
	while (page->count < reading->room && (more = sqlite_rows_step(&rows, err)) > 0) {
		struct store_call *call = &page->calls[page->count];

		*call = read_call(rows.row, reads, &reading->live);
		if (reads == READS_PACKED && !call->packed.deflate.data) {
			return store_place_keep(&reading->place, call->call.start,
				       call->call.session_id, reading->arena, err) < 0
				       ? -1
				       : 1;
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
	int more;

	if (!query->contract_only) {
		return add_rows(reading, READS_ALL, err);
	}
	if (reading->place.start <= query->detail_after) {
		return add_rows(reading, READS_CONTRACT, err);
	}
	/* The newest calls of a page are those that have detail, mostly all of them. */
	more = add_rows(reading, READS_PACKED, err);
	return more > 0 ? add_rows(reading, READS_ALL, err) : more;
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

static void reading_end(struct reading *reading)
{
	sqlite_live_set_deinit(&reading->live);
}

static int read_rows(const struct sqlite_subject *subject, const struct store_query *query,
	const struct store_place *place, struct arena *arena, struct store_page *page,
	struct error *err)
{
	int64_t left = page->total_calls > query->offset ? page->total_calls - query->offset : 0;
	AUTO(reading_end)
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
	if (!query->contract_only &&
		sqlite_live_read(subject->connection, query->account_id, &reading.live, err) < 0) {
		return -1;
	}
	page->calls = arena_calloc(arena, reading.room, sizeof(*page->calls));
	if (!page->calls) {
		return store_page_too_large(err);
	}
	return reading.room > CALLS_LARGE ? add_many_calls(&reading, err)
					  : add_calls(&reading, err);
}

int sqlite_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct store_place place = store_place_before(query->end);
	struct store_page page = {0};
	const struct sqlite_subject subject = {view->state, query->account_id, query->keys};

	if (sqlite_locate(&subject, query, arena, &place, &page.total_calls, err) < 0 ||
		read_rows(&subject, query, &place, arena, &page, err) < 0) {
		return -1;
	}
	*ret_page = page;
	return 0;
}

int sqlite_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	const struct sqlite_live_set none = {0};
	struct run run = {.calls = 1};
	struct store_call call;
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(view->state, &call_find,
		BIND(INT64(account_id, account_id), INT64(detail_after, -1),
			STRING(session_id, session_id)),
		err);
	int found = sqlite_step(&row, err), live;

	if (found <= 0) {
		return found;
	}
	call = read_call(&row, READS_ALL, &none);
	live = sqlite_is_live(view->state, sqlite_column_int64(&row, WHOLE_ID), err);
	if (live < 0 || copy_call(&call, &run, arena, err) < 0) {
		return -1;
	}
	call.call.state = live > 0 ? CALL_LIVE : CALL_ENDED;
	*ret_call = call;
	return 1;
}

int sqlite_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);
	AUTO(sqlite_rows_end) struct sqlite_rows rows = {0};
	AUTO(sqlite_live_set_deinit) struct sqlite_live_set live = {0};
	struct store_place place = store_place_before(query->end);
	int more;

	if (!reader.connection ||
		sqlite_live_read(reader.connection, query->account_id, &live, err) < 0) {
		return -1;
	}
	const struct sqlite_subject subject = {reader.connection, query->account_id, query->keys};
	if (start_rows(&rows, READS_ALL, &subject, query, &place, -1, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		struct store_call call = read_call(rows.row, READS_ALL, &live);
		int status = each(context, &call, err);

		if (status < 0) {
			return status;
		}
	}
	return more;
}
