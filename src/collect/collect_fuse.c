/* SPDX-License-Identifier: MIT
 * Pulling into a spool. */
#include "collect/collect_fuse.h"

#include <limits.h>

#include "base/log.h"
#include "call/call.h"
#include "collect/pull_state.h"

#define WHOSE_MAX ((size_t)8192)

struct fuse {
	struct poller poller; /* first: what waits and tells is given its address */
	uint64_t gaps;
};

static void fuse_close(struct fuse *fuse)
{
	poller_close(&fuse->poller);
}

/* What came without steps is gone: an error, as a collector's gap is. */
static int take_report(void *context, const struct pull_report *report, struct error *err)
{
	struct fuse *fuse = context;

	(void)err;
	fuse->gaps += report->bare + report->short_windows + report->taken.rejected;
	log_event(LOG_INFO, "pulled", "from=%lld to=%lld calls=%llu rejected=%llu",
		(long long)report->from, (long long)report->to,
		(unsigned long long)report->taken.accepted,
		(unsigned long long)report->taken.rejected);
	if (report->bare > 0) {
		log_event(LOG_ERROR, "detail-gone", "from=%lld to=%lld calls=%llu",
			(long long)report->bare_from, (long long)report->bare_to,
			(unsigned long long)report->bare);
	}
	return 0;
}

static int run(struct fuse *fuse, const struct collect_fuse_options *options, struct error *err)
{
	AUTO(buffer_deinit) struct buffer whose;
	char state_path[PATH_MAX];
	struct pull_options pull = {
		.url = options->url,
		.user = options->user,
		.secret = options->secret,
		.number = options->number,
		.since = PULL_NEVER,
		.overlap_s = options->overlap_s,
		.every_s = options->every_s,
		.pace_ms = options->pace_ms,
		.follow = !options->once,
		.call_size_max = CALL_SIZE_MAX_DEFAULT,
		.sink = poller_sink(&fuse->poller),
		.state_path = state_path,
		.stop_fd = fuse->poller.stop_fd,
		.wait = poller_wait,
		.tell = poller_tell,
		.passed = take_report,
		.context = fuse,
	};

	buffer_init(&whose, WHOSE_MAX);
	buffer_printf(&whose, "%s %s %s into the spool", options->url,
		options->user ? options->user : "", options->number ? options->number : "");
	if (whose.failed) {
		return error_set(err, ERROR_TOO_LARGE, "address, user and number are too long");
	}
	pull.whose = buffer_text(&whose);
	if (pull_state_path(
		    state_path, sizeof(state_path), options->poller.spool, pull.whose, err) < 0) {
		return -1;
	}
	return pull_run(&pull, err);
}

int collect_fuse(const struct collect_fuse_options *options, struct error *err)
{
	AUTO(fuse_close) struct fuse fuse = {.gaps = 0};

	if (poller_open(&fuse.poller, &options->poller, err) < 0 || run(&fuse, options, err) < 0 ||
		poller_drain(&fuse.poller, err) < 0) {
		return -1;
	}
	return fuse.gaps + fuse.poller.told > 0;
}
