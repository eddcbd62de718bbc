/* SPDX-License-Identifier: MIT
 * Private to http/: the socket that connections come in by. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/error.h"

#define LISTEN_ADDRESS_SIZE 64

/* Listens on @listen, "127.0.0.1:8080" or "[::1]:8080", and says in @ret_address where, with the
 * port that a 0 became. The caller closes *ret_fd. */
int listen_open(const char *listen, int *ret_fd, char ret_address[LISTEN_ADDRESS_SIZE],
	struct error *err) CHECK_RESULT;

#endif
