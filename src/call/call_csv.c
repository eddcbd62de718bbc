/* SPDX-License-Identifier: MIT
 * Writing cells and rows of CSV. */
#include "call/call_csv.h"

#include "base/time_text.h"
#include "call/call_json.h"

#define CALL_COLUMNS                                                                               \
	"session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,state,"               \
	"outcome,answered,answered_iso,talk,ended_by"
#define STEP_COLUMNS "step,timestamp,timestamp_iso,class,module,variable,line"

#define BYTE_ORDER_MARK	 "\xef\xbb\xbf"
#define FORMULA_TEXT_MAX 255 /* characters, in the spreadsheet that takes the fewest */

static bool is_among(char byte, const char *bytes)
{
	return byte != '\0' && strchr(bytes, byte) != NULL;
}

/* `+16177123001`: what a spreadsheet makes of it is the same number. */
static bool is_international(struct text cell)
{
	return text_take_byte(&cell, '+') && text_is_digits(cell);
}

static bool would_run(struct text cell)
{
	return cell.size > 0 && is_among(cell.data[0], "=+-@\t\r\n") && !is_international(cell);
}

/* Digits and what stands between them in numbers, dates and times: a spreadsheet makes a value of
 * it, and shows that instead. */
static bool looks_like_value(struct text cell)
{
	bool digit = false;

	for (size_t i = 0; i < cell.size; i++) {
		char byte = cell.data[i];

		digit |= text_is_digit(byte);
		if (!text_is_digit(byte) && !is_among(byte, " +-.,:/()%eE\xc2\xa0")) {
			return false;
		}
	}
	return digit;
}

