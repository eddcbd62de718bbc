/* SPDX-License-Identifier: MIT
 * A table of what is not public, by the first bits of an address. */
#include "hook/hook_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/array.h"

struct range {
	unsigned char bytes[16];
	unsigned int bits;
};

static const struct range not_public_4[] = {
	{{0}, 8},	      /* this network, RFC 791 */
	{{10}, 8},	      /* private, RFC 1918 */
	{{100, 64}, 10},      /* shared, RFC 6598 */
	{{127}, 8},	      /* the own machine, RFC 1122 */
	{{169, 254}, 16},     /* the own link, RFC 3927: metadata of clouds too */
	{{172, 16}, 12},      /* private */
	{{192, 0, 0}, 24},    /* protocols, RFC 6890 */
	{{192, 0, 2}, 24},    /* documentation, RFC 5737 */
	{{192, 88, 99}, 24},  /* relays of 6to4, RFC 7526 */
	{{192, 168}, 16},     /* private */
	{{198, 18}, 15},      /* benchmarks, RFC 2544 */
	{{198, 51, 100}, 24}, /* documentation */
	{{203, 0, 113}, 24},  /* documentation */
	{{224}, 4},	      /* multicast, RFC 5771 */
	{{240}, 4},	      /* reserved, RFC 1112, and broadcast */
};

/* Of IPv6 only 2000::/3 is given out, RFC 4291 §2.4; of that these are not. */
static const struct range public_6 = {{0x20}, 3};
static const struct range not_public_6[] = {
	{{0x20, 0x01, 0x00}, 23},	/* protocols and Teredo, RFC 2928, RFC 4380 */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
	{{0x20, 0x02}, 16},		/* 6to4, RFC 3056: holds an address of IPv4 */
	{{0x3f, 0xff}, 20},		/* documentation, RFC 9637 */
};
/* IPv4 in IPv6: ::ffff:0:0/96 (RFC 4291 §2.5.5.2) and 64:ff9b::/96 (RFC 6052). */
static const struct range mapped = {{[10] = 0xff, 0xff}, 96};
static const struct range translated = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool is_in(const struct range *range, const unsigned char *address)
{
	unsigned int whole = range->bits / 8, rest = range->bits % 8;
	unsigned int mask = (0xff00U >> rest) & 0xffU;

	return memcmp(range->bytes, address, whole) == 0 &&
	       (rest == 0 || (address[whole] & mask) == (range->bytes[whole] & mask));
}

static bool is_in_any(const struct range *ranges, size_t count, const unsigned char *address)
{
	for (size_t i = 0; i < count; i++) {
		if (is_in(&ranges[i], address)) {
			return true;
		}
	}
	return false;
}

static bool is_public_4(const unsigned char *address)
{
	return !is_in_any(not_public_4, COUNT_OF(not_public_4), address);
}

static bool is_public_6(const unsigned char *address)
{
	if (is_in(&mapped, address) || is_in(&translated, address)) {
		return is_public_4(address + 12);
	}
	return is_in(&public_6, address) &&
	       !is_in_any(not_public_6, COUNT_OF(not_public_6), address);
}

bool hook_address_is_public(const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (address->sa_family == AF_INET && size >= sizeof(four)) {
		memcpy(&four, address, sizeof(four));
		return is_public_4((const unsigned char *)&four.sin_addr);
	}
	if (address->sa_family == AF_INET6 && size >= sizeof(six)) {
		memcpy(&six, address, sizeof(six));
		return is_public_6((const unsigned char *)&six.sin6_addr);
	}
	return false;
}
