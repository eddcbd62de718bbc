/* SPDX-License-Identifier: MIT
 * A question below /v1: memory is claimed for it, a worker asks the store, the connection waits
 * meanwhile. */
#ifndef API_QUESTION_H
#define API_QUESTION_H

#include "api/api_private.h"
#include "base/buffer.h"
#include "call/filter.h"
#include "upkeep/retention.h"

struct question {
	struct work job; /* first: what the workers hand back */
	struct api *api;
	struct http_request *request;
	/* Asks, on a worker thread: what is found goes into `arena`, what is written into `body`.
	 * ERROR_TOO_LARGE where the arena is too small, ERROR_INVALID "parameter: …". */
	int (*ask)(struct question *question, struct error *err);
	bool quick; /* known to be short: asked on the connection's own thread */
	bool gzip;  /* the body is to be compressed */
	struct filter filter;
	struct retention retention; /* what may be seen; filter and search are narrowed to it */
	struct store_search search; /* of the filter; its deadline is set when its turn comes */
	size_t wanted_bytes;	    /* what is claimed */
	/* set by ask(): what the answer holds beside arena and body while it is sent */
	size_t beside_bytes;
	struct claim claim;
	struct arena arena;
	/* where ask() wrote one, it is the answer, and the arena is given back */
	struct buffer body;
	/* private to question.c */
	struct text text; /* the body, or a copy of it in the arena */
	bool begun;
	bool claims_all; /* there was no room when its turn came: it waits for memory first */
	bool no_room;
	int64_t look_at_us;  /* whether its client is still there */
	size_t needed_bytes; /* more than was claimed; 0: not known */
	int result;
	struct error err;
};

/* What every /v1 question has: memory of @size, all zero, that begins with its struct question. The
 * key needs the scope `read`. Sets account, search, gzip and, when it is @filtered, the filter from
 * the request. NULL: @response is filled in. It lives until question_release(). */
struct question *question_create(struct api *api, struct http_request *request,
	struct http_response *response, size_t size, size_t wanted_bytes,
	bool filtered) CHECK_RESULT;

/* Goes on with it. Returns 1 when it was asked; 0 when the request has to wait (HTTP_WAIT; the
 * route's begin is called again); negative when @response is filled in. */
int question_run(struct question *question, struct http_response *response) CHECK_RESULT;

/* For what goes on while the answer is sent: gives up what was found, and asks again.
 * question_over() tells when it is done; the request is woken then. */
void question_ask_again(struct question *question);

/* Goes on with it. 1 it is over, 0 not yet, negative when it failed. */
int question_over(struct question *question, struct error *err) CHECK_RESULT;

/* Answers 200 with the question's body as JSON. */
enum http_step question_answer(struct question *question, struct http_response *response);

/* The release of a route whose request->user is nothing but a question. */
void question_release(void *context, struct http_request *request);

#endif
