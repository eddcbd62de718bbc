/* SPDX-License-Identifier: MIT
 * Joins the manager's session, the translation of its events and the open calls. */
#include "collect/asterisk/collect_asterisk.h"

#include "base/clock.h"
#include "base/log.h"
#include "collect/asterisk/manager.h"
#include "intake/sources/ami/ami_rows.h"
#include "intake/sources/asterisk/cel_time.h"

#define SECOND_US	 INT64_C(1000000)
#define CLOCK_WARNING_US (2 * SECOND_US)

struct asterisk {
	const struct collect_asterisk_options *options;
	struct collector collector;
	struct manager *manager;
	struct ami_rows *rows;
	bool listing; /* calls are held against what is up, and not told yet */
	bool warned_of_time, warned_of_clock, warned_of_name;
	bool held;
	int64_t gap_us;
	int64_t gap_from_us; /* monotonic */
	const char *gap_reason;
	bool gap_waits; /* the spool had no room for what it is to be told of the gap */
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* ---- what the session says ---- */

static void take_row(void *context, const struct ami_row *row)
{
	struct asterisk *asterisk = context;

	live_calls_add_row(asterisk->collector.live, row, 0);
}

static void warn_of_clock(struct asterisk *asterisk)
{
	struct ami_rows_counts counts = ami_rows_counts(asterisk->rows);
	int64_t ahead_us =
		counts.clock_ahead_us < 0 ? -counts.clock_ahead_us : counts.clock_ahead_us;

	if (counts.without_time > 0 && !asterisk->warned_of_time) {
		asterisk->warned_of_time = true;
		log_event(LOG_WARNING, "no-timestamps",
			"advice=\"set timestampevents = yes in manager.conf: until then calls "
			"have the times of arrival\"");
	}
	if (ahead_us > CLOCK_WARNING_US && !asterisk->warned_of_clock) {
		asterisk->warned_of_clock = true;
		log_event(LOG_WARNING, "clocks-differ", "exchange_ahead_ms=%lld",
			(long long)(counts.clock_ahead_us / 1000));
	}
}

static void take_event(void *context, const struct ami_block *block)
{
	struct asterisk *asterisk = context;

	ami_rows_take(asterisk->rows, block, now_us());
	live_calls_set_clock(
		asterisk->collector.live, ami_rows_counts(asterisk->rows).clock_ahead_us);
	warn_of_clock(asterisk);
}

static void begin(void *context)
{
	struct asterisk *asterisk = context;

	asterisk->listing = true;
	ami_rows_begin_status(asterisk->rows);
	live_calls_begin_status(asterisk->collector.live);
}

static void tell_gap(struct asterisk *asterisk)
{
	struct error err;

	asterisk->gap_waits = live_calls_end_status(asterisk->collector.live, asterisk->gap_us,
				      asterisk->gap_reason, &err) < 0;
}

static void complete(void *context, bool listed, bool restarted, int64_t gap_us)
{
	struct asterisk *asterisk = context;

	int64_t here_us = clock_monotonic_us();

	asterisk->listing = false;
	/* A gap that could not be told yet is told with this one: the step spans both. */
	if (!asterisk->gap_waits) {
		asterisk->gap_from_us = here_us - gap_us;
	}
	asterisk->gap_us = gap_us > 0 ? here_us - asterisk->gap_from_us : 0;
	asterisk->gap_reason = asterisk->held ? "the spool was full"
			       : restarted    ? "the exchange was restarted"
					      : "connection to the exchange lost";
	asterisk->held = false;
	if (!listed) {
		live_calls_tell_gap(asterisk->collector.live, asterisk->gap_reason);
		return;
	}
	ami_rows_end_status(asterisk->rows, now_us());
	tell_gap(asterisk);
}

static void take_clock(void *context, struct text time)
{
	struct asterisk *asterisk = context;
	int64_t there_us;

	if (cel_time_parse(time, false, 0, &there_us)) {
		ami_rows_set_clock(asterisk->rows, there_us - now_us());
		live_calls_set_clock(asterisk->collector.live, there_us - now_us());
		warn_of_clock(asterisk);
	}
}

static void take_settings(void *context, bool has_system_name)
{
	struct asterisk *asterisk = context;

	if (!has_system_name && asterisk->options->collector.prefix[0] == '\0' &&
		!asterisk->warned_of_name) {
		asterisk->warned_of_name = true;
		log_event(LOG_WARNING, "no-system-name",
			"advice=\"where several exchanges send to one account, give each a "
			"systemname in asterisk.conf, or its collector a --prefix\"");
	}
}

/* ---- the source ---- */

static size_t source_fds(void *context, struct pollfd *fds, int *timeout_ms)
{
	struct asterisk *asterisk = context;
	int own_ms;
	short events = 0;
	int fd = manager_fd(asterisk->manager, &events, &own_ms);

	*timeout_ms = own_ms < *timeout_ms ? own_ms : *timeout_ms;
	if (fd < 0) {
		return 0;
	}
	fds[0] = (struct pollfd){.fd = fd, .events = events};
	return 1;
}

static int source_turn(void *context, struct error *err)
{
	struct asterisk *asterisk = context;

	(void)err;
	manager_turn(asterisk->manager);
	live_calls_set_watching(asterisk->collector.live, manager_counts(asterisk->manager).up);
	ami_rows_settle(asterisk->rows, now_us());
	if (asterisk->gap_waits && spool_has_room(asterisk->collector.spool)) {
		tell_gap(asterisk);
	}
	return 0;
}

/* What comes while nothing can be spooled would only fill the memory, and be lost at its end. */
static void source_hold(void *context, bool held)
{
	struct asterisk *asterisk = context;

	if (held) {
		asterisk->held = true;
		manager_pause(asterisk->manager);
	} else {
		manager_resume(asterisk->manager);
	}
}

static void source_status(void *context, struct buffer *line)
{
	struct asterisk *asterisk = context;
	struct manager_counts manager = manager_counts(asterisk->manager);
	struct ami_rows_counts rows = ami_rows_counts(asterisk->rows);

	buffer_printf(line,
		" connected=%s connections=%llu blocks=%llu blocks_dropped=%llu lines_wrong=%llu "
		"channels=%zu streams=%s",
		manager.up ? "yes" : "no", (unsigned long long)manager.connections,
		(unsigned long long)manager.blocks, (unsigned long long)manager.too_long,
		(unsigned long long)manager.wrong_lines, rows.channels,
		rows.streams ? "yes" : "no");
}

/* ---- all of it ---- */

static void asterisk_deinit(struct asterisk *asterisk)
{
	manager_destroy(asterisk->manager);
	ami_rows_destroy(asterisk->rows);
	collector_close(&asterisk->collector);
}

static int open_asterisk(struct asterisk *asterisk, struct error *err)
{
	const struct collect_asterisk_options *options = asterisk->options;
	const struct manager_options manager = {
		.connection = options->connection,
		.user = options->user,
		.secret = options->secret,
		.plain = options->plain,
		.event = take_event,
		.begin = begin,
		.complete = complete,
		.clock = take_clock,
		.settings = take_settings,
		.context = asterisk,
	};

	if (collector_open(&asterisk->collector, &options->collector, err) < 0 ||
		ami_rows_create(&asterisk->rows,
			&(struct ami_rows_options){options->variables, take_row, asterisk},
			err) < 0) {
		return -1;
	}
	return manager_create(&asterisk->manager, &manager, err);
}

int collect_asterisk(const struct collect_asterisk_options *options, struct error *err)
{
	AUTO(asterisk_deinit) struct asterisk asterisk = {.options = options};
	const struct collector_source source = {
		.fds = source_fds,
		.turn = source_turn,
		.hold = source_hold,
		.status = source_status,
		.context = &asterisk,
	};

	asterisk.collector.signals = -1;
	if (open_asterisk(&asterisk, err) < 0) {
		return -1;
	}
	return collector_run(&asterisk.collector, &source, err);
}
