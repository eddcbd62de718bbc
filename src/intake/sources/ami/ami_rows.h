/* SPDX-License-Identifier: MIT
 * From the events of Asterisk's manager interface to rows as its channel event log has them, so
 * that one walk (cel_walk.h) makes the steps of both. docs/sources.md has the table.
 *
 * Rows that the event log does not have carry names that begin with AMI_:
 *   AMI_STEP    a step: eventextra {"class","line","module","variable"}, userfield its further data
 *   AMI_STATUS  a result of the application: eventextra {"name","value"}
 *   AMI_UP      a channel that was met up
 *   AMI_STILL   a channel that was known, and is up: not for the walk
 *   AMI_AGAIN   the same, of a call whose beginning is held already */
#ifndef INTAKE_SOURCES_AMI_ROWS_H
#define INTAKE_SOURCES_AMI_ROWS_H

#include "intake/sources/ami/ami_block.h"
#include "intake/sources/asterisk/cel_columns.h"

struct ami_rows;

struct ami_row {
	const struct text *field; /* CEL_FIELDS of them, never NULL */
	uint64_t hash;
	int64_t time_us;
};

struct ami_rows_options {
	const char *variables; /* whose values make steps, separated by commas; NULL: none */
	void (*row)(void *context, const struct ami_row *row);
	void *context;
};

struct ami_rows_counts {
	uint64_t rows;
	uint64_t without_time;	/* events whose time is that of their arrival */
	int64_t clock_ahead_us; /* of the exchange, by the last event that had a time */
	size_t channels;
	uint64_t refused; /* channels that there was no memory for */
	bool streams;	  /* the event log's own STREAM_BEGIN was seen */
};

int ami_rows_create(struct ami_rows **ret_rows, const struct ami_rows_options *options,
	struct error *err) CHECK_RESULT;
void ami_rows_destroy(struct ami_rows *rows);

/* Takes an event that came at @arrival_us, UNIX microseconds; a response is passed over. */
void ami_rows_take(struct ami_rows *rows, const struct ami_block *block, int64_t arrival_us);

/* The exchange's clock is @ahead_us ahead of this one: until an event says it, and for what has no
 * time. */
void ami_rows_set_clock(struct ami_rows *rows, int64_t ahead_us);

/* A prompt is told when the next event of its channel shows that the event log does not tell it
 * itself, or when this is called 100 ms later. */
void ami_rows_settle(struct ami_rows *rows, int64_t now_us);

/* A connection begins: from here to ami_rows_end_status() channels may be met that are up. Then
 * each event Status goes to ami_rows_take(). */
void ami_rows_begin_status(struct ami_rows *rows);

/* The list is complete: channels that it did not name are gone. Where their call goes on they get a
 * CHAN_END at @now_us, by this clock. */
void ami_rows_end_status(struct ami_rows *rows, int64_t now_us);

struct ami_rows_counts ami_rows_counts(const struct ami_rows *rows);

#endif
