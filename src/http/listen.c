/* SPDX-License-Identifier: MIT
 * Listening on a numeric address. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define BACKLOG 4096

struct place {
	char host[64];
	char port[8];
};

static int invalid(const char *listen, struct error *err)
{
	return error_set(err, ERROR_INVALID,
		"cannot listen on '%s': write a numeric address and a port, like 127.0.0.1:8080 or "
		"[::1]:8080",
		listen);
}

static bool split(const char *listen, struct place *ret)
{
	const char *colon = strrchr(listen, ':');
	struct text host = {.data = listen, .size = colon ? (size_t)(colon - listen) : 0};
	struct text port = text_of(colon ? colon + 1 : NULL);
	int64_t number;

	if (!text_to_int64(port, &number) || number > UINT16_MAX) {
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

static int bind_and_listen(int fd, const struct addrinfo *address)
{
	int on = 1;

	/* Without it a server that was just stopped keeps its port for a minute. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, address->ai_addr, address->ai_addrlen) < 0) {
		return -1;
	}
	return listen(fd, BACKLOG);
}

static int failed(const char *address, int errnum, struct error *err)
{
	if (errnum == EADDRINUSE) {
		return error_set(
			err, ERROR_BUSY, "cannot listen on '%s': address already in use", address);
	}
	return error_set_errno(err, errnum, "cannot listen on '%s'", address);
}

static int describe(int fd, char ret_address[LISTEN_ADDRESS_SIZE])
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	struct place place;

	if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0 ||
		getnameinfo((struct sockaddr *)&bound, size, place.host, sizeof(place.host),
			place.port, sizeof(place.port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		return -1;
	}
	snprintf(ret_address, LISTEN_ADDRESS_SIZE,
		bound.ss_family == AF_INET6 ? "[%.54s]:%.5s" : "%.54s:%.5s", place.host,
		place.port);
	return 0;
}

static void free_address(struct addrinfo **address)
{
	if (*address) {
		freeaddrinfo(*address);
	}
}

int listen_open(
	const char *listen, int *ret_fd, char ret_address[LISTEN_ADDRESS_SIZE], struct error *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	AUTO(free_address) struct addrinfo *address = NULL;
	AUTO(file_close) int fd = -1;
	struct place place;

	if (!split(listen, &place) || getaddrinfo(place.host, place.port, &hints, &address) != 0) {
		return invalid(listen, err);
	}
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_and_listen(fd, address) < 0 || describe(fd, ret_address) < 0) {
		return failed(listen, errno, err);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}
