/* SPDX-License-Identifier: MIT
 * Arrays that grow: an array of any type, with a count of how many items it has room for. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/auto.h"

/* ARRAY_RESERVE() where there is no room yet. @items is the address of the pointer to the items. */
bool array_grow(void *items, size_t *capacity, size_t wanted, size_t item_size) CHECK_RESULT;

/* Makes room for @wanted items at the pointer @items, which has room for @capacity (a size_t; both
 * are variables): at least twice as many as before. What is added is all zero. False when memory is
 * short: nothing changed. The caller holds @wanted below a ceiling, and frees @items by free().
 *
 *   if (!ARRAY_RESERVE(list->items, list->capacity, list->count + 1)) {
 *           return error_no_memory(err);
 *   }
 *   list->items[list->count++] = item; */
#define ARRAY_RESERVE(items, capacity, wanted)                                                     \
	((wanted) <= (capacity) || array_grow(&(items), &(capacity), (wanted), sizeof(*(items))))

#endif
