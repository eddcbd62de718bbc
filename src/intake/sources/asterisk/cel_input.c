/* SPDX-License-Identifier: MIT
 * From an input's bytes to rows. */
#include "intake/sources/asterisk/cel_input.h"

#include "base/array.h"
#include "base/file.h"
#include "base/hash.h"
#include "intake/sources/source_guess.h"

#define COLUMNS_FILE_BYTES_MAX ((size_t)1 << 20)
#define BEGINNING_BYTES_MAX    ((size_t)64 << 10)
#define ROW_BYTES_MAX	       (24 * CSV_RECORD_MAX)

/* ---- rows ---- */

static const struct hash_key hash_key = {{0, 0}};

static void take_object(struct cel_input *input, struct text line_text, uint64_t line)
{
	struct cel_record record = {.line = line, .hash = hash_text(&hash_key, line_text)};

	arena_deinit(&input->arena);
	if (!cel_json_row(line_text, &input->arena, &input->columns, record.field)) {
		rejects_add(input->rejects, line, TEXT(""), "the row is not a JSON object");
		return;
	}
	input->take(input->context, &record);
}

static void reject_width(struct cel_input *input, size_t count, uint64_t line)
{
	size_t width = input->columns.width;

	if (!input->has_columns && !input->has_header) {
		rejects_add(input->rejects, line, TEXT(""),
			"%zu columns where %zu are expected: without a header row they are those "
			"of cel_custom.conf.sample; give yours with --columns cel_custom.conf",
			count, width);
	} else if (count > width) {
		rejects_add(input->rejects, line, TEXT(""),
			"%zu columns where %zu are expected: a field that holds the separator may "
			"lack its quotes",
			count, width);
	} else {
		rejects_add(input->rejects, line, TEXT(""), "%zu columns where %zu are expected",
			count, width);
	}
}

static void take_fields(
	struct cel_input *input, const struct text *fields, size_t count, uint64_t line)
{
	struct cel_record record = {.line = line};

	/* With one column more or less the others stand in wrong places. */
	if (count != input->columns.width) {
		reject_width(input, count, line);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (fields[i].size > 0) {
			record.hash = hash_pair(
				&hash_key, record.hash + i, hash_text(&hash_key, fields[i]));
		}
	}
	for (int i = 0; i < CEL_FIELDS; i++) {
		int place = input->columns.place[i];

		record.field[i] = place >= 0 && fields[place].data ? fields[place] : TEXT("");
	}
	input->take(input->context, &record);
}

static int take_header(
	struct cel_input *input, const struct text *fields, size_t count, struct error *err)
{
	struct cel_columns header = input->columns;

	if (!cel_columns_header(fields, count, &header)) {
		return 0;
	}
	input->has_header = true;
	if (!input->has_columns) {
		input->columns = header;
		if (cel_columns_check(&input->columns, err) < 0) {
			return error_prefix(err, "line 1");
		}
	}
	return 1;
}

static int take_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct cel_input *input = context;
	int header = 0;

	if (input->columns.json) {
		take_object(input, fields[0], line);
		return 0;
	}
	if (!input->first_row_read) {
		input->first_row_read = true;
		header = take_header(input, fields, count, err);
	}
	if (header == 0) {
		take_fields(input, fields, count, line);
	}
	return header < 0 ? -1 : 0;
}

static void take_reject(void *context, uint64_t line, const char *error)
{
	struct cel_input *input = context;

	rejects_add_words(input->rejects, line, error);
}

/* ---- how it is written ---- */

/* Whether a line and the first byte after it are there, or so much that there is no line. */
static bool is_enough(struct text beginning)
{
	const char *newline = beginning.size ? memchr(beginning.data, '\n', beginning.size) : NULL;

	return (newline && newline + 1 < beginning.data + beginning.size) ||
	       beginning.size >= BEGINNING_BYTES_MAX;
}

/* Something else would give rejects, a row each. */
static int refuse_foreign(struct text beginning, struct error *err)
{
	struct source_guess guess;
	char words[SOURCE_GUESS_WORDS_SIZE];

	if (source_guess_foreign(beginning, &guess)) {
		source_guess_words(&guess, words);
	} else if (!source_guess_other(
			   beginning, source_format_find(TEXT("asterisk-cel")), words)) {
		return 0;
	}
	return error_set(err, ERROR_UNSUPPORTED, "%s", words);
}

