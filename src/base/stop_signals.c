/* SPDX-License-Identifier: MIT
 * SIGINT and SIGTERM as a descriptor. */
#include "base/stop_signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int stop_signals_open(int *ret_fd, struct error *err)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		return error_set_errno(err, errno, "cannot wait for signals");
	}
	*ret_fd = fd;
	return 0;
}
