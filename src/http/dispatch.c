/* SPDX-License-Identifier: MIT
 * The way of a request: header, checks, the route's begin, data and finish, completion. */
#include "http/dispatch.h"
#include <stdio.h>

#include "base/clock.h"
#include "http/address/trust.h"
#include "http/cors.h"
#include "http/figures.h"
#include "http/loop.h"
#include "http/request_log.h"
#include "http/response.h"
#include "http/route.h"
#include "http/uri.h"

static struct connection *watched_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void *dispatch_target(void *context, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = exchange_create(context, target);
	struct connection *watched = watched_of(connection);
	char *query = strchr((char *)(uintptr_t)target, '?');

	if (watched) {
		watched->requests++;
	}
	if (exchange && watched) {
		exchange->number = watched->requests;
	}
	/* The exchange has a copy. The library would make a record of each parameter in its
	 * connection's memory. Where there is no room for them it would leave the request without
	 * an answer: 2,000 in 8 KB. */
	if (query) {
		query[1] = '\0';
	}
	return exchange;
}

size_t dispatch_unescape(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/* The gate has seen that there is one length, or one coding. */
static int64_t body_size(struct http_request *request)
{
	int64_t size = 0;

	if (http_header(request, "Transfer-Encoding").data) {
		return -1;
	}
	text_to_int64(http_header(request, "Content-Length"), &size);
	return size;
}

/* What the gate has against the request. One that came through no gate is not served. */
static struct refusal gate_refusal(const struct exchange *exchange)
{
	const struct connection *watched = exchange->watched;

	if (!watched || exchange->number > watched->gate.begun) {
		return (struct refusal){.status = 503, .sentence = "out of memory"};
	}
	if (watched->gate.status != 0 && watched->gate.begun == exchange->number) {
		return (struct refusal){
			.status = watched->gate.status, .sentence = watched->gate.sentence};
	}
	return (struct refusal){0};
}

/* Fetch, "CORS-preflight request". */
static bool is_preflight(struct exchange *exchange)
{
	struct http_request *request = &exchange->request;

	return strcmp(exchange->method, "OPTIONS") == 0 &&
	       http_header(request, "Access-Control-Request-Method").data &&
	       cors_origin(exchange->server->options.cors_origins, request).data;
}

static struct refusal find_route(struct exchange *exchange)
{
	struct http_request *request = &exchange->request;
	struct route_match match;
	struct text path;
	int found = route_find(exchange->server->options.routes, exchange->path, exchange->method,
		&request->arena, &match);

	if (found < 0 || uri_decode(exchange->path, &request->arena, &path) < 0) {
		return (struct refusal){.status = 503, .sentence = "out of memory"};
	}
	if (found == 0) {
		return (struct refusal){.status = 404, .sentence = "no such path"};
	}
	request->path = path;
	if (!match.route && is_preflight(exchange)) {
		return (struct refusal){.status = 204, .allow = match.allow, .preflight = true};
	}
	if (!match.route) {
		return (struct refusal){.status = 405,
			.sentence = "this path does not have this method",
			.allow = match.allow};
	}
	request->route = match.route;
	request->method = match.method;
	memcpy(request->parameters, match.parameters, sizeof(match.parameters));
	return (struct refusal){0};
}

static struct refusal check_header(struct exchange *exchange)
{
	struct refusal refusal = gate_refusal(exchange);

	exchange->request.body_size =
		refusal.status ? -1 /* whatever it has */ : body_size(&exchange->request);
	/* What follows such a header is not taken for a request. */
	exchange->last = refusal.status || exchange->watched->surplus;
	if (!refusal.status && exchange->watched->surplus) {
		return (struct refusal){.status = 503,
			.sentence = "the server holds as many connections as it may: try again"};
	}
	return refusal.status ? refusal : find_route(exchange);
}

/* Waits for a wake-up. 1: it is there already; 0: *ret is to be returned to the library. */
static int wait(struct exchange *exchange, enum MHD_Result *ret)
{
	enum pause pause = exchange_pause(exchange);

	exchange->stopped = pause == PAUSE_STOPPING;
	*ret = exchange->stopped ? MHD_NO : MHD_YES;
	return pause == PAUSE_OVER;
}

static enum MHD_Result run_finish(struct exchange *exchange)
{
	const struct http_route *route = exchange->request.route;
	enum MHD_Result result = MHD_NO;

	connection_set(exchange->watched, CONNECTION_BUSY);
	if (gate_refusal(exchange).status) {
		exchange->refusal = gate_refusal(exchange);
		exchange->last = true;
		return response_refuse(exchange, &exchange->refusal);
	}
	do {
		if (route->finish(exchange->server->options.context, &exchange->request,
			    &exchange->response) == HTTP_DONE) {
			return response_queue(exchange);
		}
	} while (wait(exchange, &result));
	return result;
}

static const struct refusal body_too_large = {
	.status = 413, .sentence = "the request's body is too large"};

static bool exceeds(const struct exchange *exchange, int64_t size)
{
	int64_t max = exchange->request.route->body_size_max;

	return max > 0 && size > max;
}

static enum MHD_Result take_body(struct exchange *exchange)
{
	if (exceeds(exchange, exchange->request.body_size)) {
		return response_refuse(exchange, &body_too_large);
	}
	exchange->stage = STAGE_BODY;
	if (exchange->request.body_size == 0) {
		return run_finish(exchange);
	}
	connection_set(exchange->watched, CONNECTION_BODY);
	return MHD_YES;
}

static enum MHD_Result run_begin(struct exchange *exchange)
{
	const struct http_route *route = exchange->request.route;
	enum MHD_Result result = MHD_NO;

	exchange->begun = true;
	do {
		enum http_step step = route->begin(
			exchange->server->options.context, &exchange->request, &exchange->response);

		if (step == HTTP_DONE) {
			return response_queue(exchange);
		}
		if (step == HTTP_WAIT && route->data && exchange->request.method != HTTP_GET) {
			return take_body(exchange);
		}
	} while (wait(exchange, &result));
	return result;
}

/* The header is whole. A response that is queued now makes the library close the connection, since
 * the body is not read. Where there is none, the next call is the one to answer in. */
static enum MHD_Result on_header(struct exchange *exchange)
{
	exchange->stage = STAGE_BEGIN;
	exchange->response.request = &exchange->request;
	atomic_fetch_add(&exchange->server->active, 1);
	exchange->refusal = check_header(exchange);
	if (exchange->request.body_size == 0) {
		return MHD_YES;
	}
	return exchange->refusal.status ? response_refuse(exchange, &exchange->refusal)
					: run_begin(exchange);
}

static enum MHD_Result on_data(struct exchange *exchange, const char *data, size_t *size)
{
	const struct http_route *route = exchange->request.route;
	enum MHD_Result result = MHD_YES;

	exchange->refusal = gate_refusal(exchange);
	if (exchange->refusal.status) {
		response_refuse_now(exchange, &exchange->refusal);
		return MHD_NO;
	}
	if (exceeds(exchange, exchange->body_taken + (int64_t)*size)) {
		response_refuse_now(exchange, &body_too_large);
		return MHD_NO;
	}
	connection_set(exchange->watched, CONNECTION_BODY);
	while (*size > 0) {
		size_t taken = route->data(
			exchange->server->options.context, &exchange->request, data, *size);

		if (taken == 0 && !wait(exchange, &result)) {
			connection_set(exchange->watched, CONNECTION_BUSY);
			exchange->body_paused = true;
			return result;
		}
		data += taken;
		*size -= taken;
		exchange->body_taken += (int64_t)taken;
	}
	if (exchange->body_paused) {
		exchange_look_again(exchange);
	}
	return result;
}

static enum MHD_Result out_of_memory(struct MHD_Connection *connection)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued = MHD_NO;

	if (response) {
		queued = MHD_queue_response(connection, MHD_HTTP_SERVICE_UNAVAILABLE, response);
		MHD_destroy_response(response);
	}
	return queued;
}

