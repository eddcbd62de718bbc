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

	if (table->failed || !copy.data || !make_room(table)) {
		table->failed = true;
		return;
	}
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

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < table->column_count; i++) {
		widths[i] = text_columns(text_of(table->columns[i].title));
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t columns = text_columns(table->cells[i]);
		size_t *width = &widths[i % table->column_count];

		*width = columns > *width ? columns : *width;
	}
}

static void pad(FILE *stream, size_t columns)
{
	fprintf(stream, "%*s", (int)columns, "");
}

static void write_row(const struct table *table, FILE *stream, const struct text *cells,
	const size_t widths[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < table->column_count; i++) {
		size_t missing = widths[i] - text_columns(cells[i]);
		bool last = i + 1 == table->column_count;

		pad(stream, table->columns[i].right ? missing : 0);
		text_write_clean(stream, cells[i]);
		pad(stream, last ? 0 : (table->columns[i].right ? 0 : missing) + BETWEEN_COLUMNS);
	}
}

static void write_pretty(const struct table *table, FILE *stream, bool color)
{
	size_t widths[TABLE_COLUMNS_MAX];
	struct text titles[TABLE_COLUMNS_MAX];

	measure(table, widths);
	for (size_t i = 0; i < table->column_count; i++) {
		titles[i] = text_of(table->columns[i].title);
	}
	fputs(terminal_style(color, STYLE_BOLD), stream);
	write_row(table, stream, titles, widths);
	fputs(terminal_style(color, STYLE_PLAIN), stream);
	fputc('\n', stream);
	for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count) {
		write_row(table, stream, &table->cells[i], widths);
		fputc('\n', stream);
	}
}

void table_write(const struct table *table, FILE *stream, bool pretty, bool color)
{
	if (pretty) {
		write_pretty(table, stream, color);
		return;
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		text_write_clean(stream, table->cells[i]);
		fputc((i + 1) % table->column_count == 0 ? '\n' : '\t', stream);
	}
}
