/* SPDX-License-Identifier: MIT
 * Which rows of the table of calls a filter means, told by the row alone. Private to this
 * folder. */
#ifndef STORE_SQLITE_MATCH_H
#define STORE_SQLITE_MATCH_H

#include "store/path_look.h"
#include "store/sqlite/sqlite.h"

/* A row of the passes: a call's header, and these. */
/* clang-format off */
#define SCAN_COLUMNS HEADER_COLUMNS("") ", id, path"
enum { SCAN_ID = HEADER_COLUMNS_END, SCAN_PATH };
/* clang-format on */

struct sqlite_match {
	const struct filter *filter;
	struct store_cost *cost; /* NULL: not asked for */
	struct sqlite_connection *connection;
	int64_t account_id;
	int64_t detail_after;
	int64_t start; /* of what can match */
	int64_t end;
	bool duration; /* is asked for, as are those below */
	bool talk;
	bool count;
	bool step;
	bool last;
	bool all_steps; /* are looked at, though the step that is asked for was there */
	/* of whole numbers called, and no part of one; none: look at all rows */
	struct call_keys dest_keys;
	/* Sessions that are asked for are not less than filter->session.id, and less than this in
	 * the order of their bytes; in the arena. */
	struct text session_below;
	struct words_query words; /* that each call has which matches */
	bool by_ids;		  /* ids has all calls that can match */
	bool text_alone;	  /* in the window */
	unsigned char *kinds;	  /* by the kinds' ids: what a step of each is for the filter */
	size_t kinds_count;
	struct store_path_look path;
	struct arena arena;
	struct sqlite_id_set ids; /* that have the text, or are live where only these are meant */
	struct sqlite_live_set live;
	int64_t rows; /* of a pass through the window; where ids has bits */
};

/* Reads what the filter needs of the store's state that @connection sees. */
int sqlite_match_init(struct sqlite_match *match, struct sqlite_connection *connection,
	const struct store_search *search, struct error *err) CHECK_RESULT;
void sqlite_match_deinit(struct sqlite_match *match);

/* A call is looked up by an index in the time that a pass takes for so many rows. */
#define SQLITE_LOOK_UP_ROWS 5

/* Whether it takes less to look up the calls to the numbers that are asked for than to pass over
 * all of the window. */
int sqlite_match_by_number(const struct sqlite_match *match, struct sqlite_connection *connection,
	bool *ret_by_number, struct error *err) CHECK_RESULT;

/* Whether it takes less to look up the sessions that are asked for than to pass over the window. */
int sqlite_match_by_session(const struct sqlite_match *match, struct sqlite_connection *connection,
	bool *ret_by_session, struct error *err) CHECK_RESULT;

/* Counts the rows of a pass: the account's calls in the window, and with a number where one is
 * asked for. */
int sqlite_match_window(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_calls, struct error *err) CHECK_RESULT;

/* Counts the calls that the filter means, where that takes less than a look at each row of the
 * window; otherwise -1. */
int sqlite_match_count(const struct sqlite_match *match, struct sqlite_connection *connection,
	int64_t *ret_total, struct error *err) CHECK_RESULT;

/* 1 when the row that @row stands on is meant, 0 when not. Its start lies in the window of @match.
 */
int sqlite_match_row(struct sqlite_match *match, const struct sqlite_cursor *row,
	struct error *err) CHECK_RESULT;

#endif