struct joined {
	struct arena *arena;
	struct text name; /* of the header */
	struct text values;
};

static enum MHD_Result join_forwarded(void *context, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct joined *joined = context;
	struct text more = {value, value ? value_size : 0};

	(void)kind;
	if (text_equal_ascii_case((struct text){name, name_size}, joined->name)) {
		joined->values = joined->values.data
					 ? arena_printf(joined->arena, "%.*s,%.*s",
						   TEXT_ARG(joined->values), TEXT_ARG(more))
					 : more;
	}
	return MHD_YES;
}

static void know_client(struct exchange *exchange)
{
	enum trust_header header =
		exchange->server->options.forwarded ? TRUST_FORWARDED : TRUST_X_FORWARDED_FOR;
	struct joined joined = {
		.arena = &exchange->request.arena, .name = text_of(trust_header_names[header])};

	exchange->client = exchange->watched->address;
	if (trust_has(exchange->server->trust, &exchange->client)) {
		MHD_get_connection_values_n(
			exchange->connection, MHD_HEADER_KIND, join_forwarded, &joined);
		trust_follow(exchange->server->trust, header, joined.values, &exchange->client);
	}
}

static void know_connection(struct exchange *exchange, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	exchange->connection = connection;
	exchange->socket_fd = info ? info->connect_fd : -1;
	exchange->watched = watched_of(connection);
	if (exchange->watched) {
		know_client(exchange);
	}
	if (exchange->server->options.log_requests) {
		request_log_trace(exchange);
	}
	connection_set(exchange->watched, CONNECTION_BUSY);
}

