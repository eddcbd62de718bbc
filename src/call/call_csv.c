/* SPDX-License-Identifier: MIT
 * Writing cells and rows of CSV. */
#include "call/call_csv.h"

#include "base/time_text.h"
#include "call/call_json.h"

#define CALL_COLUMNS "session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,state"
#define STEP_COLUMNS "step,timestamp,timestamp_iso,class,module,variable,line"

static bool is_among(char byte, const char *bytes)
{
	return byte != '\0' && strchr(bytes, byte) != NULL;
}

/* `+16177123001`: what a spreadsheet makes of it is the same number. */
static bool is_international(struct text cell)
{
	for (size_t i = 1; i < cell.size; i++) {
		if (cell.data[i] < '0' || cell.data[i] > '9') {
			return false;
		}
	}
	return cell.size > 1 && cell.data[0] == '+';
}

static bool would_run(struct text cell)
{
	return cell.size > 0 && is_among(cell.data[0], "=+-@\t\r\n") && !is_international(cell);
}

/* Tabs and semicolons part cells for spreadsheets of some countries. */
static bool needs_quotes(struct text cell)
{
	for (size_t i = 0; i < cell.size; i++) {
		if (is_among(cell.data[i], "\",;\t\r\n")) {
			return true;
		}
	}
	return false;
}

static void write_text(struct buffer *buffer, struct text cell)
{
	bool quotes = needs_quotes(cell);

	buffer_append(buffer, quotes ? TEXT("\"") : TEXT(""));
	buffer_append(buffer, would_run(cell) ? TEXT("'") : TEXT(""));
	for (size_t i = 0; i < cell.size; i++) {
		buffer_append(buffer, cell.data[i] == '"' ? TEXT("\"") : TEXT(""));
		buffer_append_byte(buffer, cell.data[i]);
	}
	buffer_append(buffer, quotes ? TEXT("\"") : TEXT(""));
}

static void write_number(struct buffer *buffer, int64_t value)
{
	buffer_append_int64(buffer, value);
	buffer_append_byte(buffer, ',');
}

/* UNIX seconds and `2026-01-31T12:00:00Z`. */
static void write_time(struct buffer *buffer, int64_t time_s)
{
	char iso[TIME_TEXT_SIZE];
	char *space;

	time_text_format(time_s, true, iso);
	space = strchr(iso, ' ');
	if (space) {
		*space = 'T';
	}
	write_number(buffer, time_s);
	buffer_append(buffer, text_of(iso));
	buffer_append_byte(buffer, ',');
}

static void write_call(struct buffer *buffer, const struct call *call)
{
	write_text(buffer, call->session_id);
	buffer_append_byte(buffer, ',');
	write_time(buffer, call->start);
	write_time(buffer, call->end);
	write_number(buffer, call->end - call->start);
	write_text(buffer, text_of(call_type_name(call->type)));
	buffer_append_byte(buffer, ',');
	write_text(buffer, call->src);
	buffer_append_byte(buffer, ',');
	write_text(buffer, call->dest);
	buffer_append_byte(buffer, ',');
	write_number(buffer, call->has_detail ? call->steps : 0);
	buffer_append(buffer, TEXT("ended"));
}

static void end_row(struct buffer *buffer)
{
	buffer_append(buffer, TEXT("\r\n"));
}

void call_csv_write_header(struct buffer *buffer, bool steps)
{
	buffer_append(buffer, steps ? TEXT(CALL_COLUMNS "," STEP_COLUMNS) : TEXT(CALL_COLUMNS));
	end_row(buffer);
}

void call_csv_write_call(struct buffer *buffer, const struct call *call)
{
	write_call(buffer, call);
	end_row(buffer);
}

static void write_step(struct buffer *buffer, const struct call *call, const struct call_step *step,
	int64_t number, struct arena *scratch)
{
	struct text cells[] = {
		step->class_name,
		call_json_data_member(step->data, "module_type", scratch),
		call_json_data_member(step->data, "result_variable", scratch),
		step->line,
	};

	write_call(buffer, call);
	buffer_append_byte(buffer, ',');
	write_number(buffer, number);
	write_time(buffer, step->timestamp);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		buffer_append(buffer, i > 0 ? TEXT(",") : TEXT(""));
		write_text(buffer, cells[i]);
	}
	end_row(buffer);
}

int call_csv_write_more(struct buffer *buffer, const struct call *call, struct text detail,
	struct call_csv_place *place, size_t enough, struct arena *scratch, struct error *err)
{
	struct call_step step;
	int more = call->has_detail ? 1 : 0;

	while (more > 0 && buffer->size < enough) {
		more = call_json_next_step(detail, &place->cursor, scratch, &step, err);
		if (more > 0) {
			write_step(buffer, call, &step, ++place->number, scratch);
			arena_deinit(scratch);
		}
	}
	if (more == 0 && place->number == 0) {
		write_call(buffer, call);
		buffer_append(buffer, TEXT(",,,,,,,"));
		end_row(buffer);
	}
	return more;
}

int call_csv_write_steps(struct buffer *buffer, const struct call *call, struct text detail,
	struct arena *scratch, struct error *err)
{
	struct call_csv_place place = {0};

	return call_csv_write_more(buffer, call, detail, &place, SIZE_MAX, scratch, err);
}
