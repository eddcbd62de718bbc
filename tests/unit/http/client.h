/* SPDX-License-Identifier: MIT
 * A client that sends exactly the bytes it is given. */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include "base/buffer.h"

/* Connects to "127.0.0.1:8080"; reading fails the test after ten seconds. */
int client_connect(const char *address);

void client_send(int fd, struct text bytes);

/* Reads until the other side closes the connection. Returns whether it was closed in order. */
bool client_read_all(int fd, struct buffer *into);

/* Reads until @ending has been read. */
void client_read_until(int fd, struct buffer *into, const char *ending);

/* Sends @request over its own connection and reads until that is closed; the answer ends with
 * a NUL. */
void client_ask(const char *address, struct text request, struct buffer *into);

/* The number of times that @part stands in @answer. */
int client_count(const struct buffer *answer, const char *part);

#endif