enum MHD_Result dispatch_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size,
	void **request_context)
{
	const struct http_server *server = context;
	struct exchange *exchange = *request_context;

	(void)url;
	(void)version;
	if (!exchange) {
		return out_of_memory(connection);
	}
	if (server->stopping || exchange_is_ended(exchange)) {
		exchange->stopped = true;
		return MHD_NO;
	}
	switch (exchange->stage) {
	case STAGE_HEADER:
		know_connection(exchange, connection);
		exchange->method = method;
		return on_header(exchange);
	case STAGE_BEGIN:
		return exchange->refusal.status ? response_refuse(exchange, &exchange->refusal)
						: run_begin(exchange);
	case STAGE_BODY:
		return *size > 0 ? on_data(exchange, data, size) : run_finish(exchange);
	}
	return MHD_NO;
}

static void count_out(struct http_server *server)
{
	if (atomic_fetch_sub(&server->active, 1) == 1 && server->finishing) {
		pthread_mutex_lock(&server->lock);
		pthread_cond_broadcast(&server->idle);
		pthread_mutex_unlock(&server->lock);
	}
}

static enum http_end end_of(
	const struct exchange *exchange, enum MHD_RequestTerminationCode code, int status)
{
	if (exchange->ended) {
		return HTTP_END_NO_LONGER_ALLOWED;
	}
	if (exchange->watched && exchange->watched->slow) {
		return HTTP_END_TOO_SLOW;
	}
	switch (code) {
	case MHD_REQUEST_TERMINATED_COMPLETED_OK:
		return HTTP_END_WHOLE;
	case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
		return HTTP_END_TIMEOUT;
	case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
		return HTTP_END_STOPPED;
	case MHD_REQUEST_TERMINATED_READ_ERROR:
	case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
		return HTTP_END_CLIENT_GONE;
	case MHD_REQUEST_TERMINATED_WITH_ERROR:
		break;
	}
	/* The library has one code for a request that it refused itself and for a connection that
	 * broke. */
	if (exchange->stage == STAGE_HEADER && status >= 400) {
		return HTTP_END_MALFORMED;
	}
	return exchange->stopped   ? HTTP_END_STOPPED
	       : exchange->refused ? HTTP_END_WHOLE
				   : HTTP_END_BROKEN_OFF;
}

static struct http_done done_of(const struct exchange *exchange, struct MHD_Connection *connection,
	enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info =
		exchange->answered
			? NULL
			: MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
	int status = exchange->answered ? exchange->response.status
		     : info		? (int)info->http_status
					: 0;

	return (struct http_done){
		.end = end_of(exchange, code, status),
		.status = status,
		.us = clock_monotonic_us() - exchange->started_us,
	};
}

void dispatch_completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct http_server *server = context;
	struct exchange *exchange = *request_context;
	struct connection *watched;
	struct http_done done;
	bool counted;

	if (!exchange) {
		return;
	}
	*request_context = NULL;
	counted = exchange->stage != STAGE_HEADER;
	done = done_of(exchange, connection, code);
	watched = watched_of(connection);
	if (watched) {
		figures_note(loop_figures(watched->loop), exchange, &done);
	}
	if (server->options.log_requests) {
		request_log(exchange, &done);
	}
	if (exchange->begun && server->options.completed) {
		server->options.completed(server->options.context, &exchange->request,
			exchange->answered ? exchange->response.status : 0);
	}
	if (exchange->watched) {
		exchange->watched->idle_since_us = exchange->started_us + done.us;
	}
	connection_set(exchange->watched, CONNECTION_HEADER);
	exchange_destroy(exchange);
	if (counted) {
		count_out(server);
	}
}
