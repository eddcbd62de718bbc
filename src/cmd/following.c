/* SPDX-License-Identifier: MIT
 * Waiting for what comes, a moment at a time. */
#include "cmd/following.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "cmd/terminal.h"

#define POLL_MS 200 /* a look for changes is one row of the database */

int following_wait(int signals, struct error *err)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN}, {.fd = fileno(stdout), .events = 0}};

	if (fflush(stdout) != 0) {
		return error_set_errno(err, errno, "cannot write to standard output");
	}
	if (poll(fds, 2, POLL_MS) <= 0) {
		return 1;
	}
	return fds[0].revents == 0 && (fds[1].revents & (POLLERR | POLLHUP)) == 0;
}

void following_tell_replaced(struct text session_id, int64_t first)
{
	fputs("callstep: the steps of ", stderr);
	text_write_clean(stderr, session_id);
	fprintf(stderr, " from %lld on were taken back\n", (long long)first + 1);
}
