/* SPDX-License-Identifier: MIT
 * The cookie by which a browser stays signed in (RFC 6265): the secret of a session, which scripts
 * cannot read.
 *
 * A browser sends a cookie with what any page asks. So it counts for nothing by itself: the header
 * SESSION_HEADER has to come with it, which another site's page may send only where the server
 * allows that beforehand (Fetch, "CORS-preflight"), and this one never does. Where the browser says
 * whose page asks, it has to be this server's. */
#ifndef API_SESSION_COOKIE_H
#define API_SESSION_COOKIE_H

#include "http/http.h"

#define SESSION_HEADER "Callstep-Session"

/* Whether the request comes from a page of this server: it has SESSION_HEADER, and neither
 * Sec-Fetch-Site nor, without that, Origin says otherwise. */
bool session_cookie_same_origin(struct http_request *request);

/* The secret of the request's cookie, where it counts; data NULL: there is none. @tls: of a server
 * with TLS only a cookie that was set by TLS counts. */
struct text session_cookie_read(struct http_request *request, bool tls);

/* Has the browser keep @secret for @age_s seconds; 0: forget it. With @tls, or where the request
 * says that its page came by TLS, the cookie is Secure. */
void session_cookie_set(
	struct http_response *response, const char *secret, int64_t age_s, bool tls);

#endif
