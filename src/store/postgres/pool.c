/* SPDX-License-Identifier: MIT
 * The pool: a bounded number of connections, opened when they are needed. While the database
 * cannot be reached, borrowing fails at once, and connecting is tried again now and then, less
 * often each time. */
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/postgres/postgres.h"

/* How long to wait for a connection when all are in use. */
#define WAIT_US INT64_C(10000000)
/* After a failure to connect: the first pause, twice as long each time up to the last. */
#define BACKOFF_FIRST_US INT64_C(50000)
#define BACKOFF_LAST_US	 INT64_C(2000000)

int postgres_pool_init(struct postgres_pool *pool, const char *location, int max, struct error *err)
{
	*pool = (struct postgres_pool){
		.location = strdup(location), .max = max > 0 ? max : POSTGRES_CONNECTIONS};
	pthread_mutex_init(&pool->mutex, NULL);
	clock_cond_init(&pool->given_back);
	return pool->location ? 0 : error_no_memory(err);
}

void postgres_pool_deinit(struct postgres_pool *pool)
{
	while (pool->idle) {
		struct postgres_connection *connection = pool->idle;

		pool->idle = connection->next;
		postgres_connection_close(connection);
	}
	pthread_cond_destroy(&pool->given_back);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->location);
}

uint64_t postgres_pool_losses(struct postgres_pool *pool)
{
	uint64_t losses;

	pthread_mutex_lock(&pool->mutex);
	losses = pool->losses;
	pthread_mutex_unlock(&pool->mutex);
	return losses;
}

void postgres_connections(struct store *store, int *ret_busy, int *ret_idle)
{
	struct postgres_pool *pool = &((struct postgres_store *)store)->pool;
	int idle = 0;

	pthread_mutex_lock(&pool->mutex);
	for (struct postgres_connection *at = pool->idle; at; at = at->next) {
		idle++;
	}
	*ret_busy = pool->open - idle;
	*ret_idle = idle;
	pthread_mutex_unlock(&pool->mutex);
}

/* Whether the server has closed an idle connection: then there is something to read, its farewell
 * or the end. */
static bool is_dead(struct postgres_connection *connection)
{
	struct pollfd socket = {.fd = PQsocket(connection->db), .events = POLLIN};

	if (poll(&socket, 1, 0) <= 0) {
		return false;
	}
	return PQconsumeInput(connection->db) != 1 || PQstatus(connection->db) != CONNECTION_OK ||
	       (socket.revents & (POLLHUP | POLLERR)) != 0;
}

/* Waits until one is idle or may be opened, under the lock. Returns 1 with an idle one, 0 when one
 * may be opened, which counts already. */
static int take_place(
	struct postgres_pool *pool, struct postgres_connection **ret_connection, struct error *err)
{
	struct timespec until = clock_in_us(WAIT_US);

	while (!pool->idle && pool->open >= pool->max) {
		if (pthread_cond_timedwait(&pool->given_back, &pool->mutex, &until) != 0) {
			return error_set(err, ERROR_BUSY,
				"the PostgreSQL store: all %d connections are in use "
				"(--store-connections): try again",
				pool->max);
		}
	}
	if (pool->idle) {
		*ret_connection = pool->idle;
		pool->idle = pool->idle->next;
		return 1;
	}
	if (clock_monotonic_us() < pool->retry_us) {
		return error_set(err, pool->failure.code, "%s", pool->failure.message);
	}
	pool->open++;
	return 0;
}

static void note_failure(struct postgres_pool *pool, const struct error *failure)
{
	int64_t pause = pool->backoff_us ? 2 * pool->backoff_us : BACKOFF_FIRST_US;

	pool->backoff_us = pause < BACKOFF_LAST_US ? pause : BACKOFF_LAST_US;
	pool->retry_us = clock_monotonic_us() + pool->backoff_us;
	pool->failure = *failure;
}

/* Opens the connection that take_place() counted. */
static int open_one(
	struct postgres_pool *pool, struct postgres_connection **ret_connection, struct error *err)
{
	struct error failure = {0};
	int status = postgres_connection_open(ret_connection, pool->location, &failure);

	pthread_mutex_lock(&pool->mutex);
	if (status < 0) {
		pool->open--;
		note_failure(pool, &failure);
		pthread_cond_signal(&pool->given_back);
	} else {
		(*ret_connection)->pool = pool;
		pool->backoff_us = 0;
	}
	pthread_mutex_unlock(&pool->mutex);
	return status < 0 ? error_set(err, failure.code, "%s", failure.message) : 0;
}

/* What cannot be used any more goes; its place may be taken. */
static void drop(struct postgres_connection *connection)
{
	struct postgres_pool *pool = connection->pool;

	postgres_connection_close(connection);
	pthread_mutex_lock(&pool->mutex);
	pool->open--;
	pool->losses++;
	pthread_cond_signal(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
}

static struct postgres_connection *borrow(struct postgres_pool *pool, struct error *err)
{
	for (;;) {
		struct postgres_connection *connection = NULL;
		int taken;

		pthread_mutex_lock(&pool->mutex);
		taken = take_place(pool, &connection, err);
		pthread_mutex_unlock(&pool->mutex);
		if (taken < 0 || (taken == 0 && open_one(pool, &connection, err) < 0)) {
			return NULL;
		}
		if (taken == 0 || !is_dead(connection)) {
			return connection;
		}
		drop(connection);
	}
}

struct postgres_connection *postgres_borrow(struct store *store, struct error *err)
{
	return borrow(&((struct postgres_store *)store)->pool, err);
}

struct postgres_connection *postgres_borrow_snapshot(struct store *store, struct error *err)
{
	struct postgres_connection *connection = postgres_borrow(store, err);

	if (connection) {
		connection->begin_read = true;
	}
	return connection;
}

/* A connection that cannot leave its transaction cannot be used again. */
static bool leave_transaction(struct postgres_connection *connection)
{
	connection->begin_read = false;
	connection->search = NULL;
	connection->patient = false;
	if (connection->broken || PQstatus(connection->db) != CONNECTION_OK) {
		return false;
	}
	if (!connection->ran && connection->sent_count > 0) {
		return false; /* asked and not waited for */
	}
	if (PQtransactionStatus(connection->db) != PQTRANS_IDLE &&
		postgres_change(connection, &postgres_rollback, NULL) < 0) {
		return false;
	}
	postgres_clear(connection);
	return true;
}

void postgres_give_back(struct postgres_connection *connection)
{
	struct postgres_pool *pool = connection->pool;

	if (!leave_transaction(connection)) {
		drop(connection);
		return;
	}
	postgres_params_deinit(&connection->params);
	pthread_mutex_lock(&pool->mutex);
	connection->next = pool->idle;
	pool->idle = connection;
	pthread_cond_signal(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
}
