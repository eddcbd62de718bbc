/* SPDX-License-Identifier: MIT
 * Inside intake: what batches, the pool and the committer share.
 *
 * A chunk goes: filled by its batch → intake_send() → read by a worker, or by the sender when it is small → intake_chunk_read() →
 * committer, in the batch's order → batch_settle(). Two locks, never held together: intake->lock guards the queues and
 * what is in flight, batch->lock what became of a batch and its callbacks. */
#ifndef INTAKE_INTAKE_PRIVATE_H
#define INTAKE_INTAKE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "intake/chunk.h"
#include "intake/decoder.h"
#include "intake/intake.h"
#include "intake/key_use.h"
#include "intake/splitter.h"

struct group;

struct intake {
	struct store *store;
	size_t call_size_max;
	const struct redactor *redactor; /* may be NULL */
	size_t in_flight_max;
	struct key_uses key_uses;
	struct arena_pool pool; /* of the chunks */

	pthread_mutex_t lock;
	pthread_cond_t work;   /* to_read or no_more_work changed */
	pthread_cond_t commit; /* to_commit, key_used or no_more_commits changed */
	struct chunk_queue to_read;
	struct chunk_queue to_commit; /* read; each batch's chunks in its order */
	struct chunk_reader *idle_readers;
	struct batch *waiting; /* batches whose feed found no room */
	size_t in_flight;      /* bytes */
	bool key_used;
	void (*stored)(void *context); /* may be NULL; see intake_on_stored() */
	void *stored_context;
	bool no_more_work;
	bool no_more_commits;

	pthread_t *workers;
	unsigned int worker_count; /* that were started */
	pthread_t committer;
	struct group *group; /* the committer's */
	bool committer_started;
};

struct batch {
	struct intake *intake;
	struct batch_options options;
	atomic_uint references; /* the owner, each chunk sent, the list of waiting batches */

	/* The owner's, who feeds from one thread at a time. */
	struct decoder *decoder;
	struct splitter *splitter;
	struct chunk *filling; /* NULL, or not full */
	bool by_call;	       /* it came by batch_add_call(): there is no stream to be complete */
	bool starved;	       /* there was no memory for a call: no later one is taken */
	bool was_ended;
	void (*over)(void *context, const struct batch_result *result); /* see batch_leave() */
	void *over_context;

	/* Under intake->lock. */
	struct chunk *first_sent; /* chunks not yet handed to the committer, in order */
	struct chunk *last_sent;
	size_t in_flight; /* bytes */
	struct batch *next_waiting;
	bool waiting;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* done or woken */
	struct batch_result result;
	uint64_t unsettled; /* chunks sent whose fate is open */
	bool store_failed;  /* the rest of it is dropped, so that what is accepted is a beginning */
	bool ended;
	bool woken;
	bool detached; /* the owner is gone: no callback any more */
};

/* Sends @chunk of @batch on its way. @small: let the calling thread read it, which spares a single call two changes of threads. */
void intake_send(struct intake *intake, struct chunk *chunk, bool small);

/* Whether @batch may take more bytes now: something is free in flight, or nothing of its own is in flight. If not, and
 * @wait, it is woken when there is. */
bool intake_room(struct intake *intake, struct batch *batch, bool wait);

/* Whether something of @batch is under way. */
bool intake_under_way(struct intake *intake, struct batch *batch);

/* Takes @batch off the list of those that wait. */
void intake_stop_waiting(struct intake *intake, struct batch *batch);

/* The bytes of @chunk are no longer in flight. */
void intake_release(struct intake *intake, struct chunk *chunk);

/* What the committer gathers a transaction in. NULL: out of memory. */
struct group *group_create(void);
void group_destroy(struct group *group);

/* The committer's thread; @argument is the intake. */
void *committer_run(void *argument);

/* ---- what others tell a batch ---- */

void batch_reference(struct batch *batch);
void batch_unreference(struct batch *batch);
void batch_reject(struct batch *batch, uint64_t line, struct text session_id, const char *error);
/* There is room again. */
void batch_wake(struct batch *batch);
bool batch_store_failed(struct batch *batch);
/* What became of one of its chunks; @failure NULL: its calls are durable, and @result counts them. */
void batch_settle(
	struct batch *batch, const struct batch_result *result, const struct error *failure);

#endif
