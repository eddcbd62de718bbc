/* SPDX-License-Identifier: MIT
 * The watch. What moved is asked of the kernel (struct tcp_info), so that sending and receiving
 * need not count. */
#include "http/watch.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/thread.h"
#include "http/address/trust.h"
#include "http/request_log.h"

#define SECOND_US	INT64_C(1000000)
#define LOOKS		4 /* in the time of the timeout */
#define HEADER_TIMEOUTS 2 /* one to stand idle, one for the header */
#define LISTS		1024
#define IDLE_US		SECOND_US /* of a connection that may be closed for another one's sake */

struct watch {
	struct watch_options options;
	struct thread thread;
	size_t count;
	struct hash_key key;
	size_t leaving;
	struct watch_figures figures, told;
	int64_t none_idle_us;	  /* until then nobody is looked for: nobody was idle */
	struct list lists[LISTS]; /* by address */
};

static struct text host_of(const struct connection *connection)
{
	const union connection_address *address = &connection->address;

	if (address->any.sa_family == AF_INET6) {
		/* A customer is given half of the address whole. */
		bool whole = IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);

		return (struct text){(const char *)&address->v6.sin6_addr,
			sizeof(struct in6_addr) / (whole ? 1 : 2)};
	}
	return address->any.sa_family == AF_INET
		       ? (struct text){(const char *)&address->v4.sin_addr, sizeof(struct in_addr)}
		       : TEXT("unix");
}

static struct list *list_of(struct watch *watch, const struct connection *connection)
{
	return &watch->lists[hash_text(&watch->key, host_of(connection)) % LISTS];
}

/* Bytes that the client has sent, or has taken. */
static uint64_t moved(const struct connection *connection, enum connection_phase phase)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) {
		return 0;
	}
	return phase == CONNECTION_BODY ? info.tcpi_bytes_received : info.tcpi_bytes_acked;
}

static bool has_taken_all(const struct connection *connection)
{
	int waiting = 0;

	return ioctl(connection->fd, SIOCOUTQ, &waiting) < 0 || waiting == 0;
}

static void begin(struct connection *connection, uint64_t state, int64_t now_us)
{
	connection->seen = state;
	connection->since_us = now_us;
	connection->moved = moved(connection, (enum connection_phase)(state & 3));
}

/* A socket of files counts no bytes. Its mode says which programs may connect. */
static bool is_unix(const struct connection *connection)
{
	return connection->address.any.sa_family == AF_UNIX;
}

/* Whether too little moved since the look that began the time; a new time begins when it is over
 * and all is well. */
static bool is_behind(const struct watch *watch, struct connection *connection, int64_t now_us)
{
	int64_t elapsed_s = (now_us - connection->since_us) / SECOND_US;
	uint64_t now_moved;

	if (watch->options.rate_min == 0 || is_unix(connection) ||
		elapsed_s < watch->options.timeout_s) {
		return false;
	}
	now_moved = moved(connection, (enum connection_phase)(connection->seen & 3));
	if ((int64_t)(now_moved - connection->moved) < watch->options.rate_min * elapsed_s) {
		return true;
	}
	begin(connection, connection->seen, now_us);
	return false;
}

static bool is_slow(const struct watch *watch, struct connection *connection, int64_t now_us)
{
	uint64_t state = atomic_load_explicit(&connection->state, memory_order_relaxed);
	int64_t header_us =
		watch->options.timeout_s * SECOND_US * (connection->surplus ? 1 : HEADER_TIMEOUTS);

	if (state != connection->seen) {
		begin(connection, state, now_us);
		return false;
	}
	switch ((enum connection_phase)(state & 3)) {
	case CONNECTION_HEADER:
		return now_us - connection->since_us > header_us;
	case CONNECTION_BODY:
		return is_behind(watch, connection, now_us);
	case CONNECTION_ANSWER:
		if (!has_taken_all(connection)) {
			return is_behind(watch, connection, now_us);
		}
		break;
	case CONNECTION_BUSY:
		break;
	}
	connection->since_us = now_us;
	return false;
}

void connection_cut(struct connection *connection)
{
	const struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	shutdown(connection->fd, SHUT_RDWR);
}

static void look(struct watch *watch)
{
	int64_t now_us = clock_monotonic_us();

	for (size_t i = 0; i < LISTS; i++) {
		LIST_EACH(struct connection, at, &watch->lists[i], link) {
			if (at->begun && !at->slow && is_slow(watch, at, now_us)) {
				at->slow = true;
				connection_cut(at);
			}
		}
	}
}

/* Writing the log may take its time: not under the lock, which accepting and serving take. */
static void tell(struct watch *watch)
{
	struct watch_figures figures = watch->figures;
	size_t count = watch->count;

	if (memcmp(&figures, &watch->told, sizeof(figures)) == 0) {
		return;
	}
	watch->told = figures;
	thread_unlock(&watch->thread);
	request_log_crowd(&figures, count);
	thread_lock(&watch->thread);
}

static void *look_in_turns(void *context)
{
	struct watch *watch = context;
	int64_t pause_us = watch->options.timeout_s * SECOND_US / LOOKS;
	struct timespec until = clock_in_us(0);
	bool goes_on;

	thread_lock(&watch->thread);
	do {
		until = clock_add_us(until, pause_us);
		goes_on = thread_rest_until(&watch->thread, &until);
		look(watch);
		tell(watch);
	} while (goes_on);
	thread_unlock(&watch->thread);
	return NULL;
}

