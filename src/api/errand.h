/* SPDX-License-Identifier: MIT
 * Handlers that wait, for a lock of the store or for the network, run on threads of their own
 * instead of their connection's. Accounts take turns there as they do at other questions. */
#ifndef API_ERRAND_H
#define API_ERRAND_H

#include "api/api_private.h"

/* Stand in the place of the handlers of a route that waits (api_handlers()). */
enum http_step errand_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step errand_finish(
	void *context, struct http_request *request, struct http_response *response);
void errand_release(void *context, struct http_request *request);

#endif
