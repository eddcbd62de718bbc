/* SPDX-License-Identifier: MIT
 * The toy routes. */
#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PIECE "0123456789"

static void note_begun(struct toy *toy)
{
	pthread_mutex_lock(&toy->lock);
	toy->begun++;
	pthread_cond_broadcast(&toy->changed);
	pthread_mutex_unlock(&toy->lock);
}

static int64_t parameter(const struct http_request *request, size_t index)
{
	int64_t value = 0;

	return text_to_int64(request->parameters[index], &value) ? value : -1;
}

static enum http_step say(struct http_response *response, int status, struct text text)
{
	response->status = status;
	response->text = text;
	http_response_header(response, "Content-Type", TEXT("text/plain"));
	return HTTP_DONE;
}

static enum http_step text_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	(void)request;
	note_begun(context);
	http_response_header(response, "X-Dropped", TEXT("a\r\nb: c"));
	return say(response, 200, TEXT("hello"));
}

static enum http_step echo_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct text query = http_query(request, "q");
	struct text header = http_header(request, "x-echo");

	note_begun(context);
	return say(response, 200,
		arena_printf(&request->arena, "[%.*s][%.*s][%.*s][%.*s]", TEXT_ARG(request->path),
			TEXT_ARG(request->parameters[0]), TEXT_ARG(query), TEXT_ARG(header)));
}

static enum http_step pieces_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	size_t count = (size_t)parameter(request, 0);
	struct iovec *pieces = arena_calloc(&request->arena, count + 1, sizeof(*pieces));

	note_begun(context);
	for (size_t i = 0; i < count; i++) {
		pieces[i] = (struct iovec){
			.iov_base = (void *)(uintptr_t)PIECE,
			.iov_len = i % (sizeof(PIECE)),
		};
	}
	response->status = 200;
	response->pieces = pieces;
	response->piece_count = count;
	return HTTP_DONE;
}

struct pull {
	struct toy *toy;
	int64_t left;
	int64_t fails_at; /* what is left when it fails; -1: never */
};

static ssize_t pull_read(void *context, char *to, size_t max)
{
	struct pull *pull = context;
	size_t size = (int64_t)max < pull->left ? max : (size_t)pull->left;

	if (pull->left <= pull->fails_at) {
		return -1;
	}
	memset(to, 'x', size);
	pull->left -= (int64_t)size;
	return (ssize_t)size;
}

static void pull_close(void *context)
{
	const struct pull *pull = context;

	pthread_mutex_lock(&pull->toy->lock);
	pull->toy->closed++;
	pthread_cond_broadcast(&pull->toy->changed);
	pthread_mutex_unlock(&pull->toy->lock);
}

static enum http_step pull_with(struct toy *toy, struct http_request *request,
	struct http_response *response, bool known, int64_t fails_at)
{
	struct pull *pull = arena_alloc(&request->arena, sizeof(*pull));

	*pull = (struct pull){.toy = toy, .left = parameter(request, 0), .fails_at = fails_at};
	response->status = 200;
	response->body = (struct http_body){
		.size = known ? pull->left : -1,
		.read = pull_read,
		.close = pull_close,
		.context = pull,
	};
	return HTTP_DONE;
}

static enum http_step known_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	note_begun(context);
	return pull_with(context, request, response, true, -1);
}

static enum http_step unknown_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	note_begun(context);
	return pull_with(context, request, response, false, -1);
}

static enum http_step broken_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	note_begun(context);
	return pull_with(context, request, response, true, parameter(request, 0) / 2);
}

/* Parks @request unless the gate is open. */
static enum http_step park(struct toy *toy, struct http_request *request)
{
	enum http_step step = HTTP_WAIT;

	pthread_mutex_lock(&toy->lock);
	if (toy->open) {
		toy->open = false;
		toy->parked = NULL;
		step = HTTP_DONE;
	} else {
		toy->parked = request;
		toy->parked_count++;
		pthread_cond_broadcast(&toy->changed);
	}
	pthread_mutex_unlock(&toy->lock);
	return step;
}

