/* SPDX-License-Identifier: MIT
 * Private to http/: the proxies whose word is taken for the clients that they ask for. */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include "base/error.h"
#include "base/text.h"
#include "http/watch.h"

struct trust;

/* From "10.0.0.1, 192.0.2.0/24, 2001:db8::/32, unix": addresses, the first bits of addresses, or
 * what comes over a socket of files. NULL or empty: nobody is trusted, and *ret_trust is NULL. */
int trust_create(struct trust **ret_trust, const char *list, struct error *err) CHECK_RESULT;
/* NULL is accepted. */
void trust_destroy(struct trust *trust);

/* Whether @address is one of @trust's. NULL trusts nobody. */
bool trust_has(const struct trust *trust, const union connection_address *address);

/* The header in which a proxy says for which client it asks. */
enum trust_header {
	TRUST_X_FORWARDED_FOR,
	TRUST_FORWARDED, /* RFC 7239: the parameter `for` */
};
extern const char *const trust_header_names[];

/* The client that the proxy at *@address asks for. It is the last entry of the header that is not a
 * trusted proxy: what stands before it may be anybody's invention. @values holds the header's
 * values, in their order, with commas between them. *@address stays as it is where it is not
 * trusted or names nobody. */
void trust_follow(const struct trust *trust, enum trust_header header, struct text values,
	union connection_address *address);

#endif
