/* SPDX-License-Identifier: MIT
 * Threads for questions that may take long, so that no connection waits for another one's question.
 * Accounts take turns, and no account can have all threads: there is always one left for another.
 */
#ifndef API_WORKER_H
#define API_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct workers;

enum worker_state {
	WORKER_IDLE, /* never handed in, or taken back */
	WORKER_WAITING,
	WORKER_RUNNING,
	WORKER_DONE,
};

/* A question. Zero but for the first members; it belongs to the caller, who must take it back by
 * workers_cancel() before it goes. */
struct worker_job {
	int64_t account_id;
	bool follows; /* the rest of what was let in before: it is not refused for a full line */
	void (*run)(struct worker_job *job); /* on a thread of its own */
	/* after it: wakes whoever waits; must not wait itself */
	void (*done)(struct worker_job *job);
	atomic_bool cancelled; /* for run() to look at now and then */
	/* private to the workers */
	enum worker_state state;
	struct worker_job *next;
};

/* @threads questions of one account run at once at most; 0: as many as there are cores. */
int workers_create(
	struct workers **ret_workers, unsigned int threads, struct error *err) CHECK_RESULT;

/* How many run at once at most. */
unsigned int workers_count(const struct workers *workers);

/* No job may be left. NULL is accepted. */
void workers_destroy(struct workers *workers);

/* Hands @job in. ERROR_BUSY when too many wait already: of this account, or of all. */
int workers_submit(struct workers *workers, struct worker_job *job, struct error *err) CHECK_RESULT;

/* Whether @job was handed in and is over; what run() left is to be seen then. It may be handed in
 * again. */
bool workers_done(struct workers *workers, const struct worker_job *job);

/* Takes @job back, whatever its state: out of the line, or by waiting until run(), told by
 * `cancelled`, has returned. */
void workers_cancel(struct workers *workers, struct worker_job *job);

#endif
