/* SPDX-License-Identifier: MIT
 * What the endpoints share: one of each for a server. */
#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H

#include <stdatomic.h>

#include "api/api.h"
#include "api/endpoint.h"
#include "api/guesses.h"
#include "api/memory.h"
#include "api/permits.h"
#include "api/tails.h"
#include "api/worker.h"
#include "base/hash.h"

#define API_ROUTES_MAX 48

struct twilio_executions;

/* By any thread: what is counted here is rare. */
struct api_counts {
	_Atomic uint64_t keys_refused; /* 401 */
	_Atomic uint64_t keys_limited; /* 429 */
	_Atomic uint64_t store_errors;
	_Atomic uint64_t query_timeouts;
	_Atomic uint64_t query_refused;
};

#define API_OPEN_ROUTES 4

struct api {
	struct api_options options;
	/* of all answers under way */
	struct memory memory;
	struct workers *workers;
	/* threads of handlers that wait for others */
	struct workers *errands;
	/* deals errands of unknown keys to lanes */
	struct hash_key strangers;
	struct tails *tails;
	atomic_bool finishing; /* the server is about to stop */
	/* wrong keys */
	struct guesses *guesses;
	/* of the requests under way */
	struct permits *permits;
	/* what answers lie in */
	struct arena_pool blocks;
	/* what bodies of POST /v1/in hold; inbound.h */
	atomic_size_t inbound_bytes;
	struct twilio_executions *executions;
	struct http_route routes[API_ROUTES_MAX];
	size_t route_count;
	/* of a server for metrics */
	struct http_route open_routes[API_OPEN_ROUTES];
	struct api_counts counts;
	int64_t started; /* UNIX seconds */
};

/* The row of a request's route. */
const struct endpoint *api_endpoint(const struct api *api, const struct http_request *request);

#endif
