/* SPDX-License-Identifier: MIT
 * Tables: aligned, with a header, on a terminal; a row a line with tabs between, without a header,
 * in a pipe. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdio.h>

#include "base/arena.h"

#define TABLE_COLUMNS_MAX 10

struct table_column {
	const char *title;
	bool right; /* numbers */
};

struct table {
	struct arena *arena; /* the cells' memory */
	const struct table_column *columns;
	size_t column_count;
	size_t widths[TABLE_COLUMNS_MAX]; /* what the widest cell so far takes */
	struct text *cells;
	size_t cell_count;
	size_t cell_capacity;
	bool failed; /* out of memory */
};

/* An empty table; @columns, at most TABLE_COLUMNS_MAX, stay in use. */
void table_init(struct table *table, struct arena *arena, const struct table_column *columns,
	size_t column_count);

/* Appends a cell, copied; a row is full when as many came as there are columns. */
void table_cell(struct table *table, struct text text);
void table_cell_printf(struct table *table, const char *format, ...) FORMAT_PRINTF(2, 3);
/* @grouped: "12,431" rather than "12431". */
void table_number(struct table *table, int64_t number, bool grouped);

/* How many rows are full. */
static inline size_t table_rows(const struct table *table)
{
	return table->cell_count / table->column_count;
}

/* Drops the rows, whose memory then may go; the columns stay as wide as they are. */
void table_clear(struct table *table);

/* Writes the table: @pretty with a header and aligned columns, which are never cut, so that a
 * session can be copied from a terminal of any width; otherwise with tabs. @color makes the header
 * bold. */
void table_write(const struct table *table, FILE *stream, bool pretty, bool color);

/* The same in pieces, so that something may stand beside or below a row: the header line; one row,
 * without its line feed. */
void table_write_titles(const struct table *table, FILE *stream, bool color);
void table_write_row(const struct table *table, size_t row, FILE *stream, bool pretty);

/* The columns of the terminal that a row takes. */
size_t table_columns(const struct table *table);

#endif
