/* SPDX-License-Identifier: MIT
 * Hearing of what other programs store: one connection that listens on its own thread, however many
 * want to know. What is heard is a hint alone, so nothing is lost with the connection. As soon as
 * there is one again, those that wait look for themselves. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "base/file.h"
#include "base/thread.h"
#include "store/postgres/postgres.h"

/* Between two attempts to connect. */
#define RETRY_MS 1000

struct postgres_listener {
	const char *location;
	store_heard_fn *heard;
	void *context;
	struct thread thread;
	int stop; /* an eventfd, readable when the thread is to end */
};

/* Waits; false when the thread is to end. */
static bool wait_for(const struct postgres_listener *listener, int socket, int timeout_ms)
{
	struct pollfd polled[] = {
		{.fd = listener->stop, .events = POLLIN}, {.fd = socket, .events = POLLIN}};

	poll(polled, socket < 0 ? 1 : 2, timeout_ms);
	return polled[0].revents == 0;
}

static bool take_hints(PGconn *db)
{
	bool any = false;
	PGnotify *hint;

	while ((hint = PQnotifies(db))) {
		PQfreemem(hint);
		any = true;
	}
	return any;
}

/* Until the connection is lost or the thread is to end. What came before it is looked for first. */
static void listen_on(const struct postgres_listener *listener, PGconn *db)
{
	bool hinted = true;

	do {
		if (hinted) {
			listener->heard(listener->context);
		}
		if (!wait_for(listener, PQsocket(db), -1) || PQconsumeInput(db) != 1) {
			return;
		}
		hinted = take_hints(db);
	} while (PQstatus(db) == CONNECTION_OK);
}

static void *listen_until_stopped(void *context)
{
	const struct postgres_listener *listener = context;

	do {
		AUTO(postgres_connection_closep) struct postgres_connection *connection = NULL;

		if (postgres_connection_open(&connection, listener->location, NULL) == 0 &&
			postgres_exec(connection, "listen " POSTGRES_CHANNEL, NULL) == 0) {
			listen_on(listener, connection->db);
		}
	} while (wait_for(listener, -1, RETRY_MS));
	return NULL;
}

static void destroy(struct postgres_listener *listener)
{
	eventfd_write(listener->stop, 1);
	thread_stop(&listener->thread);
	thread_deinit(&listener->thread);
	file_close(&listener->stop);
	free(listener);
}

int postgres_listen(struct store *base, store_heard_fn *heard, void *context, struct error *err)
{
	struct postgres_store *store = (struct postgres_store *)base;
	struct postgres_listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		return error_no_memory(err);
	}
	*listener = (struct postgres_listener){
		.location = store->pool.location,
		.heard = heard,
		.context = context,
		.stop = eventfd(0, EFD_CLOEXEC),
	};
	thread_init(&listener->thread);
	if (listener->stop < 0) {
		error_set_errno(err, errno, "cannot start the thread that listens");
	}
	if (listener->stop < 0 || thread_start(&listener->thread, listen_until_stopped, listener,
					  "the thread that listens", err) < 0) {
		destroy(listener);
		return -1;
	}
	store->listener = listener;
	return 1;
}

void postgres_listen_end(struct store *base)
{
	struct postgres_store *store = (struct postgres_store *)base;
	struct postgres_listener *listener = store->listener;

	if (!listener) {
		return;
	}
	destroy(listener);
	store->listener = NULL;
}
