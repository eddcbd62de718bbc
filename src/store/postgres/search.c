/* SPDX-License-Identifier: MIT
 * Finding calls: the filter is PostgreSQL's condition, the page and the total are asked for
 * together. Scans go through a cursor, so that memory is bounded. */
#include <endian.h>
#include <stdio.h>

#include "store/find.h"
#include "store/postgres/postgres.h"

#define SQL_SIZE   8192
#define SCAN_CALLS "1000"

/* One question to the store. */
struct asking {
	struct postgres_session session;
	const struct store_search *search;
	struct postgres_match match;
	struct postgres_params params;
};

static int asking_open(struct asking *asking, struct store *base, const struct store_search *search,
	struct error *err)
{
	asking->search = search;
	if (store_find_check_deadline(search, err) < 0 ||
		postgres_session_open_snapshot(
			&asking->session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	postgres_params_init(&asking->params);
	asking->session.connection->search = search;
	/* What a filter asks for decides about the best way to find it. */
	if (postgres_run_one(asking->session.connection, POSTGRES_PLAN_EACH, NULL, err) < 0) {
		return -1;
	}
	return postgres_match_init(&asking->match, asking->session.connection, search, err);
}

static void asking_close(struct asking *asking)
{
	postgres_match_deinit(&asking->match);
	postgres_params_deinit(&asking->params);
	postgres_session_close(&asking->session);
}

/* No session_id is empty: what comes behind (end, '') started before the end. */
static struct store_place top_of(const struct store_search *search)
{
	const struct store_place top = {search->filter->end, TEXT("")};

	return search->after.session_id.data && search->after.start < top.start ? search->after
										: top;
}

/* ---- pages ---- */

static void add_rows(struct asking *asking)
{
	const struct store_search *search = asking->search;
	const struct store_place top = top_of(search);
	int next = postgres_match_bind(&asking->match, &top, &asking->params);
	char sql[SQL_SIZE];

	snprintf(sql, sizeof(sql),
		"select " POSTGRES_HEADER(
			"c") ", " POSTGRES_PACKED
			     " from (select c.account_id, c.part, " POSTGRES_HEADER(
				     "c") " %s" POSTGRES_NEWEST_FIRST
					  "offset $%d::bigint limit $%d::bigint) c "
					  "left join detail" POSTGRES_JOIN_DETAIL(
						  "c") "and c.start > "
						       "$%d::bigint " POSTGRES_NEWEST_FIRST,
		asking->match.from, next, next + 1, next + 2);
	postgres_bind_int64(&asking->params, search->offset);
	postgres_bind_int64(&asking->params, search->limit);
	postgres_bind_int64(
		&asking->params, search->with_packed ? search->detail_after : INT64_MAX);
	postgres_add_text(asking->session.connection, sql, &asking->params);
}

static void add_count(struct asking *asking)
{
	const struct store_place top = {asking->search->filter->end, TEXT("")};
	char sql[SQL_SIZE];

	postgres_match_bind(&asking->match, &top, &asking->params);
	snprintf(sql, sizeof(sql), "select count(*) %s", asking->match.from);
	postgres_add_text(asking->session.connection, sql, &asking->params);
}

static int copy_rows(
	struct asking *asking, struct arena *arena, struct store_page *page, struct error *err)
{
	struct postgres_rows rows = postgres_rows(asking->session.connection, 0);

	page->calls = arena_calloc(arena, (size_t)rows.count, sizeof(*page->calls));
	if (!page->calls) {
		return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
	}
	for (int i = 0; i < rows.count; i++) {
		if (postgres_copy_call(&rows, i, 0, arena, &page->calls[i], err) < 0) {
			return -1;
		}
		store_find_hide_detail(&page->calls[i], asking->search->detail_after);
	}
	page->count = (size_t)rows.count;
	return 0;
}

/* By the tallies where they can tell. */
static void add_total(struct asking *asking, bool is_window, size_t *ret_counts)
{
	const struct filter *filter = asking->search->filter;
	const struct postgres_subject subject = postgres_subject_of(
		asking->session.connection, asking->search->account_id, filter_dest_keys(filter));

	*ret_counts = 1;
	if (is_window) {
		*ret_counts = postgres_add_counts(&subject, filter->start, filter->end);
	} else {
		add_count(asking);
	}
}

static int search_rows(struct store *base, const struct store_search *search, bool is_window,
	struct arena *arena, struct store_page *ret_page, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	struct store_page page = {.total_calls = -1};
	size_t counts = 0;

	if (asking_open(&asking, base, search, err) < 0) {
		return -1;
	}
	add_rows(&asking);
	if (search->with_total) {
		add_total(&asking, is_window, &counts);
	}
	if (postgres_run(asking.session.connection, err) < 0 ||
		copy_rows(&asking, arena, &page, err) < 0) {
		return -1;
	}
	if (search->with_total) {
		page.total_calls = postgres_sum(asking.session.connection, 1, counts);
	}
	*ret_page = page;
	return 0;
}

int postgres_search(struct store *base, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	bool is_window = filter_is_window(search->filter);

	if (is_window && !search->after.session_id.data) {
		return store_find_window(base, search, arena, ret_page, err);
	}
	return search_rows(base, search, is_window, arena, ret_page, err);
}

/* ---- scans ---- */

/* The ids of a call's kinds, out of an integer array in binary form: 20 bytes before the elements,
 * each with its size before it. */
#define ARRAY_HEAD    ((size_t)20)
#define ARRAY_ELEMENT ((size_t)8)

struct scan {
	const struct store_search *search;
	store_each_row_fn *each;
	void *context;
	uint32_t *kinds;
	size_t kinds_room;
};

static void scan_end(struct scan *scan)
{
	free(scan->kinds);
}

static int read_path(
	struct scan *scan, const struct call *call, struct text path, struct error *err)
{
	if (call->steps > scan->kinds_room) {
		uint32_t *grown = reallocarray(scan->kinds, call->steps, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		scan->kinds = grown;
		scan->kinds_room = call->steps;
	}
	if (call->steps > 0 && path.size < ARRAY_HEAD + call->steps * ARRAY_ELEMENT) {
		return error_set(err, ERROR_CORRUPT,
			"the path of the call '%.*s' is shorter than its steps: verify the "
			"PostgreSQL store",
			TEXT_ARG(call->session_id));
	}
	for (uint32_t i = 0; i < call->steps; i++) {
		uint32_t id;

		memcpy(&id, path.data + ARRAY_HEAD + i * ARRAY_ELEMENT + sizeof(id), sizeof(id));
		scan->kinds[i] = be32toh(id);
	}
	return 0;
}

static int show_row(struct scan *scan, const struct postgres_rows *rows, int row, struct error *err)
{
	static const uint32_t none[1];
	struct store_call call = {.call = postgres_read_header(rows, row, 0)};
	struct store_row shown;

	store_find_hide_detail(&call, scan->search->detail_after);
	shown = (struct store_row){.call = call.call};
	if (call.call.has_detail) {
		if (read_path(scan, &call.call, postgres_text(rows, row, CALL_COLUMNS), err) < 0) {
			return -1;
		}
		shown.kinds = call.call.steps > 0 ? scan->kinds : none;
	}
	return scan->each(scan->context, &shown, err);
}

static int show_rows(struct scan *scan, const struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		int status = show_row(scan, rows, i, err);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int declare_cursor(struct asking *asking, struct error *err)
{
	const struct store_place top = {asking->search->filter->end, TEXT("")};
	char sql[SQL_SIZE];

	postgres_match_bind(&asking->match, &top, &asking->params);
	snprintf(sql, sizeof(sql),
		"declare scan no scroll cursor for select " POSTGRES_HEADER(
			"c") ", c.path %s" POSTGRES_NEWEST_FIRST,
		asking->match.from);
	postgres_add_text(asking->session.connection, sql, &asking->params);
	return postgres_run(asking->session.connection, err);
}

int postgres_scan(struct store *base, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err)
{
	AUTO(asking_close) struct asking asking = {0};
	AUTO(scan_end) struct scan scan = {.search = search, .each = each, .context = context};
	struct postgres_rows rows;

	if (asking_open(&asking, base, search, err) < 0 || declare_cursor(&asking, err) < 0) {
		return -1;
	}
	do {
		int status;

		postgres_add_text(
			asking.session.connection, "fetch forward " SCAN_CALLS " from scan", NULL);
		if (store_find_check_deadline(search, err) < 0 ||
			postgres_run(asking.session.connection, err) < 0) {
			return -1;
		}
		rows = postgres_rows(asking.session.connection, 0);
		status = show_rows(&scan, &rows, err);
		if (status < 0) {
			return status;
		}
	} while (rows.count > 0);
	return 0;
}
