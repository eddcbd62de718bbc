/* SPDX-License-Identifier: MIT
 * Pages of other origins that may ask by script (Fetch, "CORS protocol"). They send the key
 * themselves: cookies do not count, and the header of sessions may not come with them. */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "http/http.h"

/* What such a page may send beside what every page may, and what it may read. */
#define CORS_HEADERS                                                                               \
	"Authorization, Content-Encoding, Content-Type, Last-Event-ID, X-Request-Id, traceparent"
#define CORS_EXPOSED "Retry-After, X-Request-Id, X-Total-Calls, X-Total-Groups"
#define CORS_AGE     "600" /* seconds that a browser may remember it */

/* Whether @list is one: "https://wall.example, http://127.0.0.1:3000", or "*". ERROR_INVALID names
 * what is not. */
int cors_check(const char *list, struct error *err) CHECK_RESULT;

/* The Origin of the request where @list (NULL: nobody) has it; data NULL: it is not allowed. */
struct text cors_origin(const char *list, struct http_request *request);

#endif
