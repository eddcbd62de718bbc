/* SPDX-License-Identifier: MIT
 * Errands: a route's handlers, called on a thread of workers while the connection is suspended.
 * Meanwhile that thread alone works with the request: nobody ends it (http_request.busy), and a
 * wake-up is kept for it. */
#include "api/errand.h"

#include "api/access.h"
#include "api/answer.h"

typedef enum http_step errand_handler(
	void *context, struct http_request *request, struct http_response *response);

enum errand_state { ERRAND_IDLE, ERRAND_RUNNING, ERRAND_OVER };

struct errand {
	struct work job; /* first: what the workers hand back */
	struct api *api;
	struct workers *workers;
	struct http_request *request;
	struct http_response *response;
	errand_handler *handler;
	enum http_step step; /* what it said */
	pthread_mutex_t lock;
	enum errand_state state;
	bool woken; /* while it ran */
};

/* ---- on a thread of the workers ---- */

static void run(struct work *job)
{
	struct errand *errand = (struct errand *)(void *)job;

	errand->step = errand->handler(errand->api, errand->request, errand->response);
}

/* A handler that waits is called again when its request is woken, or was meanwhile. */
static void done(struct work *job)
{
	struct errand *errand = (struct errand *)(void *)job;
	struct http_request *request = errand->request;
	bool wake;

	pthread_mutex_lock(&errand->lock);
	wake = errand->step != HTTP_AGAIN || errand->woken;
	errand->state = errand->step == HTTP_AGAIN ? ERRAND_IDLE : ERRAND_OVER;
	request->busy = false;
	pthread_mutex_unlock(&errand->lock);
	if (wake) {
		http_request_wake(request);
	}
}

/* ---- on the connection's thread ---- */

/* The embedded store is asked whose key it is, which is short. Asking one behind a network is what
 * the errand is for: there each key has a line. */
static int64_t line_of(struct api *api, struct http_request *request)
{
	struct text header = http_header(request, "Authorization");
	int64_t account_id;

	if (!store_is_remote(api->options.store) && access_account(api, request, &account_id)) {
		return account_id;
	}
	return -1 - (int64_t)(hash_text(&api->lines, header) % LANES_STRANGERS);
}

static struct errand *errand_of(struct api *api, struct http_request *request)
{
	bool reads = request->method == HTTP_GET && !store_is_remote(api->options.store);
	struct errand *errand = request->errand;

	if (!errand) {
		errand = arena_calloc(&request->arena, 1, sizeof(*errand));
		if (!errand) {
			return NULL;
		}
		pthread_mutex_init(&errand->lock, NULL);
		errand->api = api;
		errand->workers = reads ? api->workers : api->errands;
		errand->request = request;
		errand->job.account_id = line_of(api, request);
		/* There are no more than connections. */
		errand->job.follows = !reads;
		errand->job.run = run;
		errand->job.done = done;
		request->errand = errand;
	}
	return errand;
}

static enum http_step start(struct errand *errand)
{
	struct error err;

	errand->woken = false;
	errand->state = ERRAND_RUNNING;
	errand->request->busy = true;
	if (workers_submit(errand->workers, &errand->job, &err) < 0) {
		errand->request->busy = false;
		errand->state = ERRAND_IDLE;
		return answer_error(
			errand->response, err.code == ERROR_BUSY ? 429 : 503, err.message);
	}
	return HTTP_AGAIN;
}

static enum http_step go(struct api *api, struct http_request *request,
	struct http_response *response, errand_handler *handler)
{
	struct errand *errand = errand_of(api, request);
	enum http_step step = HTTP_AGAIN;
	bool idle;

	if (!errand) {
		return answer_error(response, 503, "out of memory");
	}
	pthread_mutex_lock(&errand->lock);
	idle = errand->state == ERRAND_IDLE;
	errand->woken = true;
	if (errand->state == ERRAND_OVER) {
		errand->state = ERRAND_IDLE;
		step = errand->step;
	}
	pthread_mutex_unlock(&errand->lock);
	if (!idle) {
		return step;
	}
	errand->response = response;
	errand->handler = handler;
	return start(errand);
}

/* Where HTTP_WAIT means to call again, that is what it is. */
static enum http_step begin(
	void *context, struct http_request *request, struct http_response *response)
{
	const struct http_route *route = api_handlers(context, request);
	enum http_step step = route->begin(context, request, response);

	return step == HTTP_WAIT && (!route->data || request->method == HTTP_GET) ? HTTP_AGAIN
										  : step;
}

static enum http_step finish(
	void *context, struct http_request *request, struct http_response *response)
{
	enum http_step step = api_handlers(context, request)->finish(context, request, response);

	return step == HTTP_WAIT ? HTTP_AGAIN : step;
}

enum http_step errand_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return go(context, request, response, begin);
}

enum http_step errand_finish(
	void *context, struct http_request *request, struct http_response *response)
{
	return go(context, request, response, finish);
}

void errand_release(void *context, struct http_request *request)
{
	const struct http_route *route = api_handlers(context, request);
	struct errand *errand = request->errand;

	if (errand) {
		/* It waits only where the server stops. */
		workers_cancel(errand->workers, &errand->job);
		pthread_mutex_destroy(&errand->lock);
	}
	if (route->release) {
		route->release(context, request);
	}
}
