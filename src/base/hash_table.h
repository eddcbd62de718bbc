/* SPDX-License-Identifier: MIT
 * Hash tables: from the hash of a key to the places of items in an array. The owner has the items
 * and compares their keys. At most half of the slots are taken (open addressing, linear probing),
 * so that a search ends soon. */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/arena.h"

/* All zero: empty, without room. */
struct hash_table {
	uint32_t *slots; /* an item's place + 1; 0: free */
	size_t size;	 /* how many slots: a power of two, or 0 */
};

#define HASH_TABLE_SIZE_MIN ((size_t)128)

/* Looks at the slot @at, and moves on. Returns false when it is free: there is no further item. */
static inline bool hash_table_look(
	const struct hash_table *table, uint64_t *at, uint32_t *ret_place)
{
	uint32_t slot = table->size > 0 ? table->slots[(*at)++ & (table->size - 1)] : 0;

	*ret_place = slot - 1;
	return slot != 0;
}

/* Walks the places of the items that may have a key with @hash; those of other keys are among them.
 *
 *   HASH_TABLE_EACH(place, &names->table, hash) {
 *           if (text_equal(names->texts[place], text)) {
 *                   return place;
 *           }
 *   } */
#define HASH_TABLE_EACH(place, table, hash)                                                        \
	for (uint64_t place##_at = (hash), place##_more = 1; place##_more; place##_more = 0)       \
		for (uint32_t place; hash_table_look((table), &place##_at, &place);)

/* Notes that the item at @place has a key with @hash. There is room for it. */
static inline void hash_table_put(struct hash_table *table, uint64_t hash, uint32_t place)
{
	uint64_t at = hash;

	while (table->slots[at & (table->size - 1)] != 0) {
		at++;
	}
	table->slots[at & (table->size - 1)] = place + 1;
}

/* Makes room for @count items, out of @arena. Returns 1 when there are new slots, all of them free:
 * each item is to be put again. Returns 0 when there was room. Negative when the arena is full:
 * nothing changed. */
static inline int hash_table_make_room(struct hash_table *table, struct arena *arena, size_t count)
{
	size_t size = table->size > 0 ? table->size : HASH_TABLE_SIZE_MIN;
	uint32_t *slots;

	if (count <= table->size / 2) {
		return 0;
	}
	while (size / 2 < count) {
		size *= 2;
	}
	slots = size <= UINT32_MAX ? arena_calloc(arena, size, sizeof(*slots)) : NULL;
	if (!slots) {
		return -1;
	}
	*table = (struct hash_table){.slots = slots, .size = size};
	return 1;
}

#endif
