/* SPDX-License-Identifier: MIT
 * Kinds, rows and their order. */
#include "column/column.h"

const struct column_kind *column_kind_find(const struct column_kinds *kinds, uint32_t id)
{
	size_t low = 0, high = kinds->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kinds->items[middle].id < id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < kinds->count && kinds->items[low].id == id ? &kinds->items[low] : NULL;
}

/* ---- how long a call stayed where ---- */

void column_stays_begin(struct column_stays_writer *writer)
{
	buffer_clear(&writer->bytes);
	writer->from = 0;
}

/* Nearly all visits are a number each: they begin after the one before, and nothing is said of
 * input. That number is never 0. */
bool column_stays_write(void *context, const struct path_visit *visit)
{
	struct column_stays_writer *writer = context;
	uint64_t later = (uint64_t)visit->from - (uint64_t)writer->from;

	if (visit->from >= writer->from && visit->no_input == 0 && visit->wrong_input == 0) {
		column_put_varint(&writer->bytes, later + 1);
	} else {
		column_put_varint(&writer->bytes, 0);
		column_put_varint(&writer->bytes, column_fold(later));
		column_put_varint(&writer->bytes, (uint64_t)visit->no_input);
		column_put_varint(&writer->bytes, (uint64_t)visit->wrong_input);
	}
	writer->from = visit->from;
	return !writer->bytes.failed;
}

static int read_visit(struct column_reader *reader, uint64_t *from, struct column_visit *ret_visit)
{
	uint64_t later, none = 0, wrong = 0;

	if (column_read_varint(reader, UINT64_MAX, &later, NULL) < 0) {
		return -1;
	}
	later--;
	if (later == UINT64_MAX) {
		if (column_read_varint(reader, UINT64_MAX, &later, NULL) < 0 ||
			column_read_varint(reader, UINT32_MAX, &none, NULL) < 0 ||
			column_read_varint(reader, UINT32_MAX, &wrong, NULL) < 0) {
			return -1;
		}
		later = column_unfold(later);
	}
	*from += later;
	*ret_visit =
		(struct column_visit){.no_input = (uint32_t)none, .wrong_input = (uint32_t)wrong};
	return *from > INT64_MAX ? -1 : 0;
}

/* How many numbers stand in @written: there are no more visits. */
static size_t count_numbers(struct text written)
{
	size_t count = 0;

	for (size_t i = 0; i < written.size; i++) {
		count += (unsigned char)written.data[i] < 0x80;
	}
	return count;
}

static int64_t seconds_between(uint64_t from, uint64_t to)
{
	return to > from ? (int64_t)(to - from) : 0;
}

int column_stays_read(const struct call *call, struct text written, struct arena *arena,
	const struct column_stays **ret_stays, struct error *err)
{
	struct column_reader reader = {.data = written};
	struct column_stays *stays = arena_calloc(arena, 1, sizeof(*stays));
	struct column_visit *visits = arena_calloc(arena, count_numbers(written), sizeof(*visits));
	uint64_t from = 0, before = (uint64_t)call->start;

	if (!stays || !visits) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; reader.at < written.size; i++) {
		if (read_visit(&reader, &from, &visits[i]) < 0) {
			return 0;
		}
		*(i == 0 ? &stays->wait : &visits[i - 1].seconds) = seconds_between(before, from);
		before = from;
		stays->count = i + 1;
	}
	if (stays->count > 0) {
		visits[stays->count - 1].seconds = seconds_between(from, (uint64_t)call->end);
	}
	stays->visits = visits;
	*ret_stays = stays;
	return 1;
}

void column_row_strip(struct column_row *row)
{
	row->call.has_detail = false;
	row->call.steps = 0;
	row->kinds = NULL;
	row->stays = NULL;
}

int column_compare(const struct call *a, const struct call *b)
{
	if (a->start != b->start) {
		return a->start < b->start ? -1 : 1;
	}
	return text_compare(a->session_id, b->session_id);
}

void column_blobs_init(struct column_blobs *blobs)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_init(&blobs->columns[i], UINT32_MAX);
	}
}

void column_blobs_deinit(struct column_blobs *blobs)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_deinit(&blobs->columns[i]);
	}
}
