/* SPDX-License-Identifier: MIT
 * Finding calls. The filter is a condition of PostgreSQL's; the page and the total are asked for
 * together. Scans go through a cursor, so that memory is bounded. So do searches for a path: order
 * is looked at here, one call after the other, and then the page is asked for by its sessions. */
#include "store/find.h"
#include "store/postgres/blocks/blocks.h"

/* clang-format off */

/* What is asked of the calls that match, %s: a page, newest first, and all of them one by one. */
#define ROWS \
	"select " POSTGRES_HEADER ", " POSTGRES_LIVE ", " POSTGRES_PACKED \
	" from (select c.account_id, c.part, " POSTGRES_HEADER " %s" POSTGRES_NEWEST_FIRST \
	" offset $offset::bigint limit $limit::bigint) c" \
	" left join detail " POSTGRES_DETAIL_OF_CALL " and c.start > $detail_after::bigint" \
	POSTGRES_NEWEST_FIRST
#define CURSOR \
	"declare scan no scroll cursor for select " POSTGRES_HEADER ", %s as live, c.path %s" \
	POSTGRES_NEWEST_FIRST
/* Where a path asks for words or times. */
#define CURSOR_PACKED \
	"declare scan no scroll cursor for select " POSTGRES_HEADER ", %s as live, c.path, " \
	POSTGRES_PACKED " from (select c.account_id, c.part, " POSTGRES_HEADER ", c.path %s) c" \
	" left join detail " POSTGRES_DETAIL_OF_CALL POSTGRES_NEWEST_FIRST
#define FROM_SESSIONS \
	"from unnest($sessions::text[]) as u (session_id) cross join lateral (select * from call" \
	" k where k.account_id = $account_id::bigint and k.session_id = u.session_id offset 0) c"

/* clang-format on */

/* One question to the store. */
struct asking {
	struct postgres_connection *connection;
	const struct store_search *search;
	struct postgres_match match;
	uint32_t *kinds; /* of one call's steps */
	size_t kinds_capacity;
};

static int asking_open(struct asking *asking, struct store *base, const struct store_search *search,
	struct error *err)
{
	asking->search = search;
	if (store_find_check_deadline(search, err) < 0) {
		return -1;
	}
	asking->connection = postgres_borrow_snapshot(base, err);
	if (!asking->connection) {
		return -1;
	}
	asking->connection->search = search;
	/* What a filter asks for decides about the best way to find it. */
	postgres_add(asking->connection, &postgres_plan_each);
	if (postgres_run(asking->connection, err) < 0) {
		return -1;
	}
	return postgres_match_init(&asking->match, asking->connection, search, err);
}

static void asking_close(struct asking *asking)
{
	free(asking->kinds);
	postgres_match_deinit(&asking->match);
	postgres_give_backp(&asking->connection);
}

/* No session_id is empty: what comes behind (end, '') started before the end. */
static struct store_place top_of(const struct store_search *search)
{
	const struct store_place top = store_place_before(search->filter->end);

	return search->after.session_id.data && search->after.start < top.start ? search->after
										: top;
}

/* ---- one call after the other ---- */

static int read_path(
	struct asking *asking, const struct call *call, struct text path, struct error *err)
{
	if (!ARRAY_RESERVE(asking->kinds, asking->kinds_capacity, (size_t)call->steps)) {
		return error_no_memory(err);
	}
	if (postgres_ids(path, asking->kinds, call->steps) < call->steps) {
		return error_set(err, ERROR_CORRUPT,
			"the path of the call '%.*s' is shorter than its steps: verify the "
			"PostgreSQL store",
			TEXT_ARG(call->session_id));
	}
	return 0;
}

