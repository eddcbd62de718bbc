/* SPDX-License-Identifier: MIT
 * Receiving through the gate. */
#include "http/receive.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/array.h"

struct receiver {
	struct connection **connections; /* by descriptor */
	size_t size;
};

/* A thread's own, because recv() has nothing that could lead from a descriptor to its connection.
 */
static _Thread_local struct receiver *used;

struct receiver *receiver_create(void)
{
	return calloc(1, sizeof(struct receiver));
}

void receiver_destroy(struct receiver *receiver)
{
	if (receiver) {
		free(receiver->connections);
		free(receiver);
	}
}

void receiver_use(struct receiver *receiver)
{
	used = receiver;
}

void receiver_add(struct receiver *receiver, struct connection *connection)
{
	if (ARRAY_RESERVE(receiver->connections, receiver->size, (size_t)connection->fd + 1)) {
		receiver->connections[connection->fd] = connection;
	}
}

void receiver_remove(struct receiver *receiver, const struct connection *connection)
{
	if ((size_t)connection->fd < receiver->size) {
		receiver->connections[connection->fd] = NULL;
	}
}

/* A receiving function: negative, 0 at the end, or how many bytes it wrote to @to. */
struct source {
	ssize_t (*receive)(const struct source *source, void *to, size_t size);
	gnutls_session_t session;
	int fd;
	int flags;
};

static ssize_t receive_plain(const struct source *source, void *to, size_t size)
{
	struct iovec piece = {.iov_base = to, .iov_len = size};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	return recvmsg(source->fd, &message, source->flags);
}

static ssize_t receive_tls(const struct source *source, void *to, size_t size)
{
	unsigned char sequence[8];

	return gnutls_record_recv_seq(source->session, to, size, sequence);
}

/* Of what was received. Where the gate has nothing to say to the library any more, the connection
 * ends. */
static size_t pass(struct connection *connection, void *data, size_t size, size_t room)
{
	ptrdiff_t passed = gate_read(&connection->gate, data, size, room);

	if (passed < 0) {
		shutdown(connection->fd, SHUT_RDWR);
	}
	return passed > 0 ? (size_t)passed : 0;
}

/* What waits behind a short read may be the end alone, which came with the data. The library waits
 * for news, and the kernel has told all it had to tell (epoll(7), "edge-triggered"): shutdown()
 * makes it tell once more. Where @received is not the end, it is asked for it. */
static void tell_of_end(const struct connection *connection, ssize_t received)
{
	char byte;

	if (received > 0) {
		const struct source look = {.fd = connection->fd, .flags = MSG_PEEK | MSG_DONTWAIT};

		received = receive_plain(&look, &byte, sizeof(byte));
	}
	if (received == 0 || (received < 0 && errno != EAGAIN)) {
		shutdown(connection->fd, SHUT_RD);
	}
}

/* The library waits for news of the socket where it gets fewer bytes than it asked for. So what the
 * gate drops is made up for, until the socket has no more. */
static ssize_t receive(struct connection *connection, const struct source *source, void *buffer,
	size_t size, ssize_t none)
{
	size_t used_bytes = 0;
	ssize_t received;
	size_t asked;

	do {
		char *to = (char *)buffer + used_bytes;

		asked = size - used_bytes;
		received = source->receive(source, to, asked);
		if (received <= 0 && used_bytes == 0) {
			return received;
		}
		if (received > 0) {
			used_bytes += pass(connection, to, (size_t)received, asked);
		}
	} while ((size_t)received == asked && used_bytes < size && connection->gate.status == 0);
	if (used_bytes < size && !connection->tls) {
		tell_of_end(connection, received);
	}
	if (used_bytes == 0 && connection->gate.status == 0) {
		errno = EAGAIN;
		return none;
	}
	return (ssize_t)used_bytes;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library has __buf */
ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	const struct source source = {.receive = receive_plain, .fd = fd, .flags = flags};
	struct connection *connection =
		used && fd >= 0 && (size_t)fd < used->size ? used->connections[fd] : NULL;

	/* GnuTLS receives from the sockets of TLS connections; what it makes of that goes the other
	 * way. */
	return connection && !connection->tls ? receive(connection, &source, buffer, size, -1)
					      : receive_plain(&source, buffer, size);
}

ssize_t gnutls_record_recv(gnutls_session_t session, void *data, size_t size)
{
	const struct source source = {.receive = receive_tls, .session = session};
	const union MHD_ConnectionInfo *info =
		used ? MHD_get_connection_info(
			       gnutls_session_get_ptr(session), MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		     : NULL;

	return info && info->socket_context
		       ? receive(info->socket_context, &source, data, size, GNUTLS_E_AGAIN)
		       : receive_tls(&source, data, size);
}
