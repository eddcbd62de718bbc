/* SPDX-License-Identifier: MIT
 * The growth of arrays: doubling, so that adding one item after the other takes linear time. */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN ((size_t)16)

bool array_grow(void *items, size_t *capacity, size_t wanted, size_t item_size)
{
	size_t before = *capacity * item_size;
	size_t larger = *capacity > SIZE_MAX / 2 ? wanted : *capacity * 2;
	size_t bytes;
	char *grown;

	larger = larger > wanted ? larger : wanted;
	larger = larger > CAPACITY_MIN ? larger : CAPACITY_MIN;
	if (__builtin_mul_overflow(larger, item_size, &bytes)) {
		return false;
	}
	memcpy(&grown, items, sizeof(grown));
	grown = realloc(grown, bytes);
	if (!grown) {
		return false;
	}
	memset(grown + before, 0, bytes - before);
	memcpy(items, &grown, sizeof(grown));
	*capacity = larger;
	return true;
}
