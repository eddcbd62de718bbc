/* SPDX-License-Identifier: MIT
 * Joins a file that grows and the open calls. */
#include "collect/asterisk/collect_cel_file.h"

#include "base/log.h"
#include "collect/asterisk/cel_file.h"

struct following {
	const struct collect_cel_file_options *options;
	struct collector collector;
	struct cel_file *file;
	struct buffer mark;
	bool held;
	bool more; /* there is more to read at once */
};

static void take_row(void *context, const struct ami_row *row, int64_t place)
{
	struct following *following = context;

	live_calls_add_row(following->collector.live, row, place);
}

static void take_gap(void *context, const char *reason)
{
	struct following *following = context;
	char shown[300];

	log_event(
		LOG_WARNING, "gap", "reason=%s", log_value(text_of(reason), shown, sizeof(shown)));
	following->collector.gaps++;
	live_calls_tell_gap(following->collector.live, reason);
}

static size_t source_fds(void *context, struct pollfd *fds, int *timeout_ms)
{
	struct following *following = context;

	*timeout_ms = following->more && !following->held ? 0 : *timeout_ms;
	fds[0] = (struct pollfd){.fd = cel_file_fd(following->file), .events = POLLIN};
	return 1;
}

static int source_turn(void *context, struct error *err)
{
	struct following *following = context;
	const char *rejected;
	char shown[300];
	int more;

	if (following->held) {
		return 0;
	}
	more = cel_file_turn(following->file, err);
	rejected = cel_file_rejected(following->file);
	if (rejected) {
		log_event(LOG_WARNING, "rows-rejected", "count=%llu last=%s",
			(unsigned long long)cel_file_counts(following->file).rejected,
			log_value(text_of(rejected), shown, sizeof(shown)));
	}
	following->more = more > 0;
	return more < 0 ? -1 : more == 0 && following->options->collector.once;
}

/* The file waits. */
static void source_hold(void *context, bool held)
{
	struct following *following = context;

	following->held = held;
}

/* A restart reads again from the first row of a call that is not over. */
static int source_synced(void *context, struct error *err)
{
	struct following *following = context;
	int64_t least =
		live_calls_least_place(following->collector.live, cel_file_place(following->file));
	struct text old = spool_mark(following->collector.spool);

	cel_file_mark(following->file, least, &following->mark);
	if (following->mark.size == 0 || text_equal(old, buffer_text(&following->mark))) {
		return 0;
	}
	return spool_set_mark(following->collector.spool, buffer_text(&following->mark), err);
}

static void source_status(void *context, struct buffer *line)
{
	struct following *following = context;
	struct cel_file_counts counts = cel_file_counts(following->file);

	buffer_printf(line, " files=%llu rows_rejected=%llu", (unsigned long long)counts.files,
		(unsigned long long)counts.rejected);
}

static void following_deinit(struct following *following)
{
	cel_file_close(following->file);
	collector_close(&following->collector);
	buffer_deinit(&following->mark);
}

int collect_cel_file(const struct collect_cel_file_options *options, struct error *err)
{
	AUTO(following_deinit) struct following following = {.options = options};
	const struct cel_file_options file = {
		.path = options->path,
		.columns = options->columns,
		.local_times = options->local_times,
		.row = take_row,
		.gap = take_gap,
		.context = &following,
	};
	const struct collector_source source = {
		.fds = source_fds,
		.turn = source_turn,
		.hold = source_hold,
		.synced = source_synced,
		.status = source_status,
		.context = &following,
	};

	following.collector.signals = -1;
	buffer_init(&following.mark, SPOOL_MARK_BYTES_MAX);
	if (collector_open(&following.collector, &options->collector, err) < 0 ||
		cel_file_open(&following.file, &file, spool_mark(following.collector.spool), err) <
			0) {
		return -1;
	}
	return collector_run(&following.collector, &source, err);
}
