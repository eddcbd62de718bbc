/* SPDX-License-Identifier: MIT
 * Flow out of columns: what is counted outlives the store's view of them. */
#include "find/columns.h"

#include "store/find.h"

struct flow_use {
	const struct store_search *search;
	bool inputs;
	struct arena *arena;
	struct column_flow counted;
};

/* The names point into what the store has read. */
static int copy_names(struct flow_use *use, struct error *err)
{
	for (size_t i = 0; i < use->counted.ways.places_count; i++) {
		struct column_place *place = &use->counted.ways.places[i];

		place->module = arena_copy(use->arena, place->module);
		place->variable = arena_copy(use->arena, place->variable);
		if (!place->module.data || !place->variable.data) {
			return error_no_memory(err);
		}
		for (uint32_t j = 0; j < place->slowest_count; j++) {
			struct ways_slow *slow = &place->slowest[j];

			slow->session_id = arena_copy(use->arena, slow->session_id);
			if (!slow->session_id.data) {
				return error_no_memory(err);
			}
		}
	}
	return 0;
}

static int count_flow(void *context, const struct column_calls *calls, struct error *err)
{
	struct flow_use *use = context;
	const struct column_question question = store_find_column_question(use->search);

	return column_flow(calls, &question, use->inputs, use->arena, &use->counted, err) < 0
		       ? -1
		       : copy_names(use, err);
}

int columns_flow(struct store *store, const struct store_search *search, bool inputs,
	struct arena *arena, struct column_flow *ret_flow, struct error *err)
{
	struct flow_use use = {.search = search, .inputs = inputs, .arena = arena};
	const struct store_columns_use columns = {
		.answer = count_flow, .context = &use, .course = true, .stays = true};
	int answered = store_columns(store, search, &columns, err);

	if (answered > 0) {
		*ret_flow = use.counted;
	}
	return answered;
}
