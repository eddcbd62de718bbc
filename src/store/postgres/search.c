/* SPDX-License-Identifier: MIT
 * Finding calls. The filter is a condition of PostgreSQL's; the page and the total are asked for
 * together. Scans go through a cursor, so that memory is bounded. */
#include "store/find.h"
#include "store/postgres/postgres.h"

/* clang-format off */

/* What is asked of the calls that match, %s: a page, newest first, and all of them one by one. */
#define ROWS \
	"select " POSTGRES_HEADER ", " POSTGRES_LIVE ", " POSTGRES_PACKED \
	" from (select c.account_id, c.part, " POSTGRES_HEADER " %s" POSTGRES_NEWEST_FIRST \
	" offset $offset::bigint limit $limit::bigint) c" \
	" left join detail " POSTGRES_DETAIL_OF_CALL " and c.start > $detail_after::bigint" \
	POSTGRES_NEWEST_FIRST
#define CURSOR \
	"declare scan no scroll cursor for select " POSTGRES_HEADER ", false as live, c.path %s" \
	POSTGRES_NEWEST_FIRST

/* clang-format on */

/* One question to the store. */
struct asking {
	struct postgres_connection *connection;
	const struct store_search *search;
	struct postgres_match match;
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

/* ---- pages ---- */

static size_t add_rows(struct asking *asking)
{
	const struct store_search *search = asking->search;
	const struct store_place top = top_of(search);

	BIND(asking->connection, INT64(offset, search->offset), INT64(limit, search->limit),
		INT64(detail_after, search->with_packed ? search->detail_after : INT64_MAX));
	postgres_match_bind(&asking->match, asking->connection, &top);
	return postgres_add_printf(asking->connection, ROWS, asking->match.from);
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

int postgres_search(struct store *base, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct store_page page = {.total_calls = -1};
	size_t rows, counts = 0;

	if (asking_open(&asking, base, search, err) < 0) {
		return -1;
	}
	rows = add_rows(&asking);
	if (search->with_total) {
		counts = add_total(&asking);
	}
	if (postgres_run(asking.connection, err) < 0 ||
		copy_rows(&asking, rows, arena, &page, err) < 0) {
		return -1;
	}
	if (search->with_total) {
		page.total_calls = postgres_sum(asking.connection, rows + 1, counts);
	}
	*ret_page = page;
	return 0;
}

/* ---- scans ---- */

struct scan {
	const struct store_search *search;
	store_each_row_fn *each;
	void *context;
	uint32_t *kinds;
	size_t kinds_capacity;
};

static void scan_end(struct scan *scan)
{
	free(scan->kinds);
}

static int read_path(
	struct scan *scan, const struct call *call, struct text path, struct error *err)
{
	if (!ARRAY_RESERVE(scan->kinds, scan->kinds_capacity, (size_t)call->steps)) {
		return error_no_memory(err);
	}
	if (postgres_ids(path, scan->kinds, call->steps) < call->steps) {
		return error_set(err, ERROR_CORRUPT,
			"the path of the call '%.*s' is shorter than its steps: verify the "
			"PostgreSQL store",
			TEXT_ARG(call->session_id));
	}
	return 0;
}

static int show_row(struct scan *scan, struct postgres_rows *rows, int row, struct error *err)
{
	static const uint32_t none[1];
	struct store_call call = {.call = postgres_read_header(rows, row)};
	struct store_row shown;

	store_find_hide_detail(&call, scan->search->detail_after);
	shown = (struct store_row){.call = call.call};
	if (call.call.has_detail) {
		if (read_path(scan, &call.call, postgres_text(rows, row, "path"), err) < 0) {
			return -1;
		}
		shown.kinds = call.call.steps > 0 ? scan->kinds : none;
	}
	return scan->each(scan->context, &shown, err);
}

int postgres_scan(struct store *base, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	static const struct postgres_statement fetch = {
		"fetch forward 1000 from scan", .once = true};
	const struct store_place top = store_place_before(search->filter->end);
	AUTO(asking_close) struct asking asking = {0};
	AUTO(scan_end) struct scan scan = {.search = search, .each = each, .context = context};
	struct postgres_rows rows = {.count = 1};

	if (asking_open(&asking, base, search, err) < 0) {
		return -1;
	}
	postgres_match_bind(&asking.match, asking.connection, &top);
	postgres_add_printf(asking.connection, CURSOR, asking.match.from);
	if (postgres_run(asking.connection, err) < 0) {
		return -1;
	}
	while (rows.count > 0) {
		if (store_find_check_deadline(search, err) < 0 ||
			postgres_ask(asking.connection, &fetch, &rows, err) < 0) {
			return -1;
		}
		for (int i = 0; i < rows.count; i++) {
			int status = show_row(&scan, &rows, i, err);

			if (status < 0) {
				return status;
			}
		}
	}
	return 0;
}
