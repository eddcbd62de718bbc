/* SPDX-License-Identifier: MIT
 * Trusted proxies, and X-Forwarded-For. */
#include "http/address/trust.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define NETWORKS_MAX 64
#define IPV4_IN_IPV6 96 /* bits before an IPv4 address that is written as an IPv6 one */

/* Of either family: IPv4 as ::ffff:… */
struct network {
	struct in6_addr address;
	unsigned int bits;
};

struct trust {
	bool unix_too;
	size_t count;
	struct network networks[NETWORKS_MAX];
};

static struct in6_addr as_ipv6(const union connection_address *address)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	if (address->any.sa_family == AF_INET6) {
		return address->v6.sin6_addr;
	}
	memcpy(&mapped.s6_addr[12], &address->v4.sin_addr, sizeof(struct in_addr));
	return mapped;
}

/* Reads "192.0.2.7" or "2001:db8::1"; the port is 0. */
static bool read_address(struct text text, union connection_address *ret)
{
	union connection_address address = {0};
	char copy[INET6_ADDRSTRLEN];

	if (text.size == 0 || text.size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	if (inet_pton(AF_INET, copy, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
	} else if (inet_pton(AF_INET6, copy, &address.v6.sin6_addr) == 1) {
		address.v6.sin6_family = AF_INET6;
	} else {
		return false;
	}
	*ret = address;
	return true;
}

static bool read_network(struct text text, struct network *ret)
{
	union connection_address address;
	struct text host;
	unsigned int before;
	int64_t bits;

	if (!text_split(&text, '/', &host) || !read_address(text_trim(host), &address)) {
		return false;
	}
	before = address.any.sa_family == AF_INET ? IPV4_IN_IPV6 : 0;
	bits = 128 - before;
	if (text.data && (!text_to_int64(text, &bits) || bits + before > 128)) {
		return false;
	}
	*ret = (struct network){.address = as_ipv6(&address), .bits = (unsigned int)bits + before};
	return true;
}

int trust_create(struct trust **ret_trust, const char *list, struct error *err)
{
	struct text rest = text_of(list);
	struct trust *trust;
	struct text part;

	*ret_trust = NULL;
	if (rest.size == 0) {
		return 0;
	}
	trust = calloc(1, sizeof(*trust));
	if (!trust) {
		return error_no_memory(err);
	}
	while (text_split(&rest, ',', &part)) {
		part = text_trim(part);
		if (text_equal(part, TEXT("unix"))) {
			trust->unix_too = true;
			continue;
		}
		if (trust->count == NETWORKS_MAX ||
			!read_network(part, &trust->networks[trust->count++])) {
			error_set(err, ERROR_INVALID,
				"'%.*s' is not an address of a trusted proxy: give up to %d like "
				"10.0.0.1, 10.0.0.0/8 or unix, with commas between them",
				TEXT_ARG(part), NETWORKS_MAX);
			trust_destroy(trust);
			return -1;
		}
	}
	*ret_trust = trust;
	return 0;
}

void trust_destroy(struct trust *trust)
{
	free(trust);
}

static bool is_within(const struct in6_addr *address, const struct network *network)
{
	unsigned int bytes = network->bits / 8;
	unsigned int rest = network->bits % 8;

	if (memcmp(address, &network->address, bytes) != 0) {
		return false;
	}
	return rest == 0 ||
	       (address->s6_addr[bytes] ^ network->address.s6_addr[bytes]) >> (8 - rest) == 0;
}

bool trust_has(const struct trust *trust, const union connection_address *address)
{
	struct in6_addr mapped;

	if (address->any.sa_family == AF_UNIX) {
		return trust && trust->unix_too;
	}
	mapped = as_ipv6(address);
	for (size_t i = 0; trust && i < trust->count; i++) {
		if (is_within(&mapped, &trust->networks[i])) {
			return true;
		}
	}
	return false;
}

/* Takes the last entry off @rest. */
static struct text take_last(struct text *rest)
{
	size_t size = rest->size;
	struct text last;

	while (size > 0 && rest->data[size - 1] != ',') {
		size--;
	}
	last = text_trim(text_tail(*rest, size));
	*rest = text_head(*rest, size > 0 ? size - 1 : 0);
	return last;
}

/* Some proxies write a port behind the address, and an IPv6 address in brackets. */
static struct text without_port(struct text entry)
{
	const char *colon = entry.size > 0 ? memchr(entry.data, ':', entry.size) : NULL;
	struct text host;

	if (entry.size > 0 && entry.data[0] == '[') {
		entry = text_tail(entry, 1);
		text_split(&entry, ']', &host);
		return host;
	}
	if (colon && !memchr(colon + 1, ':', entry.size - (size_t)(colon + 1 - entry.data))) {
		return text_head(entry, (size_t)(colon - entry.data));
	}
	return entry;
}

/* The value of `for` in an element of Forwarded, without its quotes; empty where there is none. A
 * comma between quotes separates elements too: no address has one. */
static struct text for_of(struct text element)
{
	struct text pair, name;

	while (text_split(&element, ';', &pair)) {
		pair = text_trim(pair);
		if (!text_split(&pair, '=', &name) || !text_equal_ascii_case(name, TEXT("for"))) {
			continue;
		}
		if (pair.size >= 2 && pair.data[0] == '"' && pair.data[pair.size - 1] == '"') {
			pair = text_head(text_tail(pair, 1), pair.size - 2);
		}
		return pair;
	}
	return (struct text){0};
}

const char *const trust_header_names[] = {
	[TRUST_X_FORWARDED_FOR] = "X-Forwarded-For", [TRUST_FORWARDED] = "Forwarded"};

void trust_follow(const struct trust *trust, enum trust_header header, struct text values,
	union connection_address *address)
{
	while (values.size > 0 && trust_has(trust, address)) {
		struct text entry = take_last(&values);

		if (header == TRUST_FORWARDED) {
			entry = for_of(entry);
		}
		if (!read_address(without_port(entry), address)) {
			return;
		}
	}
}
