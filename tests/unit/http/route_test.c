/* SPDX-License-Identifier: MIT
 * Routes and the parts of a target. */
#include "http/route.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "http/uri.h"

#define ARENA_SIZE ((size_t)1 << 16)

static const struct http_route routes[] = {
	{.pattern = "/", .methods = HTTP_GET},
	{.pattern = "/calls/latest", .methods = HTTP_GET},
	{.pattern = "/calls/{id}", .methods = HTTP_GET | HTTP_DELETE},
	{.pattern = "/calls/{id}", .methods = HTTP_PATCH},
	{.pattern = "/api/all_logs/{start}/{end}", .methods = HTTP_GET},
	{0},
};

static void a_path_finds_its_route(void **state)
{
	static const struct {
		const char *path;
		const char *method;
		int route; /* -1: no path, -2: no method */
		const char *first;
		const char *second;
	} cases[] = {
		{"/", "GET", 0, NULL, NULL},
		{"/calls/latest", "GET", 1, NULL, NULL},
		{"/calls/17", "GET", 2, "17", NULL},
		{"/calls/17", "HEAD", 2, "17", NULL},
		{"/calls/17", "PATCH", 3, "17", NULL},
		{"/calls/latest", "PATCH", 3, "latest", NULL},
		{"/calls/17", "POST", -2, NULL, NULL},
		{"/calls/17", "OPTIONS", -2, NULL, NULL},
		{"/calls/17", "get", -2, NULL, NULL},
		{"/api/all_logs/1/2", "GET", 4, "1", "2"},
		{"/api/all_logs/%31/2%20", "GET", 4, "1", "2 "},
		{"/%61pi/all%5Flogs/1/2", "GET", 4, "1", "2"},
		{"/api/all_logs/a%2Fb/2", "GET", 4, "a/b", "2"},
		{"/api/all_logs/+/%25", "GET", 4, "+", "%"},
		{"/api/all_logs/1/%C3%A9", "GET", 4, "1", "\xC3\xA9"},
		{"/api/all_logs/1", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/2/", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/2/3", "GET", -1, NULL, NULL},
		{"/api/all_logs//2", "GET", -1, NULL, NULL},
		{"/api//all_logs/1/2", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/2%", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/%2", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/%zz", "GET", -1, NULL, NULL},
		{"/api/all_logs/1/%00", "GET", -1, NULL, NULL},
		{"/api%2Fall_logs/1/2", "GET", -1, NULL, NULL},
		{"/API/all_logs/1/2", "GET", -1, NULL, NULL},
		{"/calls", "GET", -1, NULL, NULL},
		{"/calls/", "GET", -1, NULL, NULL},
		{"//", "GET", -1, NULL, NULL},
		{"", "GET", -1, NULL, NULL},
		{"*", "OPTIONS", -1, NULL, NULL},
		{"////////////////////////////////", "GET", -1, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct route_match match = {0};
		int found;

		arena_init(&arena, ARENA_SIZE);
		found = route_find(routes, text_of(cases[i].path), cases[i].method, &arena, &match);
		if (found != (cases[i].route != -1) ||
			match.route != (cases[i].route < 0 ? NULL : &routes[cases[i].route]) ||
			!text_equal_string(match.parameters[0], cases[i].first) ||
			!text_equal_string(match.parameters[1], cases[i].second)) {
			fail_msg("%s %s: %d", cases[i].method, cases[i].path, found);
		}
	}
}

static void allow_names_the_methods_of_all_routes_of_the_path(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct route_match match = {0};

	(void)state;
	arena_init(&arena, ARENA_SIZE);
	assert_int_equal(route_find(routes, TEXT("/calls/latest"), "PUT", &arena, &match), 1);
	assert_string_equal(route_allow(match.allow, &arena).data, "GET, HEAD, PATCH, DELETE");
	assert_string_equal(route_allow(HTTP_GET, &arena).data, "GET, HEAD");
	assert_string_equal(route_allow(HTTP_POST, &arena).data, "POST");
}

static void a_used_up_arena_is_told_from_an_unknown_path(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	struct route_match match = {0};

	(void)state;
	arena_init(&arena, 0);
	assert_true(route_find(routes, TEXT("/calls/17"), "GET", &arena, &match) < 0);
}

static void a_target_is_split_into_path_and_query(void **state)
{
	static const struct {
		const char *target;
		const char *path;
		const char *query;
	} cases[] = {
		{"/a/b", "/a/b", NULL},
		{"/a?", "/a", ""},
		{"/a?b=1?c", "/a", "b=1?c"},
		{"http://host:80/a?b", "/a", "b"},
		{"HTTPS://host/a", "/a", NULL},
		{"http://host", "/", NULL},
		{"*", "*", NULL},
		{"", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text path;
		struct text query;

		uri_split(text_of(cases[i].target), &path, &query);
		if (!text_equal_string(path, cases[i].path) ||
			!text_equal_string(query, cases[i].query) ||
			!query.data != !cases[i].query) {
			fail_msg("'%s'", cases[i].target);
		}
	}
}

static void a_query_parameter_is_its_last_value_decoded(void **state)
{
	static const struct {
		const char *query;
		const char *name;
		struct text value;
	} cases[] = {
		{"a=1", "a", TEXT("1")},
		{"a=1&b=2&a=3", "a", TEXT("3")},
		{"a=1&a", "a", TEXT("")},
		{"a", "a", TEXT("")},
		{"a=", "a", TEXT("")},
		{"a=b=c", "a", TEXT("b=c")},
		{"a=x+y%2B%20z", "a", TEXT("x y+ z")},
		{"%61b+=1", "ab ", TEXT("1")},
		{"a=%", "a", TEXT("%")},
		{"a=%zz%4", "a", TEXT("%zz%4")},
		{"a=x%00y", "a", TEXT("x\0y")},
		{"&&a=1&&", "a", TEXT("1")},
		{"aa=1&A=2", "a", {0}},
		{"", "a", {0}},
		{NULL, "a", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct text value;

		arena_init(&arena, ARENA_SIZE);
		value = uri_query_value(text_of(cases[i].query), text_of(cases[i].name), &arena);
		if (!text_equal(value, cases[i].value) || !value.data != !cases[i].value.data) {
			fail_msg("'%s' gave '%.*s'", cases[i].query, TEXT_ARG(value));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_its_route),
		cmocka_unit_test(allow_names_the_methods_of_all_routes_of_the_path),
		cmocka_unit_test(a_used_up_arena_is_told_from_an_unknown_path),
		cmocka_unit_test(a_target_is_split_into_path_and_query),
		cmocka_unit_test(a_query_parameter_is_its_last_value_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
