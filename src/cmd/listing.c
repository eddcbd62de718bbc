/* SPDX-License-Identifier: MIT
 * Writing listings. */
#include "cmd/listing.h"

#include <stdarg.h>

#include "base/time_text.h"

#define CELL_MAX	512
#define BETWEEN_COLUMNS 2

void listing_init(struct listing *listing, const struct view *view, struct arena *arena,
	const struct listing_column *columns, size_t column_count)
{
	*listing = (struct listing){
		.view = view, .arena = arena, .columns = columns, .column_count = column_count};
	for (size_t i = 0; i < column_count; i++) {
		listing->widths[i] = text_columns(text_of(columns[i].title));
	}
}

void listing_cell(struct listing *listing, struct text text)
{
	struct text copy = arena_copy(listing->arena, text);
	size_t columns = text_columns(text);
	struct text *cells = arena_list_grow(
		listing->arena, listing->cells, listing->cell_count, sizeof(*cells));
	size_t *width;

	if (listing->failed || !copy.data || !cells) {
		listing->failed = true;
		return;
	}
	width = &listing->widths[listing->cell_count % listing->column_count];
	*width = columns > *width ? columns : *width;
	listing->cells = cells;
	listing->cells[listing->cell_count++] = copy;
}

void listing_printf(struct listing *listing, const char *format, ...)
{
	char cell[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(cell, sizeof(cell), format, args);
	va_end(args);
	listing_cell(listing, text_of(cell));
}

void listing_number(struct listing *listing, int64_t number)
{
	listing_printf(listing, "%lld", (long long)number);
}

void listing_grouped(struct listing *listing, int64_t number)
{
	char grouped[NUMBER_SIZE];

	if (listing->view->pretty) {
		listing_cell(listing, text_of(number_format(number, grouped)));
	} else {
		listing_number(listing, number);
	}
}

void listing_time(struct listing *listing, int64_t time_s)
{
	char time[TIME_TEXT_SIZE];

	listing_cell(listing, text_of(time_text_format(time_s, listing->view->utc, time)));
}

void listing_duration(struct listing *listing, int64_t seconds)
{
	char duration[NUMBER_SIZE];

	listing_cell(listing, text_of(duration_format(seconds, duration)));
}

/* ---- writing ---- */

static void pad(FILE *stream, size_t columns)
{
	fprintf(stream, "%*s", (int)columns, "");
}

static void write_aligned(const struct listing *listing, const struct text *cells)
{
	FILE *stream = listing->view->stream;

	for (size_t i = 0; i < listing->column_count; i++) {
		size_t missing = listing->widths[i] - text_columns(cells[i]);
		bool last = i + 1 == listing->column_count;
		bool right = listing->columns[i].right;

		pad(stream, right ? missing : 0);
		text_write_clean(stream, cells[i]);
		pad(stream, last ? 0 : (right ? 0 : missing) + BETWEEN_COLUMNS);
	}
}

void listing_write_titles(const struct listing *listing)
{
	const struct view *view = listing->view;
	struct text titles[LISTING_COLUMNS_MAX];

	if (!view->pretty) {
		return;
	}
	for (size_t i = 0; i < listing->column_count; i++) {
		titles[i] = text_of(listing->columns[i].title);
	}
	fputs(terminal_style(view->color, STYLE_BOLD), view->stream);
	write_aligned(listing, titles);
	fprintf(view->stream, "%s\n", terminal_style(view->color, STYLE_PLAIN));
}

void listing_write_row(const struct listing *listing, size_t row)
{
	const struct text *cells = &listing->cells[row * listing->column_count];
	FILE *stream = listing->view->stream;

	if (listing->view->pretty) {
		write_aligned(listing, cells);
		return;
	}
	for (size_t i = 0; i < listing->column_count; i++) {
		fputs(i > 0 ? "\t" : "", stream);
		text_write_clean(stream, cells[i]);
	}
}

static int write_rows(const struct listing *listing, struct error *err)
{
	if (listing->failed) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < listing_rows(listing); i++) {
		listing_write_row(listing, i);
		fputc('\n', listing->view->stream);
	}
	return 0;
}

int listing_write(const struct listing *listing, struct error *err)
{
	if (!listing->failed) {
		listing_write_titles(listing);
	}
	return write_rows(listing, err);
}

int listing_flush(struct listing *listing, struct error *err)
{
	int status = write_rows(listing, err);

	listing->cells = NULL;
	listing->cell_count = 0;
	return status;
}

size_t listing_columns(const struct listing *listing)
{
	size_t columns = (listing->column_count - 1) * BETWEEN_COLUMNS;

	for (size_t i = 0; i < listing->column_count; i++) {
		columns += listing->widths[i];
	}
	return columns;
}

FILE *listing_beside(const struct view *view)
{
	fflush(view->stream);
	return view->pretty ? view->stream : stderr;
}
