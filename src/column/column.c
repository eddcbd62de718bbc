/* SPDX-License-Identifier: MIT
 * Kinds, rows and their order. */
#include "column/column.h"

#include "call/path/visits.h"

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

struct staying {
	const struct call *call;
	struct arena *arena;
	struct column_stays stays;
	struct column_visit *visits;
};

static bool take_visit(void *context, const struct path_visit *visit)
{
	struct staying *staying = context;
	struct column_stays *stays = &staying->stays;
	struct column_visit *visits =
		arena_list_grow(staying->arena, staying->visits, stays->count, sizeof(*visits));

	if (!visits) {
		return false;
	}
	if (stays->count == 0 && visit->from > staying->call->start) {
		stays->wait = visit->from - staying->call->start;
	}
	visits[stays->count++] = (struct column_visit){.seconds = visit->seconds,
		.no_input = (uint32_t)visit->no_input,
		.wrong_input = (uint32_t)visit->wrong_input};
	staying->visits = visits;
	return true;
}

int column_stays_read(const struct call *call, struct text detail, struct arena *scratch,
	struct arena *arena, const struct column_stays **ret_stays, struct error *err)
{
	struct staying staying = {.call = call, .arena = arena};
	struct column_stays *made = arena_alloc(arena, sizeof(*made));

	if (!made) {
		return error_no_memory(err);
	}
	if (path_visits_walk(detail, call->end, scratch, take_visit, &staying, err) < 0) {
		return -1;
	}
	staying.stays.visits = staying.visits;
	*made = staying.stays;
	*ret_stays = made;
	return 0;
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
