/* SPDX-License-Identifier: MIT
 * Reading and writing the cookie of a session. */
#include "api/session_cookie.h"

#include <stdio.h>

/* A browser takes the second name by TLS alone, and for this host alone (RFC 6265bis §4.1.3.2). */
#define NAME	    "callstep-session"
#define SECURE_NAME "__Host-" NAME

#define COOKIE_MAX 256

/* The authority of an origin: "https://pbx.example:8443" has "pbx.example:8443". */
static struct text authority_of(struct text origin)
{
	const char *colon = origin.size > 3 ? memmem(origin.data, origin.size, "://", 3) : NULL;

	return colon ? text_tail(origin, (size_t)(colon - origin.data) + 3) : (struct text){0};
}

bool session_cookie_same_origin(struct http_request *request)
{
	struct text site = http_header(request, "Sec-Fetch-Site");
	struct text origin = http_header(request, "Origin");

	if (!http_header(request, SESSION_HEADER).data) {
		return false;
	}
	if (site.data) {
		return text_equal(site, TEXT("same-origin"));
	}
	return !origin.data ||
	       text_equal_ascii_case(authority_of(origin), http_header(request, "Host"));
}

/* The value of the cookie @name among `a=1; b=2`. */
static struct text find_cookie(struct text cookies, struct text name)
{
	struct text pair, key;

	while (text_split(&cookies, ';', &pair)) {
		pair = text_trim(pair);
		if (text_split(&pair, '=', &key) && pair.data && text_equal(key, name)) {
			return pair;
		}
	}
	return (struct text){0};
}

struct text session_cookie_read(struct http_request *request, bool tls)
{
	struct text cookies = http_header(request, "Cookie");
	struct text secret = {0};

	if (!cookies.data || !session_cookie_same_origin(request)) {
		return secret;
	}
	secret = find_cookie(cookies, TEXT(SECURE_NAME));
	return secret.data || tls ? secret : find_cookie(cookies, TEXT(NAME));
}

void session_cookie_set(struct http_response *response, const char *secret, int64_t age_s, bool tls)
{
	struct text origin = http_header(response->request, "Origin");
	bool secure = tls || text_starts_with(origin, TEXT("https://"));
	char cookie[COOKIE_MAX];
	int size = snprintf(cookie, sizeof(cookie),
		"%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
		secure ? SECURE_NAME : NAME, secret, (long long)age_s, secure ? "; Secure" : "");

	http_response_header(response, "Set-Cookie", (struct text){cookie, (size_t)size});
}
