/* SPDX-License-Identifier: MIT
 * Private to http/: the library's callbacks. Their context is the struct http_server. */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/exchange.h"

/* The request line was read: makes the exchange, which is the request's context from then on. */
void *dispatch_target(void *context, const char *target, struct MHD_Connection *connection);

/* Leaves the request's parts encoded: the routes and http_query() decode them. */
size_t dispatch_unescape(void *context, struct MHD_Connection *connection, char *text);

/* The access handler, called for the header, for pieces of the body, at the body's end and after
 * each resumption. */
enum MHD_Result dispatch_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size,
	void **request_context);

/* The request is over, one way or the other. */
void dispatch_completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code);

#endif
