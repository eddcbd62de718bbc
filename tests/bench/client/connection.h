/* SPDX-License-Identifier: MIT
 * One connection: sends a request, takes its answer, and says whether it was what it must be. */
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include <stdbool.h>
#include <sys/uio.h>

#include "answer.h"
#include "load.h"

struct connection {
	int fd;
	bool busy;	/* a request is under way */
	bool waits_out; /* the request has not wholly gone */
	bool hashed;	/* an answer's CRC was looked at already */
	uint64_t began_ns;
	const struct target *target;
	struct body body;
	struct iovec out[2]; /* of the request, what has not gone */
	struct answer answer;
	char head[8192];
};

int connection_open(struct connection *connection, const struct load_options *options);
void connection_close(struct connection *connection);

/* Begins the request for @target with @body. Negative when the connection is broken. */
int connection_send(struct connection *connection, const struct load_options *options,
	const struct target *target, struct body body, uint64_t began_ns);

/* Sends what is left of the request. Negative when the connection is broken. */
int connection_flush(struct connection *connection);

/* Takes what came, by way of @buffer. Returns 1 when the answer is whole, 0 when more must come,
 * negative when it broke. */
int connection_receive(struct connection *connection, char *buffer, size_t size);

/* Whether the whole answer is what it must be. */
bool connection_answer_is_right(
	const struct connection *connection, const struct load_options *options);

#endif
