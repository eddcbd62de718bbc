/* SPDX-License-Identifier: MIT
 * Requests whose body becomes a batch: POST /v1/calls, what is said of live calls, what other
 * systems post, spans. The first two feed it the body as it comes. The others hold the body whole,
 * and hand in what they made of it. */
#ifndef API_POSTING_H
#define API_POSTING_H

#include <pthread.h>

#include "api/job.h"

#define POSTING_REJECTS_MAX ((size_t)2 << 20) /* bytes of the rejects that are listed */
#define POSTING_LISTED_MAX  1000	      /* the others are counted in "rejected_more" */
#define POSTING_AGAIN_S	    5 /* after so many seconds a client that is told 503 comes again */
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

/* The first member of what job->own is. */
struct posting {
	struct http_request *request;
	struct batch *batch; /* NULL: it is not open yet */
	const struct posting_type *type;
	bool ended;
	uint64_t listed_max;
	pthread_mutex_t lock;  /* over what rejects change */
	struct buffer rejects; /* `{…}{…}…` */
	struct buffer order;   /* where each stands */
	uint64_t listed;
	uint64_t set_aside;	   /* by posting_reject() */
	uint64_t gaps;		   /* rejects that left a gap */
	struct batch_reject first; /* error NULL: there is none */
	char message[sizeof(((struct error *)0)->message)];
};

/* Readies what posting_release() frees. At most @listed_max rejects are listed. */
void posting_init(struct posting *posting, struct job *job, uint64_t listed_max);

/* Opens the batch of @posting, which is job->own. Of @options the account, its days, `wake` and
 * `context` (@posting) are filled in, and `rejected` where it is NULL: the reject is listed. From
 * now on the client may go, and what was handed in is stored all the same. */
int posting_open(struct job *job, struct posting *posting, const struct batch_options *options,
	struct error *err) CHECK_RESULT;

/* Reads the Content-Encoding of a body. False: it is none that is known, and 415 is answered. */
bool posting_coding(struct job *job, enum stream_coding *ret_coding) CHECK_RESULT;

/* Opens job->own, a struct posting, for a body of one of @types, NULL-ended; @about NULL: it is not
 * about one call. Answers 415 and 503. */
enum http_step posting_begin(
	struct job *job, const struct posting_type *types, const struct posting_call *about);

/* Lists one more reject, from any thread: what was not handed in, and counts for @count. */
void posting_reject(struct posting *posting, uint64_t line, struct text session_id,
	const char *error, uint64_t count);

/* Takes the body: an endpoint_data. */
size_t posting_data(struct job *job, const char *data, size_t size);

/* When the body is whole: true once all of it is durable or rejected. False: HTTP_AGAIN. */
bool posting_over(struct job *job, struct batch_result *ret_result) CHECK_RESULT;

/* The status of @err, with which a body failed, and the sentence for the client. What failed below
 * the API is written into the log, and the client is told no more than that it did. */
int posting_status(
	const struct http_request *request, const struct error *err, const char **ret_sentence);

/* posting_status() of what ended the batch early; 0: nothing did. */
int posting_failed(struct job *job, const struct batch_result *result, const char **ret_sentence);

/* Appends `"rejected":[…]`, and `,"rejected_more":n` where there are @rejected in all. */
void posting_write_rejects(struct buffer *out, struct posting *posting, uint64_t rejected);

/* Appends `"accepted":…,"replaced":…,"rejected":[…],"old_detail":…,"old_calls":…`. */
void posting_write_counts(
	struct buffer *out, struct posting *posting, const struct batch_result *result);

/* An endpoint_release. What was handed in is stored, and recorded once it is. */
void posting_release(struct job *job);

#endif
