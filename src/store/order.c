/* SPDX-License-Identifier: MIT
 * Pages in another order than that of time: all calls that match are looked at, in columns where
 * there are any, and the first ones kept. */
#include <assert.h>

#include "column/best.h"
#include "store/find.h"

struct ordering {
	const struct store_search *search;
	struct column_best best;
};

static void ordering_end(struct ordering *ordering)
{
	column_best_deinit(&ordering->best);
}

/* Columns may have been looked at in vain. */
static void begin(struct ordering *ordering, const struct column_order *order)
{
	column_best_deinit(&ordering->best);
	column_best_init(&ordering->best, order,
		(size_t)(ordering->search->offset + ordering->search->limit));
}

static int look_at_columns(void *context, const struct column_calls *calls, struct error *err)
{
	struct ordering *ordering = context;
	const struct column_question question = store_find_column_question(ordering->search);

	return column_best_find(&ordering->best, calls, &question, err);
}

static int look_at_row(void *context, const struct store_row *row, struct error *err)
{
	struct ordering *ordering = context;

	return column_best_offer(&ordering->best, &row->call, err);
}

static int copy_page(struct ordering *ordering, struct arena *arena, struct store_page *ret_page,
	struct error *err)
{
	const struct column_best *best = &ordering->best;
	struct store_page page = {0};

	column_best_finish(&ordering->best);
	for (size_t i = (size_t)ordering->search->offset; i < best->count; i++) {
		const struct store_call call = {.call = best->items[i].call};

		if (store_find_add(&page, &call, arena, err) < 0) {
			return -1;
		}
	}
	page.total_calls = best->total;
	*ret_page = page;
	return 0;
}

int store_search_ordered(struct store *store, const struct store_search *search,
	const struct column_order *order, struct arena *arena, struct store_page *ret_page,
	struct error *err)
{
	struct store_search scan = *search;
	AUTO(ordering_end) struct ordering ordering = {.search = search};
	const struct store_columns_use use = {
		.answer = look_at_columns, .context = &ordering, .course = true};
	int answered;

	assert(search->offset >= 0 && search->offset + search->limit <= STORE_ORDERED_MAX + 1);
	begin(&ordering, order);
	answered = store_columns(store, search, &use, err);
	if (answered == 0) {
		begin(&ordering, order);
		scan.with_state = true;
		answered = store_scan(store, &scan, look_at_row, &ordering, err);
	}
	return answered < 0 ? -1 : copy_page(&ordering, arena, ret_page, err);
}
