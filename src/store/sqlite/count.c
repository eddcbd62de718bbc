/* SPDX-License-Identifier: MIT
 * Counting what a filter means by tallies and ids, without matching each row. */
#include "store/sqlite/match.h"

static int count_between(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t start, int64_t end, int64_t *ret_calls, struct error *err)
{
	return sqlite_count_window(
		connection, match->account_id, match->dest_keys, start, end, ret_calls, err);
}

int sqlite_match_by_number(const struct sqlite_match *match, struct sqlite_connection *connection,
	bool *ret_by_number, struct error *err)
{
	int64_t calls, all;

	*ret_by_number = false;
	if (match->dest_keys.count == 0) {
		return 0;
	}
	if (count_between(match, connection, match->start, match->end, &calls, err) < 0 ||
		sqlite_count_window(connection, match->account_id, (struct call_keys){0},
			match->start, match->end, &all, err) < 0) {
		return -1;
	}
	*ret_by_number = calls < all / SQLITE_LOOK_UP_ROWS;
	return 0;
}

int sqlite_match_window(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_calls, struct error *err)
{
	return count_between(match, connection, match->start, match->end, ret_calls, err);
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

/* The words of all calls with detail are in the index: either those inside of the window are
 * counted, or those outside are taken off. */
static int count_text(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_total, struct error *err)
{
	int64_t first, before, after;

	if (sqlite_detail_from(connection, match->account_id, &first, err) < 0 ||
		count_between(match, connection, first, match->start, &before, err) < 0 ||
		count_between(match, connection, match->end, INT64_MAX, &after, err) < 0) {
		return -1;
	}
	if (match->rows <= before + after) {
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
