/* SPDX-License-Identifier: MIT
 * The spool and the sender of a collector that asks. */
#include "collect/poller.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "collect/pull_call.h"

#define STATUS_US      INT64_C(60000000)
#define FULL_WAIT_US   INT64_C(1000000)
#define SEND_US	       INT64_C(200000) /* of the time in which another server is read */
#define SEND_TURN_US   INT64_C(20000)
#define ARENA_SIZE_MAX ((size_t)1 << 30)

/* ---- telling ---- */

void poller_tell(void *context, const char *sentence)
{
	const struct poller *poller = context;
	char shown[600];

	log_event(LOG_WARNING, "collect", "source=%s told=%s", poller->options.source,
		log_value(text_of(sentence), shown, sizeof(shown)));
}

static void take_given_up(void *context, struct text session_id, struct text reason)
{
	struct poller *poller = context;
	char session[200], why[300];

	poller->told++;
	log_event(LOG_ERROR, "line-given-up", "session=%s reason=%s",
		log_value(session_id, session, sizeof(session)),
		log_value(reason, why, sizeof(why)));
}

/* The line said where it stands, and nothing can be sent again from here: it is set aside. */
static bool take_conflict(void *context, struct text session_id, int64_t held)
{
	(void)context;
	(void)session_id;
	(void)held;
	return false;
}

static void tell_status(struct poller *poller, int64_t now_us)
{
	struct spool_counts spool = spool_counts(poller->spool);
	struct sender_counts sender = sender_counts(poller->sender);

	if (now_us - poller->status_us < STATUS_US) {
		return;
	}
	poller->status_us = now_us;
	log_event(LOG_INFO, "status",
		"source=%s spooled=%llu acknowledged=%llu waiting_bytes=%lld spool_bytes=%lld "
		"failures=%llu given_up=%llu",
		poller->options.source, (unsigned long long)spool.appended,
		(unsigned long long)spool.acknowledged, (long long)spool.bytes,
		(long long)spool.disk_bytes, (unsigned long long)sender.failures,
		(unsigned long long)poller->told);
}

/* ---- waiting ---- */

/* One wait of the sender. Returns 1 when it is to end. */
static int turn(struct poller *poller, int64_t us, struct error *err)
{
	struct pollfd fd = {.fd = poller->stop_fd, .events = POLLIN};
	int64_t ms = us > 0 ? (us + 999) / 1000 : 0;
	int ready = sender_wait(poller->sender, &fd, 1, ms < 1000 ? (int)ms : 1000, err);

	tell_status(poller, clock_monotonic_us());
	return ready < 0 ? -1 : fd.revents != 0;
}

bool poller_wait(void *context, int64_t us)
{
	struct poller *poller = context;
	int64_t until_us = clock_monotonic_us() + us;

	for (;;) {
		int64_t left_us = until_us - clock_monotonic_us();

		if (turn(poller, left_us, &poller->failure) != 0) {
			return false;
		}
		if (left_us <= 0) {
			return true;
		}
	}
}

int poller_drain(struct poller *poller, struct error *err)
{
	int ending = 0;

	if (poller->failure.code != ERROR_NONE) {
		return error_set(err, poller->failure.code, "%s", poller->failure.message);
	}
	sender_hurry(poller->sender);
	while (ending == 0 && !sender_counts(poller->sender).is_idle) {
		ending = turn(poller, FULL_WAIT_US, err);
	}
	return ending < 0 ? -1 : 0;
}

int poller_append(struct poller *poller, struct text lines, struct error *err)
{
	while (spool_append(poller->spool, lines, err) < 0) {
		if (err->code != ERROR_NO_SPACE) {
			return -1;
		}
		while (!spool_has_room(poller->spool)) {
			int ending = turn(poller, FULL_WAIT_US, err);

			if (ending != 0) {
				return ending < 0 ? -1
						  : error_set(err, ERROR_TIMEOUT,
							    "it was told to end");
			}
		}
	}
	return 0;
}

/* ---- a sink ---- */

static int take_line(struct poller *poller, struct error *err)
{
	poller->taken.accepted++;
	return poller_append(poller, buffer_text(&poller->line), err);
}

static int take_call(void *context, struct text json, struct error *err)
{
	struct poller *poller = context;
	struct error said;

	arena_deinit(&poller->arena);
	buffer_clear(&poller->line);
	if (pull_call_whole(json, &poller->arena, &poller->line, &said) == 0) {
		return take_line(poller, err);
	}
	poller_tell(poller, said.message);
	poller->taken.rejected++;
	poller->told++;
	return 0;
}

static int take_event(void *context, struct text line, struct error *err)
{
	struct poller *poller = context;

	buffer_clear(&poller->line);
	buffer_append(&poller->line, line);
	return poller->line.failed ? error_no_memory(err) : take_line(poller, err);
}

/* While another callstep is followed, its answer has no end: what is spooled goes in between. */
static int send_some(void *context, struct error *err)
{
	struct poller *poller = context;
	int64_t until_us = clock_monotonic_us() + SEND_US;
	int ending = 0;

	sender_hurry(poller->sender);
	while (ending == 0 && !sender_counts(poller->sender).is_idle &&
		!sender_counts(poller->sender).failing && clock_monotonic_us() < until_us) {
		ending = turn(poller, SEND_TURN_US, err);
	}
	/* A server that does not answer is tried again when its time has come. */
	return ending == 0 && sender_counts(poller->sender).failing ? turn(poller, 0, err) : ending;
}

static int commit(void *context, struct pull_taken *taken, struct error *err)
{
	struct poller *poller = context;

	taken->accepted += poller->taken.accepted;
	taken->rejected += poller->taken.rejected;
	poller->taken = (struct pull_taken){0};
	if (spool_sync(poller->spool, err) < 0) {
		return -1;
	}
	return send_some(poller, err) < 0 ? -1 : 0;
}

/* That it is to end, the request sees itself. */
static int idle(void *context, struct error *err)
{
	return send_some(context, err) < 0 ? -1 : 0;
}

struct pull_sink poller_sink(struct poller *poller)
{
	return (struct pull_sink){.call = take_call,
		.event = take_event,
		.commit = commit,
		.idle = idle,
		.context = poller};
}

/* ---- opening ---- */

int poller_open(struct poller *poller, const struct poller_options *options, struct error *err)
{
	struct sender_options how = {
		.url = options->url,
		.key_file = options->key_file,
		.key = options->key,
		.conflict = take_conflict,
		.ca_file = options->ca_file,
		.given_up = take_given_up,
		.context = poller,
	};

	*poller = (struct poller){
		.options = *options, .stop_fd = -1, .status_us = clock_monotonic_us()};
	arena_init(&poller->arena, ARENA_SIZE_MAX);
	buffer_init(&poller->line, ARENA_SIZE_MAX);
	signal(SIGPIPE, SIG_IGN); /* a server that goes away fails its request alone */
	if (stop_signals_open(&poller->stop_fd, err) < 0 ||
		spool_open(&poller->spool, options->spool, options->spool_max, err) < 0) {
		return -1;
	}
	how.spool = poller->spool;
	return sender_open(&poller->sender, &how, err);
}

void poller_close(struct poller *poller)
{
	sender_close(poller->sender);
	spool_close(poller->spool);
	file_close(&poller->stop_fd);
	arena_deinit(&poller->arena);
	buffer_deinit(&poller->line);
}
