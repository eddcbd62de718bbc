/* SPDX-License-Identifier: MIT
 * A socket for datagrams, and what is written to it. */
#include "cmd/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define MESSAGE_MAX 512
#define PATIENCE_S  5 /* with a manager that does not read */

/* A path, or `@` and a name of the abstract kind (unix(7)), which is as long as it is written. */
static int read_address(struct notify *notify, const char *name, struct error *err)
{
	size_t size = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || size >= sizeof(notify->address.sun_path)) {
		return error_set(err, ERROR_INVALID,
			"NOTIFY_SOCKET '%s' in the environment is neither a path nor @ and a "
			"name, of at most %zu bytes",
			name, sizeof(notify->address.sun_path) - 1);
	}
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, name, size);
	if (name[0] == '@') {
		notify->address.sun_path[0] = '\0';
	}
	notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return 0;
}

/* A watchdog may be another process's: of the one that started this one. */
static int64_t watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	int64_t number;

	if (pid && pid[0] != '\0' &&
		(!text_to_int64(text_of(pid), &number) || number != getpid())) {
		return 0;
	}
	return text_to_int64(text_of(getenv("WATCHDOG_USEC")), &number) ? number : 0;
}

int notify_open(struct notify *ret_notify, struct error *err)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const char *name = getenv("NOTIFY_SOCKET");

	*ret_notify = (struct notify){.fd = -1};
	if (!name || name[0] == '\0') {
		return 0;
	}
	if (read_address(ret_notify, name, err) < 0) {
		return -1;
	}
	ret_notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ret_notify->fd < 0 || setsockopt(ret_notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
					  sizeof(patience)) < 0) {
		error_set_errno(err, errno, "cannot make a socket");
		notify_close(ret_notify);
		return -1;
	}
	ret_notify->watchdog_us = watchdog_us();
	return 0;
}

void notify_close(struct notify *notify)
{
	file_close(&notify->fd);
	notify->fd = -1;
}

int notify_send(const struct notify *notify, struct error *err, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	int size;

	if (notify->fd < 0) {
		return 0;
	}
	va_start(args, format);
	size = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	size = size < MESSAGE_MAX ? size : MESSAGE_MAX - 1;
	if (sendto(notify->fd, message, (size_t)size, MSG_NOSIGNAL,
		    (const struct sockaddr *)&notify->address, notify->address_size) < 0 &&
		errno != EAGAIN) {
		return error_set_errno(err, errno, "cannot tell the service manager");
	}
	return 0;
}

#define SOCKETS_BEGIN 3 /* the first descriptor that is handed over */

int notify_sockets(int *ret_fds, int max, struct error *err)
{
	struct text count_text = text_of(getenv("LISTEN_FDS"));
	int64_t pid = 0, count = 0;

	if (!text_to_int64(text_of(getenv("LISTEN_PID")), &pid) || pid != getpid() ||
		!text_to_int64(count_text, &count)) {
		return 0;
	}
	if (count < 0 || count > max) {
		return error_set(err, ERROR_INVALID,
			"LISTEN_FDS '%.*s' in the environment: from 0 to %d sockets are possible",
			TEXT_ARG(count_text), max);
	}
	/* For a program that this one starts they are not. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (int i = 0; i < count; i++) {
		ret_fds[i] = SOCKETS_BEGIN + i;
	}
	return (int)count;
}
