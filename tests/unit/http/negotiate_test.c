/* SPDX-License-Identifier: MIT
 * Content negotiation. */
#include "http/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const offers[] = {"application/json", "application/xml", "text/xml", NULL};

static void a_type_is_chosen_by_accept(void **state)
{
	static const struct {
		const char *accept;
		int offer;
	} cases[] = {
		{NULL, 0},
		{"*/*", 0},
		{"application/json", 0},
		{"application/xml", 1},
		{"APPLICATION/XML", 1},
		{"text/xml", 2},
		{"text/*", 2},
		{"application/*", 0},
		{"application/json;q=0.5, application/xml", 1},
		{"application/json;q=0.5, application/xml;q=0.5", 0},
		{"application/json;q=0.501,application/xml;q=0.502", 1},
		{"application/xml;q=0.9, */*;q=0.1", 1},
		{"*/*, application/json;q=0", 1},
		{"application/*;q=0.2, text/xml;q=0.3", 2},
		{"*/*;q=0.8, application/*;q=0.1", 2},
		{"application/json;q=0", -1},
		{"text/html", -1},
		{"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", 1},
		{"", -1},
		{"*/*;q=0", -1},
		{"application/xml;q=1.000", 1},
		{"application/xml ; q=0.9 , application/json ; q=0.8", 1},
		{"application/xml;Q=0.9, application/json;q=0.8", 1},
		/* a range with a parameter that the offer does not have does not match it */
		{"application/json;version=2, text/xml;q=0.1", 2},
		/* an extension after the weight is not a parameter of the range */
		{"application/xml;q=0.7;level=1, application/json;q=0.6", 1},
		/* malformed parts are passed over */
		{"application/json;q=2, application/xml", 1},
		{"application/json;q=0.1234, application/xml;q=0.1", 1},
		{"application/json;q=, application/xml", 1},
		{"application/json;q=-1, application/xml", 1},
		{"application/json;q=1.001, application/xml", 1},
		{"application/json;q=.5, application/xml", 1},
		{"application, /, json/, */json, ,;,;q=1, application/xml", 1},
		{"text/plain;a=\"x,application/json\", application/xml", 1},
		{"\"unended, application/json", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int offer = negotiate_type(text_of(cases[i].accept), offers);

		if (offer != cases[i].offer) {
			fail_msg("'%s' chose %d, not %d", cases[i].accept, offer, cases[i].offer);
		}
	}
}

static void an_offer_with_a_parameter_is_matched_by_it_first(void **state)
{
	static const char *const versions[] = {"text/csv;header=absent", "text/csv", NULL};

	(void)state;
	assert_int_equal(
		negotiate_type(TEXT("text/csv;q=0.5, text/csv;header=absent;q=0.1"), versions), 1);
	assert_int_equal(negotiate_type(TEXT("text/csv;header=absent"), versions), 0);
}

static void gzip_is_used_where_it_is_welcome(void **state)
{
	static const struct {
		const char *accept;
		bool used;
	} cases[] = {
		{NULL, false},
		{"", false},
		{"gzip", true},
		{"GZip", true},
		{"deflate, gzip, br", true},
		{"gzip;q=0", false},
		{"gzip;q=0.000", false},
		{"gzip;q=0.001", true},
		{"*", true},
		{"*;q=0", false},
		{"identity", false},
		{"br", false},
		{"gzip;q=0, *", false},
		{"*;q=0, gzip", true},
		{"gzip;q=0.5, identity;q=0.9", false},
		{"gzip;q=0.9, identity;q=0.5", true},
		{"gzip;q=0.5, identity;q=0.5", true},
		{"gzip;q=x, identity", false},
		{"xgzip, gzipx", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool used = negotiate_coding(text_of(cases[i].accept), "gzip");

		if (used != cases[i].used) {
			fail_msg("'%s' gave %d", cases[i].accept, used);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_is_chosen_by_accept),
		cmocka_unit_test(an_offer_with_a_parameter_is_matched_by_it_first),
		cmocka_unit_test(gzip_is_used_where_it_is_welcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
