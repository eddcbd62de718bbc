/* SPDX-License-Identifier: MIT
 * From the kinds of steps that a scan shows to what statistics count: a group, a place. */
#ifndef FIND_KIND_MAP_H
#define FIND_KIND_MAP_H

#include "store/store.h"

#define KIND_MAP_NONE UINT32_MAX /* the kind is not counted */

struct kind_map {
	struct arena *arena;
	uint32_t *numbers; /* by the kind's id: what it stands for + 1; 0: not known */
	size_t size;
};

/* Makes room for the ids of @kinds. False when the arena is full. */
bool kind_map_reserve(
	struct kind_map *map, const struct store_kind *kinds, size_t count) CHECK_RESULT;

static inline void kind_map_set(struct kind_map *map, uint32_t kind, uint32_t number)
{
	map->numbers[kind] = number == KIND_MAP_NONE ? KIND_MAP_NONE : number + 1;
}

/* Whether all kinds of @row are known. */
bool kind_map_knows(const struct kind_map *map, const struct store_row *row);

/* What the known @kind stands for, or KIND_MAP_NONE. */
static inline uint32_t kind_map_get(const struct kind_map *map, uint32_t kind)
{
	return map->numbers[kind] == KIND_MAP_NONE ? KIND_MAP_NONE : map->numbers[kind] - 1;
}

#endif
