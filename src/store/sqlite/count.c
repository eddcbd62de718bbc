/* SPDX-License-Identifier: MIT
 * Counting what a filter means by tallies and ids, without matching each row. */
#include "store/sqlite/match.h"

static const struct sqlite_statement ids_between = {
	"select id from call where account_id = :account_id and start >= :start and start < :end"};

static const struct sqlite_statement sessions_between = {
	"select count(*) from (select 1 from call indexed by call_by_session where account_id ="
	" :account_id and session_id >= :first and session_id < :below limit :limit)"};

static int count_between(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t start, int64_t end, int64_t *ret_calls, struct error *err)
{
	const struct sqlite_subject subject = {connection, match->account_id, match->dest_keys};

	return sqlite_count_window(&subject, start, end, ret_calls, err);
}

int sqlite_match_by_number(const struct sqlite_match *match, struct sqlite_connection *connection,
	bool *ret_by_number, struct error *err)
{
	const struct sqlite_subject all_calls = {connection, match->account_id, {0}};
	int64_t calls, all;

	*ret_by_number = false;
	if (match->dest_keys.count == 0) {
		return 0;
	}
	if (count_between(match, connection, match->start, match->end, &calls, err) < 0 ||
		sqlite_count_window(&all_calls, match->start, match->end, &all, err) < 0) {
		return -1;
	}
	*ret_by_number = calls < all / SQLITE_LOOK_UP_ROWS;
	return 0;
}

/* Counts no more sessions than decide it. */
int sqlite_match_by_session(const struct sqlite_match *match, struct sqlite_connection *connection,
	bool *ret_by_session, struct error *err)
{
	const struct sqlite_subject all_calls = {connection, match->account_id, {0}};
	int64_t sessions, all;

	*ret_by_session = false;
	if (!filter_asks_for_session(match->filter)) {
		return 0;
	}
	if (sqlite_count_window(&all_calls, match->start, match->end, &all, err) < 0 ||
		sqlite_read_int64(connection, &sessions_between,
			BIND(INT64(account_id, match->account_id),
				STRING(first, match->filter->session.id),
				STRING(below, match->session_below),
				INT64(limit, all / SQLITE_LOOK_UP_ROWS + 1)),
			&sessions, err) < 0) {
		return -1;
	}
	*ret_by_session = sessions <= all / SQLITE_LOOK_UP_ROWS;
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
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &ids_between,
		BIND(INT64(account_id, match->account_id), INT64(start, start), INT64(end, end)),
		err);
	int more;

	*ret_calls = 0;
	while ((more = sqlite_step(&row, err)) > 0) {
		*ret_calls +=
			sqlite_id_set_has(&match->ids, sqlite_column_int64(&row, ONLY_COLUMN));
	}
	return more;
}

/* All calls with detail are in the text index. So either the calls inside of the window are
 * counted, or those outside are taken off the whole. */
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
