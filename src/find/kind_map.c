/* SPDX-License-Identifier: MIT
 * An array by the kinds' ids. */
#include "find/kind_map.h"

bool kind_map_reserve(struct kind_map *map, const struct store_kind *kinds, size_t count)
{
	uint32_t last = 0;
	uint32_t *numbers;

	for (size_t i = 0; i < count; i++) {
		last = kinds[i].id > last ? kinds[i].id : last;
	}
	if (last < map->size) {
		return true;
	}
	numbers = arena_calloc(map->arena, (size_t)last + 1, sizeof(*numbers));
	if (!numbers) {
		return false;
	}
	if (map->size > 0) {
		memcpy(numbers, map->numbers, map->size * sizeof(*numbers));
	}
	map->numbers = numbers;
	map->size = (size_t)last + 1;
	return true;
}

bool kind_map_knows(const struct kind_map *map, const struct store_row *row)
{
	for (uint32_t i = 0; row->kinds && i < row->call.steps; i++) {
		if (row->kinds[i] >= map->size || map->numbers[row->kinds[i]] == 0) {
			return false;
		}
	}
	return true;
}
