/* SPDX-License-Identifier: MIT
 * Counting requests, a loop for itself. */
#include "http/figures.h"

#include <stdlib.h>

const int http_codes[HTTP_CODES] = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409, 413, 415,
	422, 429, 431, 500, 501, 503, 505, 507};

const char *const http_end_names[HTTP_ENDS] = {
	[HTTP_END_WHOLE] = "",
	[HTTP_END_NO_LONGER_ALLOWED] = "no-longer-allowed",
	[HTTP_END_TOO_SLOW] = "too-slow",
	[HTTP_END_TIMEOUT] = "timeout",
	[HTTP_END_STOPPED] = "stopped",
	[HTTP_END_CLIENT_GONE] = "client-gone",
	[HTTP_END_MALFORMED] = "malformed",
	[HTTP_END_BROKEN_OFF] = "broken-off",
};

const struct metric_bounds http_duration_bounds = {
	.count = 10,
	.us = {1000, 2500, 10000, 25000, 100000, 250000, 1000000, 2500000, 10000000, 30000000},
};

struct figures {
	size_t route_count;
	_Atomic uint64_t ends[HTTP_ENDS];
	struct http_route_figures routes[]; /* the last: no route */
};

struct figures *figures_create(size_t routes)
{
	struct figures *figures =
		calloc(1, sizeof(*figures) + (routes + 1) * sizeof(figures->routes[0]));

	if (figures) {
		figures->route_count = routes;
	}
	return figures;
}

void figures_destroy(struct figures *figures)
{
	free(figures);
}

/* The last place is for what is not in the list. */
static size_t place_of(int status)
{
	size_t place = 0;

	while (place < HTTP_CODES && http_codes[place] != status) {
		place++;
	}
	return place;
}

void figures_note(
	struct figures *figures, const struct exchange *exchange, const struct http_done *done)
{
	const struct http_route *route = exchange->request.route;
	size_t number =
		route ? (size_t)(route - exchange->server->options.routes) : figures->route_count;
	struct http_route_figures *counted = &figures->routes[number];

	metric_add(&figures->ends[done->end], 1);
	metric_add(&counted->codes[place_of(done->status)], 1);
	metric_add(&counted->request_bytes, (uint64_t)exchange->body_taken);
	metric_add(&counted->response_bytes, (uint64_t)exchange->sent);
	metric_note(&counted->duration, &http_duration_bounds, done->us);
}

void figures_sum_ends(const struct figures *figures, uint64_t sum[HTTP_ENDS])
{
	for (size_t i = 0; i < HTTP_ENDS; i++) {
		sum[i] += metric_read(&figures->ends[i]);
	}
}

void figures_sum_route(const struct figures *figures, size_t route, struct http_route_figures *sum)
{
	const struct http_route_figures *counted = &figures->routes[route];

	for (size_t i = 0; i <= HTTP_CODES; i++) {
		metric_add(&sum->codes[i], metric_read(&counted->codes[i]));
	}
	metric_add(&sum->request_bytes, metric_read(&counted->request_bytes));
	metric_add(&sum->response_bytes, metric_read(&counted->response_bytes));
	metric_sum(&sum->duration, &counted->duration);
}
