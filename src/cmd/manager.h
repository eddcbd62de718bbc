/* SPDX-License-Identifier: MIT
 * The service manager of a running server (systemd): what it is told, and when. Where there is none
 * all of this does nothing, and the server waits for signals alone. */
#ifndef CMD_MANAGER_H
#define CMD_MANAGER_H

#include <signal.h>

#include "cmd/notify.h"
#include "http/http.h"
#include "intake/intake.h"

struct manager {
	struct notify notify;
	/* What is told of. Both are set before manager_ready(). */
	struct http_server *server;
	struct intake *intake;
	/* Of the status that was told last. */
	uint64_t status_calls;
	int64_t status_us;
};

/* A manager that cannot be told is a warning of the log: the server works without one. */
void manager_open(struct manager *ret_manager);
void manager_close(struct manager *manager);

void manager_ready(struct manager *manager);
void manager_reloading(struct manager *manager);
/* It stops within @grace_s seconds, and what it writes after that. */
void manager_stopping(struct manager *manager, int64_t grace_s);

/* Waits for one of @signals, which are blocked, and returns it. Meanwhile the manager hears how
 * many connections and calls there are. Its watchdog hears from a server whose threads all go
 * round. */
int manager_wait(struct manager *manager, const sigset_t *signals);

#endif
