/* SPDX-License-Identifier: MIT
 * A request's job: its credentials, its view of the store, the memory that it claims, its body.
 *
 * An endpoint that asks the store is prepared, then asked, on a worker's thread unless it is short;
 * its answer is counted before it is sent. Other endpoints only begin and finish. A job lives on
 * the heap. Where its request ends while a worker has it, that worker frees it, so that a
 * connection's thread never waits. Therefore ask() does not touch request and response. */
#ifndef API_JOB_H
#define API_JOB_H

#include "api/api_private.h"
#include "api/audit.h"
#include "api/credentials.h"
#include "api/endpoint.h"
#include "api/memory.h"
#include "api/worker.h"
#include "base/buffer.h"
#include "call/filter.h"
#include "find/explain.h"
#include "upkeep/retention.h"

struct job {
	/* first: what the workers hand back */
	struct work work;
	/* its handlers on a thread that may wait for the store */
	struct work errand;
	endpoint_step *handler;
	enum http_step step;
	struct api *api;
	const struct endpoint *endpoint;
	struct http_response *response;
	struct http_request *request;
	/* guards `gone` */
	pthread_mutex_t lock;
	/* the request is over */
	bool gone;
	struct audit_note note;
	struct permit permit;
	struct access access;
	/* what may be seen of the account's calls */
	struct retention retention;
	/* of the endpoint's representation: which of its types, and whether compressed */
	size_t format;
	bool gzip;
	/* what was read of the parameters; it lasts as long as the job */
	struct arena memory;
	/* the endpoint's; see job_own() */
	void *own;

	/* ---- set by prepare() ---- */
	/* known to be short: asked on the connection's own thread, in the view of its credentials
	 */
	bool quick;
	/* claims its memory before it waits for a worker, and is not refused for a full line */
	bool claims_first;
	/* what is claimed at first */
	size_t wanted_bytes;
	/* of that, what is composed for what is read: reading leaves it free */
	size_t composed_bytes;
	struct filter filter;
	/* of the filter; its deadline is set when it is asked */
	struct store_search search;
	/* below /api: its failures have fewer names */
	bool is_page;
	/* the answer is not what was found, but what finding it took */
	bool explains;

	/* ---- set by ask() ---- */
	/* what is found */
	struct arena arena;
	/* where ask() writes one, it is the answer, and the arena is given back */
	struct buffer body;
	/* otherwise the answer is one of these; pieces and text lie in the arena */
	struct text text;
	const struct iovec *pieces;
	size_t piece_count;
	struct http_body pulled;
	/* what the answer holds beside arena and body while it is sent */
	size_t beside_bytes;
	/* calls given out; negative: the endpoint counts them itself, or it is not about calls */
	int64_t calls;
	/* why the answer is 404; data NULL: it is not */
	struct text missing;

	/* ---- private to job.c ---- */
	struct explain explain;
	struct store_view view;
	struct claim claim;
	bool prepared;
	bool begun;
	bool no_room;
	int64_t look_at_us;
	/* more than was claimed; 0: not known */
	size_t needed_bytes;
	int result;
	struct error err;
};

/* What every route is to the HTTP server. */
enum http_step job_begin(
	void *context, struct http_request *request, struct http_response *response);
size_t job_data(void *context, struct http_request *request, const char *data, size_t size);
enum http_step job_finish(
	void *context, struct http_request *request, struct http_response *response);
void job_release(void *context, struct http_request *request);

/* Memory for the endpoint, all zero, that lasts as long as the job: job->own. NULL: there is
 * none, and the response is filled in. */
void *job_own(struct job *job, size_t size) CHECK_RESULT;

/* ---- for ask() ---- */

/* The view to ask in; opens it where it is not. NULL: @err says why. */
struct store_view *job_view(struct job *job, struct error *err) CHECK_RESULT;

/* Claims what the answer holds beside arena and body too. ERROR_TOO_LARGE where there is no room:
 * it is asked again with more. */
int job_afford(struct job *job, size_t beside_bytes, struct error *err) CHECK_RESULT;

/* The answer is 404, which @format says. Returns what ask() is to return. */
int job_missing(struct job *job, struct error *err, const char *format, ...) FORMAT_PRINTF(3, 4);

/* ---- while the answer is sent ---- */

/* Gives up what was found, and asks again. job_over() tells when it is done; the request is woken
 * then. */
void job_ask_again(struct job *job);

/* Goes on with it. 1 it is over, 0 not yet, negative when it failed. */
int job_over(struct job *job, struct error *err) CHECK_RESULT;

#endif
