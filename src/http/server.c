/* SPDX-License-Identifier: MIT
 * The server: listening, starting and stopping its threads. */
#include "http/http.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "http/acceptor.h"
#include "http/address/trust.h"
#include "http/cors.h"
#include "http/figures.h"
#include "http/loop.h"
#include "http/request_log.h"
#include "http/tls.h"
#include "http/watch.h"

/* ---- threads ---- */

/* Above the ceiling some are let in all the same, so that they hear why they are not served. */
static size_t connection_limit(const struct http_server_options *options)
{
	size_t max = options->connections_max;

	return max > 0 ? max + max / 8 + 16 : 0;
}

static int start_loops(struct http_server *server, struct error *err)
{
	size_t count = server->options.threads > 0 ? server->options.threads : thread_cores();

	server->loops = calloc(count, sizeof(*server->loops));
	if (!server->loops) {
		return error_no_memory(err);
	}
	while (server->loop_count < count) {
		if (loop_create(&server->loops[server->loop_count], server, err) < 0) {
			return -1;
		}
		server->loop_count++;
	}
	return 0;
}

static void server_free(struct http_server *server)
{
	if (!server) {
		return;
	}
	acceptor_destroy(server->acceptor);
	for (size_t i = 0; i < server->loop_count; i++) {
		loop_destroy(server->loops[i]);
	}
	free(server->loops);
	listen_close(&server->listeners);
	watch_destroy(server->watch);
	trust_destroy(server->trust);
	tls_close(server->tls);
	pthread_cond_destroy(&server->idle);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

AUTO_POINTER(struct http_server *, server_free);

static struct http_server *server_new(const struct http_server_options *options)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (!server) {
		return NULL;
	}
	server->options = *options;
	server->ids = hash_key_random();
	pthread_mutex_init(&server->lock, NULL);
	clock_cond_init(&server->idle);
	return server;
}

static int start_watch(struct http_server *server, struct error *err)
{
	const struct watch_options options = {
		.connections_max = server->options.connections_max,
		.connections_per_address_max = server->options.connections_per_address_max,
		.trust = server->trust,
		.timeout_s = server->options.timeout_s,
		.rate_min = server->options.rate_min,
	};

	return watch_create(&server->watch, &options, err);
}

static int open_tls(
	struct http_server *server, const struct http_server_options *options, struct error *err)
{
	if (!options->tls_certificate != !options->tls_key) {
		return error_set(err, ERROR_INVALID,
			"TLS needs a certificate and a key: give both or neither");
	}
	return options->tls_certificate
		       ? tls_open(&server->tls, options->tls_certificate, options->tls_key, err)
		       : 0;
}

int http_server_check(const struct http_server_options *options, struct error *err)
{
	AUTO(server_freep) struct http_server *server = server_new(options);

	if (!server) {
		return error_no_memory(err);
	}
	if (open_tls(server, options, err) < 0 || listen_check(options->listen, err) < 0) {
		return -1;
	}
	return cors_check(options->cors_origins, err) < 0
		       ? -1
		       : trust_create(&server->trust, options->trusted_proxies, err);
}

int http_server_open(struct http_server **ret_server, const struct http_server_options *options,
	struct error *err)
{
	AUTO(server_freep) struct http_server *server = server_new(options);

	if (!server) {
		return error_no_memory(err);
	}
	if (cors_check(options->cors_origins, err) < 0 || open_tls(server, options, err) < 0) {
		return -1;
	}
	if (listen_open(&server->listeners, options->listen, options->listen_fds,
		    options->listen_fd_count, err) < 0) {
		return -1;
	}
	*ret_server = server;
	server = NULL;
	return 0;
}

int http_server_begin(
	struct http_server *server, const struct http_server_options *options, struct error *err)
{
	server->options = *options;
	while (options->routes[server->route_count].pattern) {
		server->route_count++;
	}
	if (trust_create(&server->trust, options->trusted_proxies, err) < 0 ||
		start_watch(server, err) < 0 || start_loops(server, err) < 0) {
		return -1;
	}
	return acceptor_create(&server->acceptor, server, connection_limit(options), err);
}

int http_server_start(struct http_server **ret_server, const struct http_server_options *options,
	struct error *err)
{
	AUTO(server_freep) struct http_server *server = NULL;

	if (http_server_open(&server, options, err) < 0 ||
		http_server_begin(server, options, err) < 0) {
		return -1;
	}
	*ret_server = server;
	server = NULL;
	return 0;
}

const char *http_server_address(const struct http_server *server)
{
	return server->listeners.addresses;
}

int http_server_reload(struct http_server *server, struct error *err)
{
	return server->tls ? tls_reload(server->tls, err) : 0;
}

bool http_server_turned(struct http_server *server)
{
	bool all = true;

	for (size_t i = 0; i < server->loop_count; i++) {
		all = loop_turned(server->loops[i]) && all;
	}
	return all;
}

void http_server_figures(const struct http_server *server, struct http_figures *ret_figures)
{
	struct watch_figures connections;
	struct http_figures figures = {.certificate_end = -1};

	figures.connections = watch_count(server->watch, &connections);
	figures.connections_refused = connections.refused + connections.surplus;
	if (server->tls) {
		figures.certificate_end = tls_certificate_end(server->tls);
	}
	for (size_t i = 0; i < server->loop_count; i++) {
		figures_sum_ends(loop_figures(server->loops[i]), figures.ends);
	}
	*ret_figures = figures;
}

void http_server_route_figures(
	const struct http_server *server, size_t route, struct http_route_figures *ret_figures)
{
	*ret_figures = (struct http_route_figures){0};
	for (size_t i = 0; i < server->loop_count; i++) {
		figures_sum_route(loop_figures(server->loops[i]), route, ret_figures);
	}
}

static void wait_until_idle(struct http_server *server, unsigned int grace_s)
{
	struct timespec until = clock_in_us((int64_t)grace_s * 1000000);
	int waited = 0;

	pthread_mutex_lock(&server->lock);
	while (server->active > 0 && waited == 0) {
		waited = pthread_cond_timedwait(&server->idle, &server->lock, &until);
	}
	/* Under the lock: no exchange is suspended after this. */
	server->stopping = true;
	pthread_mutex_unlock(&server->lock);
}

void http_server_drain(struct http_server *server, unsigned int grace_s)
{
	server->finishing = true;
	wait_until_idle(server, grace_s);
}

void http_server_stop(struct http_server *server, unsigned int grace_s)
{
	if (!server) {
		return;
	}
	http_server_drain(server, grace_s);
	exchange_wake_all(server);
	request_log_end(server);
	server_free(server);
}
