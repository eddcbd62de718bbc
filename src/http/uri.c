/* SPDX-License-Identifier: MIT
 * Targets: splitting and decoding. */
#include "http/uri.h"

static struct text without_authority(struct text target)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		struct text scheme = text_of(schemes[i]);

		if (target.size >= scheme.size &&
			text_equal_ascii_case(text_head(target, scheme.size), scheme)) {
			target = text_tail(target, scheme.size);
			while (target.size > 0 && target.data[0] != '/' && target.data[0] != '?') {
				target = text_tail(target, 1);
			}
			return target.size > 0 && target.data[0] == '/' ? target : TEXT("/");
		}
	}
	return target;
}

void uri_split(struct text target, struct text *ret_path, struct text *ret_query)
{
	struct text rest = without_authority(target);
	const char *mark = rest.size > 0 ? memchr(rest.data, '?', rest.size) : NULL;

	if (!mark) {
		*ret_path = rest;
		*ret_query = (struct text){0};
		return;
	}
	*ret_path = text_head(rest, (size_t)(mark - rest.data));
	*ret_query = text_tail(rest, ret_path->size + 1);
}

int uri_decode(struct text raw, struct arena *arena, struct text *ret)
{
	char *decoded = arena_alloc(arena, raw.size + 1);
	size_t size = 0;

	if (!decoded) {
		return -1;
	}
	while (raw.size > 0) {
		int byte = raw.data[0] == '%' ? text_percent_byte(raw) : (unsigned char)raw.data[0];

		if (byte <= 0) {
			return 0;
		}
		raw = text_tail(raw, raw.data[0] == '%' ? 3 : 1);
		decoded[size++] = (char)byte;
	}
	decoded[size] = '\0';
	*ret = (struct text){.data = decoded, .size = size};
	return 1;
}

/* Takes one character, encoded or not, off the front of @rest, by the rules of a query. */
static char query_next(struct text *rest)
{
	int byte = text_percent_byte(*rest);
	char first = rest->data[0];

	if (byte >= 0) {
		*rest = text_tail(*rest, 3);
		return (char)byte;
	}
	*rest = text_tail(*rest, 1);
	return first == '+' ? ' ' : first;
}

static bool query_equal(struct text raw, struct text decoded)
{
	while (raw.size > 0 && decoded.size > 0) {
		if (query_next(&raw) != decoded.data[0]) {
			return false;
		}
		decoded = text_tail(decoded, 1);
	}
	return raw.size == 0 && decoded.size == 0;
}

static struct text query_decode(struct text raw, struct arena *arena)
{
	char *decoded = arena_alloc(arena, raw.size + 1);
	size_t size = 0;

	if (!decoded) {
		return (struct text){0};
	}
	while (raw.size > 0) {
		decoded[size++] = query_next(&raw);
	}
	decoded[size] = '\0';
	return (struct text){.data = decoded, .size = size};
}

struct text uri_query_value(struct text query, struct text name, struct arena *arena)
{
	struct text found = {0};
	struct text pair;

	while (text_split(&query, '&', &pair)) {
		struct text value = pair;
		struct text key;

		if (text_split(&value, '=', &key) && query_equal(key, name)) {
			found = value.data ? value : TEXT("");
		}
	}
	return found.data ? query_decode(found, arena) : found;
}

int uri_query_next(struct text query, size_t *at, struct arena *arena, struct text *ret_name,
	struct text *ret_value)
{
	struct text pair = {0};
	struct text raw_name, name, value;

	while (pair.size == 0) {
		struct text rest;

		if (*at == query.size) {
			return 0;
		}
		rest = text_tail(query, *at);
		text_split(&rest, '&', &pair);
		*at = rest.data ? query.size - rest.size : query.size;
	}
	value = pair;
	text_split(&value, '=', &raw_name);
	name = query_decode(raw_name, arena);
	value = query_decode(value, arena);
	if (!name.data || !value.data) {
		return -1;
	}
	*ret_name = name;
	*ret_value = value;
	return 1;
}
