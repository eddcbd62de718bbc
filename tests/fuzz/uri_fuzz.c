/* SPDX-License-Identifier: MIT
 * Any bytes as a request's target: its parts stand in it, decoding is bounded and its own inverse,
 * walking the query agrees with asking it, and a route's parameters are never empty. */
#include "fuzz_target.h"
#include "http/route.h"
#include "http/uri.h"

static const struct http_route routes[] = {
	{.pattern = "/api/all_logs/{start}/{end}", .methods = HTTP_GET},
	{.pattern = "/v1/calls/{session_id}", .methods = HTTP_GET},
	{.pattern = "/v1/calls", .methods = HTTP_GET | HTTP_POST},
	{.pattern = "/", .methods = HTTP_GET},
	{.pattern = NULL},
};

static bool is_within(struct text part, struct text whole)
{
	return !part.data || part.size == 0 ||
	       (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

/* Every byte written as %xx. */
static struct text encode(struct text plain, struct arena *arena)
{
	static const char digits[] = "0123456789abcdef";
	char *encoded = arena_alloc(arena, plain.size * 3 + 1);

	fuzz_require(encoded != NULL);
	for (size_t i = 0; i < plain.size; i++) {
		unsigned char byte = (unsigned char)plain.data[i];

		encoded[3 * i] = '%';
		encoded[3 * i + 1] = digits[byte >> 4];
		encoded[3 * i + 2] = digits[byte & 15];
	}
	return (struct text){.data = encoded, .size = plain.size * 3};
}

static void check_path(struct text path, struct arena *arena)
{
	struct route_match match;
	struct text decoded, again;
	int done = uri_decode(path, arena, &decoded);

	fuzz_require(done >= 0);
	if (done > 0) {
		fuzz_require(decoded.size <= path.size);
		fuzz_require(!memchr(decoded.data, '\0', decoded.size));
		fuzz_require(uri_decode(encode(decoded, arena), arena, &again) == 1);
		fuzz_require(text_equal(decoded, again));
	}
	if (route_find(routes, path, "GET", arena, &match) == 1 && match.route) {
		fuzz_require(done == 1);
		for (size_t i = 0; match.route->pattern[0] && i < HTTP_PATH_PARAMETERS_MAX; i++) {
			fuzz_require(!match.parameters[i].data || match.parameters[i].size > 0);
		}
	}
}

static void check_query(struct text query, struct arena *arena)
{
	struct text name, value, last;
	size_t at = 0;

	while (uri_query_next(query, &at, arena, &name, &value) > 0) {
		fuzz_require(at <= query.size && name.size + value.size <= query.size);
		fuzz_require(uri_query_value(query, name, arena).data != NULL);
	}
	fuzz_require(at == query.size);
	last = uri_query_value(query, TEXT("limit"), arena);
	fuzz_require(last.size <= query.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text target = {.data = (const char *)data, .size = size};
	AUTO(arena_deinit) struct arena arena;
	struct text path, query;

	arena_init(&arena, SIZE_MAX);
	uri_split(target, &path, &query);
	fuzz_require(is_within(query, target));
	check_path(path, &arena);
	if (query.data) {
		check_query(query, &arena);
	}
	check_query(target, &arena);
	return 0;
}
