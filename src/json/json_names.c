/* SPDX-License-Identifier: MIT
 * Doubled names: a bit a name for the many small objects, sorting for the few large ones. */
#include "json/json_names.h"

#include <stdlib.h>

void json_names_init(struct json_names *names, struct arena *arena)
{
	names->arena = arena;
	names->names = names->inner;
	names->count = 0;
	names->capacity = JSON_NAMES_INNER;
	names->depth = 0;
}

void json_names_open(struct json_names *names)
{
	names->levels[names->depth++] = (struct json_names_level){.first = names->count, .seen = 0};
}

static bool grow(struct json_names *names)
{
	struct text *larger = arena_calloc(names->arena, names->capacity * 2, sizeof(*larger));

	if (!larger) {
		return false;
	}
	memcpy(larger, names->names, names->count * sizeof(*larger));
	names->names = larger;
	names->capacity *= 2;
	return true;
}

static bool search(const struct json_names *names, size_t first, struct text name)
{
	for (size_t i = first; i < names->count; i++) {
		if (text_equal(names->names[i], name)) {
			return true;
		}
	}
	return false;
}

enum json_names_result json_names_add_slowly(
	struct json_names *names, struct text name, uint64_t bit)
{
	struct json_names_level *level = &names->levels[names->depth - 1];

	if ((level->seen & bit) && names->count - level->first < JSON_NAMES_SEARCHED &&
		search(names, level->first, name)) {
		return JSON_NAMES_DOUBLED;
	}
	level->seen |= bit;
	if (names->count == names->capacity && !grow(names)) {
		return JSON_NAMES_NO_MEMORY;
	}
	names->names[names->count++] = name;
	return JSON_NAMES_UNIQUE;
}

/* Equal names in the order in which they came, so that the later one is called doubled. */
static int compare(const void *a, const void *b)
{
	const struct text *first = a;
	const struct text *second = b;
	int order = text_compare(*first, *second);

	return order ? order : (first->data > second->data) - (first->data < second->data);
}

enum json_names_result json_names_close(struct json_names *names, struct text *ret_doubled)
{
	size_t first = names->levels[--names->depth].first;
	size_t count = names->count - first;
	struct text *sorted = names->names + first;

	names->count = first;
	if (count <= JSON_NAMES_SEARCHED) {
		return JSON_NAMES_UNIQUE;
	}
	qsort(sorted, count, sizeof(*sorted), compare);
	for (size_t i = 1; i < count; i++) {
		if (text_equal(sorted[i - 1], sorted[i])) {
			*ret_doubled = sorted[i];
			return JSON_NAMES_DOUBLED;
		}
	}
	return JSON_NAMES_UNIQUE;
}
