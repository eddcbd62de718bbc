/* SPDX-License-Identifier: MIT
 * Opening a block and its columns: what a column's size must be is looked at once, so that reading
 * a call's place needs no further look. */
#include "column/block.h"

static struct column_reader reader_of(
	const struct column_block *block, enum column_id column, struct text payload)
{
	return (struct column_reader){.data = payload, .column = column, .block = block->number};
}

/* ---- segments ---- */

static int load(struct column_block *block, enum column_id column, struct column_header *ret_header,
	struct text *ret_payload, struct error *err)
{
	struct text segment = {0};

	if (block->loader->load(block->loader->context, block->place, column, &segment, err) < 0) {
		return -1;
	}
	if (!segment.data) {
		return 0;
	}
	return column_header_read(segment, column, block->number, ret_header, ret_payload, err) < 0
		       ? -1
		       : 1;
}

static int missing(const struct column_block *block, enum column_id column, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "block %lld: column '%s' is missing",
		(long long)block->number, column_name(column));
}

static int load_of_block(struct column_block *block, enum column_id column, struct error *err)
{
	struct column_reader reader = reader_of(block, column, (struct text){0});
	struct column_header header;
	struct text payload;
	int loaded = load(block, column, &header, &payload, err);

	if (loaded <= 0) {
		return loaded;
	}
	if (header.calls != block->count || header.stamp != block->stamp) {
		return column_damaged(&reader, "it belongs to another block", err);
	}
	block->payloads[column] = payload;
	return 1;
}

int column_block_column(struct column_block *block, enum column_id column, struct text *ret_payload,
	struct error *err)
{
	if (!block->payloads[column].data) {
		int loaded = load_of_block(block, column, err);

		if (loaded <= 0) {
			return loaded < 0 ? -1 : missing(block, column, err);
		}
	}
	*ret_payload = block->payloads[column];
	return 0;
}

int column_block_gone(struct column_block *block, const unsigned char **ret_bits, struct error *err)
{
	struct column_reader reader = reader_of(block, COLUMN_GONE, (struct text){0});
	struct text *payload = &block->payloads[COLUMN_GONE];
	int loaded = payload->data ? 1 : load_of_block(block, COLUMN_GONE, err);

	if (loaded < 0) {
		return -1;
	}
	if (loaded > 0 && payload->size != (block->count + 7) / 8) {
		*payload = (struct text){0};
		return column_damaged(&reader, "it has not a bit for each call", err);
	}
	*ret_bits = (const unsigned char *)payload->data;
	return 0;
}

/* ---- the head ---- */

static int read_times(struct column_block *block, struct column_reader *reader, struct error *err)
{
	const char *at = column_read(reader, 32, err);

	if (!at) {
		return -1;
	}
	block->first_start = (int64_t)column_get64(at);
	block->last_start = (int64_t)column_get64(at + 8);
	block->shortest = (int64_t)column_get64(at + 16);
	block->longest = (int64_t)column_get64(at + 24);
	if (block->first_start < 0 || block->last_start < block->first_start ||
		block->shortest < 0 || block->longest < block->shortest) {
		return column_damaged(reader, "its times contradict each other", err);
	}
	return 0;
}

static int read_counts(struct column_block *block, struct column_reader *reader, struct error *err)
{
	uint64_t value, all = 0;

	for (size_t i = 0; i < COUNT_OF(block->types); i++) {
		if (column_read_number(reader, 4, &value, err) < 0) {
			return -1;
		}
		block->types[i] = (uint32_t)value;
		all += value;
	}
	if (column_read_number(reader, 4, &value, err) < 0) {
		return -1;
	}
	block->detail = (uint32_t)value;
	if (all != block->count || value > block->count) {
		return column_damaged(reader, "its counts are not those of its calls", err);
	}
	return 0;
}

static int read_kinds(struct column_block *block, struct column_reader *reader, struct error *err)
{
	uint64_t count;

	if (column_read_number(reader, 4, &count, err) < 0) {
		return -1;
	}
	block->kinds = column_read(reader, count * 4, err);
	block->kinds_count = (uint32_t)count;
	return block->kinds ? column_read_end(reader, err) : -1;
}