static int begin(struct cel_input *input, struct error *err)
{
	struct text beginning = buffer_text(&input->beginning);

	input->begun = true;
	if (!input->has_columns) {
		cel_columns_guess(source_skip_blank(beginning), &input->columns);
		if (refuse_foreign(beginning, err) < 0) {
			return -1;
		}
	}
	csv_init(&input->csv, &input->columns.dialect,
		&(struct csv_handler){take_record, take_reject, input});
	if (csv_feed(&input->csv, beginning.data, beginning.size, err) < 0) {
		return -1;
	}
	buffer_deinit(&input->beginning);
	return 0;
}

static int read_columns(
	struct cel_input *input, const char *path, const char *input_name, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct text config;

	arena_init(&arena, 2 * COLUMNS_FILE_BYTES_MAX);
	cel_columns_sample(&input->columns);
	if (!path) {
		return 0;
	}
	if (file_read(path, COLUMNS_FILE_BYTES_MAX, &arena, &config, err) < 0) {
		return -1;
	}
	input->has_columns = true;
	if (cel_columns_config(config, input_name, &input->columns, err) < 0 ||
		cel_columns_check(&input->columns, err) < 0) {
		return error_prefix(err, "'%s'", path);
	}
	return 0;
}

/* ---- what it looks like ---- */

static bool has_event(struct text line, char separator)
{
	static const char *const events[] = {"CHAN_START", "CHAN_END", "HANGUP", "ANSWER",
		"APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT", "BRIDGE_START", "BRIDGE_END",
		"LINKEDID_END", "STREAM_BEGIN", "STREAM_END", "DTMF", "USER_DEFINED", "PARK_START",
		"PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD",
		"LOCAL_OPTIMIZE"};
	struct text field;

	while (text_split(&line, separator, &field)) {
		field = cel_columns_unquoted(field);
		for (size_t i = 0; i < COUNT_OF(events); i++) {
			if (text_equal_string(field, events[i])) {
				return true;
			}
		}
	}
	return false;
}

bool cel_input_looks_like(struct text text)
{
	struct text rest = text, line;

	if (memchr("{[<", text.data[0], 3)) {
		return text.data[0] == '{' && source_has_members(text, "eventtype", "eventtime");
	}
	if (text_split(&rest, '\n', &line) && cel_columns_is_header(line)) {
		return true;
	}
	for (rest = text; text_split(&rest, '\n', &line);) {
		if (has_event(line, ',') || has_event(line, '\t')) {
			return true;
		}
	}
	return false;
}

/* ---- the input ---- */

int cel_input_open(struct cel_input *input, const struct source_input *opened,
	struct rejects *rejects, void (*take)(void *context, const struct cel_record *record),
	void *context, struct error *err)
{
	*input = (struct cel_input){.take = take, .context = context, .rejects = rejects};
	csv_init(&input->csv, &csv_plain, &(struct csv_handler){take_record, take_reject, input});
	buffer_init(&input->beginning, SIZE_MAX / 2);
	arena_init(&input->arena, ROW_BYTES_MAX);
	return read_columns(input, source_option(opened, "columns"), opened->name, err);
}

void cel_input_close(struct cel_input *input)
{
	buffer_deinit(&input->beginning);
	arena_deinit(&input->arena);
	csv_deinit(&input->csv);
}

int cel_input_feed(struct cel_input *input, const char *data, size_t size, struct error *err)
{
	if (input->begun) {
		return csv_feed(&input->csv, data, size, err);
	}
	buffer_append(&input->beginning, (struct text){.data = data, .size = size});
	if (input->beginning.failed) {
		return error_no_memory(err);
	}
	return is_enough(source_skip_blank(buffer_text(&input->beginning))) ? begin(input, err) : 0;
}

int cel_input_end(struct cel_input *input, struct error *err)
{
	if (!input->begun && begin(input, err) < 0) {
		return -1;
	}
	return csv_end(&input->csv, err);
}
