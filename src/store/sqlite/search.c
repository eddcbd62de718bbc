/* SPDX-License-Identifier: MIT
 * Finding calls: one pass over the rows of a window, newest first, or a look at each of the few
 * that have the text. */
#include "base/array.h"
#include "store/find.h"
#include "store/sqlite/blocks/blocks.h"

/* Steps of SQLite's virtual machine between two looks at the clock: a row takes some 20. */
#define OPERATIONS_A_LOOK 20000

/* Ends a pass that needs no more; no error. */
#define ENOUGH (-2)

/* Calls that are looked up at the most: each takes some 100 bytes. */
#define LOOK_UPS_MAX 50000

/* What a page of calls may take that is read out of columns; a larger one is read from rows. */
#define COLUMNS_PAGE_MAX ((size_t)32 << 20)

/* clang-format off */
#define SCAN(index) \
	"select " SCAN_COLUMNS " from call " index "where account_id = :account_id " \
	"and start >= :start and (start, session_id) < (:top, :session_id) "
#define NEWEST_FIRST "order by start desc, session_id desc"

static const struct sqlite_statement
	scan_all = {SCAN("") NEWEST_FIRST},
	scan_dest = {SCAN("indexed by call_by_dest ") "and dest_key = :dest_key " NEWEST_FIRST},
	scan_session = {SCAN("indexed by call_by_session ")
		"and session_id >= :first and session_id < :below " NEWEST_FIRST},
	scan_one = {"select " SCAN_COLUMNS " from call where id = :id"},
	place_of = {"select start, session_id from call where id = :id"};
enum { PLACE_START, PLACE_SESSION_ID };
/* clang-format on */

/* One pass through the calls that match. */
struct pass {
	struct sqlite_reader reader;
	struct sqlite_match match;
	const struct store_search *search;
	struct store_place top; /* only what comes behind it */
	int (*found)(struct pass *pass, struct sqlite_cursor *row, struct error *err);
	struct arena *arena;

	/* of a search */
	struct store_page page;
	bool counting; /* the total is not known: each call that matches adds to it */
	int64_t total;
	int64_t passed; /* calls of the offset */

	/* of a scan */
	store_each_row_fn *each;
	void *context;
	uint32_t *kinds;
	size_t kinds_room;
};

static int look_at_clock(void *context)
{
	const struct store_search *search = context;

	return store_find_check_deadline(search, NULL) < 0;
}

static int pass_begin(struct pass *pass, struct store *store, struct error *err)
{
	pass->reader = sqlite_reader_open_snapshot(store, err);
	if (!pass->reader.connection || store_find_check_deadline(pass->search, err) < 0) {
		return -1;
	}
	if (pass->search->deadline_us != 0) {
		sqlite3_progress_handler(pass->reader.connection->db, OPERATIONS_A_LOOK,
			look_at_clock, (void *)(uintptr_t)pass->search);
	}
	if (sqlite_match_init(&pass->match, pass->reader.connection, pass->search, err) < 0) {
		return -1;
	}
	/* No session_id is empty: what comes behind (end, '') started before the end. */
	pass->top = store_place_before(pass->match.end);
	return 0;
}

static void pass_end(struct pass *pass)
{
	free(pass->kinds);
	sqlite_match_deinit(&pass->match);
	if (pass->reader.connection) {
		sqlite3_progress_handler(pass->reader.connection->db, 0, NULL, NULL);
	}
	sqlite_reader_close(&pass->reader);
}

/* ---- all rows of the window ---- */

static int start_window(struct pass *pass, struct sqlite_rows *rows, struct error *err)
{
	bool by_number = false, by_session;

	if (sqlite_match_by_session(&pass->match, pass->reader.connection, &by_session, err) < 0 ||
		(!by_session && sqlite_match_by_number(&pass->match, pass->reader.connection,
					&by_number, err) < 0)) {
		return -1;
	}
	return sqlite_rows_start(rows, pass->reader.connection,
		by_session  ? &scan_session
		: by_number ? &scan_dest
			    : &scan_all,
		BIND(INT64(account_id, pass->search->account_id), INT64(start, pass->match.start),
			INT64(top, pass->top.start), STRING(session_id, pass->top.session_id),
			STRING(first, pass->match.filter->session.id),
			STRING(below, pass->match.session_below), STRING(dest_key, TEXT(""))),
		by_number ? pass->match.dest_keys : (struct call_keys){0}, err);
}

