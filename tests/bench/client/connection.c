/* SPDX-License-Identifier: MIT
 * A connection's requests and answers. */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int connection_open(struct connection *connection, const struct load_options *options)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)&options->address, sizeof(options->address)) < 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	connection->fd = fd;
	connection->busy = connection->waits_out = connection->hashed = false;
	return 0;
}

void connection_close(struct connection *connection)
{
	if (connection->fd >= 0) {
		close(connection->fd);
	}
	connection->fd = -1;
	connection->busy = false;
}

int connection_send(struct connection *connection, const struct load_options *options,
	const struct target *target, struct body body, uint64_t began_ns)
{
	char length[64] = "";

	if (body.data) {
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", body.size);
	}
	int size = snprintf(connection->head, sizeof(connection->head),
		"%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", body.data ? "POST" : "GET", target->path,
		options->host, options->headers, length);
	if (size < 0 || (size_t)size >= sizeof(connection->head)) {
		return -1;
	}
	connection->target = target;
	connection->body = body;
	connection->began_ns = began_ns;
	connection->busy = true;
	connection->out[0] = (struct iovec){.iov_base = connection->head, .iov_len = (size_t)size};
	connection->out[1] =
		(struct iovec){.iov_base = (void *)(uintptr_t)body.data, .iov_len = body.size};
	/* Reading each byte for its CRC costs the server's cores time: once a connection is enough.
	 */
	answer_begin(&connection->answer, target->crc >= 0 && !connection->hashed);
	return connection_flush(connection);
}

static void drop_sent(struct iovec *out, size_t sent)
{
	for (int i = 0; i < 2; i++) {
		size_t part = sent < out[i].iov_len ? sent : out[i].iov_len;

		if (part == 0) {
			continue; /* a request without a body has no base to move */
		}
		out[i].iov_base = (char *)out[i].iov_base + part;
		out[i].iov_len -= part;
		sent -= part;
	}
}

int connection_flush(struct connection *connection)
{
	struct iovec *out = connection->out;

	while (out[0].iov_len + out[1].iov_len > 0) {
		struct msghdr message = {.msg_iov = out, .msg_iovlen = out[1].iov_len > 0 ? 2 : 1};
		ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);

		if (sent < 0) {
			connection->waits_out = errno == EAGAIN;
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		}
		drop_sent(out, (size_t)sent);
	}
	connection->waits_out = false;
	return 0;
}

int connection_receive(struct connection *connection, char *buffer, size_t size)
{
	ssize_t got = recv(connection->fd, buffer, size, 0);

	if (got < 0) {
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	if (got == 0 || !connection->busy) {
		return -1;
	}
	return answer_feed(&connection->answer, buffer, (size_t)got);
}

bool connection_answer_is_right(
	const struct connection *connection, const struct load_options *options)
{
	const struct target *target = connection->target;
	const struct answer *answer = &connection->answer;

	return answer->status == options->status &&
	       (target->length < 0 || (uint64_t)target->length == answer->length) &&
	       (!answer->hash || (uint32_t)target->crc == answer->crc);
}
