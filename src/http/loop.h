/* SPDX-License-Identifier: MIT
 * Private to http/: a thread that serves connections. The HTTP library serves them, driven by its
 * epoll descriptor from our loop. Its own loop takes events in batches of 128, and after a full one
 * waits for more before it serves any (MHD_epoll() of libmicrohttpd 0.9.75). So it does not answer
 * 128 requests at one instant until something else happens. */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include "http/exchange.h"

struct figures;
struct loop;

int loop_create(struct loop **ret_loop, struct http_server *server, struct error *err) CHECK_RESULT;

/* Hands @connection over, from any thread. Returns false where thousands wait to be taken already:
 * it is still the caller's. */
bool loop_give(struct loop *loop, struct connection *connection);

/* Resumes @connection, which @loop serves, from any thread: the library's own wake-up works for its
 * own loops only. */
void loop_resume(struct loop *loop, struct MHD_Connection *connection);

/* Whether it has gone round since this was last asked, or it is asked for the first time; it is
 * woken to go round once more. False for a loop that stands still. By one thread. */
bool loop_turned(struct loop *loop);

/* What it has counted. Its thread adds to it, any thread may read it. */
struct figures *loop_figures(struct loop *loop);

/* Closes the connections and ends the thread. No exchange may be suspended, or get so any more.
 * NULL is accepted. */
void loop_destroy(struct loop *loop);

#endif
