/* SPDX-License-Identifier: MIT
 * The CSV reader: finds where a record ends, then cuts it into fields in place.
 *
 * A quote that is never closed would swallow the rest of the input. So a record has a ceiling in
 * bytes and in lines. When it is reached, or the input ends inside quotes, only the record's first
 * line is given up. Reading starts again after it. */
#include "intake/sources/csv.h"

const struct csv_dialect csv_plain = {.separator = ',', .quote = '"', .escape = '"'};

/* What has been read so far of a field. From OPENED on it began with a quote. */
enum {
	FIELD_START,
	BLANK_BEFORE, /* blanks, after which a quote may come */
	PLAIN,
	OPENED, /* the quote alone */
	QUOTED,
	ESCAPED,	 /* behind an escape that is not the quote */
	QUOTE_IN_QUOTED, /* it closes the field or belongs to it, as the next byte tells */
	BLANK_AFTER,	 /* the same, with blanks behind the quote */

	/* A JSON object whose quotes are not doubled, `"{"cause":16,"source":"SIP/a"}"`: it ends at
	   a quote behind a brace. */
	BRACE,	     /* `"{` */
	BRACE_QUOTE, /* `"{"` */
	OBJECT,
	OBJECT_BRACE,
	OBJECT_QUOTE,
	OBJECT_BLANK,
	STATES,
};

_Static_assert(STATES == CSV_STATES, "the table of states has a row for each");

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
	return is_quote(dialect, byte) ? OPENED : byte == ' ' ? BLANK_BEFORE : PLAIN;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\r';
}

static int state_inside(const struct csv_dialect *dialect, int state, char byte)
{
	bool may_close = state == QUOTE_IN_QUOTED || state == BLANK_AFTER || state == BRACE_QUOTE;

	if (is_quote(dialect, byte)) {
		bool paired = state == QUOTE_IN_QUOTED || state == ESCAPED || state == BRACE_QUOTE;

		return paired ? QUOTED : state == BRACE ? BRACE_QUOTE : QUOTE_IN_QUOTED;
	}
	if (may_close && is_blank(byte)) {
		return BLANK_AFTER;
	}
	if (state == BRACE_QUOTE) {
		return OBJECT;
	}
	if (state == OPENED && byte == '{') {
		return BRACE;
	}
	return byte == dialect->escape ? ESCAPED : QUOTED;
}

static int state_in_object(const struct csv_dialect *dialect, int state, char byte)
{
	if (byte == '}') {
		return OBJECT_BRACE;
	}
	if (is_quote(dialect, byte) && state == OBJECT_BRACE) {
		return OBJECT_QUOTE;
	}
	return is_blank(byte) && (state == OBJECT_QUOTE || state == OBJECT_BLANK) ? OBJECT_BLANK
										  : OBJECT;
}

/* Whether the bytes read so far are inside quotes whatever comes. */
static bool is_open(int state)
{
	return state == OPENED || state == QUOTED || state == ESCAPED || state == BRACE ||
	       state == OBJECT || state == OBJECT_BRACE;
}

static int find_next_state(const struct csv_dialect *dialect, int state, char byte)
{
	if (byte == dialect->separator && !is_open(state)) {
		return FIELD_START;
	}
	if (state < OPENED) {
		return state_outside(dialect, state, byte);
	}
	return state < OBJECT ? state_inside(dialect, state, byte)
			      : state_in_object(dialect, state, byte);
}

void csv_init(struct csv_reader *reader, const struct csv_dialect *dialect,
	const struct csv_handler *handler)
{
	*reader = (struct csv_reader){
		.handler = *handler, .dialect = *dialect, .line = 1, .state = FIELD_START};
	buffer_init(&reader->pending, SIZE_MAX / 2);
	for (int state = 0; state < STATES; state++) {
		for (int byte = 0; byte < 256; byte++) {
			reader->next[state][byte] =
				(unsigned char)find_next_state(dialect, state, (char)byte);
		}
	}
}

static int next_state(const struct csv_reader *reader, int state, char byte)
{
	return reader->next[state][(unsigned char)byte];
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

/* Whether the quote or escape that led to @state may not be the field's; what follows tells. */
static bool is_in_doubt(int state)
{
	return state == QUOTE_IN_QUOTED || state == ESCAPED || state == BRACE_QUOTE ||
	       state == OBJECT_QUOTE;
}

/* The first byte from @at on that is not one of many like it: most of a field stays where it is. */
static size_t skip_run(
	const struct csv_reader *reader, const char *record, size_t size, size_t at, int state)
{
	while (at < size && (state == QUOTED || state == PLAIN) &&
		next_state(reader, state, record[at]) == state) {
		at++;
	}
	return at;
}

/* Cuts the field that begins at @at out of @record, unquoting in place; returns where the next
 * begins. What is in doubt, with blanks after it, waits from kept on. */
static size_t take_field(const struct csv_reader *reader, char *record, size_t size, size_t at,
	struct text *ret_field)
{
	size_t begin = at, to = at, kept = at;
	int state = FIELD_START;

	for (; at < size; at++) {
		int next;

		if (to == at) {
			at = to = kept = skip_run(reader, record, size, at, state);
		}
		next = at < size ? next_state(reader, state, record[at]) : FIELD_START;
		if (next == FIELD_START) {
			break;
		}
		if (next == OPENED) {
			begin = to = kept = at + 1;
		} else if (next != BLANK_AFTER && next != OBJECT_BLANK) {
			size_t end = is_in_doubt(next) ? at : at + 1;

			/* The second of a pair stands for both. */
			kept = next == QUOTED && is_in_doubt(state) &&
					       is_quote(&reader->dialect, record[at])
				       ? at
				       : kept;
			if (to == kept) {
				to = kept = end;
			}
			while (kept < end) {
				record[to++] = record[kept++];
			}
		}
		state = next;
	}
	*ret_field = state >= OPENED ? (struct text){.data = record + begin, .size = to - begin}
				     : plain_field(&reader->dialect, record + begin, to - begin);
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
		at = take_field(reader, record, size, at, &fields[count]);
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
	const char *data = reader->pending.data;
	size_t at = reader->scanned, limit = start + CSV_RECORD_MAX + 1;
	size_t end = reader->pending.size < limit ? reader->pending.size : limit;
	int state = reader->state;
	bool found = false;

	while (at < end && reader->newlines < CSV_RECORD_LINES_MAX) {
		if (data[at] == '\n' && !is_open(state)) {
			*ret_end = at;
			found = true;
			break;
		}
		reader->newlines += data[at] == '\n';
		state = next_state(reader, state, data[at]);
		at++;
	}
	reader->scanned = at;
	reader->state = state;
	return found;
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
