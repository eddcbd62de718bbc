/* SPDX-License-Identifier: MIT
 * A thread's connections in one epoll loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define EVENTS_MAX  64
#define GRACE_NS    (UINT64_C(120) * NS_PER_S) /* for answers that are under way at the end */

struct worker {
	const struct load_options *options;
	struct work *work;
	struct tally *tally;
	struct connection *connections;
	int count;
	int busy;
	bool no_more; /* nothing new begins */
	int poll;
	uint64_t end_ns;
	uint64_t due_ns;      /* when the next request is due, where there is a rate */
	uint64_t interval_ns; /* 0: none */
	char *buffer;
};

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int watch(struct worker *worker, struct connection *connection, int operation)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

	if (connection->waits_out) {
		event.events |= EPOLLOUT;
	}
	return epoll_ctl(worker->poll, operation, connection->fd, &event);
}

static int join(struct worker *worker, struct connection *connection)
{
	if (connection_open(connection, worker->options) < 0 ||
		watch(worker, connection, EPOLL_CTL_ADD) < 0) {
		perror("load: cannot connect");
		return -1;
	}
	return 0;
}

/* A broken connection makes the run worthless: nothing new begins. */
static void give_up(struct worker *worker, struct connection *connection)
{
	if (connection->busy) {
		worker->busy--;
	}
	worker->tally->broken++;
	worker->no_more = true;
	connection_close(connection);
}

static bool ended(struct worker *worker, uint64_t now)
{
	if (worker->end_ns > 0 && now >= worker->end_ns) {
		worker->no_more = true;
	}
	return worker->no_more;
}

static void begin(struct worker *worker, struct connection *connection, uint64_t began_ns)
{
	const struct target *target;
	struct body body;

	if (ended(worker, began_ns) || connection->fd < 0) {
		return;
	}
	if (!work_take(worker->work, &target, &body)) {
		worker->no_more = true;
		return;
	}
	worker->busy++;
	bool waited = connection->waits_out;
	if (connection_send(connection, worker->options, target, body, began_ns) < 0) {
		give_up(worker, connection);
	} else if (waited != connection->waits_out) {
		watch(worker, connection, EPOLL_CTL_MOD);
	}
}

static void finish(struct worker *worker, struct connection *connection)
{
	struct tally *tally = worker->tally;
	struct answer *answer = &connection->answer;
	uint64_t now = now_ns();

	worker->busy--;
	connection->busy = false;
	connection->hashed = connection->hashed || answer->hash;
	tally->answers++;
	tally->bytes += answer->length;
	tally->last_ns = now;
	latency_add(&tally->latency, now - connection->began_ns);
	if (!connection_answer_is_right(connection, worker->options)) {
		tally->wrong++;
	} else if (worker->options->sum) {
		tally->sum += answer_member(answer, worker->options->sum);
	}
	if (answer->closes) {
		connection_close(connection);
		worker->no_more = join(worker, connection) < 0 || worker->no_more;
	}
	if (worker->interval_ns == 0) {
		begin(worker, connection, now);
	}
}

static void serve(struct worker *worker, struct connection *connection, uint32_t events)
{
	if (events & EPOLLOUT) {
		bool failed = connection_flush(connection) < 0;

		if (!failed && !connection->waits_out) {
			watch(worker, connection, EPOLL_CTL_MOD);
		} else if (failed && !(events & EPOLLIN)) {
			give_up(worker, connection);
			return;
		}
	}
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
		int got = connection_receive(connection, worker->buffer, BUFFER_SIZE);

		if (got < 0) {
			give_up(worker, connection);
		} else if (got > 0) {
			finish(worker, connection);
		}
	}
}

/* Where there is a rate: begins what is due on connections that are idle. A request counts from
 * when it was due, so that a server that falls behind shows it. */
static void begin_due(struct worker *worker)
{
	uint64_t now = now_ns();

	for (int i = 0; i < worker->count && worker->due_ns <= now && !worker->no_more; i++) {
		if (!worker->connections[i].busy) {
			begin(worker, &worker->connections[i], worker->due_ns);
			worker->due_ns += worker->interval_ns;
		}
	}
}

static struct timespec time_to_wait(const struct worker *worker)
{
	uint64_t now = now_ns(), wait_ns = NS_PER_S / 10;

	if (worker->interval_ns > 0 && !worker->no_more && worker->busy < worker->count) {
		wait_ns = worker->due_ns > now ? worker->due_ns - now : 0;
	}
	return (struct timespec){
		.tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
}

static void loop(struct worker *worker)
{
	struct epoll_event events[EVENTS_MAX];

	while (worker->busy > 0 || !worker->no_more) {
		struct timespec wait = time_to_wait(worker);
		int count = epoll_pwait2(worker->poll, events, EVENTS_MAX, &wait, NULL);

		for (int i = 0; i < count; i++) {
			serve(worker, events[i].data.ptr, events[i].events);
		}
		if (worker->interval_ns > 0) {
			begin_due(worker);
		}
		uint64_t now = now_ns();
		if (ended(worker, now) && worker->end_ns > 0 && now > worker->end_ns + GRACE_NS) {
			worker->tally->broken += (uint64_t)worker->busy;
			return;
		}
	}
}

static int set_up(struct worker *worker, uint64_t began_ns)
{
	const struct load_options *options = worker->options;

	worker->buffer = malloc(BUFFER_SIZE);
	worker->connections = calloc((size_t)worker->count, sizeof(*worker->connections));
	worker->poll = epoll_create1(EPOLL_CLOEXEC);
	if (!worker->buffer || !worker->connections || worker->poll < 0) {
		return -1;
	}
	if (options->seconds > 0) {
		worker->end_ns = began_ns + (uint64_t)(options->seconds * (double)NS_PER_S);
	}
	if (options->rate > 0) {
		worker->interval_ns =
			(uint64_t)(options->threads / options->rate * (double)NS_PER_S);
		worker->due_ns = began_ns;
	}
	for (int i = 0; i < worker->count; i++) {
		if (join(worker, &worker->connections[i]) < 0) {
			return -1;
		}
	}
	return 0;
}

int worker_run(const struct load_options *options, struct work *work, int connections,
	uint64_t began_ns, struct tally *tally)
{
	struct worker worker = {
		.options = options, .work = work, .tally = tally, .count = connections};
	int result = set_up(&worker, began_ns);

	for (int i = 0; result == 0 && i < connections && worker.interval_ns == 0; i++) {
		begin(&worker, &worker.connections[i], now_ns());
	}
	if (result == 0) {
		loop(&worker);
	}
	for (int i = 0; worker.connections && i < connections; i++) {
		connection_close(&worker.connections[i]);
	}
	free(worker.connections);
	free(worker.buffer);
	close(worker.poll);
	return result;
}
