/* SPDX-License-Identifier: MIT
 * Which addresses hooks may reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "hook/hook_address.h"

static bool is_public(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		return hook_address_is_public((const struct sockaddr *)&four, sizeof(four));
	}
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return hook_address_is_public((const struct sockaddr *)&six, sizeof(six));
}

static void addresses_of_the_internet_are_public(void **state)
{
	static const char *const addresses[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255",
		"169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
		"192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111",
		"2a00:1450:4001::200e", "2001:200::1", "2001:4860::8888", "3fff:1000::1",
		"::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		print_message("%s\n", addresses[i]);
		assert_true(is_public(addresses[i]));
	}
}

static void private_and_special_addresses_are_not(void **state)
{
	static const char *const addresses[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
		"100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
		"192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::192.168.1.1", "64:ff9b:1::1", "100::1", "2001::1",
		"2001:1ff::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1",
		"4000::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		print_message("%s\n", addresses[i]);
		assert_false(is_public(addresses[i]));
	}
}

static void other_families_are_not(void **state)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr local = {.sa_family = AF_UNIX};

	(void)state;
	four.sin_addr.s_addr = htonl(0x08080808);
	assert_false(hook_address_is_public(&local, sizeof(local)));
	assert_false(hook_address_is_public((const struct sockaddr *)&four, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_internet_are_public),
		cmocka_unit_test(private_and_special_addresses_are_not),
		cmocka_unit_test(other_families_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
