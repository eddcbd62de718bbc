/* SPDX-License-Identifier: MIT
 * A collector: one thread with one wait, for its source, for the server and for signals. The source
 * gives rows of calls; the open calls make events lines of them, the spool keeps these, the sender
 * posts them. */
#ifndef COLLECT_COLLECTOR_H
#define COLLECT_COLLECTOR_H

#include <poll.h>

#include "collect/asterisk/live_calls.h"
#include "collect/sender.h"

struct collector_options {
	const char *source;			    /* its name, for the log */
	const char *spool;			    /* a folder */
	int64_t spool_max;			    /* bytes */
	const char *url, *key_file, *key, *ca_file; /* as sender_options has them */
	const char *prefix;			    /* before each session's id; "" */
	const char *inbound_contexts;
	bool by_arrival;
	bool reads_again; /* the source gives the rows of open calls again after a restart */
	bool once;	  /* ends when the source is done and all is sent */
};

struct collector {
	struct collector_options options;
	struct spool *spool;
	struct sender *sender;
	struct live_calls *live;
	uint64_t gaps; /* that the source found */
	int signals;
	bool ending;
	bool full; /* the spool took no more */
	int64_t synced_us, told_us;
	struct collector_lag *lag;
};

/* What a source does. */
struct collector_source {
	/* The descriptors to wait for, at most 4; returns how many. *@timeout_ms may be made less.
	 */
	size_t (*fds)(void *context, struct pollfd *fds, int *timeout_ms);
	/* Reads what is there. Returns 1 when it is done (--once), 0 otherwise; negative: it cannot
	 * go on. Called after each wait. */
	int (*turn)(void *context, struct error *err);
	/* The spool takes no more, or takes again. */
	void (*hold)(void *context, bool held);
	/* What is told up to now lies in the spool and on the disk: the source may move its mark.
	 * May be NULL. */
	int (*synced)(void *context, struct error *err);
	/* Writes further `key=value` pairs of the status line, a space before each. */
	void (*status)(void *context, struct buffer *line);
	void *context;
};

int collector_open(struct collector *collector, const struct collector_options *options,
	struct error *err) CHECK_RESULT;
void collector_close(struct collector *collector);

/* Works until SIGINT or SIGTERM, or until all is done with `once`. Returns 1 when there were gaps,
 * 0 without. */
int collector_run(struct collector *collector, const struct collector_source *source,
	struct error *err) CHECK_RESULT;

#endif
