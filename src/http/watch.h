/* SPDX-License-Identifier: MIT
 * Private to http/: the open connections, and a thread that looks at them. The library closes a
 * connection on which nothing moves. This thread closes those on which next to nothing moves;
 * "slowloris" is the usual name of that attack. */
#ifndef HTTP_WATCH_H
#define HTTP_WATCH_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "http/gate.h"

struct loop;
struct tls;
struct trust;

/* What a connection waits for. */
enum connection_phase {
	CONNECTION_HEADER, /* the client: nothing or a part of a request's header is there */
	CONNECTION_BODY,   /* the client: the body's next bytes */
	CONNECTION_BUSY,   /* us */
	/* the client, which takes the answer, or us, where nothing is left to take */
	CONNECTION_ANSWER,
};

/* Of a connection over a socket of files the family alone: AF_UNIX. */
union connection_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct connection {
	union connection_address address;
	struct tls *tls;   /* NULL: plain */
	struct loop *loop; /* that serves it */
	struct gate gate;  /* its loop's, as the next one */
	uint64_t requests; /* that the library has told of */
	int fd;
	bool surplus;		/* one more than there may be */
	atomic_bool slow;	/* was broken off for it */
	bool leaving;		/* was closed for another one's sake; guarded by the watch's lock */
	_Atomic uint64_t state; /* phase, and above it how often that was set */
	_Atomic int64_t idle_since_us; /* where no request is under way */
	/* guarded by the watch's lock */
	bool begun;	       /* is with the thread that serves it */
	uint64_t seen;	       /* the state at the last look */
	int64_t since_us;      /* since when it has been that */
	uint64_t moved;	       /* bytes that had moved by then */
	struct list_link link; /* in its list */
};

struct watch_options {
	unsigned int connections_max;		  /* 0: no ceiling */
	unsigned int connections_per_address_max; /* 0: three quarters of connections_max */
	const struct trust *trust;		  /* addresses without that ceiling */
	unsigned int timeout_s;			  /* 0: connections are not looked at */
	int64_t rate_min;			  /* bytes a second; 0: any */
};

/* Since the server began. */
struct watch_figures {
	uint64_t gave_way; /* connections that were closed for another one's sake */
	uint64_t refused;  /* that were closed at once: their address had as many as it may */
	uint64_t surplus;  /* that were answered by 503 */
};

struct watch;

int watch_create(struct watch **ret_watch, const struct watch_options *options,
	struct error *err) CHECK_RESULT;
/* No connection may be left. NULL is accepted. */
void watch_destroy(struct watch *watch);

/* Counts the connection on @fd, which was accepted just now. Where there are as many as there may
 * be, of its address or of all, an idle one is closed for it. An idle one waits for its client to
 * begin a request. What is closed is the longest idle one of its address, or of the address with
 * the most. Where there is none, it is a surplus one; NULL where its address has as many as it may,
 * or memory is short. */
struct connection *watch_add(
	struct watch *watch, int fd, const union connection_address *address, struct tls *tls);
/* The thread that serves @connection has it; from now on it is looked at. */
void watch_begin(struct watch *watch, struct connection *connection);
/* Before @connection's socket is closed, where it had begun. NULL is accepted. */
void watch_remove(struct watch *watch, struct connection *connection);

/* Ends it from any thread: the library sees the socket's end and closes it. What waits to be taken
 * is thrown away then, instead of being kept for a client that takes its time. Only while it is
 * watched. */
void connection_cut(struct connection *connection);

/* How many there are, and the figures since the start. From any thread. */
size_t watch_count(struct watch *watch, struct watch_figures *ret_figures);

/* Whether there are @max connections. Where there are, one that is idle is closed, so that there
 * will be fewer. */
bool watch_is_full(struct watch *watch, size_t max);

static inline socklen_t connection_address_size(const struct connection *connection)
{
	switch (connection->address.any.sa_family) {
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_INET:
		return sizeof(struct sockaddr_in);
	default:
		return sizeof(sa_family_t);
	}
}

/* From the connection's own thread. To be in @phase already changes nothing: its time goes on. */
static inline void connection_set(struct connection *connection, enum connection_phase phase)
{
	uint64_t state =
		connection ? atomic_load_explicit(&connection->state, memory_order_relaxed) : 0;

	if (connection && (state & 3) != (uint64_t)phase) {
		atomic_store_explicit(&connection->state, ((state | 3) + 1) | (uint64_t)phase,
			memory_order_relaxed);
	}
}

#endif