static enum http_step wait_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	if (!request->user) {
		request->user = request;
		note_begun(context);
	}
	return park(context, request) == HTTP_DONE ? say(response, 200, TEXT("woken")) : HTTP_WAIT;
}

struct drip {
	struct toy *toy;
	struct http_request *request;
	int64_t left;
};

/* A byte for each time that the gate is opened. */
static ssize_t drip_read(void *context, char *to, size_t max)
{
	struct drip *drip = context;

	if (drip->left == 0 || max == 0) {
		return 0;
	}
	if (park(drip->toy, drip->request) == HTTP_WAIT) {
		return HTTP_BODY_WAIT;
	}
	drip->left--;
	*to = '~';
	return 1;
}

static enum http_step drip_with(
	struct toy *toy, struct http_request *request, struct http_response *response, bool known)
{
	struct drip *drip = arena_alloc(&request->arena, sizeof(*drip));

	note_begun(toy);
	*drip = (struct drip){.toy = toy, .request = request, .left = parameter(request, 0)};
	response->status = 200;
	response->body = (struct http_body){
		.size = known ? drip->left : -1, .read = drip_read, .context = drip};
	return HTTP_DONE;
}

static enum http_step drip_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return drip_with(context, request, response, false);
}

static enum http_step known_drip_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return drip_with(context, request, response, true);
}

static enum http_step query_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct text all = TEXT("");
	struct text name, value;
	size_t at = 0;

	note_begun(context);
	while (http_query_next(request, &at, &name, &value) > 0) {
		all = arena_printf(&request->arena, "%.*s[%.*s=%.*s]", TEXT_ARG(all),
			TEXT_ARG(name), TEXT_ARG(value));
	}
	return say(response, 200, all);
}

static enum http_step self_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	if (!request->user) {
		request->user = request;
		note_begun(context);
		http_request_wake(request);
		http_request_wake(request);
		return HTTP_WAIT;
	}
	return say(response, 200, TEXT("woken by itself"));
}

struct sink {
	int64_t size;
	uint32_t sum;
	int calls;
};

static enum http_step sink_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	note_begun(context);
	request->user = arena_calloc(&request->arena, 1, sizeof(struct sink));
	if (http_header(request, "X-Refuse").data) {
		return say(response, 401, TEXT("refused"));
	}
	return HTTP_WAIT;
}

/* Takes little at a time, and now and then nothing: the wake-up comes before the wait in one
 * request, from another thread in the next. */
static size_t sink_data(void *context, struct http_request *request, const char *data, size_t size)
{
	struct toy *toy = context;
	struct sink *sink = request->user;
	size_t taken = size < 997 ? size : 997;

	sink->calls++;
	if (sink->calls % 3 == 0) {
		http_request_wake(request);
		return 0;
	}
	for (size_t i = 0; i < taken; i++) {
		sink->sum = sink->sum * 31 + (unsigned char)data[i];
	}
	sink->size += (int64_t)taken;
	pthread_mutex_lock(&toy->lock);
	toy->taken += (int64_t)taken;
	pthread_mutex_unlock(&toy->lock);
	return taken;
}

static enum http_step sink_finish(
	void *context, struct http_request *request, struct http_response *response)
{
	const struct sink *sink = request->user;

	(void)context;
	return say(response, 200,
		arena_printf(&request->arena, "%lld %u", (long long)sink->size, sink->sum));
}

static size_t gate_data(void *context, struct http_request *request, const char *data, size_t size)
{
	(void)data;
	return park(context, request) == HTTP_DONE ? size : 0;
}

static enum http_step empty_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	note_begun(context);
	response->status = (int)parameter(request, 0);
	return HTTP_DONE;
}

static enum http_step greedy_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	static const char large[4096];

	note_begun(context);
	while (arena_alloc(&request->arena, sizeof(large))) {
	}
	while (arena_alloc(&request->arena, 1)) {
	}
	return say(response, 200, TEXT("hello"));
}

