/* SPDX-License-Identifier: MIT
 * Private to http/: the proxies whose word is taken for the clients that they ask for. */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include "base/error.h"
#include "base/text.h"
#include "http/watch.h"

struct trust;

/* From "10.0.0.1, 192.0.2.0/24, 2001:db8::/32": addresses, or the first bits of addresses. NULL or
 * empty: nobody is trusted, and *ret_trust is NULL. */
int trust_create(struct trust **ret_trust, const char *list, struct error *err) CHECK_RESULT;
/* NULL is accepted. */
void trust_destroy(struct trust *trust);

/* Whether @address is one of @trust's. NULL trusts nobody. */
bool trust_has(const struct trust *trust, const union connection_address *address);

/* The client that the proxy at *@address asks for. It is the last entry of X-Forwarded-For that is
 * not a trusted proxy: what stands before it may be anybody's invention. @forwarded holds the
 * header's values, in their order, with commas between them. *@address stays as it is where it is
 * not trusted or names nobody. */
void trust_follow(
	const struct trust *trust, struct text forwarded, union connection_address *address);

#endif
