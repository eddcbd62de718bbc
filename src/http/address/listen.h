/* SPDX-License-Identifier: MIT
 * Private to http/: the sockets on which a server listens. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/error.h"
#include "http/http.h"

#define LISTEN_ADDRESS_SIZE 128
#define LISTEN_ALL_SIZE	    (HTTP_LISTEN_MAX * LISTEN_ADDRESS_SIZE)

struct listener {
	int fd;
	/* "127.0.0.1:8080", "[::1]:8080", "unix:/run/callstep/http": with the port that a 0 became
	 */
	char address[LISTEN_ADDRESS_SIZE];
	bool made; /* the file of the socket is this server's, which removes it */
};

struct listeners {
	struct listener all[HTTP_LISTEN_MAX];
	size_t count;
	char addresses[LISTEN_ALL_SIZE]; /* with commas between them */
};

/* Whether @list could be listened on: http_server_options.listen. */
int listen_check(const char *list, struct error *err) CHECK_RESULT;

/* Listens on each address of @list, or on the @count sockets at @handed where there are some. Those
 * are the server's from then on. ERROR_INVALID where an address or a socket is not one, ERROR_BUSY
 * where an address is in use. Close them in either case. */
int listen_open(struct listeners *listeners, const char *list, const int *handed, size_t count,
	struct error *err) CHECK_RESULT;
void listen_close(struct listeners *listeners);

#endif
