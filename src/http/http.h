/* SPDX-License-Identifier: MIT
 * HTTP: all that knows the HTTP library. A server reads requests, finds the route and calls its
 * handler; a handler fills in the response. Knows nothing of calls. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <sys/types.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "metric/metric.h"

/* ---- requests ---- */

enum http_method {
	HTTP_GET = 1, /* HEAD comes as GET; the body is left out by the server */
	HTTP_POST = 2,
	HTTP_PATCH = 4,
	HTTP_DELETE = 8,
};

struct http_route;

#define HTTP_PATH_PARAMETERS_MAX 4

struct http_request {
	struct arena arena; /* goes with the request, after the response was sent */
	uint64_t id;	    /* in the log, and in the header X-Request-Id */
	enum http_method method;
	struct text path; /* percent-decoded */
	const struct http_route *route;
	/* of the path's {…}, percent-decoded, in order */
	struct text parameters[HTTP_PATH_PARAMETERS_MAX];
	int64_t body_size; /* Content-Length; 0: none; -1: unknown (chunked) */
	void *user;	   /* the handler's; see http_route.release */
	/* set by the handler: too many of its kind come for a line of the log each; they are
	 * counted */
	bool quiet;
	int64_t account_id; /* set by the handler for the request log; 0: none */
	/* Set by the handler while another thread works with the request. Until it is false again
	 * and the request was woken, http_request_end() does not end it. */
	_Atomic bool busy;
};

/* The last value of header @name, or of the query parameter @name; data NULL when absent. A
 * parameter is percent-decoded, and `+` is a space; what is not a valid encoding stays as it is
 * written, %00 is a NUL byte in the text. Valid until release(). */
struct text http_header(struct http_request *request, const char *name);
struct text http_query(struct http_request *request, const char *name);

/* Where the request came from, or which client a trusted proxy asked for, as far as one guesser can
 * be told from another. It is an IPv4 address, or the half of an IPv6 address that a customer is
 * given whole: "2001:db8:1:2::/64". In the request's arena; data NULL where it is not known. */
struct text http_request_network(struct http_request *request);

/* The query as it was sent: what follows the `?`. */
struct text http_query_text(const struct http_request *request);

#define HTTP_ID_SIZE 17

/* The request's id as the header X-Request-Id and the log have it. Returns @buffer. */
const char *http_request_id(const struct http_request *request, char buffer[HTTP_ID_SIZE]);

#define HTTP_ADDRESS_SIZE 46

/* The address that the request came from, or that a trusted proxy asked for: "192.0.2.7",
 * "2001:db8::1"; empty where it is not known. Returns @buffer. */
const char *http_address(const struct http_request *request, char buffer[HTTP_ADDRESS_SIZE]);

/* Walks the query's parameters in their order, repeated ones too, decoded as above; `name` alone
 * has an empty value. Start with @at = 0. Returns 1 with one, 0 behind the last, negative when the
 * request's arena is used up. */
int http_query_next(struct http_request *request, size_t *at, struct text *ret_name,
	struct text *ret_value) CHECK_RESULT;

/* Whether the client has closed its side, which shows neither in a suspended request nor in a busy
 * one. From any thread, until release() returned. */
bool http_request_gone(struct http_request *request);

/* Breaks the request off, whether it waits, is read or is answered. Its connection is closed
 * without what is left of the answer, so that the client sees that it is cut. From any thread,
 * until release() returned. */
void http_request_end(struct http_request *request);

/* ---- responses ---- */

/* What a body's read() returns when it has nothing now. */
#define HTTP_BODY_WAIT ((ssize_t)-2)

/* A body that is pulled. */
struct http_body {
	int64_t size; /* bytes; -1: not known before the end */
	/* Writes up to @max bytes to @to. Returns how many; 0 at the end; HTTP_BODY_WAIT to be
	 * called again after http_request_wake(), or now and then without one; -1 when it cannot go
	 * on. Then the connection is broken off, so that the client sees that the body is cut. */
	ssize_t (*read)(void *context, char *to, size_t max);
	/* may be NULL; called once, before the request's arena goes */
	void (*close)(void *context);
	void *context;
};

