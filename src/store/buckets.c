/* SPDX-License-Identifier: MIT
 * Cutting a window into buckets, and adding up what they have. */
#include "store/buckets.h"

#include "store/find.h"

struct store_buckets store_buckets_of(
	const struct filter *filter, int64_t seconds, struct arena *arena)
{
	int64_t start = filter->start, end = filter->end;
	int64_t down = start - start % seconds, last = end - end % seconds;
	struct store_buckets buckets = {
		start, start, last, end, .seconds = seconds, .arena = arena};

	if (start >= end) {
		buckets.last = buckets.end = start;
	} else if (start != down && last <= down) {
		/* It ends before the next bucket begins, or before one that no number can name. */
		buckets.first = buckets.last = end;
	} else if (start != down) {
		buckets.first = down + seconds;
	}
	return buckets;
}

int store_buckets_add(
	struct store_buckets *buckets, int64_t start, int64_t calls, struct error *err)
{
	struct store_bucket *items = buckets->items;

	start -= start % buckets->seconds;
	if (calls == 0) {
		return 0;
	}
	if (buckets->count > 0 && items[buckets->count - 1].start == start) {
		items[buckets->count - 1].calls += calls;
		return 0;
	}
	items = arena_list_grow(buckets->arena, items, buckets->count, sizeof(*items));
	if (!items) {
		return store_page_too_large(err);
	}
	items[buckets->count++] = (struct store_bucket){start, calls};
	buckets->items = items;
	return 0;
}
