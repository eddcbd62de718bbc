/* SPDX-License-Identifier: MIT
 * The loop of a collector. */
#include "collect/asterisk/collector.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop_signals.h"

#define SECOND_US     INT64_C(1000000)
#define STATUS_US     (60 * SECOND_US)
#define WAIT_MS	      1000
#define CALLS_WAIT_MS 50
#define FDS_MAX	      5
#define LAG_SAMPLES   4096

/* How many bytes were spooled at the seconds before. */
struct collector_lag {
	struct {
		int64_t at_us, bytes;
	} samples[LAG_SAMPLES];
	size_t first, count;
};

/* ---- lag ---- */

static void sample_lag(struct collector *collector, int64_t now_us)
{
	struct collector_lag *lag = collector->lag;
	struct spool_counts counts = spool_counts(collector->spool);

	while (lag->count > 0 && (lag->samples[lag->first].bytes <= counts.acknowledged_bytes ||
					 lag->count == LAG_SAMPLES)) {
		lag->first = (lag->first + 1) % LAG_SAMPLES;
		lag->count--;
	}
	lag->samples[(lag->first + lag->count) % LAG_SAMPLES].at_us = now_us;
	lag->samples[(lag->first + lag->count) % LAG_SAMPLES].bytes = counts.appended_bytes;
	lag->count++;
}

/* For how long the oldest line has waited, to the second. */
static int64_t lag_s(const struct collector *collector, int64_t now_us)
{
	const struct collector_lag *lag = collector->lag;

	if (spool_counts(collector->spool).bytes == 0 || lag->count == 0) {
		return 0;
	}
	return (now_us - lag->samples[lag->first].at_us) / SECOND_US;
}

/* ---- opening ---- */

static int ask(void *context, struct text session_id, struct error *err)
{
	struct collector *collector = context;

	return sender_ask(collector->sender, session_id, err);
}

static bool take_conflict(void *context, struct text session_id, int64_t held)
{
	struct collector *collector = context;
	char shown[200];

	log_event(LOG_INFO, "conflict", "session=%s held=%lld",
		log_value(session_id, shown, sizeof(shown)), (long long)held);
	return live_calls_conflict(collector->live, session_id, held);
}

static void take_given_up(void *context, struct text session_id, struct text reason)
{
	char session[200], why[300];

	(void)context;
	log_event(LOG_ERROR, "line-given-up", "session=%s reason=%s",
		log_value(session_id, session, sizeof(session)),
		log_value(reason, why, sizeof(why)));
}

static void take_held(void *context, struct text session_id, int64_t steps)
{
	struct collector *collector = context;

	live_calls_held(collector->live, session_id, steps);
}

static int open_sender(struct collector *collector, struct error *err)
{
	const struct sender_options options = {
		.url = collector->options.url,
		.key_file = collector->options.key_file,
		.key = collector->options.key,
		.ca_file = collector->options.ca_file,
		.spool = collector->spool,
		.conflict = take_conflict,
		.given_up = take_given_up,
		.held = take_held,
		.context = collector,
	};

	return sender_open(&collector->sender, &options, err);
}

int collector_open(
	struct collector *collector, const struct collector_options *options, struct error *err)
{
	const struct live_calls_options live = {
		.prefix = options->prefix,
		.inbound_contexts = options->inbound_contexts,
		.by_arrival = options->by_arrival,
		.ask = ask,
		.context = collector,
	};
	struct live_calls_options with_spool = live;

	*collector = (struct collector){.options = *options, .signals = -1};
	collector->lag = calloc(1, sizeof(*collector->lag));
	if (!collector->lag) {
		return error_no_memory(err);
	}
	signal(SIGPIPE, SIG_IGN); /* a peer that goes away fails its connection alone */
	if (stop_signals_open(&collector->signals, err) < 0 ||
		spool_open(&collector->spool, options->spool, options->spool_max, err) < 0 ||
		open_sender(collector, err) < 0) {
		return -1;
	}
	with_spool.spool = collector->spool;
	if (live_calls_create(&collector->live, &with_spool, err) < 0) {
		return -1;
	}
	return options->reads_again ? 0 : live_calls_load(collector->live, err);
}

void collector_close(struct collector *collector)
{
	live_calls_destroy(collector->live);
	sender_close(collector->sender);
	spool_close(collector->spool);
	file_close(&collector->signals);
	free(collector->lag);
}

/* ---- running ---- */

static void tell_status(struct collector *collector, const struct collector_source *source)
{
	AUTO(buffer_deinit) struct buffer more = {0};
	struct live_calls_counts live = live_calls_counts(collector->live);
	struct spool_counts spool = spool_counts(collector->spool);
	struct sender_counts sender = sender_counts(collector->sender);

	buffer_init(&more, 1024);
	source->status(source->context, &more);
	buffer_append_byte(&more, '\0');
	log_event(LOG_INFO, "collect-status",
		"source=%s calls=%zu rows=%llu ended=%llu spooled=%llu acknowledged=%llu "
		"waiting_bytes=%lld spool_bytes=%lld lag_s=%lld gaps=%llu given_up=%llu "
		"conflicts=%llu "
		"rows_left_out=%llu rows_late=%llu%s",
		collector->options.source, live.open, (unsigned long long)live.rows,
		(unsigned long long)live.calls, (unsigned long long)spool.appended,
		(unsigned long long)spool.acknowledged, (long long)spool.bytes,
		(long long)spool.disk_bytes, (long long)lag_s(collector, clock_monotonic_us()),
		(unsigned long long)live.gaps + collector->gaps,
		(unsigned long long)sender.given_up + live.broken,
		(unsigned long long)sender.conflicts,
		(unsigned long long)live.left_out + live.bad_ids,
		(unsigned long long)live.late_rows, more.failed ? "" : more.data);
}