static int look_at_window(struct pass *pass, struct error *err)
{
	AUTO(sqlite_rows_end)
	struct sqlite_rows rows = {.start = HEADER_start, .session_id = HEADER_session_id};
	int more;

	if (start_window(pass, &rows, err) < 0) {
		return -1;
	}
	while ((more = sqlite_rows_step(&rows, err)) > 0) {
		int status = sqlite_match_row(&pass->match, rows.row, err);

		status = status > 0 ? pass->found(pass, rows.row, err) : status;
		if (status < 0) {
			return status;
		}
	}
	return more;
}

/* ---- the few that have the text, or are live ---- */

struct candidate {
	int64_t id;
	struct call call; /* start and session_id */
};

static int newest_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->call.start != b->call.start) {
		return a->call.start > b->call.start ? -1 : 1;
	}
	return text_compare(b->call.session_id, a->call.session_id);
}

/* 1 when the call matches what is asked apart from the text, 0 when not. */
static int match_one(struct pass *pass, int64_t id, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(pass->reader.connection, &scan_one, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);

	return found <= 0 ? found : sqlite_match_row(&pass->match, &row, err);
}

/* The same for the window and all that is asked. The index by ids tells the place of a call. */
static int look_at_one(
	struct pass *pass, struct arena *arena, struct candidate *candidate, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor place = sqlite_query(
		pass->reader.connection, &place_of, BIND(INT64(id, candidate->id)), err);
	int found = sqlite_step(&place, err);

	if (found <= 0) {
		return found;
	}
	candidate->call.start = sqlite_column_int64(&place, PLACE_START);
	candidate->call.session_id = sqlite_column_text(&place, PLACE_SESSION_ID);
	if (candidate->call.start < pass->match.start ||
		!store_find_is_behind(&pass->top, &candidate->call)) {
		return 0;
	}
	STORE_COST(pass->search->cost, rows, pass->match.text_alone); /* otherwise it is matched */
	if (!pass->match.text_alone) {
		found = match_one(pass, candidate->id, err);
		if (found <= 0) {
			return found;
		}
	}
	candidate->call.session_id = arena_copy(arena, candidate->call.session_id);
	return candidate->call.session_id.data ? 1 : error_no_memory(err);
}

static int show_one(struct pass *pass, int64_t id, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(pass->reader.connection, &scan_one, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);

	STORE_COST(pass->search->cost, rows, 1);
	return found <= 0 ? found : pass->found(pass, &row, err);
}

