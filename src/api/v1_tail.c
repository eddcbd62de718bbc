/* SPDX-License-Identifier: MIT
 * GET /v1/tail: calls as they are stored or change, as server-sent events (API.md §2 "Finding
 * calls"). */
#include "api/job.h"
#include "api/parameters.h"

#define NUMBER_MAX INT64_C(999999999999999999)

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

static enum http_step answer(struct tail *tail, struct http_response *response)
{
	response->status = 200;
	response->body = (struct http_body){
		.size = -1, .read = tail_read, .close = tail_close, .context = tail};
	http_response_header(response, "Content-Type", TEXT("text/event-stream"));
	http_response_header(response, "Cache-Control", TEXT("no-store"));
	/* Servers that stand in front must not gather it up. */
	http_response_header(response, "X-Accel-Buffering", TEXT("no"));
	return HTTP_DONE;
}

static bool read_session(struct job *job, struct tail *tail)
{
	struct text session_id = http_query(job->request, "session_id");

	if (!session_id.data) {
		return true;
	}
	if (session_id.size == 0) {
		return parameters_refuse(
			job, "session_id", "session_id: the session of a call is expected");
	}
	tail->session_id = arena_copy(&tail->arena, session_id);
	if (!tail->session_id.data) {
		answer_error(job->response, 503, "out of memory");
	}
	return tail->session_id.data != NULL;
}

static bool read_tail(struct job *job, struct tail *tail)
{
	return parameters_filter(job, &tail->arena, &tail->filter) && read_session(job, tail) &&
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
	struct tail *tail = tail_create(job->request);

	if (!tail) {
		return answer_error(job->response, 503, "out of memory");
	}
	tail->days = job->access.days;
	memcpy(tail->key_hash, job->access.key_hash, sizeof(job->access.key_hash));
	if (!read_tail(job, tail) || !add(job, tail)) {
		tail_destroy(tail);
		return HTTP_DONE;
	}
	return answer(tail, job->response);
}
