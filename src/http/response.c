/* SPDX-License-Identifier: MIT
 * Responses: their headers, and their bodies in the form that the library sends fastest (DESIGN
 * §9). */
#include "http/response.h"
#include "http/cors.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "http/route.h"
#include "http/tls.h"

/* The library copies the array of an iovec into the connection's memory pool and breaks off when it
 * does not fit. More pieces are copied block by block instead, which is as fast. */
#define IOVEC_PIECES_MAX 256

#define JOIN_SIZE_MAX	 ((size_t)32 * 1024)
#define BLOCK_SIZE	 ((size_t)32 * 1024)
#define CHUNK_SIZE	 ((size_t)64 * 1024)
#define REFUSAL_SIZE_MAX ((size_t)64 * 1024)

struct http_header_line {
	const char *name;
	const char *value;
	struct http_header_line *next;
};

_Static_assert(sizeof(struct iovec) == sizeof(struct MHD_IoVec) &&
		       offsetof(struct iovec, iov_base) == offsetof(struct MHD_IoVec, iov_base) &&
		       offsetof(struct iovec, iov_len) == offsetof(struct MHD_IoVec, iov_len),
	"pieces are handed to the library as they are");

void http_response_header(struct http_response *response, const char *name, struct text value)
{
	struct arena *arena = &response->request->arena;
	struct http_header_line **end = &response->headers;
	struct http_header_line *line;
	struct text copy;

	if (text_has_control(value)) {
		return;
	}
	line = arena_alloc(arena, sizeof(*line));
	copy = arena_copy(arena, value);
	if (!line || !copy.data) {
		exchange_of(response->request)->memory_short = true;
		return;
	}
	while (*end) {
		end = &(*end)->next;
	}
	*line = (struct http_header_line){.name = name, .value = copy.data};
	*end = line;
}

