/* SPDX-License-Identifier: MIT
 * Listings: rows of cells. Aligned, with titles, on a terminal; a row a line with tabs between,
 * without titles, in a pipe. */
#ifndef CMD_LISTING_H
#define CMD_LISTING_H

#include "base/arena.h"
#include "base/array.h"
#include "cmd/terminal.h"

#define LISTING_COLUMNS_MAX 10

struct listing_column {
	const char *title;
	bool right; /* numbers */
};

struct listing {
	const struct view *view;
	struct arena *arena; /* the cells' memory */
	const struct listing_column *columns;
	size_t column_count;
	size_t widths[LISTING_COLUMNS_MAX]; /* what the widest cell so far takes */
	struct text *cells;
	size_t cell_count;
	bool failed; /* out of memory */
};

/* An empty listing, to be written as @view says. @columns, at most LISTING_COLUMNS_MAX, and @view
 * stay in use. */
void listing_init(struct listing *listing, const struct view *view, struct arena *arena,
	const struct listing_column *columns, size_t column_count);

/* Appends a cell, copied; a row is full when as many came as there are columns. */
void listing_cell(struct listing *listing, struct text text);
void listing_printf(struct listing *listing, const char *format, ...) FORMAT_PRINTF(2, 3);
void listing_number(struct listing *listing, int64_t number);
/* "12,431" on a terminal, "12431" in a pipe. */
void listing_grouped(struct listing *listing, int64_t number);
/* A time, UTC or local as the view says. */
void listing_time(struct listing *listing, int64_t time_s);
/* "1:02:03". */
void listing_duration(struct listing *listing, int64_t seconds);

/* How many rows are full. */
static inline size_t listing_rows(const struct listing *listing)
{
	return listing->cell_count / listing->column_count;
}

/* Writes all of it. Columns are never cut, so that a session can be copied from a terminal of any
 * width. ERROR_NO_MEMORY when a cell is missing. */
int listing_write(const struct listing *listing, struct error *err) CHECK_RESULT;

/* The same in pieces, so that something may stand beside or below a row. */
/* The titles, on a terminal. */
void listing_write_titles(const struct listing *listing);
/* One row, without its line feed. */
void listing_write_row(const struct listing *listing, size_t row);

/* Writes the rows, without titles, and drops them. Their memory may go then; the columns stay as
 * wide as they are. */
int listing_flush(struct listing *listing, struct error *err) CHECK_RESULT;

/* The columns of the terminal that a row takes. */
size_t listing_columns(const struct listing *listing);

/* Where what is said about a listing goes, once it is written: below it on a terminal, to standard
 * error beside a pipe. */
FILE *listing_beside(const struct view *view);

#endif
