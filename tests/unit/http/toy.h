/* SPDX-License-Identifier: MIT
 * A server with toy routes, one for each way that a handler can answer. */
#ifndef TESTS_HTTP_TOY_H
#define TESTS_HTTP_TOY_H

#include <pthread.h>

#include "http/http.h"

#define TOY_BODY_MAX 100000

struct toy {
	struct http_server *server;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* guarded by lock */
	int begun;
	int released;
	int closed; /* pulled bodies */
	int parked_count;
	int64_t taken;		     /* body bytes of all requests */
	struct http_request *parked; /* the request that waits for toy_wake() */
	bool open;		     /* the parked request may go on */
};

/* Starts a server on a free port of 127.0.0.1; @options may be NULL, its routes and callbacks are
 * replaced. */
void toy_start(struct toy *toy, const struct http_server_options *options);

/* Stops it, and checks that each request that was begun was released. */
void toy_stop(struct toy *toy, unsigned int grace_s);

/* Waits until *@count, a member of @toy, is at least @value; fails the test after ten seconds. */
void toy_await(struct toy *toy, const int *count, int value);

/* Lets the parked request go on. */
void toy_wake(struct toy *toy);

/* Wakes the parked request without letting it go on; nothing where there is none. */
void toy_nudge(struct toy *toy);

/* toy->released as of now. */
int toy_released(struct toy *toy);

/* Whether the client of the parked request has closed its side. */
bool toy_gone(struct toy *toy);

#endif
