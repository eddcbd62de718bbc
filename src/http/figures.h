/* SPDX-License-Identifier: MIT
 * Private to http/: what a loop counts of the requests that it served. */
#ifndef HTTP_FIGURES_H
#define HTTP_FIGURES_H

#include "http/exchange.h"

/* How a request went, when it is over. */
struct http_done {
	enum http_end end;
	int status; /* 0: there was no answer */
	int64_t us;
};

struct figures;

/* For routes[0] to routes[@routes - 1], and for what fits none. NULL: memory is short. */
struct figures *figures_create(size_t routes);
void figures_destroy(struct figures *figures);

/* By the loop's thread. */
void figures_note(
	struct figures *figures, const struct exchange *exchange, const struct http_done *done);

/* Adds what was counted so far to @sum. From any thread. */
void figures_sum_ends(const struct figures *figures, uint64_t sum[HTTP_ENDS]);
void figures_sum_route(const struct figures *figures, size_t route, struct http_route_figures *sum);

#endif
