/* SPDX-License-Identifier: MIT
 * The loop. Connections come through a pipe, one pointer each, which is queue, wake-up (a pointer
 * to nothing) and, where it ends, the word to stop. All that is done with the library's daemon is
 * done by the loop's thread, apart from resuming. */
#include "http/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/thread.h"
#include "http/dispatch.h"
#include "http/figures.h"
#include "http/receive.h"
#include "http/tls.h"

/* Memory of a connection: the request's header, reading of bodies, and the buffer that a body of
 * unknown size is sent from. The library zeroes it after each request, which is why it is not
 * larger. */
#define CONNECTION_MEMORY_MIN ((size_t)64 * 1024)
#define OPTIONS_MAX	      8
#define TAKEN_MAX	      64 /* connections at once */

struct loop {
	struct http_server *server;
	struct MHD_Daemon *daemon;
	struct receiver *receiver;
	struct figures *figures;
	/* Handed to the library, which tells of each in MHD_add_connection() (0.9) or in the next
	 * MHD_run_wait() (1.0). */
	struct connection *starting[TAKEN_MAX];
	size_t starting_count;
	int give_fd;
	int take_fd;
	atomic_bool asked; /* by loop_turned(), and has not turned since */
	struct thread thread;
};

/* Which of those that are starting has @connection's socket; NULL: none. It is starting no longer.
 */
static struct connection *find_starting(struct loop *loop, struct MHD_Connection *connection)
{
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	for (size_t i = 0; i < loop->starting_count; i++) {
		struct connection *found = loop->starting[i];

		if (found->fd == fd) {
			loop->starting[i] = loop->starting[--loop->starting_count];
			return found;
		}
	}
	return NULL;
}

/* The socket is open as long as the connection is watched: the library closes it after this. */
static void notify_connection(void *context, struct MHD_Connection *connection,
	void **connection_context, enum MHD_ConnectionNotificationCode code)
{
	struct loop *loop = context;
	struct watch *watch = loop->server->watch;

	if (code != MHD_CONNECTION_NOTIFY_STARTED) {
		receiver_remove(loop->receiver, *connection_context);
		watch_remove(watch, *connection_context);
		*connection_context = NULL;
		return;
	}
	*connection_context = find_starting(loop, connection);
	receiver_add(loop->receiver, *connection_context);
	watch_begin(watch, *connection_context);
}

/* The library closes what it does not take, now or when it runs. */
static void start_connection(struct loop *loop, struct connection *connection)
{
	connection->loop = loop;
	gate_init(&connection->gate, loop->server->options.header_size_max);
	loop->starting[loop->starting_count++] = connection;
	MHD_add_connection(loop->daemon, connection->fd, &connection->address.any,
		connection_address_size(connection));
}

/* Once the library has run, what it has not told of is closed. */
static void forget_refused(struct loop *loop)
{
	while (loop->starting_count > 0) {
		watch_remove(loop->server->watch, loop->starting[--loop->starting_count]);
	}
}

/* Returns false when there will be no more. */
static bool take_connections(struct loop *loop)
{
	struct connection *taken[TAKEN_MAX];
	ssize_t size = read(loop->take_fd, taken, sizeof(taken));

	for (ssize_t i = 0; i < size / (ssize_t)sizeof(taken[0]); i++) {
		if (taken[i]) {
			start_connection(loop, taken[i]);
		}
	}
	return size != 0;
}

/* Milliseconds until the library has something to do where nothing happens; -1: never. */
static int library_timeout(const struct loop *loop)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	if (MHD_get_timeout(loop->daemon, &timeout_ms) != MHD_YES) {
		return -1;
	}
	return timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX;
}

static void *serve(void *context)
{
	struct loop *loop = context;
	struct pollfd fds[] = {
		{.fd = loop->take_fd, .events = POLLIN},
		{.fd = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
			.events = POLLIN},
	};
	sigset_t signals;
	bool more = true;

	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	receiver_use(loop->receiver);
	while (more) {
		fds[0].revents = 0;
		atomic_store_explicit(&loop->asked, false, memory_order_relaxed);
		poll(fds, 2, library_timeout(loop));
		more = fds[0].revents == 0 || take_connections(loop);
		/* The last time too: it ends what was suspended. */
		MHD_run_wait(loop->daemon, 0);
		forget_refused(loop);
	}
	MHD_stop_daemon(loop->daemon);
	return NULL;
}

