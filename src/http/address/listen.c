/* SPDX-License-Identifier: MIT
 * Reading addresses, and binding sockets to them. */
#include "http/address/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"

#define BACKLOG	  4096
#define UNIX	  TEXT("unix:")
#define FILE_MODE 0660 /* a proxy of the server's group may connect */

/* ---- an address ---- */

struct place {
	char host[64];
	char port[8];
};

static int bad_address(struct text address, struct error *err)
{
	return error_set(err, ERROR_INVALID,
		"cannot listen on '%.*s': write a numeric address and a port, like 127.0.0.1:8080 "
		"or [::1]:8080, or unix: and a path",
		TEXT_ARG(address));
}

static bool split(struct text address, struct place *ret)
{
	const char *colon = address.size > 0 ? memrchr(address.data, ':', address.size) : NULL;
	size_t host_size = colon ? (size_t)(colon - address.data) : 0;
	struct text host = text_head(address, host_size);
	struct text port = colon ? text_tail(address, host_size + 1) : (struct text){0};
	int64_t number;

	if (!text_to_int64(port, &number) || number < 0 || number > UINT16_MAX) {
		return false;
	}
	if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
		host = text_head(text_tail(host, 1), host.size - 2);
	} else if (memchr(host.data, ':', host.size)) {
		return false;
	}
	if (host.size == 0 || host.size >= sizeof(ret->host)) {
		return false;
	}
	snprintf(ret->host, sizeof(ret->host), "%.*s", TEXT_ARG(host));
	snprintf(ret->port, sizeof(ret->port), "%d", (int)number);
	return true;
}

static void free_address(struct addrinfo **address)
{
	if (*address) {
		freeaddrinfo(*address);
	}
}

static int look_up(struct text address, struct addrinfo **ret, struct error *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct place place;

	if (!split(address, &place) || getaddrinfo(place.host, place.port, &hints, ret) != 0) {
		*ret = NULL;
		return bad_address(address, err);
	}
	return 0;
}

static int read_path(struct text path, struct sockaddr_un *ret, struct error *err)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (path.size == 0 || path.data[0] != '/' || path.size >= sizeof(ret->sun_path) ||
		memchr(path.data, '\0', path.size)) {
		return error_set(err, ERROR_INVALID,
			"cannot listen on 'unix:%.*s': write the path of a file that begins with / "
			"and has at most %zu bytes",
			TEXT_ARG(path), sizeof(ret->sun_path) - 1);
	}
	memcpy(ret->sun_path, path.data, path.size);
	return 0;
}

static int check_one(struct text address, struct error *err)
{
	AUTO(free_address) struct addrinfo *found = NULL;
	struct sockaddr_un path;

	return text_starts_with(address, UNIX)
		       ? read_path(text_tail(address, UNIX.size), &path, err)
		       : look_up(address, &found, err);
}

int listen_check(const char *list, struct error *err)
{
	struct text rest = text_of(list);
	struct text address;
	size_t count = 0;

	if (rest.size == 0) {
		return bad_address(rest, err);
	}
	while (text_split(&rest, ',', &address)) {
		if (check_one(text_trim(address), err) < 0) {
			return -1;
		}
		if (++count > HTTP_LISTEN_MAX) {
			return error_set(err, ERROR_INVALID,
				"cannot listen on more than %d addresses", HTTP_LISTEN_MAX);
		}
	}
	return 0;
}

/* ---- a socket ---- */

