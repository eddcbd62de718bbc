/* SPDX-License-Identifier: MIT
 * The columns of calls. */
#include "cmd/call_table.h"

#include "base/time_text.h"
#include "cmd/terminal.h"

void call_table_init(struct table *table, struct arena *arena)
{
	static const struct table_column columns[] = {{"START", false}, {"LENGTH", true},
		{"TYPE", false}, {"FROM", false}, {"TO", false}, {"STEPS", true},
		{"SESSION", false}};

	table_init(table, arena, columns, sizeof(columns) / sizeof(columns[0]));
}

void call_table_add(struct table *table, const struct call *call, bool utc)
{
	char time[TIME_TEXT_SIZE], duration[NUMBER_SIZE];

	table_cell(table, text_of(time_text_format(call->start, utc, time)));
	table_cell(table, text_of(duration_format(call->end - call->start, duration)));
	table_cell(table, text_of(call_type_name(call->type)));
	table_cell(table, call->src);
	table_cell(table, call->dest);
	if (call->has_detail) {
		table_cell_printf(table, "%u", call->steps);
	} else {
		table_cell(table, TEXT("-"));
	}
	table_cell(table, call->session_id);
}

void call_table_count(FILE *stream, int64_t offset, size_t count, int64_t all, const char *what)
{
	char first[NUMBER_SIZE], last[NUMBER_SIZE], number[NUMBER_SIZE];

	number_format(all, number);
	if (count == 0) {
		fprintf(stream, "none of %s %s", number, what);
		return;
	}
	fprintf(stream, "%s–%s of %s %s", number_format(offset + 1, first),
		number_format(offset + (int64_t)count, last), number, what);
}

void call_table_steps(FILE *stream, int64_t all, const struct scan_steps *steps)
{
	char number[NUMBER_SIZE], with[NUMBER_SIZE], over[NUMBER_SIZE], without[NUMBER_SIZE];

	fprintf(stream, "; %s calls", number_format(all, number));
	if (steps->over_days + steps->without_steps > 0) {
		fprintf(stream,
			", %s of them with steps (%s are over their days, %s never had any)",
			number_format(steps->with_steps, with),
			number_format(steps->over_days, over),
			number_format(steps->without_steps, without));
	}
	fputc('\n', stream);
}
