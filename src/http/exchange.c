/* SPDX-License-Identifier: MIT
 * The life of a request: made with its target, suspended and woken, ended. */
#include "http/exchange.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/loop.h"
#include "http/uri.h"

static uint64_t next_id(struct http_server *server)
{
	uint64_t number = atomic_fetch_add(&server->last_id, 1);

	return hash_text(
		&server->ids, (struct text){.data = (const char *)&number, .size = sizeof(number)});
}

struct exchange *exchange_create(struct http_server *server, const char *target)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	struct text copy;

	if (!exchange) {
		return NULL;
	}
	arena_init(&exchange->request.arena, server->options.request_memory_max);
	copy = arena_copy(&exchange->request.arena, text_of(target));
	if (!copy.data) {
		free(exchange);
		return NULL;
	}
	uri_split(copy, &exchange->path, &exchange->query);
	exchange->server = server;
	exchange->started_us = clock_monotonic_us();
	exchange->request.id = next_id(server);
	exchange->request.path = exchange->path;
	return exchange;
}

void exchange_destroy(struct exchange *exchange)
{
	if (!exchange) {
		return;
	}
	if (exchange->response.body.close) {
		exchange->response.body.close(exchange->response.body.context);
	}
	if (exchange->begun && exchange->request.route->release) {
		exchange->request.route->release(
			exchange->server->options.context, &exchange->request);
	}
	arena_deinit(&exchange->request.arena);
	free(exchange);
}

/* The lock is held over the library's call too. So a connection is only resumed when it was
 * suspended, by one thread, and the server does not stop between the two. */
enum pause exchange_pause(struct exchange *exchange)
{
	struct http_server *server = exchange->server;
	enum pause pause = PAUSE_SUSPENDED;

	pthread_mutex_lock(&server->lock);
	if (server->stopping || exchange_is_ended(exchange)) {
		pause = PAUSE_STOPPING;
	} else if (exchange->woken) {
		exchange->woken = false;
		pause = PAUSE_OVER;
	} else {
		MHD_suspend_connection(exchange->connection);
		exchange->suspended = true;
		list_prepend(&server->suspended, &exchange->link);
	}
	pthread_mutex_unlock(&server->lock);
	return pause;
}

static void resume(struct exchange *exchange)
{
	exchange->suspended = false;
	list_remove(&exchange->server->suspended, &exchange->link);
	loop_resume(exchange->watched->loop, exchange->connection);
}

void exchange_look_again(struct exchange *exchange)
{
	struct http_server *server = exchange->server;

	pthread_mutex_lock(&server->lock);
	if (!server->stopping && !exchange_is_ended(exchange)) {
		MHD_suspend_connection(exchange->connection);
		loop_resume(exchange->watched->loop, exchange->connection);
	}
	pthread_mutex_unlock(&server->lock);
}

void http_request_wake(struct http_request *request)
{
	struct exchange *exchange = exchange_of(request);
	struct http_server *server = exchange->server;

	pthread_mutex_lock(&server->lock);
	if (exchange->suspended) {
		resume(exchange);
	} else {
		exchange->woken = true;
	}
	pthread_mutex_unlock(&server->lock);
}

void http_request_end(struct http_request *request)
{
	struct exchange *exchange = exchange_of(request);

	exchange->ended = true;
	connection_cut(exchange->watched);
	http_request_wake(request);
}

void exchange_wake_all(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	LIST_EACH(struct exchange, at, &server->suspended, link) {
		resume(at);
	}
	pthread_mutex_unlock(&server->lock);
}
