/* SPDX-License-Identifier: MIT
 * One request a connection, in the caller's memory. */
#include "plain_client.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const char *colon = strrchr(address, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void exchange(int fd, const char *request, struct plain_answer *answer)
{
	ssize_t got;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		return;
	}
	while (answer->size < sizeof(answer->raw) - 1 &&
		(got = recv(fd, answer->raw + answer->size, sizeof(answer->raw) - 1 - answer->size,
			 0)) > 0) {
		answer->size += (size_t)got;
	}
	answer->raw[answer->size] = '\0';
}

/* `size CRLF data CRLF`, the last one of size 0; whole only with that. */
static void join_chunks(const char *at, const char *end, struct plain_answer *answer)
{
	while (at < end) {
		char *line_end;
		size_t size = strtoul(at, &line_end, 16);

		if (line_end == at || end - line_end < 2) {
			return;
		}
		at = line_end + 2;
		if (size == 0) {
			answer->whole = end - at >= 2;
			return;
		}
		if ((size_t)(end - at) < size + 2) {
			return;
		}
		memcpy(answer->body + answer->body_size, at, size);
		answer->body_size += size;
		at += size + 2;
	}
}

static void read_answer(struct plain_answer *answer)
{
	const char *end = answer->raw + answer->size;
	const char *body = strstr(answer->raw, "\r\n\r\n");
	const char *length = strcasestr(answer->raw, "\r\nContent-Length: ");

	if (!body || strncmp(answer->raw, "HTTP/1.1 ", 9) != 0) {
		return;
	}
	answer->status = (int)strtol(answer->raw + 9, NULL, 10);
	body += 4;
	if (length && length < body) {
		answer->body_size = (size_t)(end - body);
		memcpy(answer->body, body, answer->body_size);
		answer->whole = answer->body_size == strtoul(length + 18, NULL, 10);
	} else {
		join_chunks(body, end, answer);
	}
}

void plain_ask(const char *address, const char *request, struct plain_answer *ret_answer)
{
	int fd = connect_to(address);

	ret_answer->status = 0;
	ret_answer->whole = false;
	ret_answer->size = 0;
	ret_answer->body_size = 0;
	if (fd < 0) {
		return;
	}
	exchange(fd, request, ret_answer);
	close(fd);
	read_answer(ret_answer);
}