/* Whether the call takes the path that is asked for. */
static int match_path(struct asking *asking, struct postgres_rows *rows, int row, struct error *err)
{
	struct store_path_look *look = &asking->match.path;
	struct call call = postgres_read_header(rows, row);
	uint64_t reached = PATH_BEGIN;
	struct packed packed;
	int matches;

	if (!call.has_detail) {
		return 0;
	}
	if (read_path(asking, &call, postgres_text(rows, row, "path"), err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < call.steps; i++) {
		reached = store_path_look_step(look, reached, asking->kinds[i]);
	}
	matches = store_path_look_end(look, reached);
	if (matches <= 1) {
		return matches;
	}
	packed = postgres_read_packed(rows, row);
	return packed.deflate.data ? store_path_look_inflate(look, &call, &packed, err) : 0;
}

/* Looks at a call that matches. A positive return ends the walk, as a negative one does. */
typedef int look_fn(struct asking *asking, struct postgres_rows *rows, int row, void *context,
	struct error *err);

static int look_at_rows(struct asking *asking, struct postgres_rows *rows, look_fn *look,
	void *context, struct error *err)
{
	bool asked = store_path_look_is_asked(&asking->match.path);
	int status = 0;

	for (int i = 0; i < rows->count && status == 0; i++) {
		int matches = asked ? match_path(asking, rows, i, err) : 1;

		status = matches > 0 ? look(asking, rows, i, context, err) : matches;
	}
	return status;
}

/* Looks at all calls behind @top that match, newest first. */
static int walk(struct asking *asking, const struct store_place *top, look_fn *look, void *context,
	struct error *err)
{
	static const struct postgres_statement fetch = {
		"fetch forward 1000 from scan", .once = true};
	struct postgres_rows rows = {.count = 1};
	int status = 0;

	STORE_COST(asking->search->cost, database, 1);
	postgres_match_bind(&asking->match, asking->connection, top);
	postgres_add_printf(asking->connection,
		filter_looks_inside(asking->search->filter) ? CURSOR_PACKED : CURSOR,
		asking->search->with_state ? POSTGRES_IS_LIVE : "false", asking->match.from);
	if (postgres_run(asking->connection, err) < 0) {
		return -1;
	}
	while (rows.count > 0 && status == 0) {
		if (store_find_check_deadline(asking->search, err) < 0 ||
			postgres_ask(asking->connection, &fetch, &rows, err) < 0) {
			return -1;
		}
		STORE_COST(asking->search->cost, rows, rows.count);
		status = look_at_rows(asking, &rows, look, context, err);
	}
	return status < 0 ? status : 0;
}

/* ---- pages ---- */

/* The calls of the page, which @from finds; @offset of them are passed over. */
static size_t add_rows(struct asking *asking, const char *from, int64_t offset)
{
	const struct store_search *search = asking->search;
	const struct store_place top = top_of(search);

	BIND(asking->connection, INT64(offset, offset), INT64(limit, search->limit),
		INT64(detail_after, search->with_packed ? search->detail_after : INT64_MAX));
	postgres_match_bind(&asking->match, asking->connection, &top);
	return postgres_add_printf(asking->connection, ROWS, from);
}

static int copy_rows(struct asking *asking, size_t index, struct arena *arena,
	struct store_page *page, struct error *err)
{
	struct postgres_rows rows = postgres_rows(asking->connection, index);

	if (postgres_read_page(&rows, arena, page, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < page->count; i++) {
		store_find_hide_detail(&page->calls[i], asking->search->detail_after);
	}
	return 0;
}

/* By the tallies where they can tell. */
static size_t add_total(struct asking *asking)
{
	const struct filter *filter = asking->search->filter;
	const struct store_place top = store_place_before(filter->end);
	const struct postgres_subject subject = postgres_subject_of(
		asking->connection, asking->search->account_id, filter_dest_keys(filter));

	if (filter_is_window(filter)) {
		return postgres_add_counts(&subject, filter->start, filter->end);
	}
	postgres_match_bind(&asking->match, asking->connection, &top);
	postgres_add_printf(asking->connection, "select count(*) %s", asking->match.from);
	return 1;
}

/* The page as PostgreSQL finds it. */
static int ask_page(
	struct asking *asking, struct arena *arena, struct store_page *page, struct error *err)
{
	size_t rows = add_rows(asking, asking->match.from, asking->search->offset), counts = 0;

	STORE_COST(asking->search->cost, database, 1);
	if (asking->search->with_total) {
		counts = add_total(asking);
		STORE_COST(
			asking->search->cost, database, !filter_is_window(asking->search->filter));
		STORE_COST(asking->search->cost, tallies, filter_is_window(asking->search->filter));
	}
	if (postgres_run(asking->connection, err) < 0 ||
		copy_rows(asking, rows, arena, page, err) < 0) {
		return -1;
	}
	if (asking->search->with_total) {
		page->total_calls = postgres_sum(asking->connection, rows + 1, counts);
	}
	return 0;
}

/* ---- pages of a path ---- */

struct paging {
	struct text *sessions; /* of the page; in the memory of asking->match */
	size_t count;
	int64_t passed; /* of the offset */
	int64_t total;
};

static int note_session(struct asking *asking, struct postgres_rows *rows, int row, void *context,
	struct error *err)
{
	const struct store_search *search = asking->search;
	const struct call call = postgres_read_header(rows, row);
	struct arena *arena = &asking->match.arena;
	struct paging *paging = context;

	paging->total++;
	if (!store_find_is_behind(&search->after, &call) || paging->passed++ < search->offset) {
		return 0;
	}
	if ((int64_t)paging->count == search->limit) {
		return !search->with_total;
	}
	paging->sessions =
		arena_list_grow(arena, paging->sessions, paging->count, sizeof(struct text));
	if (!paging->sessions ||
		!(paging->sessions[paging->count] = arena_copy(arena, call.session_id)).data) {
		return error_no_memory(err);
	}
	paging->count++;
	return 0;
}

/* The calls of @sessions. */
static int show_sessions(struct asking *asking, const struct text *sessions, size_t count,
	struct arena *arena, struct store_page *page, struct error *err)
{
	size_t rows;

	BIND(asking->connection, ARRAY(sessions, POSTGRES_TEXT, sessions, count));
	rows = add_rows(asking, FROM_SESSIONS, 0);
	return postgres_run(asking->connection, err) < 0
		       ? -1
		       : copy_rows(asking, rows, arena, page, err);
}

static int walk_page(
	struct asking *asking, struct arena *arena, struct store_page *page, struct error *err)
{
	const struct store_search *search = asking->search;
	const struct store_place top =
		search->with_total ? store_place_before(search->filter->end) : top_of(search);
	struct paging paging = {0};

	if (walk(asking, &top, note_session, &paging, err) < 0) {
		return -1;
	}
	page->total_calls = search->with_total ? paging.total : -1;
	if (paging.count == 0) {
		return 0;
	}
	return show_sessions(asking, paging.sessions, paging.count, arena, page, err);
}

/* ---- pages out of columns ---- */

static int take_page(struct asking *asking, const struct column_page *found, struct arena *arena,
	struct store_page *page, struct error *err)
{
	struct text *sessions =
		arena_calloc(&asking->match.arena, found->count + 1, sizeof(*sessions));

	if (!sessions) {
		return error_no_memory(err);
	}
	STORE_COST(asking->search->cost, rows, (int64_t)found->count);
	for (size_t i = 0; i < found->count; i++) {
		sessions[i] = found->rows[i].call.session_id;
	}
	if (found->count > 0 &&
		show_sessions(asking, sessions, found->count, arena, page, err) < 0) {
		return -1;
	}
	if (page->count != found->count) {
		return error_set(
			err, ERROR_CORRUPT, "a block has a call that is not in the table of calls");
	}
	page->total_calls = asking->search->with_total ? found->total : -1;
	return 0;
}

/* Whether the filter asks for more than what tallies and indices answer. */
static bool is_for_columns(const struct filter *filter)
{
	return store_blocks_can(filter) && !filter_is_window(filter) &&
	       !filter_asks_for_session(filter);
}

static int read_page(struct asking *asking, const struct store_blocks_reader *reader,
	struct arena *arena, struct store_page *page, struct error *err)
{
	AUTO(arena_deinit) struct arena rows;
	struct column_page found;

	arena_init(&rows, STORE_BLOCKS_PAGE_MAX);
	return store_blocks_search(
		       reader, asking->search, asking->search->with_total, &rows, &found, err) < 0
		       ? -1
		       : take_page(asking, &found, arena, page, err);
}

/* 1 the page is there; 0: the rows are to be asked. A block that is damaged is made anew later. */
static int look_in_columns(struct asking *asking, struct postgres_store *store, struct arena *arena,
	struct store_page *page, struct error *err)
{
	const struct postgres_columns_question question = {.match = &asking->match};
	AUTO(postgres_columns_close) struct postgres_columns columns = {0};
	struct error problem = {0};
	int status = 0;

	if (is_for_columns(asking->search->filter)) {
		status = postgres_columns_open(&columns, asking->connection, &question, &problem);
	}
	if (status > 0 && read_page(asking, &columns.reader, arena, page, &problem) < 0) {
		status = -1;
	}
	if (status < 0 && store_blocks_are_damaged(&problem)) {
		postgres_blocks_note_damage(store, &columns, &problem);
	}
	if (status < 0 && (store_blocks_are_damaged(&problem) || problem.code == ERROR_NO_MEMORY)) {
		*page = (struct store_page){.total_calls = -1};
		return 0;
	}
	return status < 0 ? error_set(err, problem.code, "%s", problem.message) : status;
}

int postgres_search(struct store *base, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct store_page page = {.total_calls = -1};
	int answered;

	if (asking_open(&asking, base, search, err) < 0) {
		return -1;
	}
	answered = look_in_columns(&asking, (struct postgres_store *)base, arena, &page, err);
	if (answered < 0 ||
		(answered == 0 && (filter_walks_steps(search->filter) ? walk_page : ask_page)(
					  &asking, arena, &page, err) < 0)) {
		return -1;
	}
	*ret_page = page;
	return 0;
}

/* ---- scans ---- */

struct scan {
	store_each_row_fn *each;
	void *context;
};

static int show_row(struct asking *asking, struct postgres_rows *rows, int row, void *context,
	struct error *err)
{
	static const uint32_t none[1];
	const struct scan *scan = context;
	struct store_call call = {.call = postgres_read_header(rows, row)};
	struct store_row shown;
	int status;

	store_find_hide_detail(&call, asking->search->detail_after);
	shown = (struct store_row){.call = call.call};
	if (call.call.has_detail) {
		if (read_path(asking, &call.call, postgres_text(rows, row, "path"), err) < 0) {
			return -1;
		}
		shown.kinds = call.call.steps > 0 ? asking->kinds : none;
	}
	status = scan->each(scan->context, &shown, err);
	return status < 0 ? status : 0;
}

int postgres_scan(struct store *base, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	const struct store_place top = store_place_before(search->filter->end);
	AUTO(asking_close) struct asking asking = {0};
	struct scan scan = {.each = each, .context = context};

	if (asking_open(&asking, base, search, err) < 0) {
		return -1;
	}
	return walk(&asking, &top, show_row, &scan, err);
}