static void release(void *context, struct http_request *request)
{
	struct toy *toy = context;

	pthread_mutex_lock(&toy->lock);
	toy->released++;
	if (toy->parked == request) {
		toy->parked = NULL;
	}
	pthread_cond_broadcast(&toy->changed);
	pthread_mutex_unlock(&toy->lock);
}

static void error(void *context, struct http_request *request, struct http_response *response,
	const char *sentence)
{
	(void)context;
	response->text = arena_printf(&request->arena, "error: %s", sentence);
}

#define GET(path, handler)                                                                         \
	{                                                                                          \
		.pattern = (path), .methods = HTTP_GET, .begin = (handler), .release = release     \
	}
#define POST(path, taker)                                                                          \
	{                                                                                          \
		.pattern = (path), .methods = HTTP_POST, .begin = sink_begin, .data = (taker),     \
		.finish = sink_finish, .release = release, .body_size_max = TOY_BODY_MAX           \
	}

static const struct http_route routes[] = {
	GET("/text", text_begin),
	GET("/echo/{a}", echo_begin),
	GET("/pieces/{count}", pieces_begin),
	GET("/known/{size}", known_begin),
	GET("/unknown/{size}", unknown_begin),
	GET("/broken/{size}", broken_begin),
	GET("/wait", wait_begin),
	GET("/drip/{size}", drip_begin),
	GET("/known-drip/{size}", known_drip_begin),
	GET("/query", query_begin),
	GET("/self", self_begin),
	GET("/empty/{status}", empty_begin),
	GET("/greedy", greedy_begin),
	POST("/sink", sink_data),
	POST("/gate", gate_data),
	{0},
};

void toy_start(struct toy *toy, const struct http_server_options *options)
{
	struct http_server_options used = {
		.listen = "127.0.0.1:0",
		.threads = 2,
		.timeout_s = 30,
		.header_size_max = 8192,
		.request_memory_max = (size_t)1 << 22,
	};
	struct error err = {0};

	if (options) {
		used = *options;
	}
	used.routes = routes;
	used.error = error;
	used.context = toy;
	*toy = (struct toy){0};
	pthread_mutex_init(&toy->lock, NULL);
	pthread_cond_init(&toy->changed, NULL);
	if (http_server_start(&toy->server, &used, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

void toy_stop(struct toy *toy, unsigned int grace_s)
{
	http_server_stop(toy->server, grace_s);
	assert_int_equal(toy->begun, toy->released);
	pthread_cond_destroy(&toy->changed);
	pthread_mutex_destroy(&toy->lock);
}

void toy_await(struct toy *toy, const int *count, int value)
{
	struct timespec until;
	int waited = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&toy->lock);
	while (*count < value && waited == 0) {
		waited = pthread_cond_timedwait(&toy->changed, &toy->lock, &until);
	}
	pthread_mutex_unlock(&toy->lock);
	assert_int_equal(waited, 0);
}

void toy_wake(struct toy *toy)
{
	pthread_mutex_lock(&toy->lock);
	toy->open = true;
	if (toy->parked) {
		http_request_wake(toy->parked);
	}
	pthread_mutex_unlock(&toy->lock);
}

int toy_released(struct toy *toy)
{
	int released;

	pthread_mutex_lock(&toy->lock);
	released = toy->released;
	pthread_mutex_unlock(&toy->lock);
	return released;
}

bool toy_gone(struct toy *toy)
{
	bool gone;

	pthread_mutex_lock(&toy->lock);
	gone = toy->parked && http_request_gone(toy->parked);
	pthread_mutex_unlock(&toy->lock);
	return gone;
}

void toy_nudge(struct toy *toy)
{
	pthread_mutex_lock(&toy->lock);
	if (toy->parked) {
		http_request_wake(toy->parked);
	}
	pthread_mutex_unlock(&toy->lock);
}
