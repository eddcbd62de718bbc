/* SPDX-License-Identifier: MIT
 * Values of headers. */
#include "http/header.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_media_type_stands_without_its_parameters(void **state)
{
	static const struct {
		const char *header;
		const char *type;
	} cases[] = {
		{NULL, ""},
		{"", ""},
		{"application/json", "application/json"},
		{"application/json; charset=utf-8", "application/json"},
		{" Application/JSON\t;charset=utf-8;x=y", "Application/JSON"},
		{";charset=utf-8", ""},
		{"application/json, text/xml", "application/json, text/xml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text type = header_media_type(text_of(cases[i].header));

		assert_int_equal(type.size, strlen(cases[i].type));
		assert_memory_equal(type.data ? type.data : "", cases[i].type, type.size);
	}
}

static void an_entity_tag_is_named_in_a_list(void **state)
{
	static const struct {
		const char *header;
		bool named;
	} cases[] = {
		{NULL, false},
		{"", false},
		{"*", true},
		{" * ", true},
		{"\"v1\"", true},
		{"W/\"v1\"", true},
		{"\"v0\", \"v1\"", true},
		{"\"v0\",,W/\"v1\" ,\"v2\"", true},
		{"v1", false},
		{"\"V1\"", false},
		{"w/\"v1\"", false},
		{"\"v1", false},
		{"\"v12\"", false},
		{"W/W/\"v1\"", false},
		{"W/*x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(header_names_etag(text_of(cases[i].header), TEXT("\"v1\"")),
			cases[i].named);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_media_type_stands_without_its_parameters),
		cmocka_unit_test(an_entity_tag_is_named_in_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
