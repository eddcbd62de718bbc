/* SPDX-License-Identifier: MIT
 * A collector that asks its source: while it waits between two requests, what it spooled is sent.
 * Its lines are events lines (intake/event_line.h). */
#ifndef COLLECT_POLLER_H
#define COLLECT_POLLER_H

#include "base/arena.h"
#include "collect/pull.h"
#include "collect/sender.h"

struct poller_options {
	const char *source; /* its name, for the log */
	const char *spool;  /* a folder */
	int64_t spool_max;  /* bytes */
	/* as sender_options has them */
	const char *url;
	const char *key_file;
	const char *key;
	const char *ca_file;
};

struct poller {
	struct poller_options options;
	struct spool *spool;
	struct sender *sender;
	int stop_fd; /* readable after SIGINT and SIGTERM */
	struct arena arena;
	struct buffer line;
	struct pull_taken taken; /* since the last commit */
	uint64_t told;		 /* lines and calls that were given up or not taken */
	int64_t status_us;
	struct error failure; /* of the spool or the sender, while it waited */
};

/* Blocks the signals that stop_fd tells of. */
int poller_open(struct poller *poller, const struct poller_options *options,
	struct error *err) CHECK_RESULT;
void poller_close(struct poller *poller);

/* asker_options.wait: sends for @us microseconds. False: it is to end, or failed. */
bool poller_wait(void *context, int64_t us);

/* Waits until all that was spooled is sent, or it is to end. */
int poller_drain(struct poller *poller, struct error *err) CHECK_RESULT;

/* asker_options.tell: a line of the log. */
void poller_tell(void *context, const char *sentence);

/* Spools @lines, whole events lines; waits where there is no room. ERROR_TIMEOUT: it is to end. */
int poller_append(struct poller *poller, struct text lines, struct error *err) CHECK_RESULT;

/* Whole calls are spooled as events lines that replace what the server holds of them. Its commit
 * returns when they are on the disk. */
struct pull_sink poller_sink(struct poller *poller);

#endif
