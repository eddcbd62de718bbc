/* SPDX-License-Identifier: MIT
 * Threads for work that may take long, so that no connection waits for another one's. Accounts take
 * turns, and no account can have all threads: there is always one left for another. */
#ifndef API_WORKER_H
#define API_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/lanes.h"

struct workers;

enum work_state {
	WORK_IDLE, /* never handed in, or taken back */
	WORK_WAITING,
	WORK_RUNNING,
	WORK_DONE,
};

/* Zero but for the first members; its owner takes it back by
 * workers_cancel() or workers_leave() before it goes. */
struct work {
	struct list_link link; /* in its lane */
	/* negative: it belongs to no account */
	int64_t account_id;
	/* the rest of what was let in before: it is not refused for a full lane */
	bool follows;
	/* on a thread of the workers */
	void (*run)(struct work *work);
	/* after it: wakes what waits for it, and does not wait itself */
	void (*done)(struct work *work);
	/* for run() to look at now and then */
	atomic_bool cancelled;
	/* private to the workers */
	enum work_state state;
	void (*left)(struct work *work);
};

/* @threads pieces of work of one account run at once at most; 0: as many as there are cores. */
int workers_create(
	struct workers **ret_workers, unsigned int threads, struct error *err) CHECK_RESULT;

/* How many run at once at most. */
unsigned int workers_count(const struct workers *workers);

/* How many pieces of work wait, and how many run. */
void workers_figures(struct workers *workers, size_t *ret_waiting, size_t *ret_running);

/* No work may wait; what runs and was left ends before it returns. NULL is accepted. */
void workers_destroy(struct workers *workers);

/* Hands @work in. ERROR_BUSY when too much waits already: of this account, or of all. */
int workers_submit(struct workers *workers, struct work *work, struct error *err) CHECK_RESULT;

/* What became of it. What run() left is to be seen from WORK_DONE on, and it may be handed in
 * again. */
enum work_state workers_state(struct workers *workers, const struct work *work);

/* Takes @work back, whatever its state: out of its lane, or by waiting until run(), told by
 * `cancelled`, has returned. */
void workers_cancel(struct workers *workers, struct work *work);

/* The same without waiting: @left is called when no thread has it any more, perhaps by the one that
 * has. done() is not called meanwhile. */
void workers_leave(struct workers *workers, struct work *work, void (*left)(struct work *work));

#endif