static int look_at_few(struct pass *pass, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct sqlite_id_set *ids = &pass->match.ids;
	struct candidate *candidates;
	size_t count = 0, at = 0;
	int64_t id;

	arena_init(&arena, SIZE_MAX);
	candidates = arena_calloc(&arena, ids->count, sizeof(*candidates));
	if (!candidates) {
		return error_no_memory(err);
	}
	while (sqlite_id_set_next(ids, &at, &id)) {
		int found;

		candidates[count].id = id;
		found = look_at_one(pass, &arena, &candidates[count], err);
		if (found < 0) {
			return -1;
		}
		count += (size_t)found;
	}
	qsort(candidates, count, sizeof(*candidates), newest_first);
	if (pass->counting) {
		pass->total = (int64_t)count;
		pass->counting = false;
	}
	for (size_t i = 0; i < count; i++) {
		int status = show_one(pass, candidates[i].id, err);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

/* Whether it takes less to look up the calls that have the text than to pass over the window. A
 * pass ends early where only a page is asked for. */
static bool are_few(const struct pass *pass)
{
	const struct sqlite_id_set *ids = &pass->match.ids;
	const struct store_search *search = pass->search;
	double count = (double)ids->count, rows = (double)pass->match.rows;

	if (!ids->bits) {
		return pass->match.by_ids;
	}
	if (!pass->each && !pass->counting) {
		double page = (double)search->offset + (double)search->limit;

		rows = page < count ? rows * page / count : rows;
	}
	return ids->count <= LOOK_UPS_MAX && count * SQLITE_LOOK_UP_ROWS < rows;
}

static int pass_run(struct pass *pass, struct error *err)
{
	int status = are_few(pass) ? look_at_few(pass, err) : look_at_window(pass, err);

	return status == ENOUGH ? 0 : status;
}

/* ---- what is found ---- */

static struct call read_header(const struct pass *pass, const struct sqlite_cursor *row)
{
	struct call call = sqlite_header_at(row, 0);

	call.state = sqlite_live_state(&pass->match.live, sqlite_column_int64(row, SCAN_ID));
	if (call.start <= pass->search->detail_after) {
		call.has_detail = false;
		call.steps = 0;
	}
	return call;
}

static int add_to_page(struct pass *pass, struct sqlite_cursor *row, struct error *err)
{
	const struct store_call call = {.call = read_header(pass, row)};
	struct store_page *page = &pass->page;

	if (store_find_add(page, &call, pass->arena, err) < 0) {
		return -1;
	}
	if (!pass->search->with_packed || !call.call.has_detail) {
		return 0;
	}
	return sqlite_packed_by_id(pass->reader.connection, sqlite_column_int64(row, SCAN_ID),
		pass->arena, &page->calls[page->count - 1].packed, err);
}

static int take_for_page(struct pass *pass, struct sqlite_cursor *row, struct error *err)
{
	const struct store_search *search = pass->search;

	pass->total += pass->counting;
	if (search->after.session_id.data) {
		const struct call place = {
			.start = sqlite_column_int64(row, HEADER_start),
			.session_id = sqlite_column_text(row, HEADER_session_id),
		};

		if (!store_find_is_behind(&search->after, &place)) {
			return 0;
		}
	}
	if (pass->passed < search->offset) {
		pass->passed++;
		return 0;
	}
	if ((int64_t)pass->page.count < search->limit) {
		return add_to_page(pass, row, err);
	}
	return pass->counting ? 0 : ENOUGH;
}

/* ---- from columns ---- */

/* Copies what the page shows out of the table of calls. */
static int add_rows(struct pass *pass, const struct column_page *page, struct error *err)
{
	STORE_COST(pass->search->cost, rows, (int64_t)page->count);
	for (size_t i = 0; i < page->count; i++) {
		const struct column_row *row = &page->rows[i];
		AUTO(sqlite_end)
		struct sqlite_cursor held = sqlite_query(
			pass->reader.connection, &scan_one, BIND(INT64(id, row->id)), err);
		int found = sqlite_step(&held, err);

		if (found < 0 || (found > 0 && add_to_page(pass, &held, err) < 0)) {
			return -1;
		}
		if (found == 0 || !text_equal(row->call.session_id,
					  pass->page.calls[pass->page.count - 1].call.session_id)) {
			return error_set(err, ERROR_CORRUPT,
				"a block has the call '%.*s', which is not in the table of calls",
				TEXT_ARG(row->call.session_id));
		}
	}
	return 0;
}

static int search_columns(struct pass *pass, const struct column_calls *calls, struct error *err)
{
	const struct store_search *search = pass->search;
	const struct column_page_question question = {
		.base = store_find_column_question(search),
		.after_start = search->after.start,
		.after_session_id = search->after.session_id,
		.offset = search->offset,
		.limit = search->limit,
		.with_total = pass->counting,
	};
	AUTO(arena_deinit) struct arena arena;
	struct column_page page;

	arena_init(&arena, COLUMNS_PAGE_MAX);
	if (column_search(calls, &question, &arena, &page, err) < 0 ||
		add_rows(pass, &page, err) < 0) {
		return -1;
	}
	pass->total = page.total;
	return 0;
}

/* Whether the filter asks for more than what tallies and the order of rows answer. */
static bool is_for_columns(const struct pass *pass)
{
	const struct filter *filter = pass->search->filter;

	return sqlite_columns_can(filter) && !filter_is_window(filter) &&
	       (pass->counting || !pass->search->with_total);
}

/* 1 the page is there; 0: the rows are to be asked. A block that is damaged is made anew later. */
static int look_in_columns(struct pass *pass, struct sqlite_store *store, struct error *err)
{
	const struct sqlite_columns_question question = {.match = &pass->match};
	struct sqlite_columns columns = {0};
	struct error problem = {0};
	int status = is_for_columns(pass) ? sqlite_columns_open(&columns, pass->reader.connection,
						    &question, &problem)
					  : 0;

	if (status > 0 && search_columns(pass, &columns.calls, &problem) < 0) {
		status = -1;
	}
	if (status < 0 && sqlite_blocks_are_damaged(&problem)) {
		sqlite_blocks_note_damage(store, &columns, &problem);
	}
	sqlite_columns_close(&columns);
	if (status < 0 &&
		(sqlite_blocks_are_damaged(&problem) || problem.code == ERROR_NO_MEMORY)) {
		pass->page = (struct store_page){0};
		return 0;
	}
	return status < 0 ? error_set(err, problem.code, "%s", problem.message) : status;
}

static int begin_counting(struct pass *pass, struct error *err)
{
	int64_t total;

	if (sqlite_match_count(&pass->match, pass->reader.connection, &total, err) < 0) {
		return -1;
	}
	pass->counting = total < 0;
	STORE_COST(pass->search->cost, tallies, total >= 0);
	pass->total = pass->counting ? 0 : total;
	return 0;
}

int sqlite_search(struct store *base, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	AUTO(pass_end)
	struct pass pass = {.search = search, .found = take_for_page, .arena = arena};
	int answered;

	if (pass_begin(&pass, base, err) < 0) {
		return -1;
	}
	if (search->with_total && begin_counting(&pass, err) < 0) {
		return -1;
	}
	answered = look_in_columns(&pass, (struct sqlite_store *)base, err);
	if (answered < 0) {
		return -1;
	}
	if (answered == 0 && !pass.counting && search->after.session_id.data &&
		search->after.start < pass.match.end) {
		pass.top = search->after; /* what is above the place need not be looked at */
	}
	if (answered == 0 && pass_run(&pass, err) < 0) {
		return -1;
	}
	pass.page.total_calls = search->with_total ? pass.total : -1;
	*ret_page = pass.page;
	return 0;
}

/* ---- scans ---- */

static int read_path(
	struct pass *pass, const struct call *call, struct text path, struct error *err)
{
	if (!ARRAY_RESERVE(pass->kinds, pass->kinds_room, call->steps)) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < call->steps; i++) {
		if (!sqlite_path_next(&path, &pass->kinds[i])) {
			return error_set(err, ERROR_CORRUPT,
				"the path of the call '%.*s' is shorter than its steps: verify the "
				"store '%s'",
				TEXT_ARG(call->session_id), pass->reader.connection->folder);
		}
	}
	return 0;
}

static int show_row(struct pass *pass, struct sqlite_cursor *row, struct error *err)
{
	static const uint32_t none[1];
	struct store_row shown = {.call = read_header(pass, row)};

	if (shown.call.has_detail) {
		if (read_path(pass, &shown.call, sqlite_column_blob(row, SCAN_PATH), err) < 0) {
			return -1;
		}
		shown.kinds = shown.call.steps > 0 ? pass->kinds : none;
	}
	return pass->each(pass->context, &shown, err);
}

int sqlite_scan(struct store *base, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	AUTO(pass_end)
	struct pass pass = {.search = search, .found = show_row, .each = each, .context = context};

	if (pass_begin(&pass, base, err) < 0) {
		return -1;
	}
	return pass_run(&pass, err);
}