static size_t connection_memory(const struct http_server_options *options)
{
	/* Each header line costs the library a record beside its text. What is above the ceiling
	 * must still fit, or the answer would not be ours. */
	size_t wanted = options->header_size_max * 4;

	return wanted > CONNECTION_MEMORY_MIN ? wanted : CONNECTION_MEMORY_MIN;
}

static void make_options(const struct http_server *server, struct MHD_OptionItem *items)
{
	const struct http_server_options *options = &server->options;
	size_t count = 0;

	/* The acceptor keeps the ceiling; where none is set, the library has its own. */
	items[count++] =
		(struct MHD_OptionItem){.option = MHD_OPTION_CONNECTION_LIMIT, .value = INT_MAX};
	items[count++] = (struct MHD_OptionItem){
		.option = MHD_OPTION_CONNECTION_TIMEOUT, .value = options->timeout_s};
	items[count++] = (struct MHD_OptionItem){.option = MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		.value = (intptr_t)connection_memory(options)};
	items[count++] =
		(struct MHD_OptionItem){.option = MHD_OPTION_SIGPIPE_HANDLED_BY_APP, .value = 1};
	/* The gate is stricter still; neither should need the other. */
	items[count++] =
		(struct MHD_OptionItem){.option = MHD_OPTION_STRICT_FOR_CLIENT, .value = 1};
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

static struct MHD_Daemon *start_daemon(struct loop *loop)
{
	struct http_server *server = loop->server;
	struct MHD_OptionItem items[OPTIONS_MAX];
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;

	make_options(server, items);
	return MHD_start_daemon(flags | (server->tls ? MHD_USE_TLS : 0U), 0, NULL, NULL,
		dispatch_request, server, MHD_OPTION_URI_LOG_CALLBACK, dispatch_target, server,
		MHD_OPTION_UNESCAPE_CALLBACK, dispatch_unescape, server,
		MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, notify_connection, loop, MHD_OPTION_ARRAY, items,
		MHD_OPTION_END);
}

static int start(struct loop *loop, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		return error_set_errno(err, errno, "cannot make a pipe");
	}
	loop->take_fd = fds[0];
	loop->give_fd = fds[1];
	loop->receiver = receiver_create();
	loop->figures = figures_create(loop->server->route_count);
	if (!loop->receiver || !loop->figures) {
		return error_no_memory(err);
	}
	loop->daemon = start_daemon(loop);
	if (!loop->daemon) {
		return error_set(err, ERROR_SYSTEM,
			"cannot start the HTTP server on '%s': the HTTP library refused",
			http_server_address(loop->server));
	}
	if (thread_start(&loop->thread, serve, loop, "a thread", err) < 0) {
		MHD_stop_daemon(loop->daemon);
		return -1;
	}
	return 0;
}

int loop_create(struct loop **ret_loop, struct http_server *server, struct error *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop) {
		return error_no_memory(err);
	}
	*loop = (struct loop){.server = server, .give_fd = -1, .take_fd = -1};
	thread_init(&loop->thread);
	if (start(loop, err) < 0) {
		loop_destroy(loop);
		return -1;
	}
	*ret_loop = loop;
	return 0;
}

bool loop_give(struct loop *loop, struct connection *connection)
{
	return write(loop->give_fd, &connection, sizeof(connection)) == sizeof(connection);
}

static void wake(struct loop *loop)
{
	const struct connection *none = NULL;

	/* Where the pipe is full, the loop is awake. */
	if (write(loop->give_fd, &none, sizeof(none)) < 0) {
	}
}

void loop_resume(struct loop *loop, struct MHD_Connection *connection)
{
	MHD_resume_connection(connection);
	wake(loop);
}

bool loop_turned(struct loop *loop)
{
	if (atomic_exchange(&loop->asked, true)) {
		return false;
	}
	wake(loop);
	return true;
}

struct figures *loop_figures(struct loop *loop)
{
	return loop->figures;
}

void loop_destroy(struct loop *loop)
{
	if (!loop) {
		return;
	}
	file_close(&loop->give_fd);
	thread_stop(&loop->thread);
	thread_deinit(&loop->thread);
	file_close(&loop->take_fd);
	receiver_destroy(loop->receiver);
	figures_destroy(loop->figures);
	free(loop);
}
