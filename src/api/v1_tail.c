/* SPDX-License-Identifier: MIT
 * GET /v1/tail: calls as they are stored or change, as server-sent events (API.md §2 "Finding
 * calls"). */
#include "api/access.h"
#include "api/answer.h"
#include "api/query.h"
#include "api/tails.h"

#define NUMBER_MAX INT64_C(999999999999999999)

struct following {
	struct tails *tails;
	struct tail *tail;
};

static bool read_place(
	struct tail *tail, struct http_request *request, struct http_response *response)
{
	struct text header = text_trim(http_header(request, "Last-Event-ID"));

	tail->resume = http_query(request, "last_event_id").data != NULL;
	if (!query_integer(request, response, "last_event_id", 0, NUMBER_MAX, &tail->after)) {
		return false;
	}
	if (header.size > 0) {
		tail->resume = true;
		if (!text_to_int64(header, &tail->after)) {
			return query_refuse(response, "Last-Event-ID",
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

static bool read_tail(const struct api *api, struct tail *tail, struct http_request *request,
	struct http_response *response)
{
	return query_filter(request, response, api->options.now(), &api->options.prefixes,
		       &tail->arena, &tail->filter) &&
	       query_flag(request, response, "detail", &tail->detail) &&
	       read_place(tail, request, response);
}

static bool add(struct tails *tails, struct tail *tail, struct http_response *response)
{
	struct error err;

	if (tails_add(tails, tail, &err) == 0) {
		return true;
	}
	if (err.code == ERROR_BUSY) {
		answer_error(response, 429, err.message);
	} else {
		answer_failure(response, &err);
	}
	return false;
}

enum http_step v1_tail_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct api *api = context;
	struct following *following;
	struct access access;

	if (!access_any(api, request, response, &access) ||
		!access_has(&access, response, STORE_SCOPE_READ)) {
		return HTTP_DONE;
	}
	following = arena_calloc(&request->arena, 1, sizeof(*following));
	if (!following || !(following->tail = tail_create(request))) {
		return answer_error(response, 503, "out of memory");
	}
	following->tails = api->tails;
	following->tail->days = access.days;
	memcpy(following->tail->key_hash, access.key_hash, sizeof(access.key_hash));
	if (!read_tail(api, following->tail, request, response) ||
		!add(api->tails, following->tail, response)) {
		tail_destroy(following->tail);
		return HTTP_DONE;
	}
	return answer(following, response);
}
