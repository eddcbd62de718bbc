/* SPDX-License-Identifier: MIT
 * Counting what a filter means by tallies and ids, without matching each row. */
#include "store/store_sqlite_match.h"

int sqlite_match_window(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_calls, struct error *err)
{
	const struct filter window = {
		.start = match->start,
		.end = match->end,
		.dest.key = match->one_dest ? match->filter->dest.key : (struct text){0},
	};

	return sqlite_count_window(connection, match->account_id, &window, ret_calls, err);
}

static int count_between(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t start, int64_t end, int64_t *ret_calls, struct error *err)
{
	const struct filter window = {.start = start, .end = end};

	return sqlite_count_window(connection, match->account_id, &window, ret_calls, err);
}

/* How many of the calls between have the text. */
static int count_ids(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t start, int64_t end, int64_t *ret_calls, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int more;

	*ret_calls = 0;
	if (sqlite_query_start(&row, connection, SQL_IDS, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, match->account_id);
	sqlite_query_int64(&row, start);
	sqlite_query_int64(&row, end);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		*ret_calls += sqlite_id_set_has(&match->ids, sqlite_column_int64(&row, 0));
	}
	return more;
}

/* No call that started before it has detail, and so words. */
static int read_detail_from(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_start, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int found;

	if (sqlite_query_start(&row, connection, SQL_DETAIL_FROM, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, match->account_id);
	found = sqlite_query_step(&row, err);
	*ret_start = found > 0 ? sqlite_column_int64(&row, 0) : 0;
	return found < 0 ? -1 : 0;
}

/* The words of all calls with detail are in the index: either those inside of the window are counted, or those outside are taken off. */
static int count_text(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_total, struct error *err)
{
	int64_t first, inside, before, after;

	if (read_detail_from(match, connection, &first, err) < 0 ||
		sqlite_match_window(match, connection, &inside, err) < 0 ||
		count_between(match, connection, first, match->start, &before, err) < 0 ||
		count_between(match, connection, match->end, INT64_MAX, &after, err) < 0) {
		return -1;
	}
	if (inside <= before + after) {
		return count_ids(match, connection, match->start, match->end, ret_total, err);
	}
	if (count_ids(match, connection, first, match->start, &before, err) < 0 ||
		count_ids(match, connection, match->end, INT64_MAX, &after, err) < 0) {
		return -1;
	}
	*ret_total = (int64_t)match->ids.count - before - after;
	return 0;
}

int sqlite_match_count(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_total, struct error *err)
{
	*ret_total = -1;
	if (filter_is_window(match->filter)) {
		return sqlite_match_window(match, connection, ret_total, err);
	}
	return match->text_alone && match->ids.bits ? count_text(match, connection, ret_total, err)
						    : 0;
}
