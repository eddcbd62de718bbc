/* SPDX-License-Identifier: MIT
 * The member names of the objects that are open while JSON is read, to find doubled ones (API.md
 * §2: an error). */
#ifndef JSON_JSON_NAMES_H
#define JSON_JSON_NAMES_H

#include "base/arena.h"

#define JSON_DEPTH_MAX	 64
#define JSON_NAMES_INNER 32

/* Up to JSON_NAMES_SEARCHED names of an object are compared as they come, more of them by sorting
 * when the object ends. So no input makes it quadratic, and no hash can be made to collide. */
#define JSON_NAMES_SEARCHED 32

struct json_names_level {
	size_t first;  /* place of the object's first name */
	uint64_t seen; /* a bit a name, by its looks: one whose bit is new needs no comparing */
};

struct json_names {
	struct arena *arena; /* for more than JSON_NAMES_INNER names open at once */
	struct text *names;  /* of all open objects, the innermost last */
	size_t count;
	size_t capacity;
	size_t depth;
	struct json_names_level levels[JSON_DEPTH_MAX];
	struct text inner[JSON_NAMES_INNER];
};

enum json_names_result {
	JSON_NAMES_NO_MEMORY = -1,
	JSON_NAMES_UNIQUE,
	JSON_NAMES_DOUBLED,
};

void json_names_init(struct json_names *names, struct arena *arena);

/* An object begins; at most JSON_DEPTH_MAX are open. */
void json_names_open(struct json_names *names);

/* The rest of json_names_add(), for a name that looks like an earlier one or finds no room. */
enum json_names_result json_names_add_slowly(
	struct json_names *names, struct text name, uint64_t bit) CHECK_RESULT;

/* A bit for a name by its looks. */
static inline uint64_t json_names_bit(struct text name)
{
	uint32_t looks = (uint32_t)name.size;

	if (name.size > 0) {
		looks += (uint32_t)(unsigned char)name.data[0] << 8 |
			 (uint32_t)(unsigned char)name.data[name.size - 1] << 16 |
			 (uint32_t)(unsigned char)name.data[name.size / 2] << 24;
	}
	return UINT64_C(1) << (looks * UINT32_C(0x9e3779b1) >> 26);
}

/* @name, unescaped, is a member of the innermost object; it must stay where it is until that ends.
 */
static inline enum json_names_result CHECK_RESULT json_names_add(
	struct json_names *names, struct text name)
{
	struct json_names_level *level = &names->levels[names->depth - 1];
	uint64_t bit = json_names_bit(name);

	if ((level->seen & bit) || names->count == names->capacity) {
		return json_names_add_slowly(names, name, bit);
	}
	level->seen |= bit;
	names->names[names->count++] = name;
	return JSON_NAMES_UNIQUE;
}

/* The innermost object ends. */
enum json_names_result json_names_close(
	struct json_names *names, struct text *ret_doubled) CHECK_RESULT;

#endif
