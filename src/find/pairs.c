/* SPDX-License-Identifier: MIT
 * A hash table of places beside the pairs themselves. */
#include "find/pairs.h"

#include <stdlib.h>

void pairs_init(struct pairs *pairs, struct arena *arena)
{
	*pairs = (struct pairs){.arena = arena, .key = hash_key_random()};
}

static uint64_t hash_of(const struct pairs *pairs, uint32_t a, int64_t b)
{
	return hash_pair(&pairs->key, a, (uint64_t)b);
}

static struct pair *add(struct pairs *pairs, uint32_t a, int64_t b)
{
	struct pair *items =
		arena_list_grow(pairs->arena, pairs->items, pairs->count, sizeof(*items));
	int emptied = hash_table_make_room(&pairs->table, pairs->arena, (size_t)pairs->count + 1);

	pairs->items = items ? items : pairs->items;
	for (uint32_t i = 0; emptied > 0 && i < pairs->count; i++) {
		hash_table_put(
			&pairs->table, hash_of(pairs, pairs->items[i].a, pairs->items[i].b), i);
	}
	if (!items || emptied < 0) {
		return NULL;
	}
	items[pairs->count] = (struct pair){.a = a, .b = b, .last = -1};
	hash_table_put(&pairs->table, hash_of(pairs, a, b), pairs->count);
	return &items[pairs->count++];
}

struct pair *pairs_at(struct pairs *pairs, uint32_t a, int64_t b)
{
	HASH_TABLE_EACH(place, &pairs->table, hash_of(pairs, a, b)) {
		if (pairs->items[place].a == a && pairs->items[place].b == b) {
			return &pairs->items[place];
		}
	}
	return add(pairs, a, b);
}

bool pairs_place(struct pairs *places, struct intern *names, struct text module,
	struct text variable, uint32_t *ret_place)
{
	uint32_t a, b;
	const struct pair *place;

	if (!intern_number(names, module, &a) || !intern_number(names, variable, &b)) {
		return false;
	}
	place = pairs_at(places, a, b);
	if (!place) {
		return false;
	}
	*ret_place = (uint32_t)(place - places->items);
	return true;
}

int pairs_no_room(const struct pairs *places, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
		"there are too many different places to count in %zu MB: ask for a shorter window",
		places->arena->ceiling_bytes >> 20);
}

bool pairs_count(struct pairs *pairs, uint32_t a, int64_t b, int64_t call)
{
	struct pair *pair = pairs_at(pairs, a, b);

	if (!pair) {
		return false;
	}
	if (pair->last != call) {
		pair->last = call;
		pair->count++;
	}
	return true;
}

bool pairs_add_stays(struct pairs *pairs, uint32_t a, int64_t seconds, int64_t times, int64_t *sum)
{
	struct pair *length = pairs_at(pairs, a, seconds);
	int64_t more;

	if (!length) {
		return false;
	}
	length->count += times;
	more = __builtin_mul_overflow(seconds, times, &more) ? INT64_MAX : more;
	*sum = pairs_add_up(*sum, more);
	return true;
}

int pairs_compare(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	if (a->a != b->a) {
		return a->a < b->a ? -1 : 1;
	}
	return a->b < b->b ? -1 : a->b > b->b;
}

void pairs_sort(struct pairs *pairs)
{
	if (pairs->count > 0) {
		qsort(pairs->items, pairs->count, sizeof(*pairs->items), pairs_compare);
	}
}

const struct pair *pairs_of(const struct pairs *pairs, uint32_t a)
{
	size_t low = 0, high = pairs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pairs->items[middle].a < a) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return &pairs->items[low];
}

int64_t pairs_percentile(const struct pair *pairs, int64_t count, int64_t percent)
{
	int64_t rank = count / 100 * percent + (count % 100 * percent + 99) / 100;

	while (pairs->count < rank) {
		rank -= pairs->count;
		pairs++;
	}
	return pairs->b;
}
