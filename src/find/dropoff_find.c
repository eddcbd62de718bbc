/* SPDX-License-Identifier: MIT
 * Drop-off of what is in a store. */
#include "find/dropoff.h"
#include "find/scan.h"

static int take_row(void *counter, const struct store_row *row, struct error *err)
{
	return dropoff_row(counter, row, err);
}

static int take_kinds(
	void *counter, const struct store_kind *kinds, size_t count, struct error *err)
{
	return dropoff_kinds(counter, kinds, count, err);
}

int dropoff_find(struct store *store, const struct store_search *search, size_t limit,
	struct arena *arena, struct dropoff_result *ret_result, struct error *err)
{
	static const struct scan_counter counter = {.row = take_row, .kinds = take_kinds};
	AUTO(dropoff_deinit) struct dropoff dropoff;
	struct scan_steps steps;

	dropoff_init(&dropoff, DROPOFF_MEMORY_MAX);
	if (scan_count(store, search, &counter, &dropoff, &steps, err) < 0 ||
		dropoff_finish(&dropoff, limit, arena, ret_result, err) < 0) {
		return -1;
	}
	ret_result->steps = steps;
	return 0;
}