/* What a formula may hold as a text. */
static bool fits_formula(struct text cell)
{
	return cell.size <= FORMULA_TEXT_MAX && !text_has_control(cell);
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

/* As a formula that is the text: ="00012345", and since the formula has quotes the cell has, too.
 */
static void write_formula(struct buffer *buffer, struct text cell)
{
	buffer_append(buffer, TEXT("\"=\"\""));
	for (size_t i = 0; i < cell.size; i++) {
		buffer_append(buffer, cell.data[i] == '"' ? TEXT("\"\"\"") : TEXT(""));
		buffer_append_byte(buffer, cell.data[i]);
	}
	buffer_append(buffer, TEXT("\"\"\""));
}

void call_csv_write_text(struct buffer *buffer, struct text cell, bool spreadsheet)
{
	bool value = would_run(cell) || looks_like_value(cell);
	bool quotes = needs_quotes(cell);

	if (spreadsheet && value && fits_formula(cell)) {
		write_formula(buffer, cell);
		return;
	}
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

/* `2026-01-31 13:00:00 +0100` → `2026-01-31T13:00:00+01:00`; a time beyond the calendar stays. */
static void write_ahead(struct buffer *buffer, int64_t time_s, int64_t ahead_s)
{
	char iso[TIME_TEXT_SIZE];
	char *space = strchr(time_text_format_ahead(time_s, ahead_s, iso), ' ');
	char *zone = strrchr(iso, ' ');

	if (!space || !zone || strlen(zone) != sizeof(" +0100") - 1) {
		buffer_append(buffer, text_of(iso));
		return;
	}
	*space = 'T';
	buffer_append(buffer, (struct text){iso, (size_t)(zone - iso)});
	buffer_append(buffer, (struct text){zone + 1, 3});
	buffer_append_byte(buffer, ':');
	buffer_append(buffer, text_of(zone + 4));
}

static void write_utc(struct buffer *buffer, int64_t time_s)
{
	char iso[TIME_TEXT_SIZE];
	char *space;

	time_text_format(time_s, true, iso);
	space = strchr(iso, ' ');
	if (space) {
		*space = 'T';
	}
	buffer_append(buffer, text_of(iso));
}

void call_csv_write_time(struct buffer *buffer, int64_t time_s, const struct zone *zone)
{
	write_number(buffer, time_s);
	if (zone) {
		write_ahead(buffer, time_s, zone_ahead(zone, time_s));
	} else {
		write_utc(buffer, time_s);
	}
	buffer_append_byte(buffer, ',');
}

/* What is not known is an empty cell. */
static void write_outcome(struct buffer *buffer, const struct call *call, const struct zone *zone)
{
	buffer_append(buffer, call_outcome_names.items[call->outcome]);
	buffer_append_byte(buffer, ',');
	if (call->answered > 0) {
		call_csv_write_time(buffer, call->answered, zone);
	} else {
		buffer_append(buffer, TEXT(",,"));
	}
	if (call_knows_talk(call)) {
		write_number(buffer, call->talk);
	} else {
		buffer_append_byte(buffer, ',');
	}
	buffer_append(buffer, call_ended_by_names.items[call->ended_by]);
}

static void write_call(
	struct buffer *buffer, const struct call *call, const struct call_csv_form *form)
{
	call_csv_write_text(buffer, call->session_id, form->spreadsheet);
	buffer_append_byte(buffer, ',');
	call_csv_write_time(buffer, call->start, form->zone);
	call_csv_write_time(buffer, call->end, form->zone);
	write_number(buffer, call->end - call->start);
	call_csv_write_text(buffer, text_of(call_type_name(call->type)), form->spreadsheet);
	buffer_append_byte(buffer, ',');
	call_csv_write_text(buffer, call->src, form->spreadsheet);
	buffer_append_byte(buffer, ',');
	call_csv_write_text(buffer, call->dest, form->spreadsheet);
	buffer_append_byte(buffer, ',');
	write_number(buffer, call->has_detail ? call->steps : 0);
	buffer_append(buffer, TEXT("ended,"));
	write_outcome(buffer, call, form->zone);
}

static void end_row(struct buffer *buffer)
{
	buffer_append(buffer, TEXT("\r\n"));
}

void call_csv_write_header(struct buffer *buffer, bool steps, const struct call_csv_form *form)
{
	buffer_append(buffer, form->spreadsheet ? TEXT(BYTE_ORDER_MARK) : TEXT(""));
	buffer_append(buffer, steps ? TEXT(CALL_COLUMNS "," STEP_COLUMNS) : TEXT(CALL_COLUMNS));
	end_row(buffer);
}

void call_csv_write_call(
	struct buffer *buffer, const struct call *call, const struct call_csv_form *form)
{
	write_call(buffer, call, form);
	end_row(buffer);
}

static void write_step(struct buffer *buffer, const struct call *call, const struct call_step *step,
	int64_t number, const struct call_csv_form *form)
{
	struct text cells[] = {
		step->class_name,
		step->module,
		step->variable,
		step->line,
	};

	write_call(buffer, call, form);
	buffer_append_byte(buffer, ',');
	write_number(buffer, number);
	call_csv_write_time(buffer, step->timestamp, form->zone);
	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		buffer_append(buffer, i > 0 ? TEXT(",") : TEXT(""));
		call_csv_write_text(buffer, cells[i], form->spreadsheet);
	}
	end_row(buffer);
}

int call_csv_write_more(struct buffer *buffer, const struct call *call, struct text detail,
	const struct call_csv_form *form, struct call_csv_place *place, size_t enough,
	struct arena *scratch, struct error *err)
{
	struct call_step step;
	int more = call->has_detail ? 1 : 0;

	while (more > 0 && buffer->size < enough) {
		more = call_json_next_step(detail, &place->cursor, scratch, &step, err);
		if (more > 0) {
			write_step(buffer, call, &step, ++place->number, form);
			arena_deinit(scratch);
		}
	}
	if (more == 0 && place->number == 0) {
		write_call(buffer, call, form);
		buffer_append(buffer, TEXT(",,,,,,,"));
		end_row(buffer);
	}
	return more;
}

int call_csv_write_steps(struct buffer *buffer, const struct call *call, struct text detail,
	const struct call_csv_form *form, struct arena *scratch, struct error *err)
{
	struct call_csv_place place = {0};

	return call_csv_write_more(buffer, call, detail, form, &place, SIZE_MAX, scratch, err);
}
