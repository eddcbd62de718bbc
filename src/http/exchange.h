/* SPDX-License-Identifier: MIT
 * Private to http/: one request with its response, and the server that it belongs to. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "http/address/listen.h"
#include "http/http.h"
#include "http/watch.h"

struct acceptor;
struct loop;
struct tls;
struct trust;

/* What the library's next call of the access handler means. */
enum stage {
	STAGE_HEADER, /* nothing looked at yet */
	STAGE_BEGIN,  /* the route is to be begun, or to be refused */
	STAGE_BODY,   /* body bytes, then the end of the body */
};

struct refusal {
	int status; /* 0: none */
	const char *sentence;
	unsigned int allow; /* of a 405, and of a preflight: the methods that the path has */
	bool preflight;	    /* no refusal: a page of an allowed origin asks what it may ask */
};

#define TRACE_ID_SIZE 33

struct exchange {
	struct http_request request; /* handlers hold its address, exchange_of() goes back */
	struct http_response response;
	struct http_server *server;
	struct MHD_Connection *connection;
	struct connection *watched;	 /* NULL until the header is whole */
	union connection_address client; /* no family until then */
	uint64_t number;		 /* of the connection's requests, from 1 */
	int socket_fd;
	char trace_id[TRACE_ID_SIZE]; /* of the header traceparent; empty: none */
	const char *method;	      /* as sent; NULL until the header was whole */
	struct text query;	      /* raw: what follows the `?` */
	struct text path;	      /* raw */
	struct refusal refusal;
	enum stage stage;
	bool begun;	   /* release() is owed */
	bool answered;	   /* a response was handed to the library */
	bool memory_short; /* a header did not fit into the arena */
	bool last;	   /* the connection ends with its answer */
	bool refused;	   /* answered in the middle of the body, which ends the connection */
	bool stopped;	   /* broken off because the server stops */
	atomic_bool ended; /* broken off by http_request_end() */
	bool body_paused;  /* it was suspended in its body */
	int64_t body_taken;
	int64_t sent; /* bytes of the response's body */
	int64_t started_us;
	size_t piece; /* of response.pieces: where pieces_read() stands */
	size_t piece_offset;
	/* guarded by server->lock */
	bool woken; /* a wake-up came while the exchange was not suspended */
	bool suspended;
	struct list_link link; /* in server->suspended */
};

struct http_server {
	struct http_server_options options;
	struct loop **loops;
	size_t loop_count;
	size_t route_count;
	struct acceptor *acceptor;
	struct tls *tls; /* NULL: plain */
	struct watch *watch;
	struct trust *trust; /* NULL: of nobody */
	/* of requests: what one client sees tells nothing of how many others had */
	struct hash_key ids;
	struct listeners listeners;
	_Atomic uint64_t last_id;
	_Atomic uint64_t quiet_count; /* requests without a line of the log, since they were told */
	_Atomic int64_t quiet_told_us; /* when that was */
	atomic_int active;	       /* exchanges whose header is whole and that are not over */
	atomic_bool finishing;	       /* no new connections; responses say `Connection: close` */
	atomic_bool stopping;	       /* no handler is called any more */
	pthread_mutex_t lock;
	pthread_cond_t idle;   /* active became 0 while finishing */
	struct list suspended; /* exchanges */
};

/* Whether it is to be broken off, and may be: no other thread works with it. */
static inline bool exchange_is_ended(const struct exchange *exchange)
{
	return exchange->ended && !exchange->request.busy;
}

static inline struct exchange *exchange_of(const struct http_request *request)
{
	return CONTAINER_OF(request, struct exchange, request);
}

/* A new exchange for a request whose target is @target; NULL when memory is short. */
struct exchange *exchange_create(struct http_server *server, const char *target);

/* Ends the response's body, calls release() where it is owed, frees everything. NULL is accepted.
 */
void exchange_destroy(struct exchange *exchange);

enum pause {
	PAUSE_OVER,	 /* it was woken already: call the handler again */
	PAUSE_SUSPENDED, /* return to the library, which comes back after http_request_wake() */
	PAUSE_STOPPING,	 /* the server stops, or the request was ended: break the connection off */
};

/* Suspends the exchange's connection until http_request_wake(). Only from within the access
 * handler. */
enum pause exchange_pause(struct exchange *exchange);

/* Makes the library read the connection's socket once more. It reads when something comes. After a
 * read that found less than there was room for, it does not notice what came while the connection
 * was suspended. That may be the client's end. Only from within the access handler. */
void exchange_look_again(struct exchange *exchange);

/* Wakes all that are suspended, for a server whose `stopping` is set. */
void exchange_wake_all(struct http_server *server);

#endif
