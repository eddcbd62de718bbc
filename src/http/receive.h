/* SPDX-License-Identifier: MIT
 * Private to http/: puts each connection's gate between the socket and the HTTP library. The
 * library has no place for it: it calls recv(), or gnutls_record_recv(), and parses what came. So
 * this program has functions of these names, which the dynamic linker gives to the library instead
 * of the system's. They receive as those do, and then ask the gate of the connection. What receives
 * anything else in this program, or in another thread, notices nothing. Where the library were
 * linked in another way, the dispatcher would see requests that came through no gate, and refuse
 * them all. */
#ifndef HTTP_RECEIVE_H
#define HTTP_RECEIVE_H

#include "http/watch.h"

struct receiver;

/* The plain connections that a loop's thread serves, by their sockets. NULL where memory is short.
 */
struct receiver *receiver_create(void);
/* NULL is accepted. */
void receiver_destroy(struct receiver *receiver);

/* From now on what this thread receives is looked up in @receiver. */
void receiver_use(struct receiver *receiver);

/* Before the library receives from @connection. Where memory is short, its requests will be
 * refused. */
void receiver_add(struct receiver *receiver, struct connection *connection);
/* Before @connection's socket is closed. */
void receiver_remove(struct receiver *receiver, const struct connection *connection);

#endif