struct http_response {
	int status;
	struct http_request *request;
	/* exactly one of the next three, or none for an empty body */
	struct text text;	    /* in the request's arena, or static */
	const struct iovec *pieces; /* in the request's arena, and so is what they point to */
	size_t piece_count;
	struct http_body body;
	/* private */
	struct http_header_line *headers;
};

/* Adds a header; @name is a literal, @value is copied. A value with a control character is dropped.
 */
void http_response_header(struct http_response *response, const char *name, struct text value);

/* ---- routes ---- */

/* What a handler says. */
enum http_step {
	HTTP_DONE, /* the response is filled in */
	/* call the handler again after http_request_wake(), or now and then without one */
	HTTP_WAIT,
	/* the same, where HTTP_WAIT means something else: from `begin` of a route with `data` */
	HTTP_AGAIN,
};

struct http_route {
	/* "/api/all_logs/{start}/{end}": a {…} stands for one segment that is not empty */
	const char *pattern;
	unsigned int methods; /* enum http_method, or-ed; HEAD goes with GET */
	/* Called when the header is there, before any body. Fills in @response and returns
	 * HTTP_DONE to answer without the body: the connection is closed after that when there is
	 * one. HTTP_WAIT in a route with `data`, for any method but GET, means to take the body by
	 * `data`, then `finish`. Where Content-Length is above body_size_max that is a 413.
	 * Otherwise `begin` is called again after http_request_wake(). HTTP_AGAIN always means
	 * that. */
	enum http_step (*begin)(
		void *context, struct http_request *request, struct http_response *response);
	/* Body bytes: returns how many were taken, and is called with the rest until that is 0:
	 * none now, wait for http_request_wake(). NULL for routes without body. */
	size_t (*data)(void *context, struct http_request *request, const char *data, size_t size);
	/* The body is whole: fills in @response, or HTTP_WAIT. */
	enum http_step (*finish)(
		void *context, struct http_request *request, struct http_response *response);
	/* Called once for each request that reached `begin`, at its very end, after body.close,
	 * also when the client went away. That a client went away shows only when its request is
	 * woken. May be NULL. */
	void (*release)(void *context, struct http_request *request);
	int64_t body_size_max; /* bytes on the wire; 0: no ceiling */
};

/* Lets a waiting request go on: from any thread, any number of times, until release() was called.
 */
void http_request_wake(struct http_request *request);

/* ---- the server ---- */

#define HTTP_LISTEN_MAX 16

/* Strings and routes must live as long as the server. */
struct http_server_options {
	/* Up to HTTP_LISTEN_MAX, with commas between them: "127.0.0.1:8080", "[::1]:8080" (port 0:
	 * any free one), "unix:/run/callstep/http". */
	const char *listen;
	/* Sockets that listen already; where there are some, `listen` does not count. */
	const int *listen_fds;
	size_t listen_fd_count;
	const char *tls_certificate; /* PEM files; both or neither */
	const char *tls_key;
	unsigned int threads; /* 0: one a core */
	/* of further ones those that are idle give way, or they are answered by 503; 0: no ceiling
	 */
	unsigned int connections_max;
	/* 0: three quarters of connections_max. A trusted proxy has no such ceiling. */
	unsigned int connections_per_address_max;
	/* "10.0.0.1, 192.0.2.0/24, unix": whose word is taken for where a request came from; NULL:
	 * nobody's */
	const char *trusted_proxies;
	/* "https://wall.example, http://127.0.0.1:3000", or "*": whose pages may ask by script,
	 * with a key that they send themselves; NULL: nobody's but this server's */
	const char *cors_origins;
	bool forwarded; /* that word stands in Forwarded (RFC 7239), not in X-Forwarded-For */
	/* a connection without a byte for so long is closed; a request's header may take twice that
	 */
	unsigned int timeout_s;
	/* bytes a second that a client is to send of a body, or to take of an answer, over
	 * timeout_s; 0: any */
	int64_t rate_min;
	size_t header_size_max;	   /* bytes of a request's line and headers: 431 above it */
	size_t request_memory_max; /* ceiling of a request's arena */
	bool log_requests;

