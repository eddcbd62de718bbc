/* SPDX-License-Identifier: MIT
 * Routes: matching a path segment by segment, still encoded, so that an encoded slash stays inside
 * its segment. */
#include "http/route.h"

#include <stdio.h>

#include "http/uri.h"

static const struct {
	const char *name;
	enum http_method method;
} methods[] = {
	{"GET", HTTP_GET},
	{"HEAD", HTTP_GET},
	{"POST", HTTP_POST},
	{"PATCH", HTTP_PATCH},
	{"DELETE", HTTP_DELETE},
};

#define SEGMENTS_MAX 16
#define METHOD_COUNT COUNT_OF(methods)

static unsigned int method_of(const char *name)
{
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (strcmp(methods[i].name, name) == 0) {
			return methods[i].method;
		}
	}
	return 0;
}

struct text route_allow(unsigned int allowed, struct arena *arena)
{
	char names[64];
	size_t used = 0;

	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (allowed & methods[i].method) {
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
				used > 0 ? ", " : "", methods[i].name);
		}
	}
	return arena_copy(arena, (struct text){.data = names, .size = used});
}

struct segments {
	struct text at[SEGMENTS_MAX];
	size_t count;
};

/* As route_find(): 0 is a path that no pattern can fit. */
static int split_path(struct text path, struct arena *arena, struct segments *ret)
{
	struct text raw;

	ret->count = 0;
	while (text_split(&path, '/', &raw)) {
		int valid;

		if (ret->count == SEGMENTS_MAX) {
			return 0;
		}
		valid = uri_decode(raw, arena, &ret->at[ret->count++]);
		if (valid <= 0) {
			return valid;
		}
	}
	return 1;
}

static bool matches(
	struct text pattern, const struct segments *segments, struct text *ret_parameters)
{
	struct text expected;
	size_t parameters = 0;
	size_t i = 0;

	for (; text_split(&pattern, '/', &expected); i++) {
		if (i == segments->count) {
			return false;
		}
		if (expected.size == 0 || expected.data[0] != '{') {
			if (!text_equal(expected, segments->at[i])) {
				return false;
			}
			continue;
		}
		if (segments->at[i].size == 0 || parameters == HTTP_PATH_PARAMETERS_MAX) {
			return false;
		}
		ret_parameters[parameters++] = segments->at[i];
	}
	return i == segments->count;
}

int route_find(const struct http_route *routes, struct text path, const char *method,
	struct arena *arena, struct route_match *ret)
{
	struct route_match match = {.method = (enum http_method)method_of(method)};
	struct segments segments;
	int valid = split_path(path, arena, &segments);

	if (valid <= 0) {
		return valid;
	}
	for (const struct http_route *route = routes; route->pattern; route++) {
		struct text parameters[HTTP_PATH_PARAMETERS_MAX] = {0};

		if (!matches(text_of(route->pattern), &segments, parameters)) {
			continue;
		}
		match.allow |= route->methods;
		if (!match.route && (route->methods & match.method)) {
			match.route = route;
			memcpy(match.parameters, parameters, sizeof(parameters));
		}
	}
	if (!match.allow) {
		return 0;
	}
	*ret = match;
	return 1;
}
