/* SPDX-License-Identifier: MIT
 * Inside of pulling. */
#ifndef COLLECT_PULL_PRIVATE_H
#define COLLECT_PULL_PRIVATE_H

#include "base/arena.h"
#include "collect/ask.h"
#include "collect/pull.h"
#include "collect/pull_call.h"
#include "collect/pull_state.h"

#define PULL_DAYS_S	 (INT64_C(5) * 86400) /* how long Plum Fuse serves detail */
#define PULL_LIMIT_MAX	 10000
#define PULL_WIDTH_S	 3600 /* of the first window */
#define PULL_WIDTH_MAX_S 86400

/* Sessions that single requests asked for already; above it no more are asked. */
#define PULL_ASKED_MAX ((size_t)100000)

struct pull {
	const struct pull_options *options;
	struct asker asker;
	struct pull_state state;
	bool is_callstep;
	/* what started at or before it has lost its detail there; INT64_MIN: nothing has */
	int64_t days_s;
	int64_t now;	       /* by the server's clock, at its last answer */
	int64_t next_us;       /* no request before it */
	unsigned int failures; /* in a row */
	int64_t limit;	       /* calls that are asked for at once */
	int64_t width_s;
	int64_t new_from; /* what started before was asked for by an earlier pass */
	struct pull_report report;
	uint64_t *asked; /* hashes of sessions */
	size_t asked_count;
	size_t asked_capacity;
	struct buffer url;
};

/* ---- pull.c ---- */

/* Begins the address in pull->url: what the user gave, and @path. */
void pull_url_begin(struct pull *pull, const char *path);
const char *pull_url_end(struct pull *pull, struct error *err);

/* ---- pull_window.c ---- */

/* Asks for the next window of the pass in pull->state, makes it durable and remembers it. */
enum asked pull_next_window(struct pull *pull, struct error *err) CHECK_RESULT;

/* Commits what the sink holds, then the state. */
int pull_commit(struct pull *pull, struct error *err) CHECK_RESULT;

/* ---- pull_tail.c ---- */

/* Takes the place in the other's changes from which pull_tail() goes on. */
enum asked pull_tail_begin(struct pull *pull, struct error *err) CHECK_RESULT;

/* Follows the other's changes until the connection ends (ASKED_AGAIN), or until some are lost
 * (ASKED_NOTHING): then a pass is needed. */
enum asked pull_tail(struct pull *pull, struct error *err) CHECK_RESULT;

#endif
