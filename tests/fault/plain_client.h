/* SPDX-License-Identifier: MIT
 * A client that allocates nothing, for servers without memory: sends bytes, reads until the server
 * closes. */
#ifndef TESTS_FAULT_PLAIN_CLIENT_H
#define TESTS_FAULT_PLAIN_CLIENT_H

#include <stdbool.h>

#include "base/text.h"

#define PLAIN_ANSWER_MAX ((size_t)256 << 10)

struct plain_answer {
	int status; /* 0: none came */
	bool whole; /* as its length, or its last chunk, tells */
	size_t size;
	char raw[PLAIN_ANSWER_MAX];
	size_t body_size; /* of the body without its chunks' sizes */
	char body[PLAIN_ANSWER_MAX];
};

/* @address is "127.0.0.1:8080"; @request has `Connection: close`. */
void plain_ask(const char *address, const char *request, struct plain_answer *ret_answer);

#endif
