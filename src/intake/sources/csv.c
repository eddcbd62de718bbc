/* SPDX-License-Identifier: MIT
 * The CSV reader: finds where a record ends, then cuts it into fields in place.
 *
 * A quote that is never closed would swallow the rest of the input. So a record has a ceiling in bytes and in
 * lines; when it is reached, or the input ends inside quotes, only the record's first line is given up and
 * reading starts again after it. */
#include "intake/sources/csv.h"

const struct csv_dialect csv_plain = {.separator = ',', .quote = '"', .escape = '"'};

enum {
	FIELD_START,
	BLANK_BEFORE, /* blanks, after which a quote may come */
	PLAIN,
	QUOTED,
	ESCAPED,	 /* behind an escape that is not the quote, in quotes */
	QUOTE_IN_QUOTED, /* it closes the field or belongs to it, as the next byte tells */
	BLANK_AFTER,	 /* the same, with blanks behind the quote */
};

void csv_init(struct csv_reader *reader, const struct csv_dialect *dialect,
	const struct csv_handler *handler)
{
	*reader = (struct csv_reader){
		.handler = *handler, .dialect = *dialect, .line = 1, .state = FIELD_START};
	buffer_init(&reader->pending, SIZE_MAX / 2);
}

void csv_deinit(struct csv_reader *reader)
{
	buffer_deinit(&reader->pending);
}

static bool is_quote(const struct csv_dialect *dialect, char byte)
{
	return dialect->quote && byte == dialect->quote;
}

static int state_outside(const struct csv_dialect *dialect, int state, char byte)
{
	if (state == PLAIN) {
		return PLAIN;
	}
	return is_quote(dialect, byte) ? QUOTED : byte == ' ' ? BLANK_BEFORE : PLAIN;
}

/* A quote was not closed yet, or not for certain. */
static int state_inside(const struct csv_dialect *dialect, int state, char byte)
{
	bool may_close = state == QUOTE_IN_QUOTED || state == BLANK_AFTER;

	if (is_quote(dialect, byte)) {
		return state == QUOTE_IN_QUOTED || state == ESCAPED ? QUOTED : QUOTE_IN_QUOTED;
	}
	if (may_close && (byte == ' ' || byte == '\r')) {
		return BLANK_AFTER;
	}
	return byte == dialect->escape ? ESCAPED : QUOTED;
}

static int next_state(const struct csv_dialect *dialect, int state, char byte)
{
	if (byte == dialect->separator && state != QUOTED && state != ESCAPED) {
		return FIELD_START;
	}
	return state == FIELD_START || state == BLANK_BEFORE || state == PLAIN
		       ? state_outside(dialect, state, byte)
		       : state_inside(dialect, state, byte);
}

/* Whether the bytes read so far are inside quotes whatever comes. */
static bool is_open(int state)
{
	return state == QUOTED || state == ESCAPED;
}

/* Undoes `mariadb --batch`'s backslashes in place. */
static void undo_backslashes(char *data, size_t *size)
{
	size_t to = 0;

	for (size_t at = 0; at < *size; at++) {
		static const char letters[] = "tn0\\", bytes[] = "\t\n\0\\";
		const char *letter = data[at] == '\\' && at + 1 < *size
					     ? memchr(letters, data[at + 1], sizeof(letters) - 1)
					     : NULL;

		at += letter != NULL;
		data[to++] = letter ? bytes[letter - letters] : data[at];
	}
	*size = to;
}

static struct text plain_field(const struct csv_dialect *dialect, char *data, size_t size)
{
	struct text field = {.data = data, .size = size};

	if (text_equal(field, TEXT("NULL")) || text_equal(field, TEXT("\\N"))) {
		return (struct text){0};
	}
	if (dialect->backslashes) {
		undo_backslashes(data, &field.size);
	}
	return field;
}

/* Cuts the field that begins at @at out of @record, unquoting in place; returns where the next begins. What may be the field's
 * or close it, a quote and blanks after it, waits from kept on. */
static size_t take_field(const struct csv_dialect *dialect, char *record, size_t size, size_t at,
	struct text *ret_field)
{
	size_t begin = at, to = at, kept = at;
	int state = FIELD_START;
	bool quoted = false;

	for (; at < size; at++) {
		int next = next_state(dialect, state, record[at]);
		bool paired = next == QUOTED && (state == QUOTE_IN_QUOTED || state == ESCAPED) &&
			      is_quote(dialect, record[at]);

		if (next == FIELD_START) {
			break;
		}
		if (!quoted && next == QUOTED) {
			quoted = true;
			to = begin;
			kept = at + 1;
		} else if (next != BLANK_AFTER) {
			size_t end = quoted && next != QUOTED ? at : at + 1;

			kept = paired ? at : kept;
			while (kept < end) {
				record[to++] = record[kept++];
			}
		}
		state = next;
	}
	*ret_field = quoted ? (struct text){.data = record + begin, .size = to - begin}
			    : plain_field(dialect, record + begin, to - begin);
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
		at = take_field(&reader->dialect, record, size, at, &fields[count]);
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

		if (byte == '\n' && !is_open(reader->state)) {
			*ret_end = reader->scanned;
			return true;
		}
		reader->newlines += byte == '\n';
		reader->state = next_state(&reader->dialect, reader->state, byte);
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
		if (!found && last && is_open(reader->state)) {
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