/* The spool took no more, or takes again. */
static void hold(struct collector *collector, const struct collector_source *source, bool full)
{
	if (full != collector->full) {
		log_event(full ? LOG_ERROR : LOG_INFO, full ? "spool-full" : "spool-has-room",
			"bytes=%lld", (long long)spool_counts(collector->spool).disk_bytes);
		collector->full = full;
		source->hold(source->context, full);
	}
}

static int tell_calls(
	struct collector *collector, const struct collector_source *source, struct error *err)
{
	struct error own;

	if (collector->full && !spool_has_room(collector->spool)) {
		return 0;
	}
	if (live_calls_turn(collector->live, collector->ending, &own) < 0) {
		if (own.code != ERROR_NO_SPACE) {
			return error_set(err, own.code, "%s", own.message);
		}
		hold(collector, source, true);
		return 0;
	}
	hold(collector, source, !spool_has_room(collector->spool));
	return 0;
}

static int sync_all(
	struct collector *collector, const struct collector_source *source, struct error *err)
{
	struct error own = {0};
	int status = spool_sync(collector->spool, &own);

	if (status == 0 && source->synced) {
		status = source->synced(source->context, &own);
	}
	if (status == 0 && !collector->options.reads_again) {
		status = live_calls_save(collector->live, &own);
	}
	if (status < 0 && own.code != ERROR_NO_SPACE) {
		return error_set(err, own.code, "%s", own.message);
	}
	return 0;
}

static int each_second(
	struct collector *collector, const struct collector_source *source, struct error *err)
{
	int64_t now_us = clock_monotonic_us();

	if (now_us - collector->synced_us < SECOND_US) {
		return 0;
	}
	collector->synced_us = now_us;
	sample_lag(collector, now_us);
	if (now_us - collector->told_us >= STATUS_US) {
		collector->told_us = now_us;
		tell_status(collector, source);
	}
	return sync_all(collector, source, err);
}

static bool was_told_to_end(struct collector *collector)
{
	struct signalfd_siginfo info;

	return read(collector->signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* One wait, and what follows from it. Returns 1 when the source is done, 2 by a signal. */
static int turn(
	struct collector *collector, const struct collector_source *source, struct error *err)
{
	struct pollfd fds[FDS_MAX] = {{.fd = collector->signals, .events = POLLIN}};
	int timeout_ms = live_calls_counts(collector->live).open > 0 ? CALLS_WAIT_MS : WAIT_MS;
	size_t count = 1 + source->fds(source->context, fds + 1, &timeout_ms);
	int done;

	if (sender_wait(collector->sender, fds, count, timeout_ms, err) < 0) {
		return -1;
	}
	if (was_told_to_end(collector)) {
		return 2;
	}
	done = source->turn(source->context, err);
	if (done < 0 || tell_calls(collector, source, err) < 0 ||
		each_second(collector, source, err) < 0) {
		return -1;
	}
	return done > 0 && live_calls_linger(collector->live) ? 0 : done;
}

/* Lets the sender finish, as long as no signal comes. */
static int send_rest(struct collector *collector, struct error *err)
{
	struct pollfd fd = {.fd = collector->signals, .events = POLLIN};

	while (!sender_counts(collector->sender).is_idle) {
		sender_hurry(collector->sender);
		if (sender_wait(collector->sender, &fd, 1, WAIT_MS, err) < 0) {
			return -1;
		}
		if (was_told_to_end(collector)) {
			return 0;
		}
		if (live_calls_turn(collector->live, true, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int finish(struct collector *collector, const struct collector_source *source, bool send,
	struct error *err)
{
	collector->ending = true;
	if (tell_calls(collector, source, err) < 0 || (send && send_rest(collector, err) < 0) ||
		sync_all(collector, source, err) < 0) {
		return -1;
	}
	tell_status(collector, source);
	log_event(LOG_INFO, "collect-ends", "waiting_bytes=%lld",
		(long long)spool_counts(collector->spool).bytes);
	return live_calls_counts(collector->live).gaps + collector->gaps > 0;
}

int collector_run(
	struct collector *collector, const struct collector_source *source, struct error *err)
{
	int done;

	collector->told_us = clock_monotonic_us();
	log_event(LOG_INFO, "collect-begins", "source=%s waiting_bytes=%lld",
		collector->options.source, (long long)spool_counts(collector->spool).bytes);
	do {
		done = turn(collector, source, err);
	} while (done == 0);
	return done < 0 ? -1 : finish(collector, source, done == 1, err);
}
