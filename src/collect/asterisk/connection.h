/* SPDX-License-Identifier: MIT
 * A connection to another system, with TLS or without, that never blocks once the name of the host
 * is resolved. */
#ifndef COLLECT_CONNECTION_H
#define COLLECT_CONNECTION_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

struct connection;

struct connection_options {
	const char *host;    /* a name or an address */
	const char *port;    /* a number */
	bool tls;	     /* the certificate has to be valid, and the host's */
	const char *ca_file; /* PEM; NULL: the system's */
};

/* Begins to connect, to each address of the host in turn, in the order that getaddrinfo() gives,
 * until one accepts. Each has 5 s for that. */
int connection_open(struct connection **ret_connection, const struct connection_options *options,
	struct error *err) CHECK_RESULT;
void connection_close(struct connection *connection);

/* Whether one of the host's addresses has accepted. Until then connection_step() ends by itself,
 * with an error in the end. */
bool connection_is_made(const struct connection *connection);

/* What to poll for: POLLIN, POLLOUT. The descriptor is another one at the next address. */
int connection_fd(const struct connection *connection);
short connection_events(const struct connection *connection);

/* Goes on with connecting, with the handshake and with writing, as far as it goes without waiting.
 * Returns 1 once bytes may be exchanged, 0 before that. */
int connection_step(struct connection *connection, struct error *err) CHECK_RESULT;

/* Returns how many bytes came, 0: none now; negative when the other side closed, or failed. */
ssize_t connection_read(
	struct connection *connection, char *to, size_t size, struct error *err) CHECK_RESULT;

/* Notes @text to be written; at most 64 KiB wait. */
int connection_write(
	struct connection *connection, struct text text, struct error *err) CHECK_RESULT;

#endif