int watch_create(struct watch **ret_watch, const struct watch_options *options, struct error *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		return error_no_memory(err);
	}
	watch->options = *options;
	watch->key = hash_key_random();
	thread_init(&watch->thread);
	if (options->timeout_s > 0 &&
		thread_start(&watch->thread, look_in_turns, watch, "a thread", err) < 0) {
		watch_destroy(watch);
		return -1;
	}
	*ret_watch = watch;
	return 0;
}

void watch_destroy(struct watch *watch)
{
	if (!watch) {
		return;
	}
	thread_stop(&watch->thread);
	thread_deinit(&watch->thread);
	free(watch);
}

/* ---- room ---- */

static bool is_idle(struct connection *connection, int64_t now_us)
{
	uint64_t state = atomic_load_explicit(&connection->state, memory_order_relaxed);

	return connection->begun && !connection->leaving && !connection->slow &&
	       (state & 3) == CONNECTION_HEADER &&
	       now_us - atomic_load_explicit(&connection->idle_since_us, memory_order_relaxed) >
		       IDLE_US;
}

static bool is_longer_idle(struct connection *a, struct connection *b)
{
	return !b || atomic_load_explicit(&a->idle_since_us, memory_order_relaxed) <
			     atomic_load_explicit(&b->idle_since_us, memory_order_relaxed);
}

/* The one that is idle for longest in the list; of @host's alone where that has data. */
static struct connection *longest_idle(
	const struct list *list, struct text host, int64_t now_us, size_t *ret_count)
{
	struct connection *found = NULL;

	*ret_count = 0;
	LIST_EACH(struct connection, at, list, link) {
		if (host.data && !text_equal(host_of(at), host)) {
			continue;
		}
		*ret_count += !at->leaving;
		if (is_idle(at, now_us) && is_longer_idle(at, found)) {
			found = at;
		}
	}
	return found;
}

static bool close_idle(struct watch *watch, struct connection *idle)
{
	if (!idle) {
		return false;
	}
	idle->leaving = true;
	watch->leaving++;
	watch->figures.gave_way++;
	shutdown(idle->fd, SHUT_RDWR);
	return true;
}

/* Closes an idle connection of the address that has the most. (Where addresses share a list, they
 * count as one.) */
static bool close_any_idle(struct watch *watch, int64_t now_us)
{
	struct connection *idle = NULL;
	size_t most = 0;

	if (now_us < watch->none_idle_us) {
		return false;
	}
	for (size_t i = 0; i < LISTS; i++) {
		size_t count;
		struct connection *found =
			longest_idle(&watch->lists[i], (struct text){0}, now_us, &count);

		if (found && count > most) {
			idle = found;
			most = count;
		}
	}
	if (!idle) {
		watch->none_idle_us = now_us + IDLE_US / 10;
	}
	return close_idle(watch, idle);
}

static size_t max_of_address(const struct watch *watch, const struct connection *connection)
{
	size_t max = watch->options.connections_per_address_max;

	if (is_unix(connection) || trust_has(watch->options.trust, &connection->address)) {
		return SIZE_MAX;
	}
	if (max > 0 || watch->options.connections_max == 0) {
		return max > 0 ? max : SIZE_MAX;
	}
	return watch->options.connections_max - watch->options.connections_max / 4;
}

static bool make_room_of_address(
	struct watch *watch, const struct connection *connection, int64_t now_us)
{
	size_t count;
	size_t max = max_of_address(watch, connection);
	struct connection *idle;

	if (watch->count < max) {
		return true;
	}
	idle = longest_idle(list_of(watch, connection), host_of(connection), now_us, &count);
	return count < max || close_idle(watch, idle);
}

static bool is_over(const struct watch *watch)
{
	return watch->options.connections_max > 0 &&
	       watch->count - watch->leaving > watch->options.connections_max;
}

struct connection *watch_add(
	struct watch *watch, int fd, const union connection_address *address, struct tls *tls)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int64_t now_us = clock_monotonic_us();
	bool room;

	if (!connection) {
		return NULL;
	}
	connection->address = *address;
	connection->tls = tls;
	connection->fd = fd;
	thread_lock(&watch->thread);
	room = make_room_of_address(watch, connection, now_us);
	if (room) {
		list_prepend(list_of(watch, connection), &connection->link);
		watch->count++;
		connection->surplus = is_over(watch) && !close_any_idle(watch, now_us);
		watch->figures.surplus += connection->surplus;
	} else {
		watch->figures.refused++;
	}
	thread_unlock(&watch->thread);
	if (!room) {
		free(connection);
		return NULL;
	}
	return connection;
}

void watch_begin(struct watch *watch, struct connection *connection)
{
	thread_lock(&watch->thread);
	connection->begun = true;
	connection->since_us = clock_monotonic_us();
	connection->idle_since_us = connection->since_us;
	thread_unlock(&watch->thread);
}

void watch_remove(struct watch *watch, struct connection *connection)
{
	if (!connection) {
		return;
	}
	thread_lock(&watch->thread);
	list_remove(list_of(watch, connection), &connection->link);
	watch->count--;
	watch->leaving -= connection->leaving;
	thread_unlock(&watch->thread);
	free(connection);
}

bool watch_is_full(struct watch *watch, size_t max)
{
	bool full;

	thread_lock(&watch->thread);
	full = watch->count >= max;
	if (full && watch->leaving == 0) {
		close_any_idle(watch, clock_monotonic_us());
	}
	thread_unlock(&watch->thread);
	return full;
}

size_t watch_count(struct watch *watch, struct watch_figures *ret_figures)
{
	size_t count;

	thread_lock(&watch->thread);
	count = watch->count;
	*ret_figures = watch->figures;
	thread_unlock(&watch->thread);
	return count;
}
