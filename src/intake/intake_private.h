/* SPDX-License-Identifier: MIT
 * Inside intake: what batches, the pool and the committer share.
 *
 * A chunk goes: filled by its batch → intake_send() → read by a worker, or by the sender when it is
 * small → intake_chunk_read() → committer, in the batch's order → batch_settle(). What unfolds to
 * more than a little is decoded and cut by a worker too, in slices (batch_work()). Two locks, never
 * held together: intake->lock guards the queues and what is held, batch->lock what became of a
 * batch and its callbacks. */
#ifndef INTAKE_INTAKE_PRIVATE_H
#define INTAKE_INTAKE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "intake/chunk.h"
#include "intake/intake.h"
#include "intake/stream/decoder.h"
#include "intake/stream/splitter.h"

struct group;

/* The accounts of a lane (base/lanes.h). */
struct intake_share {
	size_t bytes;	    /* that they hold */
	struct batch *past; /* goes on although there is no room, so that they get on; NULL: none */
};

/* Of what was taken in: counted by the committer, but for those rejected. */
struct intake_counts {
	_Atomic uint64_t new_calls, replaced, expired, steps, bytes, commit_failures, last_call;
	_Atomic uint64_t rejected; /* by any thread */
	struct metric_histogram commits;
};

struct intake {
	struct store *store;
	size_t call_size_max;
	const struct redactor *redactor; /* may be NULL */
	/* the committer's, of live calls; redactor NULL: nothing is hidden from step to step */
	struct redaction review;
	size_t in_flight_max;
	struct arena_pool pool; /* of the chunks */

	pthread_mutex_t lock;
	pthread_cond_t work;   /* to_do or no_more_work changed */
	pthread_cond_t commit; /* to_commit, chore_wanted or no_more_commits changed */
	struct lanes to_do;    /* chunks to read, bodies to decode */
	struct list to_commit; /* read; each batch's chunks in its order */
	struct chunk_reader *idle_readers;
	unsigned int behind_count; /* batches that the pool has */
	struct list waiting;	   /* batches whose feed found no room, the latest last */
	int64_t room_wait_us;	   /* as long may one wait; 0: for ever */
	int64_t look_us;	   /* when those that wait are looked at again */
	size_t bytes;		   /* held by chunks in flight and by open batches */
	struct intake_share shares[LANES];
	bool (*chore)(void *context); /* may be NULL */
	void *chore_context;
	bool chore_wanted;
	void (*stored)(void *context); /* may be NULL; see intake_on_stored() */
	void *stored_context;
	bool no_more_work;
	bool no_more_commits;

	pthread_t *workers;
	unsigned int worker_count; /* that were started */
	pthread_t committer;
	struct group *group; /* the committer's */
	struct intake_counts counts;
	bool committer_started;
};

struct batch {
	struct task task; /* first: to work off `pending` */
	struct intake *intake;
	struct batch_options options;
	char session_id[CALL_SESSION_ID_MAX]; /* of the options */
	/* the owner, each chunk sent, the list of waiting batches, the pool while it is behind */
	atomic_uint references;

	/* The owner's, which feeds from one thread at a time; the pool's while it is behind. */
	struct decoder *decoder;
	struct splitter *splitter;
	struct chunk *filling; /* NULL, or not full */
	bool by_call;	       /* it came by batch_add_call(): there is no stream to be complete */
	bool starved;	       /* there was no memory for a call: no later one is taken */
	bool more;	       /* the decoder has more to give without more input */
	bool by_pool;	       /* it unfolds to much: the pool decodes all that comes */
	char *pending;	       /* taken and not decoded yet; NULL: nothing */
	struct text rest;      /* of it */
	uint64_t taken_bytes;  /* decoded */
	uint64_t given_bytes;  /* what they unfolded to */
	bool was_ended;	       /* the owner's at all times */
	atomic_size_t told_bytes; /* that the owner holds for rejects */
	void (*over)(void *context, const struct batch_result *result); /* see batch_leave() */
	void *over_context;

