/* SPDX-License-Identifier: MIT
 * Private to http/: handing a filled-in response to the library. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "http/exchange.h"

/* Queues exchange->response. MHD_NO: it cannot be sent, and the connection is to be broken off. */
enum MHD_Result response_queue(struct exchange *exchange);

/* Fills in exchange->response by options.error and queues it. */
enum MHD_Result response_refuse(struct exchange *exchange, const struct refusal *refusal);

/* The same in the middle of a request's body, where the library takes no response: writes it to the
 * connection itself. The connection cannot be used for anything after that. */
void response_refuse_now(struct exchange *exchange, const struct refusal *refusal);

#endif
