/* SPDX-License-Identifier: MIT
 * Where calls go that are sent to a server: POST /v1/calls and, for calls that are still live,
 * POST /v1/events. What is sent waits in a file without a name until the server has answered. */
#ifndef COLLECT_POST_H
#define COLLECT_POST_H

#include "collect/pull.h"

struct post;

struct post_options {
	const char *url; /* scheme, host, perhaps a path; no slash at its end */
	const char *key;
	const char *folder; /* of the file */
	int64_t pace_ms;    /* waits after failures are so many times as long, up to 60 times */
	bool for_ever;	    /* it does not give up after ten failures in a row */
	int stop_fd;	    /* readable: it is to end */
	/* Says what is worth knowing, a sentence. */
	void (*tell)(void *context, const char *sentence);
	void *context;
};

int post_create(
	struct post **ret_post, const struct post_options *options, struct error *err) CHECK_RESULT;
void post_destroy(struct post *post);
AUTO_POINTER(struct post *, post_destroy);

/* Hands calls to @post, which outlives it. Its commit returns once the server has answered that
 * they are durable; ERROR_TIMEOUT when it is to end before. */
struct pull_sink post_sink(struct post *post);

/* What an answer of POST /v1/calls or /v1/events says of the calls that were sent. False: it is
 * not such an answer. @rejected is told of each that was not taken. */
bool post_read_answer(struct text answer, struct pull_taken *ret_taken,
	void (*rejected)(void *context, struct text session_id, struct text error), void *context);

#endif
