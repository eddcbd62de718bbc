/* SPDX-License-Identifier: MIT
 * Calls and steps as CSV (RFC 4180: CRLF, quotes doubled), in UTF-8, for spreadsheets.
 *
 * A cell that begins with = + - @ TAB, CR or LF would be run by a spreadsheet: it gets an
 * apostrophe before it. The one exception is a plain number with a country code, `+` and digits
 * only. A spreadsheet makes 16177123001 of `+16177123001`, and an apostrophe would hide the number
 * from a search. `+1-617-712-3001` would be computed, and gets one.
 *
 * For a @spreadsheet a byte order mark comes first, so that it takes the file for UTF-8. A text
 * that it would run, or read as a number, a date or a time, is a formula that gives the text:
 * ="00012345". Leading zeros, ends like `.10` and more than 15 digits stay that way. A text that is
 * too long for a formula, 255 bytes, or has a line end, is written as otherwise. */
#ifndef CALL_CALL_CSV_H
#define CALL_CALL_CSV_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/zone.h"
#include "call/call.h"

/* A cell, without what is between cells. */
void call_csv_write_text(struct buffer *buffer, struct text cell, bool spreadsheet);

/* Two cells, UNIX seconds and `2026-01-31T12:00:00Z`, each with a comma behind it. The second is
 * `2026-01-31T13:00:00+01:00` by the clock of @zone; NULL: of UTC. */
void call_csv_write_time(struct buffer *buffer, int64_t time_s, const struct zone *zone);

/* How rows are written. */
struct call_csv_form {
	bool spreadsheet;
	const struct zone *zone; /* whose clock the times of ISO 8601 are of; NULL: UTC */
};

/* session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,state,
 * outcome,answered,answered_iso,talk,ended_by and with @steps also
 * step,timestamp,timestamp_iso,class,module,variable,line. Times are UNIX seconds and ISO 8601. */
void call_csv_write_header(struct buffer *buffer, bool steps, const struct call_csv_form *form);

/* One row. */
void call_csv_write_call(
	struct buffer *buffer, const struct call *call, const struct call_csv_form *form);

/* A row for each step of the canonical @detail; one row with empty cells when @call has no detail
 * or no steps, so that no call is missing.
 * @scratch is emptied on the way. ERROR_CORRUPT when @detail is not canonical. */
int call_csv_write_steps(struct buffer *buffer, const struct call *call, struct text detail,
	const struct call_csv_form *form, struct arena *scratch, struct error *err) CHECK_RESULT;

/* Where a call's rows go on. All zero: at their beginning. */
struct call_csv_place {
	size_t cursor;
	int64_t number; /* of rows that were written */
};

/* The same in pieces: goes on from @place until @buffer holds @enough bytes or, by a row, more. 1
 * there is more, 0 that was the end. */
int call_csv_write_more(struct buffer *buffer, const struct call *call, struct text detail,
	const struct call_csv_form *form, struct call_csv_place *place, size_t enough,
	struct arena *scratch, struct error *err) CHECK_RESULT;

#endif
