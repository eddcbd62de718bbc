/* SPDX-License-Identifier: MIT
 * Writing tables. */
#include "cmd/table.h"

#include <stdarg.h>

#include "cmd/terminal.h"

#define CELLS_FIRST	64
#define CELL_MAX	512
#define BETWEEN_COLUMNS 2

void table_init(struct table *table, struct arena *arena, const struct table_column *columns,
	size_t column_count)
{
	*table = (struct table){.arena = arena, .columns = columns, .column_count = column_count};
	for (size_t i = 0; i < column_count; i++) {
		table->widths[i] = text_columns(text_of(columns[i].title));
	}
}

static bool make_room(struct table *table)
{
	size_t capacity = table->cell_capacity > 0 ? table->cell_capacity * 2 : CELLS_FIRST;
	struct text *cells;

	if (table->cell_count < table->cell_capacity) {
		return true;
	}
	cells = arena_calloc(table->arena, capacity, sizeof(*cells));
	if (!cells) {
		return false;
	}
	if (table->cell_count > 0) {
		memcpy(cells, table->cells, table->cell_count * sizeof(*cells));
	}
	table->cells = cells;
	table->cell_capacity = capacity;
	return true;
}

void table_cell(struct table *table, struct text text)
{
	struct text copy = arena_copy(table->arena, text);
	size_t columns = text_columns(text);
	size_t *width;

	if (table->failed || !copy.data || !make_room(table)) {
		table->failed = true;
		return;
	}
	width = &table->widths[table->cell_count % table->column_count];
	*width = columns > *width ? columns : *width;
	table->cells[table->cell_count++] = copy;
}

void table_cell_printf(struct table *table, const char *format, ...)
{
	char cell[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(cell, sizeof(cell), format, args);
	va_end(args);
	table_cell(table, text_of(cell));
}

void table_number(struct table *table, int64_t number, bool grouped)
{
	char formatted[NUMBER_SIZE];

	if (grouped) {
		table_cell(table, text_of(number_format(number, formatted)));
	} else {
		table_cell_printf(table, "%lld", (long long)number);
	}
}

void table_clear(struct table *table)
{
	table->cells = NULL;
	table->cell_count = 0;
	table->cell_capacity = 0;
}

static void pad(FILE *stream, size_t columns)
{
	fprintf(stream, "%*s", (int)columns, "");
}

static void write_aligned(const struct table *table, FILE *stream, const struct text *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		size_t missing = table->widths[i] - text_columns(cells[i]);
		bool last = i + 1 == table->column_count;

		pad(stream, table->columns[i].right ? missing : 0);
		text_write_clean(stream, cells[i]);
		pad(stream, last ? 0 : (table->columns[i].right ? 0 : missing) + BETWEEN_COLUMNS);
	}
}

static void write_plain(const struct table *table, FILE *stream, const struct text *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		fputs(i > 0 ? "\t" : "", stream);
		text_write_clean(stream, cells[i]);
	}
}

void table_write_titles(const struct table *table, FILE *stream, bool color)
{
	struct text titles[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->column_count; i++) {
		titles[i] = text_of(table->columns[i].title);
	}
	fputs(terminal_style(color, STYLE_BOLD), stream);
	write_aligned(table, stream, titles);
	fprintf(stream, "%s\n", terminal_style(color, STYLE_PLAIN));
}

void table_write_row(const struct table *table, size_t row, FILE *stream, bool pretty)
{
	const struct text *cells = &table->cells[row * table->column_count];

	if (pretty) {
		write_aligned(table, stream, cells);
	} else {
		write_plain(table, stream, cells);
	}
}

size_t table_columns(const struct table *table)
{
	size_t columns = (table->column_count - 1) * BETWEEN_COLUMNS;

	for (size_t i = 0; i < table->column_count; i++) {
		columns += table->widths[i];
	}
	return columns;
}

void table_write(const struct table *table, FILE *stream, bool pretty, bool color)
{
	if (pretty) {
		table_write_titles(table, stream, color);
	}
	for (size_t i = 0; i < table_rows(table); i++) {
		table_write_row(table, i, stream, pretty);
		fputc('\n', stream);
	}
}
