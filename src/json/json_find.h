/* SPDX-License-Identifier: MIT
 * Finding single values in JSON that was read as a text: for small documents of other systems. */
#ifndef JSON_JSON_FIND_H
#define JSON_JSON_FIND_H

#include "json/json_reader.h"

/* The JSON of the member at @path of the object @json: names separated by dots. {NULL, 0} when
 * there is none, or @json is not JSON up to there. */
struct text json_find(struct text json, const char *path);

/* The JSON of the member @wanted of the object @json, whatever is in the name; {NULL, 0} likewise.
 */
struct text json_find_member(struct text json, struct text wanted);

/* The string there, unescaped, in @json or @arena; {NULL, 0} when there is not a string. */
struct text json_find_string(struct text json, const char *path, struct arena *arena);

/* The integer there, a number or a string of digits; @otherwise when there is none. */
int64_t json_find_integer(struct text json, const char *path, int64_t otherwise);

/* The value @json as a string, unescaped; {NULL, 0} when it is not one. */
struct text json_string_of(struct text json, struct arena *arena);

/* A walk over the entries of an array. */
struct json_entries {
	struct json_reader reader;
	bool open;
};

void json_entries_init(struct json_entries *entries, struct text json);

/* False at the end of the array, where it is not one, or not JSON. */
bool json_entries_next(struct json_entries *entries, struct text *ret_entry);

#endif
