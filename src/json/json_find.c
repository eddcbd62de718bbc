/* SPDX-License-Identifier: MIT
 * Finding single values. */
#include "json/json_find.h"

static const struct json_position at_start = {.line = 1, .column = 1};

struct text json_find_member(struct text json, struct text wanted)
{
	struct json_reader reader;
	struct json_token name, value;

	json_reader_init(&reader, json, at_start);
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return (struct text){0};
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		size_t from = reader.token_at;

		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
		if (name.escaped ? json_token_unescapes_to(&name, wanted)
				 : text_equal(name.raw, wanted)) {
			return text_head(text_tail(json, from), reader.at - from);
		}
	}
	return (struct text){0};
}

struct text json_find(struct text json, const char *path)
{
	struct text rest = text_of(path), name;

	while (json.size > 0 && text_split(&rest, '.', &name)) {
		json = json_find_member(json, name);
	}
	return json;
}

struct text json_string_of(struct text json, struct arena *arena)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, json, at_start);
	if (json.size == 0 || json_reader_next(&reader, &token, NULL) <= 0 ||
		token.kind != JSON_STRING) {
		return (struct text){0};
	}
	return json_token_string(&token, arena);
}

struct text json_find_string(struct text json, const char *path, struct arena *arena)
{
	return json_string_of(json_find(json, path), arena);
}

int64_t json_find_integer(struct text json, const char *path, int64_t otherwise)
{
	struct text found = json_find(json, path);
	int64_t number;

	if (found.size > 2 && found.data[0] == '"') {
		found = text_head(text_tail(found, 1), found.size - 2);
	}
	return text_to_int64(found, &number) ? number : otherwise;
}

void json_entries_init(struct json_entries *entries, struct text json)
{
	struct json_token token;

	json_reader_init(&entries->reader, json, at_start);
	entries->open =
		json_reader_next(&entries->reader, &token, NULL) > 0 && token.kind == JSON_ARRAY;
}

bool json_entries_next(struct json_entries *entries, struct text *ret_entry)
{
	struct json_reader *reader = &entries->reader;
	struct json_token token;
	size_t from;

	if (!entries->open || json_reader_next(reader, &token, NULL) <= 0 ||
		token.kind == JSON_ARRAY_END) {
		entries->open = false;
		return false;
	}
	from = reader->token_at;
	if (json_reader_skip(reader, &token, NULL) < 0) {
		entries->open = false;
		return false;
	}
	*ret_entry = text_head(text_tail(reader->input, from), reader->at - from);
	return true;
}
