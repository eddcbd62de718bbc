/* SPDX-License-Identifier: MIT
 * GET /v1/tail: calls as they are stored or change, as server-sent events (API.md §2 "Finding
 * calls"). */
#include "api/job.h"
#include "api/parameters.h"

#define NUMBER_MAX INT64_C(999999999999999999)

struct following {
	struct tails *tails;
	struct tail *tail;
};

static bool read_place(struct job *job, struct tail *tail)
{
	struct text header = text_trim(http_header(job->request, "Last-Event-ID"));

	tail->resume = http_query(job->request, "last_event_id").data != NULL;
	if (!parameters_integer(job, "last_event_id", 0, NUMBER_MAX, &tail->after)) {
		return false;
	}
	if (header.size > 0) {
		tail->resume = true;
		if (!text_to_int64(header, &tail->after)) {
			return parameters_refuse(job, "Last-Event-ID",
				"Last-Event-ID: the id of an event is expected");
		}
	}
	return true;
}

static ssize_t read_events(void *context, char *to, size_t max)
{
	struct following *following = context;

	return tails_read(following->tails, following->tail, to, max);
}

static void end(void *context)
{
	struct following *following = context;

	tails_remove(following->tails, following->tail);
}

static enum http_step answer(struct following *following, struct http_response *response)
{
	response->status = 200;
	response->body = (struct http_body){
		.size = -1, .read = read_events, .close = end, .context = following};
	http_response_header(response, "Content-Type", TEXT("text/event-stream"));
	http_response_header(response, "Cache-Control", TEXT("no-store"));
	/* Servers that stand in front must not gather it up. */
	http_response_header(response, "X-Accel-Buffering", TEXT("no"));
	return HTTP_DONE;
}

static bool read_tail(struct job *job, struct tail *tail)
{
	return parameters_filter(job, &tail->arena, &tail->filter) &&
	       parameters_flag(job, "detail", &tail->detail) && read_place(job, tail);
}

static bool add(struct job *job, struct tail *tail)
{
	struct error err;

	if (tails_add(job->api->tails, tail, &err) == 0) {
		return true;
	}
	if (err.code == ERROR_BUSY) {
		answer_error(job->response, 429, err.message);
	} else {
		answer_failure(job->response, &err);
	}
	return false;
}

enum http_step v1_tail_begin(struct job *job)
{
	struct following *following = job_own(job, sizeof(*following));

	if (!following) {
		return HTTP_DONE;
	}
	following->tails = job->api->tails;
	following->tail = tail_create(job->request);
	if (!following->tail) {
		return answer_error(job->response, 503, "out of memory");
	}
	following->tail->days = job->access.days;
	memcpy(following->tail->key_hash, job->access.key_hash, sizeof(job->access.key_hash));
	if (!read_tail(job, following->tail) || !add(job, following->tail)) {
		tail_destroy(following->tail);
		return HTTP_DONE;
	}
	return answer(following, job->response);
}
