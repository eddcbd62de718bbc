/* SPDX-License-Identifier: MIT
 * The client: sockets, and nothing that knows HTTP. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

int client_connect(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct timeval limit = {.tv_sec = 10};
	int64_t port = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(text_to_int64(text_of(strrchr(address, ':') + 1), &port));
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void client_send(int fd, struct text bytes)
{
	while (bytes.size > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (sent <= 0) {
			/* the other side has heard enough; what it said is read after this */
			return;
		}
		bytes = text_tail(bytes, (size_t)sent);
	}
}

/* Positive: read something; 0: closed in order; negative: broken off. */
static ssize_t read_some(int fd, struct buffer *into)
{
	char *to = buffer_reserve(into, 65536);
	ssize_t size;

	assert_non_null(to);
	size = recv(fd, to, 65535, 0);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		fail_msg("no answer: '%.*s'", TEXT_ARG(buffer_text(into)));
	}
	if (size > 0) {
		buffer_advance(into, (size_t)size);
	}
	into->data[into->size] = '\0';
	return size;
}

bool client_read_all(int fd, struct buffer *into)
{
	ssize_t size;

	do {
		size = read_some(fd, into);
	} while (size > 0);
	return size == 0;
}

void client_read_until(int fd, struct buffer *into, const char *ending)
{
	while (!into->data || !strstr(into->data, ending)) {
		if (read_some(fd, into) <= 0) {
			fail_msg("closed before '%s': '%.*s'", ending, TEXT_ARG(buffer_text(into)));
		}
	}
}

void client_ask(const char *address, struct text request, struct buffer *into)
{
	int fd = client_connect(address);

	client_send(fd, request);
	client_read_all(fd, into);
	close(fd);
}

int client_count(const struct buffer *answer, const char *part)
{
	int count = 0;

	for (const char *at = answer->data; at && (at = strstr(at, part)); at++) {
		count++;
	}
	return count;
}