int column_block_open(struct column_block *block, const struct column_loader *loader, size_t place,
	int64_t number, struct error *err)
{
	struct column_block opened = {.loader = loader, .place = place, .number = number};
	struct column_header header;
	struct column_reader reader;
	struct text payload;
	uint64_t columns;
	int loaded = load(&opened, COLUMN_HEAD, &header, &payload, err);

	if (loaded <= 0) {
		return loaded < 0 ? -1 : missing(&opened, COLUMN_HEAD, err);
	}
	opened.version = header.version;
	opened.count = header.calls;
	opened.stamp = header.stamp;
	opened.payloads[COLUMN_HEAD] = payload;
	reader = reader_of(&opened, COLUMN_HEAD, payload);
	if (column_read_number(&reader, 4, &columns, err) < 0) {
		return -1;
	}
	opened.columns = (uint32_t)columns;
	if (read_times(&opened, &reader, err) < 0 || read_counts(&opened, &reader, err) < 0 ||
		read_kinds(&opened, &reader, err) < 0) {
		return -1;
	}
	*block = opened;
	return 0;
}

/* ---- numbers ---- */

static int read_array(struct column_reader *reader, uint32_t count, uint32_t max,
	struct column_array *ret_array, struct error *err)
{
	struct column_array array;

	if (column_read_width(reader, max, &array.width, err) < 0) {
		return -1;
	}
	array.at = column_read(reader, (uint64_t)count * array.width, err);
	*ret_array = array;
	return array.at ? 0 : -1;
}

int column_block_array(struct column_block *block, enum column_id column, uint32_t max,
	struct column_array *ret_array, struct error *err)
{
	struct column_reader reader;
	struct text payload;

	if (column_block_column(block, column, &payload, err) < 0) {
		return -1;
	}
	reader = reader_of(block, column, payload);
	return read_array(&reader, block->count, max, ret_array, err) < 0
		       ? -1
		       : column_read_end(&reader, err);
}

int column_block_course(struct column_block *block, enum column_id column,
	struct column_array *ret_array, struct error *err)
{
	static const char nothing[COLUMN_CALLS_MAX];
	bool is_choice = column == COLUMN_OUTCOME || column == COLUMN_ENDED_BY;

	if (block->version < COLUMN_VERSION_COURSE) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: column '%s' is not there: blocks of version %u have none",
			(long long)block->number, column_name(column), block->version);
	}
	if (!column_block_has(block, column)) {
		*ret_array = (struct column_array){.at = nothing, .width = 1};
		return 0;
	}
	return column_block_array(block, column, is_choice ? 1 : 8, ret_array, err);
}

int column_block_flags(
	struct column_block *block, const unsigned char **ret_flags, struct error *err)
{
	struct column_reader reader;
	struct text payload;

	if (column_block_column(block, COLUMN_FLAGS, &payload, err) < 0) {
		return -1;
	}
	if (payload.size != block->count) {
		reader = reader_of(block, COLUMN_FLAGS, payload);
		return column_damaged(&reader, "it has not a byte for each call", err);
	}
	*ret_flags = (const unsigned char *)payload.data;
	return 0;
}

int column_block_spans(struct column_block *block, enum column_id column,
	struct column_spans *ret_spans, struct error *err)
{
	uint32_t bases = (block->count + COLUMN_SPAN - 1) / COLUMN_SPAN;
	struct column_spans spans = {.count = block->count};
	struct column_reader reader;
	struct text payload;

	if (column_block_column(block, column, &payload, err) < 0) {
		return -1;
	}
	reader = reader_of(block, column, payload);
	if (column_read_width(&reader, 8, &spans.more.width, err) < 0) {
		return -1;
	}
	spans.bases = column_read(&reader, (uint64_t)bases * 8, err);
	spans.more.at =
		spans.bases ? column_read(&reader, (uint64_t)block->count * spans.more.width, err)
			    : NULL;
	if (!spans.more.at) {
		return -1;
	}
	*ret_spans = spans;
	return column_read_end(&reader, err);
}

