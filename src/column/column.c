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

void column_row_strip(struct column_row *row)
{
	row->call.has_detail = false;
	row->call.steps = 0;
	row->kinds = NULL;
	row->step_times = NULL;
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
