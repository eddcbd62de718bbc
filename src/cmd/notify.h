/* SPDX-License-Identifier: MIT
 * What passes between the server and its service manager. The server tells how it is: the protocol
 * of sd_notify(3), a datagram of lines NAME=value to the socket that NOTIFY_SOCKET names. The
 * manager hands sockets over: sd_listen_fds(3). */
#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

struct notify {
	int fd; /* -1: there is nobody to tell */
	struct sockaddr_un address;
	socklen_t address_size;
	/* How long after one WATCHDOG=1 the manager waits for the next; 0: it expects none. */
	int64_t watchdog_us;
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without the first nobody is told. On failure
 * nobody is told either. */
int notify_open(struct notify *ret_notify, struct error *err) CHECK_RESULT;
/* Nobody is told any more. */
void notify_close(struct notify *notify);

/* Sends "READY=1", "STOPPING=1", more than one with line feeds between them. What a manager does
 * not read for seconds is lost to it, which is not a failure: the server must not stand still. */
int notify_send(const struct notify *notify, struct error *err, const char *format, ...)
	FORMAT_PRINTF(3, 4);

/* Takes the @max sockets at most that the manager listens on for this process, and holds
 * connections for while it is not there: LISTEN_PID and LISTEN_FDS of sd_listen_fds(3), which are
 * taken off the environment. Returns how many; 0: none. Negative where there are more. */
int notify_sockets(int *ret_fds, int max, struct error *err) CHECK_RESULT;

#endif