	/* Under intake->lock. */
	bool behind;	     /* the pool has it */
	bool end_wanted;     /* the owner has ended it meanwhile */
	bool cut_off;	     /* the owner is gone: what is pending is not worth its work */
	bool left;	     /* it is ended, by the owner or by the pool */
	size_t held_bytes;   /* beside chunks in flight */
	size_t wanted_bytes; /* that its next step takes */
	struct list sent;    /* chunks not yet handed to the committer, in order */
	size_t in_flight;    /* bytes of its chunks */
	struct list_link waiting_link;
	bool waiting;
	int64_t no_room_us; /* since when it has found none; 0: it found some */
	bool gave_up;	    /* it waited for too long */

	pthread_mutex_t lock;
	pthread_cond_t changed; /* done or woken */
	struct batch_result result;
	uint64_t unsettled; /* chunks sent whose fate is open */
	bool store_failed;  /* the rest of it is dropped, so that what is accepted is a beginning */
	bool ended;
	bool woken;
	bool detached; /* the owner is gone: no callback any more */
};

/* Sends @chunk of @batch on its way. @small: let the calling thread read it, which spares a single
 * call two changes of threads. */
void intake_send(struct intake *intake, struct chunk *chunk, bool small);

/* Whether @batch, which holds so much beside its chunks in flight, may take so much more and go on.
 * Either there is room for it, in the whole and in its account's share. Or nothing of the batch is
 * in flight and it is the one that goes on without. If so, it is counted. If not, and @wait, it is
 * woken when it may; or, while the pool has it, the pool goes on with it. */
bool intake_room(struct intake *intake, struct batch *batch, size_t holds, size_t wants, bool wait);

/* It is ended: beside what is in flight it holds only so much, and wants nothing. */
void intake_leave(struct intake *intake, struct batch *batch, size_t holds);

/* Its owner is gone: it holds nothing for the batch any more, which does not wait for room. While
 * the pool has it, the pool looks at it once more. */
void intake_abandon(struct intake *intake, struct batch *batch);

/* Hands `pending` to the pool. */
void intake_decode(struct intake *intake, struct batch *batch);

/* What @flag of a batch says, which is under the intake's lock. */
bool intake_look(struct intake *intake, const bool *flag);

/* Ends it when the pool has done with it: returns true. False: the pool does not have it. */
bool intake_end_behind(struct intake *intake, struct batch *batch, bool cut_off);

/* The pool has worked off what was pending; the batch holds so much now. Returns true when the
 * owner has ended the batch meanwhile, *@ret_cut_off telling how. */
bool intake_caught_up(struct intake *intake, struct batch *batch, size_t holds, bool *ret_cut_off);

/* Whether something of @batch is under way. */
bool intake_under_way(struct intake *intake, struct batch *batch);

/* The bytes of @chunk are no longer in flight. */
void intake_release(struct intake *intake, struct chunk *chunk);

/* What the committer gathers a transaction in. NULL: out of memory. */
struct group *group_create(void);
void group_destroy(struct group *group);

/* The committer's thread; @argument is the intake. */
void *committer_run(void *argument);

/* ---- what others tell a batch ---- */

/* On a thread of the pool: works off a slice of what is pending. */
void batch_work(struct task *task);
void batch_reference(struct batch *batch);
void batch_unreference(struct batch *batch);
/* @context is the struct batch: a sink has it so. */
void batch_reject(void *context, uint64_t line, struct text session_id, const char *error);
/* The same with a reason. */
void batch_refuse(struct batch *batch, const struct batch_reject *reject);
/* The call that it replaced seems to be another. */
void batch_note_others(struct batch *batch, uint64_t line, struct text session_id);
/* There is room again. */
void batch_wake(struct batch *batch);
bool batch_store_failed(struct batch *batch);
/* What became of one of its chunks; @failure NULL: its calls are durable, and @result counts them.
 */
void batch_settle(
	struct batch *batch, const struct batch_result *result, const struct error *failure);

#endif
