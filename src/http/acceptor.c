/* SPDX-License-Identifier: MIT
 * The acceptor: a thread that waits for connections and for the word to end. */
#include "http/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/thread.h"
#include "http/loop.h"

#define REST_MS 20 /* when there is no room for another connection */

struct acceptor {
	struct http_server *server;
	size_t connections_max;
	size_t next; /* loop */
	int stop_fd;
	struct thread thread;
};

static bool is_full(const struct acceptor *acceptor)
{
	return acceptor->connections_max > 0 &&
	       watch_is_full(acceptor->server->watch, acceptor->connections_max);
}

/* What is waited for: the word to end, then a connection on each socket. */
struct awaited {
	struct pollfd fds[1 + HTTP_LISTEN_MAX];
	nfds_t count;
};

static void await(const struct acceptor *acceptor, struct awaited *ret_awaited)
{
	const struct listeners *listeners = &acceptor->server->listeners;

	*ret_awaited = (struct awaited){.count = 1 + listeners->count};
	ret_awaited->fds[0] = (struct pollfd){.fd = acceptor->stop_fd, .events = POLLIN};
	for (size_t i = 0; i < listeners->count; i++) {
		ret_awaited->fds[1 + i] =
			(struct pollfd){.fd = listeners->all[i].fd, .events = POLLIN};
	}
}

/* Returns true when connections may be there, or REST_MS later when there is no room for them;
 * false when it is time to end. */
static bool wait_for_some(struct awaited *awaited, bool room)
{
	return poll(awaited->fds, room ? awaited->count : 1, room ? -1 : REST_MS) < 0 ||
	       awaited->fds[0].revents == 0;
}

/* To the next loop, or the one after it where that has stood still for thousands of connections. */
static bool deal(struct acceptor *acceptor, struct connection *connection)
{
	const struct http_server *server = acceptor->server;

	for (size_t tried = 0; tried < server->loop_count; tried++) {
		if (loop_give(server->loops[acceptor->next++ % server->loop_count], connection)) {
			return true;
		}
	}
	return false;
}

/* Returns false when the system has no room for another connection. */
static bool accept_one(struct acceptor *acceptor, int listen_fd)
{
	struct http_server *server = acceptor->server;
	union connection_address address = {0};
	socklen_t size = sizeof(address);
	AUTO(file_close)
	int fd = accept4(listen_fd, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *connection;

	if (fd < 0) {
		return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
	}
	connection = server->finishing ? NULL : watch_add(server->watch, fd, &address, server->tls);
	if (!connection) {
		return true;
	}
	if (deal(acceptor, connection)) {
		fd = -1;
	} else {
		watch_remove(server->watch, connection);
	}
	return true;
}

/* One from each socket that has some. Returns false when there is no room for another one. */
static bool accept_some(struct acceptor *acceptor, const struct awaited *awaited)
{
	for (nfds_t i = 1; i < awaited->count; i++) {
		if (is_full(acceptor)) {
			return false;
		}
		if (awaited->fds[i].revents != 0 && !accept_one(acceptor, awaited->fds[i].fd)) {
			return false;
		}
	}
	return true;
}

static void *accept_all(void *context)
{
	struct acceptor *acceptor = context;
	struct awaited awaited;
	bool room = true;

	await(acceptor, &awaited);
	while (wait_for_some(&awaited, room)) {
		if (!room) {
			/* Which sockets have some is looked for anew. */
			room = !is_full(acceptor);
			continue;
		}
		room = accept_some(acceptor, &awaited);
	}
	return NULL;
}

int acceptor_create(struct acceptor **ret_acceptor, struct http_server *server,
	size_t connections_max, struct error *err)
{
	struct acceptor *acceptor = calloc(1, sizeof(*acceptor));

	if (!acceptor) {
		return error_no_memory(err);
	}
	acceptor->server = server;
	acceptor->connections_max = connections_max;
	acceptor->stop_fd = eventfd(0, EFD_CLOEXEC);
	thread_init(&acceptor->thread);
	if (acceptor->stop_fd < 0) {
		error_set_errno(err, errno, "cannot make an event");
	}
	if (acceptor->stop_fd < 0 ||
		thread_start(&acceptor->thread, accept_all, acceptor, "a thread", err) < 0) {
		acceptor_destroy(acceptor);
		return -1;
	}
	*ret_acceptor = acceptor;
	return 0;
}

void acceptor_destroy(struct acceptor *acceptor)
{
	if (!acceptor) {
		return;
	}
	eventfd_write(acceptor->stop_fd, 1);
	thread_stop(&acceptor->thread);
	thread_deinit(&acceptor->thread);
	file_close(&acceptor->stop_fd);
	free(acceptor);
}