static int describe(struct listener *listener)
{
	struct sockaddr_storage bound = {0};
	socklen_t size = sizeof(bound);
	struct place place;

	if (getsockname(listener->fd, (struct sockaddr *)&bound, &size) < 0) {
		return -1;
	}
	if (bound.ss_family == AF_UNIX) {
		const char *path = ((const struct sockaddr_un *)&bound)->sun_path;

		/* A name of the abstract kind begins with a zero byte (unix(7)). */
		snprintf(listener->address, sizeof(listener->address), "unix:%s%.*s",
			path[0] == '\0' ? "@" : "",
			(int)(size - offsetof(struct sockaddr_un, sun_path)),
			path[0] == '\0' ? path + 1 : path);
		return 0;
	}
	if (getnameinfo((struct sockaddr *)&bound, size, place.host, sizeof(place.host), place.port,
		    sizeof(place.port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		return -1;
	}
	snprintf(listener->address, sizeof(listener->address),
		bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", place.host, place.port);
	return 0;
}

static int cannot_listen(struct text address, int errnum, struct error *err)
{
	if (errnum == EADDRINUSE) {
		return error_set(err, ERROR_BUSY, "cannot listen on '%.*s': address already in use",
			TEXT_ARG(address));
	}
	return error_set_errno(err, errnum, "cannot listen on '%.*s'", TEXT_ARG(address));
}

static int listen_ip(struct listener *listener, struct text address, struct error *err)
{
	AUTO(free_address) struct addrinfo *found = NULL;
	int on = 1;

	if (look_up(address, &found, err) < 0) {
		return -1;
	}
	listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Without SO_REUSEADDR a server that was just stopped keeps its port for a minute. */
	if (listener->fd < 0 ||
		setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(listener->fd, found->ai_addr, found->ai_addrlen) < 0 ||
		listen(listener->fd, BACKLOG) < 0) {
		return cannot_listen(address, errno, err);
	}
	return 0;
}

/* A server that was killed leaves the file of its socket: nobody answers there. */
static bool remove_left_over(const struct sockaddr_un *path)
{
	AUTO(file_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat status;

	return fd >= 0 && stat(path->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) &&
	       connect(fd, (const struct sockaddr *)path, sizeof(*path)) < 0 &&
	       errno == ECONNREFUSED && unlink(path->sun_path) == 0;
}

static int listen_unix(struct listener *listener, struct text address, struct error *err)
{
	struct sockaddr_un path;
	int failed;

	if (read_path(text_tail(address, UNIX.size), &path, err) < 0) {
		return -1;
	}
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0) {
		return cannot_listen(address, errno, err);
	}
	failed = bind(listener->fd, (struct sockaddr *)&path, sizeof(path)) < 0 ? errno : 0;
	if (failed == EADDRINUSE && remove_left_over(&path)) {
		failed = bind(listener->fd, (struct sockaddr *)&path, sizeof(path)) < 0 ? errno : 0;
	}
	if (failed) {
		return cannot_listen(address, failed, err);
	}
	listener->made = true;
	if (chmod(path.sun_path, FILE_MODE) < 0 || listen(listener->fd, BACKLOG) < 0) {
		return cannot_listen(address, errno, err);
	}
	return 0;
}

/* A socket that the service manager listens on already. */
static int take_handed(struct listener *listener, int fd, struct error *err)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	listener->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) {
		return error_set(err, ERROR_INVALID,
			"the service manager handed over descriptor %d, which does not listen: "
			"write ListenStream= and Accept=no into the socket unit",
			fd);
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		return error_set_errno(err, errno, "cannot use descriptor %d", fd);
	}
	return 0;
}

static struct listener *next_of(struct listeners *listeners)
{
	struct listener *listener = &listeners->all[listeners->count++];

	*listener = (struct listener){.fd = -1};
	return listener;
}

static int note(struct listeners *listeners, struct listener *listener, struct error *err)
{
	size_t used = strlen(listeners->addresses);

	if (describe(listener) < 0) {
		return error_set_errno(
			err, errno, "cannot tell where descriptor %d listens", listener->fd);
	}
	snprintf(listeners->addresses + used, sizeof(listeners->addresses) - used, "%s%s",
		used > 0 ? "," : "", listener->address);
	return 0;
}

static int take_all(struct listeners *listeners, const int *handed, size_t count, struct error *err)
{
	if (count > HTTP_LISTEN_MAX) {
		return error_set(err, ERROR_INVALID,
			"the service manager handed over %zu sockets: %d are possible", count,
			HTTP_LISTEN_MAX);
	}
	for (size_t i = 0; i < count; i++) {
		struct listener *listener = next_of(listeners);

		if (take_handed(listener, handed[i], err) < 0) {
			return -1;
		}
		if (note(listeners, listener, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int listen_open(struct listeners *listeners, const char *list, const int *handed, size_t count,
	struct error *err)
{
	struct text rest = text_of(list);
	struct text address;

	listeners->count = 0;
	listeners->addresses[0] = '\0';
	if (count > 0) {
		return take_all(listeners, handed, count, err);
	}
	if (listen_check(list, err) < 0) {
		return -1;
	}
	while (text_split(&rest, ',', &address)) {
		struct listener *listener = next_of(listeners);
		int status;

		address = text_trim(address);
		status = text_starts_with(address, UNIX) ? listen_unix(listener, address, err)
							 : listen_ip(listener, address, err);
		if (status < 0) {
			return -1;
		}
		if (note(listeners, listener, err) < 0) {
			return -1;
		}
	}
	return 0;
}

void listen_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *listener = &listeners->all[i];

		if (listener->made && listener->address[0] != '\0') {
			unlink(listener->address + UNIX.size);
		}
		file_close(&listener->fd);
	}
	listeners->count = 0;
}