uint32_t column_spans_below(const struct column_spans *spans, int64_t value)
{
	uint32_t low = 0, high = spans->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (column_spans_at(spans, middle) < value) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* ---- durations ---- */

static int check_long(const struct column_durations *durations, uint32_t count, struct error *err)
{
	for (uint32_t i = 0; i < durations->longer_count; i++) {
		uint32_t call = column_durations_long_call(durations, i);

		if (call >= count ||
			(i > 0 && call <= column_durations_long_call(durations, i - 1)) ||
			column_durations_long(durations, i) < COLUMN_LONG ||
			column_durations_short(durations, call) != COLUMN_LONG) {
			return column_damaged(
				&durations->reader, "a long duration is not that of a call", err);
		}
	}
	return 0;
}

int column_block_durations(
	struct column_block *block, struct column_durations *ret_durations, struct error *err)
{
	struct column_durations durations;
	struct column_reader reader;
	struct text payload;
	uint64_t longer;

	if (column_block_column(block, COLUMN_DURATION, &payload, err) < 0) {
		return -1;
	}
	reader = reader_of(block, COLUMN_DURATION, payload);
	durations.values = column_read(&reader, (uint64_t)block->count * 2, err);
	if (!durations.values || column_read_number(&reader, 4, &longer, err) < 0) {
		return -1;
	}
	durations.longer_count = (uint32_t)longer;
	durations.longer = column_read(&reader, longer * 12, err);
	if (!durations.longer || column_read_end(&reader, err) < 0) {
		return -1;
	}
	durations.reader = reader;
	if (check_long(&durations, block->count, err) < 0) {
		return -1;
	}
	*ret_durations = durations;
	return 0;
}

int column_durations_at(const struct column_durations *durations, uint32_t i, int64_t *ret_seconds,
	struct error *err)
{
	uint32_t seconds = column_durations_short(durations, i);
	uint32_t low = 0, high = durations->longer_count;

	if (seconds != COLUMN_LONG) {
		*ret_seconds = seconds;
		return 0;
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (column_durations_long_call(durations, middle) < i) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == durations->longer_count || column_durations_long_call(durations, low) != i) {
		return column_damaged(&durations->reader, "a long duration is missing", err);
	}
	*ret_seconds = column_durations_long(durations, low);
	return 0;
}

/* ---- paths ---- */

int column_block_sequences(struct column_block *block, enum column_id column,
	struct column_sequences *ret_sequences, struct error *err)
{
	struct text payload;

	return column_block_column(block, column, &payload, err) < 0
		       ? -1
		       : column_sequences_open(ret_sequences, payload, column, block->number,
				 block->kinds_count, err);
}

int column_block_paths(
	struct column_block *block, struct column_paths *ret_paths, struct error *err)
{
	struct column_paths paths;
	struct text payload;
	uint64_t count;

	if (column_block_column(block, COLUMN_PATH_INFO, &payload, err) < 0) {
		return -1;
	}
	paths.reader = reader_of(block, COLUMN_PATH_INFO, payload);
	if (column_read_number(&paths.reader, 4, &count, err) < 0) {
		return -1;
	}
	if (count == 0 || count > block->count) {
		return column_damaged(&paths.reader, "it has not 1 path to one a call", err);
	}
	paths.count = (uint32_t)count;
	paths.shapes.width = 2;
	paths.visits.width = 2;
	if (read_array(&paths.reader, paths.count, 4, &paths.steps, err) < 0 ||
		!(paths.shapes.at = column_read(&paths.reader, count * 2, err)) ||
		!(paths.visits.at = column_read(&paths.reader, count * 2, err))) {
		return -1;
	}
	*ret_paths = paths;
	return column_read_end(&paths.reader, err);
}

int column_paths_damaged(const struct column_block *block, uint32_t call, struct error *err)
{
	return error_set(err, ERROR_CORRUPT,
		"block %lld: column '%s' is damaged: call %u has a path that is not there",
		(long long)block->number, column_name(COLUMN_PATH), call);
}
