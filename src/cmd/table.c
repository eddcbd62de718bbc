/* SPDX-License-Identifier: MIT
 * Writing tables. */
#include "cmd/table.h"

#include <stdarg.h>

#include "cmd/terminal.h"

#define CELLS_FIRST 64
#define CELL_MAX    512

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

/* Writes a row of cells from @cell on; @titles: the header instead. */
static void write_row(const struct table *table, FILE *stream, const struct text *cells,
	const size_t widths[TABLE_COLUMNS_MAX], size_t width)
{
	size_t at = 0;

	for (size_t i = 0; i < table->column_count && at < width; i++) {
		bool last = i + 1 == table->column_count;
		size_t columns = text_columns(cells[i]);
		size_t left = width - at;

		if (table->columns[i].right && widths[i] <= left) {
			pad(stream, widths[i] - columns);
		}
		if (columns > left) {
			text_write_clean(stream, text_head(cells[i], text_fit(cells[i], left - 1)));
			fputs("…", stream);
			break;
		}
		text_write_clean(stream, cells[i]);
		if (!last) {
			pad(stream, (table->columns[i].right ? 0 : widths[i] - columns) + 2);
		}
		at += widths[i] + 2;
	}
	fputc('\n', stream);
}

static void write_pretty(
	const struct table *table, FILE *stream, size_t width, const char *bold, const char *plain)
{
	size_t widths[TABLE_COLUMNS_MAX];
	struct text titles[TABLE_COLUMNS_MAX];

	measure(table, widths);
	for (size_t i = 0; i < table->column_count; i++) {
		titles[i] = text_of(table->columns[i].title);
	}
	fputs(bold, stream);
	write_row(table, stream, titles, widths, width);
	fputs(plain, stream);
	for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count) {
		write_row(table, stream, &table->cells[i], widths, width);
	}
}

void table_write(const struct table *table, FILE *stream, bool pretty, size_t width,
	const char *bold, const char *plain)
{
	if (pretty) {
		write_pretty(table, stream, width, bold, plain);
		return;
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		text_write_clean(stream, table->cells[i]);
		fputc((i + 1) % table->column_count == 0 ? '\n' : '\t', stream);
	}
}
