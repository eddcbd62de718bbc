/* SPDX-License-Identifier: MIT
 * The CSV reader: finds where a record ends, then cuts it into fields in place.
 *
 * A quote that is never closed would swallow the rest of the input. So a record has a ceiling in bytes and in
 * lines; when it is reached, or the input ends inside quotes, only the record's first line is given up and
 * reading starts again after it. */
#include "intake/sources/csv.h"

enum {
	FIELD_START,
	PLAIN,
	QUOTED,
	QUOTE_IN_QUOTED, /* it closes the field or belongs to it, as the next byte tells */
	QUOTE_AND_CR,	 /* the same, when the next byte is a line feed */
};

void csv_init(struct csv_reader *reader, const struct csv_handler *handler)
{
	*reader = (struct csv_reader){.handler = *handler, .line = 1, .state = FIELD_START};
	buffer_init(&reader->pending, SIZE_MAX / 2);
}

void csv_deinit(struct csv_reader *reader)
{
	buffer_deinit(&reader->pending);
}

static int next_state(int state, char byte)
{
	switch (state) {
	case FIELD_START:
		return byte == '"' ? QUOTED : byte == ',' ? FIELD_START : PLAIN;
	case PLAIN:
		return byte == ',' ? FIELD_START : PLAIN;
	case QUOTE_IN_QUOTED:
		return byte == ',' ? FIELD_START : byte == '\r' ? QUOTE_AND_CR : QUOTED;
	default:
		return byte == '"' ? QUOTE_IN_QUOTED : QUOTED;
	}
}

/* Cuts the field that begins at @at out of @record, unquoting in place; returns where the next begins. */
static size_t take_field(char *record, size_t size, size_t at, struct text *ret_field)
{
	size_t begin = at, to = at;
	int state = FIELD_START;

	for (; at < size; at++) {
		char byte = record[at];
		int next = next_state(state, byte);

		if (next == FIELD_START) {
			break;
		}
		if (state == QUOTE_IN_QUOTED && byte != '"') {
			record[to++] = '"';
		}
		if (next != QUOTE_IN_QUOTED && !(state == FIELD_START && next == QUOTED)) {
			record[to++] = byte;
		}
		state = next;
	}
	*ret_field = (struct text){.data = record + begin, .size = to - begin};
	return at + 1;
}

static int give_record(struct csv_reader *reader, char *record, size_t size, struct error *err)
{
	struct text fields[CSV_FIELDS_MAX];
	size_t count = 0, at = 0;

	if (size > 0 && record[size - 1] == '\r') {
		size--;
	}
	if (size == 0) {
		return 0;
	}
	while (at <= size) {
		if (count == CSV_FIELDS_MAX) {
			reader->handler.reject(
				reader->handler.context, reader->line, "more than 256 fields");
			return 0;
		}
		at = take_field(record, size, at, &fields[count]);
		count++;
	}
	return reader->handler.record(reader->handler.context, fields, count, reader->line, err);
}

/* Passes over @size bytes at @start, with @newlines in them. */
static void drop(struct csv_reader *reader, size_t *start, size_t size, uint64_t newlines)
{
	*start += size;
	reader->line += newlines;
	reader->newlines = 0;
	reader->scanned = *start;
	reader->state = FIELD_START;
}

/* Gives up the line that the record at @start begins with. */
static void give_up_line(struct csv_reader *reader, size_t *start, const char *error)
{
	const char *record = reader->pending.data + *start;
	size_t size = reader->pending.size - *start;
	const char *end = memchr(record, '\n', size);

	reader->handler.reject(reader->handler.context, reader->line, error);
	drop(reader, start, end ? (size_t)(end - record) + 1 : size, 1);
}

static bool too_long(const struct csv_reader *reader, size_t start)
{
	return reader->scanned - start > CSV_RECORD_MAX || reader->newlines >= CSV_RECORD_LINES_MAX;
}

/* Looks for the end of the record at @start; false when more bytes are needed or it is too long. */
static bool find_end(struct csv_reader *reader, size_t start, size_t *ret_end)
{
	while (reader->scanned < reader->pending.size && !too_long(reader, start)) {
		char byte = reader->pending.data[reader->scanned];

		if (byte == '\n' && reader->state != QUOTED) {
			*ret_end = reader->scanned;
			return true;
		}
		reader->newlines += byte == '\n';
		reader->state = next_state(reader->state, byte);
		reader->scanned++;
	}
	return false;
}

static int take_records(struct csv_reader *reader, bool last, size_t *start, struct error *err)
{
	size_t end = 0;

	while (*start < reader->pending.size) {
		bool found = find_end(reader, *start, &end);

		if (too_long(reader, *start)) {
			give_up_line(reader, start,
				"the record is too long (1 MiB or 100 lines); a quote may be "
				"missing");
			continue;
		}
		if (!found && last && reader->state == QUOTED) {
			give_up_line(reader, start, "the record is cut off inside quotes");
			continue;
		}
		if (!found && !last) {
			return 0;
		}
		end = found ? end : reader->pending.size;
		if (give_record(reader, reader->pending.data + *start, end - *start, err) < 0) {
			return -1;
		}
		drop(reader, start, end + 1 - *start, reader->newlines + 1);
	}
	return 0;
}

static void skip_byte_order_mark(struct csv_reader *reader, bool last)
{
	static const struct text mark = {.data = "\xef\xbb\xbf", .size = 3};

	if (reader->started || (reader->pending.size < mark.size && !last)) {
		return;
	}
	reader->started = true;
	if (text_starts_with(buffer_text(&reader->pending), mark)) {
		memmove(reader->pending.data, reader->pending.data + mark.size,
			reader->pending.size - mark.size);
		reader->pending.size -= mark.size;
	}
}

static int go_on(struct csv_reader *reader, bool last, struct error *err)
{
	size_t start = 0;
	int result;

	skip_byte_order_mark(reader, last);
	if (!reader->started) {
		return 0;
	}
	result = take_records(reader, last, &start, err);
	start = start < reader->pending.size ? start : reader->pending.size;
	memmove(reader->pending.data, reader->pending.data + start, reader->pending.size - start);
	reader->pending.size -= start;
	reader->scanned = reader->scanned > start ? reader->scanned - start : 0;
	return result;
}

int csv_feed(struct csv_reader *reader, const char *data, size_t size, struct error *err)
{
	buffer_append(&reader->pending, (struct text){.data = data, .size = size});
	if (reader->pending.failed) {
		return error_no_memory(err);
	}
	return reader->pending.size > 0 ? go_on(reader, false, err) : 0;
}

int csv_end(struct csv_reader *reader, struct error *err)
{
	return reader->pending.size > 0 ? go_on(reader, true, err) : 0;
}
