/* SPDX-License-Identifier: MIT
 * The watch: what counts as one address, and how many connections it may have. With sockets:
 * tests/load/test_load.py. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "http/address/trust.h"
#include "http/watch.h"

#define CONNECTIONS_MAX 12

static struct connection *add(struct watch *watch, const char *host)
{
	union connection_address address = {0};

	if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, host, &address.v6.sin6_addr), 1);
		address.v6.sin6_family = AF_INET6;
	}
	return watch_add(watch, -1, &address, NULL);
}

/* How many of @hosts, one after the other, are let in. */
static size_t let_in(const struct watch_options *options, const char *const *hosts, size_t count)
{
	struct connection *connections[2 * CONNECTIONS_MAX];
	struct watch *watch;
	struct error err;
	size_t in = 0;

	assert_int_equal(watch_create(&watch, options, &err), 0);
	for (size_t i = 0; i < count; i++) {
		connections[in] = add(watch, hosts[i]);
		in += connections[in] != NULL;
	}
	for (size_t i = 0; i < in; i++) {
		watch_remove(watch, connections[i]);
	}
	assert_false(watch_is_full(watch, 1));
	watch_destroy(watch);
	return in;
}

static void an_ipv6_customer_is_one_address(void **state)
{
	static const char *const same[] = {"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"};
	static const char *const others[] = {"2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"};
	static const char *const mapped[] = {
		"::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3", "192.0.2.4"};
	const struct watch_options options = {.connections_per_address_max = 1};

	(void)state;
	assert_int_equal(let_in(&options, same, 3), 1);
	assert_int_equal(let_in(&options, others, 3), 3);
	assert_int_equal(let_in(&options, mapped, 4), 4);
}

static void an_address_has_three_quarters_where_nothing_else_is_said(void **state)
{
	const char *hosts[CONNECTIONS_MAX];
	struct watch_options options = {.connections_max = CONNECTIONS_MAX};
	struct trust *trust;
	struct error err;

	(void)state;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		hosts[i] = "192.0.2.1";
	}
	assert_int_equal(let_in(&options, hosts, CONNECTIONS_MAX), CONNECTIONS_MAX / 4 * 3);
	options.connections_per_address_max = 2;
	assert_int_equal(let_in(&options, hosts, CONNECTIONS_MAX), 2);
	assert_int_equal(trust_create(&trust, "192.0.2.0/24", &err), 0);
	options.trust = trust;
	assert_int_equal(let_in(&options, hosts, CONNECTIONS_MAX), CONNECTIONS_MAX);
	trust_destroy(trust);
}

static void the_bits_of_a_network_decide(void **state)
{
	static const struct {
		const char *list;
		const char *host;
		bool has;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.4/30", "192.0.2.7", true},
		{"192.0.2.4/30", "192.0.2.8", false},
		{"0.0.0.0/0", "192.0.2.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::/0", "192.0.2.8", true},
		{" 10.0.0.1 , 192.0.2.8", "192.0.2.8", true},
		{"192.0.2.8", "::ffff:192.0.2.8", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		union connection_address address = {.v4 = {.sin_family = AF_INET}};
		struct trust *trust;
		struct error err;

		if (inet_pton(AF_INET, cases[i].host, &address.v4.sin_addr) != 1) {
			address.v6.sin6_family = AF_INET6;
			inet_pton(AF_INET6, cases[i].host, &address.v6.sin6_addr);
		}
		assert_int_equal(trust_create(&trust, cases[i].list, &err), 0);
		assert_int_equal(trust_has(trust, &address), cases[i].has);
		trust_destroy(trust);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv6_customer_is_one_address),
		cmocka_unit_test(an_address_has_three_quarters_where_nothing_else_is_said),
		cmocka_unit_test(the_bits_of_a_network_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
