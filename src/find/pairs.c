/* SPDX-License-Identifier: MIT
 * An open hash table of places beside the pairs themselves. */
#include "find/pairs.h"

#define FIRST_CAPACITY ((size_t)64)

void pairs_init(struct pairs *pairs, struct arena *arena)
{
	*pairs = (struct pairs){.arena = arena, .key = hash_key_random()};
}

/* Where the pair is, or the free slot where it belongs. */
static uint32_t *find_slot(const struct pairs *pairs, uint32_t a, int64_t b)
{
	size_t mask = pairs->slot_count - 1;
	size_t at = hash_pair(&pairs->key, a, (uint64_t)b) & mask;

	for (; pairs->slots[at] != 0; at = (at + 1) & mask) {
		const struct pair *item = &pairs->items[pairs->slots[at] - 1];

		if (item->a == a && item->b == b) {
			break;
		}
	}
	return &pairs->slots[at];
}

/* Twice as many pairs; slots are at most half full. */
static bool grow(struct pairs *pairs)
{
	size_t capacity = pairs->capacity > 0 ? pairs->capacity * 2 : FIRST_CAPACITY;
	struct pair *items = arena_calloc(pairs->arena, capacity, sizeof(*items));
	uint32_t *slots = arena_calloc(pairs->arena, capacity * 2, sizeof(*slots));

	if (!items || !slots || capacity > UINT32_MAX) {
		return false;
	}
	if (pairs->count > 0) {
		memcpy(items, pairs->items, pairs->count * sizeof(*items));
	}
	pairs->items = items;
	pairs->capacity = capacity;
	pairs->slots = slots;
	pairs->slot_count = capacity * 2;
	for (size_t i = 0; i < pairs->count; i++) {
		*find_slot(pairs, items[i].a, items[i].b) = (uint32_t)i + 1;
	}
	return true;
}

struct pair *pairs_at(struct pairs *pairs, uint32_t a, int64_t b)
{
	uint32_t *slot;

	if (pairs->count == pairs->capacity && !grow(pairs)) {
		return NULL;
	}
	slot = find_slot(pairs, a, b);
	if (*slot == 0) {
		pairs->items[pairs->count++] = (struct pair){.a = a, .b = b, .last = -1};
		*slot = (uint32_t)pairs->count;
	}
	return &pairs->items[*slot - 1];
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
