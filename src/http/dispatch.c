/* SPDX-License-Identifier: MIT
 * The way of a request: header, checks, the route's begin, data and finish, completion. */
#include "http/dispatch.h"
#include <stdio.h>

#include "http/request_log.h"
#include "http/response.h"
#include "http/route.h"
#include "http/uri.h"

void *dispatch_target(void *context, const char *target, struct MHD_Connection *connection)
{
	(void)connection;
	return exchange_create(context, target);
}

size_t dispatch_unescape(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

struct framing {
	bool odd; /* a header that other servers may read as another one, or as two */
	unsigned int lengths;
	unsigned int codings;
	struct text length;
	struct text coding;
};

/* Of a value, in which tabs may stand. */
static bool has_control(const char *value, size_t size)
{
	bool found = false;

	/* To the end in any case: that is done many bytes at a time. */
	for (size_t i = 0; i < size; i++) {
		found |= ((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f;
	}
	return found;
}

static bool is_number(struct text value)
{
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9') {
			return false;
		}
	}
	return value.size > 0;
}

/* Whether a byte may stand in a header's name (RFC 9110 §5.6.2). */
static const bool token_bytes[256] = {['!'] = true,
	['#' ... '\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['^' ... 'z'] = true,
	['|'] = true,
	['~'] = true};

static bool is_token(struct text name)
{
	bool all = true;

	for (size_t i = 0; i < name.size; i++) {
		all &= token_bytes[(unsigned char)name.data[i]];
	}
	return all && name.size > 0;
}

static bool begins_with(struct text name, struct text beginning)
{
	return name.size > beginning.size &&
	       text_equal_ascii_case(text_head(name, beginning.size), beginning);
}

static enum MHD_Result look_at_framing(void *context, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct framing *framing = context;
	struct text header = {.data = name, .size = name_size};

	(void)kind;
	framing->odd |= !is_token(header) || has_control(value, value_size) ||
			begins_with(header, TEXT("Content-Length")) ||
			begins_with(header, TEXT("Transfer-Encoding"));
	if (text_equal_ascii_case(header, TEXT("Content-Length"))) {
		framing->lengths++;
		framing->length = (struct text){.data = value, .size = value_size};
	} else if (text_equal_ascii_case(header, TEXT("Transfer-Encoding"))) {
		framing->codings++;
		framing->coding = (struct text){.data = value, .size = value_size};
	}
	return MHD_YES;
}

/* The library takes the first of several lengths, a coding that it does not know for a body without end, white space before a colon for a
 * part of the name (RFC 9112 §5.1), a bare CR for a part of the value (§2.2), and puts a line that goes on with the header before it (§5.2) behind that one's name. Where another server stands in front, such a body would be the way to smuggle a second request in (§6.3). */
static struct refusal check_framing(struct exchange *exchange, const char *version)
{
	struct framing framing = {0};
	int64_t size = 0;

	MHD_get_connection_values_n(
		exchange->connection, MHD_HEADER_KIND, look_at_framing, &framing);
	if (framing.odd || (framing.lengths > 0 && !is_number(framing.length))) {
		exchange->request.body_size = -1; /* whatever it has */
		return (struct refusal){.status = 400, .sentence = "the header is malformed"};
	}
	if (framing.codings > 0) {
		exchange->request.body_size = -1;
		if (framing.codings > 1 || framing.lengths > 0 ||
			strcmp(version, "HTTP/1.1") != 0) {
			return (struct refusal){.status = 400,
				.sentence = "the body's length is given in more than one way"};
		}
		if (!text_equal_ascii_case(framing.coding, TEXT("chunked"))) {
			return (struct refusal){.status = 501,
				.sentence = "the only transfer coding known is chunked"};
		}
		return (struct refusal){0};
	}
	if (framing.lengths > 0 && !text_to_int64(framing.length, &size)) {
		size = INT64_MAX; /* the library has seen that it is a number */
	}
	exchange->request.body_size = size;
	if (framing.lengths > 1) {
		return (struct refusal){.status = 400,
			.sentence = "the body's length is given in more than one way"};
	}
	return (struct refusal){0};
}

static bool header_too_large(const struct exchange *exchange)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return exchange->server->options.header_size_max > 0 && info &&
	       info->header_size > exchange->server->options.header_size_max;
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

static struct refusal check_header(struct exchange *exchange, const char *version)
{
	struct refusal refusal = check_framing(exchange, version);

	/* What follows such a header is not taken for a request. */
	exchange->last = refusal.status || (exchange->watched && exchange->watched->surplus);
	if (exchange->watched && exchange->watched->surplus) {
		return (struct refusal){.status = 503,
			.sentence = "the server holds as many connections as it may: try again"};
	}

	if (!refusal.status && header_too_large(exchange)) {
		refusal = (struct refusal){
			.status = 431, .sentence = "the request's header is too large"};
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
		if (route->begin(exchange->server->options.context, &exchange->request,
			    &exchange->response) == HTTP_DONE) {
			return response_queue(exchange);
		}
		if (route->data && exchange->request.method != HTTP_GET) {
			return take_body(exchange);
		}
	} while (wait(exchange, &result));
	return result;
}

/* The header is whole. A response that is queued now makes the library close the connection, since the body is not read:
 * where there is none, the next call is the one to answer in. */
static enum MHD_Result on_header(struct exchange *exchange, const char *version)
{
	exchange->stage = STAGE_BEGIN;
	exchange->response.request = &exchange->request;
	atomic_fetch_add(&exchange->server->active, 1);
	exchange->refusal = check_header(exchange, version);
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
			return result;
		}
		data += taken;
		*size -= taken;
		exchange->body_taken += (int64_t)taken;
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

static void know_connection(struct exchange *exchange, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	exchange->connection = connection;
	exchange->socket_fd = info ? info->connect_fd : -1;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	exchange->watched = info ? info->socket_context : NULL;
	connection_set(exchange->watched, CONNECTION_BUSY);
}

enum MHD_Result dispatch_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size,
	void **request_context)
{
	const struct http_server *server = context;
	struct exchange *exchange = *request_context;

	(void)url;
	if (!exchange) {
		return out_of_memory(connection);
	}
	if (server->stopping || exchange->ended) {
		exchange->stopped = true;
		return MHD_NO;
	}
	switch (exchange->stage) {
	case STAGE_HEADER:
		know_connection(exchange, connection);
		exchange->method = method;
		return on_header(exchange, version);
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

void dispatch_completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct http_server *server = context;
	struct exchange *exchange = *request_context;
	bool counted;

	if (!exchange) {
		return;
	}
	*request_context = NULL;
	counted = exchange->stage != STAGE_HEADER;
	if (server->options.log_requests) {
		request_log(exchange, connection, code);
	}
	if (exchange->begun && server->options.completed) {
		server->options.completed(server->options.context, &exchange->request,
			exchange->answered ? exchange->response.status : 0);
	}
	connection_set(exchange->watched, CONNECTION_HEADER);
	exchange_destroy(exchange);
	if (counted) {
		count_out(server);
	}
}