	const struct http_route *routes; /* ended by a row whose pattern is NULL */
	/* Makes the body of a status that the server itself answers: 400, 404, 405, 413, 431, 501,
	 * 503. Fills in text and Content-Type of @response, whose status is set. @request has no
	 * route then, or was begun. NULL: no body. */
	void (*error)(void *context, struct http_request *request, struct http_response *response,
		const char *sentence);
	/* Called once for each request that reached `begin`, at its end, before release(); @status
	 * 0: there was no answer. NULL: not called. */
	void (*completed)(void *context, struct http_request *request, int status);
	/* Appends the request's query as it may stand in the log, which has it at debug level only.
	 * NULL: as it was sent. */
	void (*shown_query)(void *context, struct http_request *request, struct buffer *out);
	void *context; /* handed to every callback */
};

struct http_server;

/* Reads the certificate and listens: everything that @options may have wrong is found here. Clients
 * that connect wait until http_server_begin(). ERROR_BUSY when the port is taken, ERROR_INVALID
 * when listen or the certificate is not usable. */
int http_server_open(struct http_server **ret_server, const struct http_server_options *options,
	struct error *err) CHECK_RESULT;

/* Whether a server could be opened and begun with @options, but for an address that is in use:
 * reads the certificate, and listens nowhere. ERROR_INVALID and others as of both. */
int http_server_check(const struct http_server_options *options, struct error *err) CHECK_RESULT;

/* Serves. @options are those that the server was opened with; routes and callbacks may have come
 * since. */
int http_server_begin(struct http_server *server, const struct http_server_options *options,
	struct error *err) CHECK_RESULT;

/* Both at once. */
int http_server_start(struct http_server **ret_server, const struct http_server_options *options,
	struct error *err) CHECK_RESULT;

/* "127.0.0.1:8080" as bound; several have commas between them. Valid until the server stops. */
const char *http_server_address(const struct http_server *server);

/* Rereads the certificate files; new connections use them. On failure the old ones stay. */
int http_server_reload(struct http_server *server, struct error *err) CHECK_RESULT;

/* Whether each thread that serves has gone round since this was last asked, or it is asked for the
 * first time. False where one stands still. By one thread. */
bool http_server_turned(struct http_server *server);

/* ---- figures ---- */

/* How a request ended: whole, or why not. */
enum http_end {
	HTTP_END_WHOLE,
	HTTP_END_NO_LONGER_ALLOWED, /* http_request_end() */
	HTTP_END_TOO_SLOW,
	HTTP_END_TIMEOUT,
	HTTP_END_STOPPED, /* the server stops */
	HTTP_END_CLIENT_GONE,
	HTTP_END_MALFORMED,
	HTTP_END_BROKEN_OFF, /* its answer could not be gone on with */
	HTTP_ENDS,
};
extern const char *const http_end_names[HTTP_ENDS]; /* the first is empty */

/* The statuses that are counted apart. */
#define HTTP_CODES 21
extern const int http_codes[HTTP_CODES];

/* Of one route, since the start. */
struct http_route_figures {
	_Atomic uint64_t codes[HTTP_CODES + 1]; /* the last: no answer, or another status */
	_Atomic uint64_t request_bytes;		/* of bodies */
	_Atomic uint64_t response_bytes;
	struct metric_histogram duration; /* from the request's line to the answer's end */
};
extern const struct metric_bounds http_duration_bounds;

struct http_figures {
	size_t connections;
	uint64_t connections_refused; /* there were as many as may be, in all or of an address */
	uint64_t ends[HTTP_ENDS];
	int64_t certificate_end; /* UNIX seconds; -1: it serves none */
};

/* From any thread, while the server serves. They are summed over its threads now. */
void http_server_figures(const struct http_server *server, struct http_figures *ret_figures);

/* Of the route in the place @route of the list of routes; of requests that fit none for the place
 * behind the last. */
void http_server_route_figures(
	const struct http_server *server, size_t route, struct http_route_figures *ret_figures);

/* ---- its end ---- */

/* Stops accepting, and waits up to @grace_s seconds for what runs. http_server_stop() is next. */
void http_server_drain(struct http_server *server, unsigned int grace_s);

/* Drains it, and closes everything. NULL is accepted. */
void http_server_stop(struct http_server *server, unsigned int grace_s);

#endif
