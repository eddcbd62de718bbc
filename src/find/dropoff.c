/* SPDX-License-Identifier: MIT
 * Drop-off of what is in a store: counting visits. A place's number is that of its pair of names;
 * its ways are pairs of such numbers. */
#include "find/dropoff.h"

#include "find/columns.h"

void dropoff_init(struct dropoff *dropoff, size_t memory_max)
{
	*dropoff = (struct dropoff){0};
	arena_init(&dropoff->arena, memory_max);
	intern_init(&dropoff->names, &dropoff->arena);
	pairs_init(&dropoff->places, &dropoff->arena);
	pairs_init(&dropoff->ways, &dropoff->arena);
	dropoff->kinds.arena = &dropoff->arena;
}

void dropoff_deinit(struct dropoff *dropoff)
{
	arena_deinit(&dropoff->arena);
}

/* The number of the place that @kind belongs to. */
static bool find_place(struct dropoff *dropoff, const struct store_kind *kind, uint32_t *ret_place)
{
	if (!filter_is_place(kind->module)) {
		*ret_place = KIND_MAP_NONE;
		return true;
	}
	return pairs_place(
		&dropoff->places, &dropoff->names, kind->module, kind->variable, ret_place);
}

int dropoff_kinds(void *counter, const struct store_kind *kinds, size_t count, struct error *err)
{
	struct dropoff *dropoff = counter;
	uint32_t place;

	if (!kind_map_reserve(&dropoff->kinds, kinds, count)) {
		return pairs_no_room(&dropoff->places, err);
	}
	for (size_t i = 0; i < count; i++) {
		if (!find_place(dropoff, &kinds[i], &place)) {
			return pairs_no_room(&dropoff->places, err);
		}
		kind_map_set(&dropoff->kinds, kinds[i].id, place);
	}
	return 0;
}

/* Counts that the call goes from the place @from, or comes from nowhere, to @to. */
static bool visit(struct dropoff *dropoff, uint32_t from, uint32_t to)
{
	struct pair *place = &dropoff->places.items[to];

	if (place->last != dropoff->calls) {
		place->last = dropoff->calls;
		place->count++;
	}
	return from == KIND_MAP_NONE || pairs_count(&dropoff->ways, from, to, dropoff->calls);
}

int dropoff_row(void *counter, const struct store_row *row, struct error *err)
{
	struct dropoff *dropoff = counter;
	uint32_t at = KIND_MAP_NONE;

	if (!kind_map_knows(&dropoff->kinds, row)) {
		return 0;
	}
	for (uint32_t i = 0; row->kinds && i < row->call.steps; i++) {
		uint32_t place = kind_map_get(&dropoff->kinds, row->kinds[i]);

		if (place == KIND_MAP_NONE || place == at) {
			continue;
		}
		if (!visit(dropoff, at, place)) {
			return pairs_no_room(&dropoff->places, err);
		}
		at = place;
	}
	if (at != KIND_MAP_NONE && !pairs_count(&dropoff->ways, at, DROPOFF_END, dropoff->calls)) {
		return pairs_no_room(&dropoff->places, err);
	}
	dropoff->calls++;
	return 1;
}

int dropoff_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err)
{
	static const struct scan_counter counter = {.row = dropoff_row, .kinds = dropoff_kinds};
	AUTO(dropoff_deinit) struct dropoff dropoff;
	struct filter filter = *search->filter;
	struct store_search asked = *search;
	struct scan_steps steps;
	int answered;

	dropoff_init(&dropoff, DROPOFF_MEMORY_MAX);
	scan_leave_out_live(&filter);
	asked.filter = &filter;
	answered = columns_dropoff(store, &asked, limit, arena, ret_result, err);
	if (answered != 0) {
		return answered < 0 ? -1 : 0;
	}
	if (scan_count(store, &asked, &counter, &dropoff, &steps, err) < 0 ||
		dropoff_finish(&dropoff, limit, arena, ret_result, err) < 0) {
		return -1;
	}
	ret_result->steps = steps;
	return 0;
}