static ssize_t body_read(void *context, uint64_t position, char *to, size_t max)
{
	struct exchange *exchange = context;
	const struct http_body *body = &exchange->response.body;
	enum pause pause = PAUSE_OVER;
	ssize_t size;

	(void)position;
	if (exchange->ended) {
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	do {
		size = body->read(body->context, to, max);
	} while (size == HTTP_BODY_WAIT && (pause = exchange_pause(exchange)) == PAUSE_OVER);
	if (size == HTTP_BODY_WAIT && pause == PAUSE_SUSPENDED) {
		return 0;
	}
	exchange->stopped |= pause == PAUSE_STOPPING;
	if (size < 0 || (size_t)size > max || (size == 0 && body->size >= 0)) {
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	exchange->sent += size;
	return size > 0 ? size : MHD_CONTENT_READER_END_OF_STREAM;
}

static ssize_t pieces_read(void *context, uint64_t position, char *to, size_t max)
{
	struct exchange *exchange = context;
	const struct http_response *response = &exchange->response;
	size_t used = 0;

	(void)position;
	if (exchange->ended) {
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	while (used < max && exchange->piece < response->piece_count) {
		const struct iovec *piece = &response->pieces[exchange->piece];
		size_t size = piece->iov_len - exchange->piece_offset;

		size = size < max - used ? size : max - used;
		if (size > 0) {
			memcpy(to + used, (const char *)piece->iov_base + exchange->piece_offset,
				size);
		}
		used += size;
		exchange->piece_offset += size;
		if (exchange->piece_offset == piece->iov_len) {
			exchange->piece++;
			exchange->piece_offset = 0;
		}
	}
	exchange->sent += (ssize_t)used;
	return (ssize_t)used;
}

static struct MHD_Response *make_text(struct exchange *exchange, struct text text)
{
	exchange->sent = (int64_t)text.size;
	/* Persistent means not copied: the arena outlives the response, and the library only reads.
	 */
	return MHD_create_response_from_buffer(
		text.size, (void *)(uintptr_t)text.data, MHD_RESPMEM_PERSISTENT);
}

/* Few bytes are worth a copy: the library sends a buffer together with the header, an array apart
 * from it. */
static struct MHD_Response *make_joined(struct exchange *exchange, size_t size)
{
	const struct http_response *response = &exchange->response;
	char *joined = arena_alloc(&exchange->request.arena, size);
	size_t used = 0;

	if (!joined) {
		return NULL;
	}
	for (size_t i = 0; i < response->piece_count; i++) {
		const struct iovec *piece = &response->pieces[i];

		if (piece->iov_len > 0) {
			memcpy(joined + used, piece->iov_base, piece->iov_len);
		}
		used += piece->iov_len;
	}
	return make_text(exchange, (struct text){.data = joined, .size = size});
}

static struct MHD_Response *make_pieces(struct exchange *exchange)
{
	const struct http_response *response = &exchange->response;
	uint64_t size = 0;

	for (size_t i = 0; i < response->piece_count; i++) {
		size += response->pieces[i].iov_len;
	}
	if (size == 0) {
		return make_text(exchange, TEXT(""));
	}
	if (size <= JOIN_SIZE_MAX) {
		return make_joined(exchange, (size_t)size);
	}
	/* Over TLS each piece would become one record. */
	if (response->piece_count > IOVEC_PIECES_MAX || exchange->server->tls) {
		return MHD_create_response_from_callback(
			size, BLOCK_SIZE, pieces_read, exchange, NULL);
	}
	exchange->sent = (int64_t)size;
	return MHD_create_response_from_iovec((const struct MHD_IoVec *)response->pieces,
		(unsigned int)response->piece_count, NULL, NULL);
}

/* Whether the library writes the last chunk of a body that is not sent. Then HEAD's answer has no
 * chunks, and ends with the connection, as for a client that does not know chunks. */
#define HEAD_ENDS_WITH_A_CHUNK (MHD_VERSION < 0x01000000)

/* Bytes of an export that the system keeps before it can send them. They are enough to go on with,
 * and little of what its key may no longer have (http_request_end()). Otherwise it keeps some MiB.
 * Large pages would be a tenth slower with this. */
#define UNSENT_MAX (512 << 10)

static struct MHD_Response *make_unsized(struct exchange *exchange)
{
	const int unsent = UNSENT_MAX;
	struct MHD_Response *made = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, CHUNK_SIZE, body_read, exchange, NULL);

	/* Where it cannot be had, the system keeps more. */
	(void)setsockopt(
		exchange->socket_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	if (made && HEAD_ENDS_WITH_A_CHUNK && strcmp(exchange->method, "HEAD") == 0) {
		MHD_set_response_options(made, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	}
	return made;
}

/* body.close is called by exchange_destroy(), after which the library reads no more. */
static struct MHD_Response *make_response(struct exchange *exchange)
{
	const struct http_response *response = &exchange->response;

	if (response->pieces) {
		return make_pieces(exchange);
	}
	if (!response->body.read) {
		return make_text(exchange, response->text);
	}
	if (response->body.size < 0) {
		return make_unsized(exchange);
	}
	if (response->body.size == 0) {
		return make_text(exchange, TEXT(""));
	}
	return MHD_create_response_from_callback(
		(uint64_t)response->body.size, BLOCK_SIZE, body_read, exchange, NULL);
}

static bool add_headers(struct MHD_Response *made, const struct exchange *exchange)
{
	char id[HTTP_ID_SIZE];
	bool added = MHD_add_response_header(made, "X-Request-Id",
			     http_request_id(&exchange->request, id)) == MHD_YES &&
		     MHD_add_response_header(made, "X-Content-Type-Options", "nosniff") == MHD_YES;
	for (const struct http_header_line *line = exchange->response.headers; line && added;
		line = line->next) {
		added = MHD_add_response_header(made, line->name, line->value) == MHD_YES;
	}
	if (added && (exchange->server->finishing || exchange->last)) {
		added = MHD_add_response_header(made, "Connection", "close") == MHD_YES;
	}
	return added;
}

static void fill_preflight(struct exchange *exchange, const struct refusal *refusal)
{
	struct http_response *response = &exchange->response;

	http_response_header(response, "Access-Control-Allow-Methods",
		route_allow(refusal->allow, &exchange->request.arena));
	http_response_header(response, "Access-Control-Allow-Headers", TEXT(CORS_HEADERS));
	http_response_header(response, "Access-Control-Max-Age", TEXT(CORS_AGE));
}

/* Whether a page of another origin may read the answer. Caches are told that it depends on that. */
static void add_cors(struct exchange *exchange)
{
	const char *allowed = exchange->server->options.cors_origins;
	struct text origin = cors_origin(allowed, &exchange->request);

	if (allowed) {
		http_response_header(&exchange->response, "Vary", TEXT("Origin"));
	}
	if (origin.data) {
		http_response_header(&exchange->response, "Access-Control-Allow-Origin", origin);
		http_response_header(
			&exchange->response, "Access-Control-Expose-Headers", TEXT(CORS_EXPOSED));
	}
}

static void fill_refusal(struct exchange *exchange, const struct refusal *refusal)
{
	const struct http_server_options *options = &exchange->server->options;
	struct http_response *response = &exchange->response;

	*response = (struct http_response){
		.status = refusal->status,
		.request = &exchange->request,
	};
	if (refusal->preflight) {
		fill_preflight(exchange, refusal);
		return;
	}
	if (refusal->allow) {
		http_response_header(
			response, "Allow", route_allow(refusal->allow, &exchange->request.arena));
	}
	if (options->error) {
		options->error(options->context, &exchange->request, response, refusal->sentence);
	}
}

static void drop_body(struct exchange *exchange)
{
	if (exchange->response.body.close) {
		exchange->response.body.close(exchange->response.body.context);
	}
	exchange->response = (struct http_response){.request = &exchange->request};
}

/* What a response becomes that a handler left unusable: better no body than a wrong one. */
static void check_response(struct exchange *exchange)
{
	struct http_response *response = &exchange->response;

	if (exchange->memory_short) {
		drop_body(exchange);
		response->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	} else if (response->status < 200 || response->status > 999) {
		drop_body(exchange);
		response->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

enum MHD_Result response_queue(struct exchange *exchange)
{
	struct MHD_Response *made;
	enum MHD_Result queued = MHD_NO;

	add_cors(exchange);
	check_response(exchange);
	made = make_response(exchange);
	if (!made) {
		return MHD_NO;
	}
	if (add_headers(made, exchange)) {
		exchange->answered = true;
		connection_set(exchange->watched, CONNECTION_ANSWER);
		queued = MHD_queue_response(
			exchange->connection, (unsigned int)exchange->response.status, made);
	}
	MHD_destroy_response(made);
	return queued;
}

enum MHD_Result response_refuse(struct exchange *exchange, const struct refusal *refusal)
{
	fill_refusal(exchange, refusal);
	return response_queue(exchange);
}

static void append_head(struct buffer *buffer, const struct exchange *exchange)
{
	const struct http_response *response = &exchange->response;
	char id[HTTP_ID_SIZE];

	buffer_printf(buffer,
		"HTTP/1.1 %d %s\r\nConnection: close\r\nX-Request-Id: %s\r\n"
		"X-Content-Type-Options: nosniff\r\n",
		response->status, MHD_get_reason_phrase_for((unsigned int)response->status),
		http_request_id(&exchange->request, id));
	for (const struct http_header_line *line = response->headers; line; line = line->next) {
		buffer_printf(buffer, "%s: %s\r\n", line->name, line->value);
	}
	buffer_printf(buffer, "Content-Length: %zu\r\n\r\n", response->text.size);
}

void response_refuse_now(struct exchange *exchange, const struct refusal *refusal)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, REFUSAL_SIZE_MAX);
	fill_refusal(exchange, refusal);
	add_cors(exchange);
	append_head(&buffer, exchange);
	buffer_append(&buffer, exchange->response.text);
	if (!buffer.failed && !exchange->memory_short) {
		exchange->answered = tls_write(exchange->connection, buffer_text(&buffer));
		exchange->refused = exchange->answered;
		exchange->sent = (int64_t)exchange->response.text.size;
	}
}
