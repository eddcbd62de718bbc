/* SPDX-License-Identifier: MIT
 * Requests whose body becomes a batch: POST /v1/calls, and what is said of live calls. */
#ifndef API_POSTING_H
#define API_POSTING_H

#include <pthread.h>

#include "api/job.h"

#define POSTING_REJECTS_MAX ((size_t)2 << 20) /* bytes of the rejects that are listed */
/* Of what posting_write_counts() writes. */
#define POSTING_COUNTS_MAX (POSTING_REJECTS_MAX + 4096)

/* A type that a body may have. */
struct posting_type {
	const char *name;
	bool told; /* named where another is refused */
	enum batch_content content;
	enum stream_shape shape;
};

/* The one call that a body is about. */
struct posting_call {
	struct text session_id;
	int64_t from; /* -1: it is not given */
};

struct posting {
	struct http_request *request;
	struct batch *batch;
	const struct posting_type *type;
	bool ended;
	pthread_mutex_t lock;  /* over what rejects change */
	struct buffer rejects; /* `{…}{…}…` */
	struct buffer order;   /* where each stands */
	uint64_t listed;
	uint64_t gaps;		   /* rejects that left a gap */
	struct batch_reject first; /* error NULL: there is none */
	char message[sizeof(((struct error *)0)->message)];
};

/* Reads the Content-Encoding of a body. False: it is none that is known, and 415 is answered. */
bool posting_coding(struct job *job, enum stream_coding *ret_coding) CHECK_RESULT;

/* Opens job->own, a struct posting, for a body of one of @types, NULL-ended; @about NULL: it is not
 * about one call. Answers 415 and 503. */
enum http_step posting_begin(
	struct job *job, const struct posting_type *types, const struct posting_call *about);

/* Takes the body: an endpoint_data. */
size_t posting_data(struct job *job, const char *data, size_t size);

/* When the body is whole: true once all of it is durable or rejected. False: HTTP_AGAIN. */
bool posting_over(struct job *job, struct batch_result *ret_result) CHECK_RESULT;

/* The status of what ended the batch early and the sentence for the client; 0: nothing did. */
int posting_failed(struct job *job, const struct batch_result *result, const char **ret_sentence);

/* Appends `"accepted":…,"replaced":…,"rejected":[…],"old_detail":…,"old_calls":…`. */
void posting_write_counts(
	struct buffer *out, struct posting *posting, const struct batch_result *result);

/* An endpoint_release. */
void posting_release(struct job *job);

#endif
