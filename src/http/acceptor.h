/* SPDX-License-Identifier: MIT
 * Private to http/: a thread that accepts connections and deals them out to the loops in turns.
 * Where threads share a listening socket, the one that wakes first takes several at once. So
 * connections that come together are mostly served by one core. */
#ifndef HTTP_ACCEPTOR_H
#define HTTP_ACCEPTOR_H

#include "http/exchange.h"

struct acceptor;

/* Accepts for @server, whose socket does not block, while fewer than @connections_max connections
 * are open; 0: no ceiling. */
int acceptor_create(struct acceptor **ret_acceptor, struct http_server *server,
	size_t connections_max, struct error *err) CHECK_RESULT;
/* Connections that were dealt out stay. NULL is accepted. */
void acceptor_destroy(struct acceptor *acceptor);

#endif
