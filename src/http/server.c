/* SPDX-License-Identifier: MIT
 * The server: starting and stopping the HTTP library's threads. */
#include "http/http.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "http/acceptor.h"
#include "http/dispatch.h"
#include "http/listen.h"
#include "http/tls.h"
#include "http/watch.h"

/* Memory of a connection: the request's header, reading of bodies, and the buffer that a body of unknown size is sent from. The
 * library zeroes it after each request, which is why it is not larger. */
#define CONNECTION_MEMORY_MIN ((size_t)64 * 1024)
#define OPTIONS_MAX	      16

static unsigned int thread_count(unsigned int wanted)
{
	cpu_set_t cores;

	if (wanted > 0) {
		return wanted;
	}
	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned int)CPU_COUNT(&cores)
								: 1;
}

/* The socket is open as long as the connection is watched: the library closes it after this. */
static void notify_connection(void *context, struct MHD_Connection *connection,
	void **connection_context, enum MHD_ConnectionNotificationCode code)
{
	const struct http_server *server = context;
	const union MHD_ConnectionInfo *info;

	if (code != MHD_CONNECTION_NOTIFY_STARTED) {
		watch_remove(server->watch, *connection_context);
		*connection_context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*connection_context = info ? watch_begin(server->watch, info->connect_fd) : NULL;
}

/* Above the ceiling some are let in all the same, so that they hear why they are not served. */
static size_t connection_limit(const struct http_server_options *options)
{
	size_t max = options->connections_max;

	return max > 0 ? max + max / 8 + 16 : 0;
}

/* For options with one argument that is no pointer, and only where it is not 0. */
static void add_number(
	struct MHD_OptionItem *items, size_t *count, enum MHD_OPTION option, size_t value)
{
	if (value > 0) {
		items[(*count)++] =
			(struct MHD_OptionItem){.option = option, .value = (intptr_t)value};
	}
}

static size_t connection_memory(const struct http_server_options *options)
{
	/* Each header line costs the library a record beside its text, and what is above the ceiling must still fit for
	 * the answer to be ours. */
	size_t wanted = options->header_size_max * 4;

	return wanted > CONNECTION_MEMORY_MIN ? wanted : CONNECTION_MEMORY_MIN;
}

static void make_options(const struct http_server *server, struct MHD_OptionItem *items)
{
	const struct http_server_options *options = &server->options;
	unsigned int threads = thread_count(options->threads);
	size_t count = 0;

	add_number(items, &count, MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0);
	/* The acceptor holds to the limit; the library would give each of its threads a share of it. */
	add_number(items, &count, MHD_OPTION_CONNECTION_LIMIT, connection_limit(options) * threads);
	add_number(items, &count, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		options->connections_per_address_max);
	add_number(items, &count, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s);
	add_number(items, &count, MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory(options));
	if (server->tls) {
		items[count++] = (struct MHD_OptionItem){
			.option = MHD_OPTION_HTTPS_CERT_CALLBACK,
			.ptr_value = tls_certificate_callback(),
		};
		items[count++] = (struct MHD_OptionItem){
			.option = MHD_OPTION_HTTPS_PRIORITIES,
			.ptr_value = (void *)(uintptr_t)TLS_PRIORITIES,
		};
	}
	items[count] = (struct MHD_OptionItem){.option = MHD_OPTION_END};
}

/* A server that is finishing closes new connections. */
static enum MHD_Result may_connect(
	void *context, const struct sockaddr *address, socklen_t address_size)
{
	const struct http_server *server = context;

	(void)address;
	(void)address_size;
	return server->finishing ? MHD_NO : MHD_YES;
}

static int start_daemon(struct http_server *server, struct error *err)
{
	struct MHD_OptionItem items[OPTIONS_MAX];
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			     MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET;

	make_options(server, items);
	server->daemon = MHD_start_daemon(flags | (server->tls ? MHD_USE_TLS : 0U), 0, may_connect,
		server, dispatch_request, server, MHD_OPTION_URI_LOG_CALLBACK, dispatch_target,
		server, MHD_OPTION_UNESCAPE_CALLBACK, dispatch_unescape, server,
		MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, notify_connection, server, MHD_OPTION_ARRAY, items,
		MHD_OPTION_END);
	if (!server->daemon) {
		return error_set(err, ERROR_SYSTEM,
			"cannot start the HTTP server on '%s': the HTTP library refused",
			server->address);
	}
	return 0;
}

static void server_free(struct http_server *server)
{
	acceptor_destroy(server->acceptor);
	if (server->daemon) {
		MHD_stop_daemon(server->daemon);
	}
	file_close(&server->listen_fd);
	watch_destroy(server->watch);
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
	server->listen_fd = -1;
	server->ids = hash_key_random();
	pthread_mutex_init(&server->lock, NULL);
	clock_cond_init(&server->idle);
	return server;
}

static int start_watch(struct http_server *server, struct error *err)
{
	const struct watch_options options = {
		.connections_max = server->options.connections_max,
		.timeout_s = server->options.timeout_s,
		.rate_min = server->options.rate_min,
	};

	return watch_create(&server->watch, &options, err);
}

int http_server_start(struct http_server **ret_server, const struct http_server_options *options,
	struct error *err)
{
	AUTO(server_freep) struct http_server *server = server_new(options);

	if (!server) {
		return error_no_memory(err);
	}
	if (!options->tls_certificate != !options->tls_key) {
		return error_set(err, ERROR_INVALID,
			"TLS needs a certificate and a key: give both or neither");
	}
	if (options->tls_certificate &&
		tls_open(&server->tls, options->tls_certificate, options->tls_key, err) < 0) {
		return -1;
	}
	if (start_watch(server, err) < 0 ||
		listen_open(options->listen, &server->listen_fd, server->address, err) < 0 ||
		start_daemon(server, err) < 0 ||
		acceptor_create(&server->acceptor, server, connection_limit(options), err) < 0) {
		return -1;
	}
	*ret_server = server;
	server = NULL;
	return 0;
}

const char *http_server_address(const struct http_server *server)
{
	return server->address;
}

int http_server_reload(struct http_server *server, struct error *err)
{
	return server->tls ? tls_reload(server->tls, err) : 0;
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

void http_server_stop(struct http_server *server, unsigned int grace_s)
{
	if (!server) {
		return;
	}
	server->finishing = true;
	wait_until_idle(server, grace_s);
	exchange_wake_all(server);
	server_free(server);
}
