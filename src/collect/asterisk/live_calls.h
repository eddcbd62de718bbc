/* SPDX-License-Identifier: MIT
 * The calls that an exchange has open: their rows, from which all steps are made anew whenever some
 * came, and how much of that the server was told. The difference goes into the spool as events
 * lines. So a call that is over is byte for byte what an import of the same rows stores. */
#ifndef COLLECT_LIVE_CALLS_H
#define COLLECT_LIVE_CALLS_H

#include "collect/spool/spool.h"
#include "intake/sources/ami/ami_rows.h"

#define LIVE_CALLS_BYTES_MAX ((size_t)128 << 20) /* of the rows of all calls */
#define LIVE_ENDED_BYTES_MAX ((size_t)48 << 20)	 /* above that no call is kept that is over */
#define LIVE_CALLS_WALK_MS   200		 /* between two walks of a call */

struct live_calls;

struct live_calls_options {
	struct spool *spool;
	const char *prefix;	      /* before each session; "" */
	const char *inbound_contexts; /* as import has them; NULL: the usual ones */
	/* A row that is more than 1 ms older than its call's newest came in this order all the
	 * same: its clock was set back. */
	bool by_arrival;
	/* Asks the server for the steps that it holds of a call (sender_ask()). */
	int (*ask)(void *context, struct text session_id, struct error *err);
	void *context;
};

struct live_calls_counts {
	size_t open;
	uint64_t rows;
	uint64_t calls;	    /* that are over and were told whole */
	uint64_t late_rows; /* of calls that were over */
	uint64_t left_out;  /* rows of calls that have too many */
	uint64_t bad_ids;   /* rows whose linkedid cannot be a session's id */
	uint64_t gaps;	    /* calls that were told of a gap */
	uint64_t broken;    /* calls that cannot be written */
	size_t bytes;
};

int live_calls_create(struct live_calls **ret_live, const struct live_calls_options *options,
	struct error *err) CHECK_RESULT;
void live_calls_destroy(struct live_calls *live);

/* Adds a row to its call. @place is where the row stands in its file; 0 for other sources. */
void live_calls_add_row(struct live_calls *live, const struct ami_row *row, int64_t place);

/* How far the source's clock is ahead of this one: steps about gaps have its time. */
void live_calls_set_clock(struct live_calls *live, int64_t ahead_us);

/* Whether the source is heard of now. While it is not, nothing says that its calls are still up. */
void live_calls_set_watching(struct live_calls *live, bool watching);

/* Tells the spool what changed; with @all also what would wait for the next walk. Negative when the
 * spool did not take it: nothing is lost, it is tried again. */
int live_calls_turn(struct live_calls *live, bool all, struct error *err) CHECK_RESULT;

/* Whether a call is over and is not told so yet, because rows may follow for 2 s. */
bool live_calls_linger(const struct live_calls *live);

/* Writes the linkedids of the calls that are not over, as a JSON array. */
void live_calls_list(const struct live_calls *live, struct buffer *list);

/* The least @place of a row of a call that is not over, @otherwise without one: from there on a
 * file is read again after a restart. */
int64_t live_calls_least_place(const struct live_calls *live, int64_t otherwise);

/* ---- what was not watched ---- */

/* Watching begins: rows and live_calls_end_status() show which calls are still up. */
void live_calls_begin_status(struct live_calls *live);

/* All calls that are up have been named by a row since. @gap_us long nothing was heard, because of
 * @reason: calls open on both sides of that get a step that says so, calls that are not up any more
 * have ended. Negative when the spool did not take it: to be called again. */
int live_calls_end_status(struct live_calls *live, int64_t gap_us, const char *reason,
	struct error *err) CHECK_RESULT;

/* Tells all open calls of a gap of which its length is not known. */
void live_calls_tell_gap(struct live_calls *live, const char *reason);

/* ---- what the server says ---- */

/* Of the call @session_id only @held steps are held: the rest is sent again. False when the call is
 * not known here any more. */
bool live_calls_conflict(struct live_calls *live, struct text session_id, int64_t held);

/* The answer to a question: @steps are held, negative: the call is not known there. */
void live_calls_held(struct live_calls *live, struct text session_id, int64_t steps);

/* ---- across a restart of the collector ---- */

/* Writes which calls are open into the file `open` of the spool. */
int live_calls_save(struct live_calls *live, struct error *err) CHECK_RESULT;

/* Reads what the collector before this one wrote there: their steps go on behind those held. */
int live_calls_load(struct live_calls *live, struct error *err) CHECK_RESULT;

struct live_calls_counts live_calls_counts(const struct live_calls *live);

#endif
