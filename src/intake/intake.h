/* SPDX-License-Identifier: MIT
 * Intake: from bytes to durable calls. Batches (one a POST or an import) cut their bytes into
 * calls. A pool of threads reads and packs them. One writer commits all that waits in one
 * transaction (DESIGN §5). */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/error.h"
#include "call/call.h"
#include "intake/stream/stream.h"
#include "metric/metric.h"
#include "redact/redact.h"
#include "store/store.h"

struct intake;

struct intake_options {
	unsigned int threads;		 /* that read and pack; 0: one a core */
	size_t call_size_max;		 /* bytes of one call's JSON */
	const struct redactor *redactor; /* NULL: nothing is hidden; outlives the intake */
	/* bytes that all open batches hold, with what is taken in and not yet committed; above it
	 * batches wait */
	size_t in_flight_max;
	/* A batch that waits for room for so long is failed with ERROR_BUSY; 0: it waits for as
	 * long as it takes */
	int64_t room_wait_s;
	/* Something else that the committer's thread writes when intake_do_chore() says so: a
	 * little at a time, so that calls come between. Returns whether more may be left. NULL:
	 * nothing. */
	bool (*chore)(void *context);
	void *chore_context;
};

int intake_create(struct intake **ret_intake, struct store *store,
	const struct intake_options *options, struct error *err) CHECK_RESULT;

/* Waits until everything handed in is committed, then stops the threads. Batches must have been
 * destroyed. */
void intake_destroy(struct intake *intake);
AUTO_POINTER(struct intake *, intake_destroy);

/* @stored is called after each transaction that stored calls, on the committer's thread; it must
 * not wait. One at a time; NULL: none. */
void intake_on_stored(struct intake *intake, void (*stored)(void *context), void *context);

/* Has the committer do its chore between the next commits. Never waits. */
void intake_do_chore(struct intake *intake);

/* What was taken in since the start. */
struct intake_figures {
	/* calls, each in one of these; an events line counts as a call */
	uint64_t new_calls;
	uint64_t replaced; /* their session was there before */
	uint64_t expired;  /* they were over their days already */
	uint64_t rejected;
	uint64_t steps;
	uint64_t bytes; /* of JSON */
	uint64_t commit_failures;
	int64_t last_call; /* UNIX seconds when calls were stored last; 0: never */
	size_t in_flight_bytes;
	struct metric_histogram commits; /* transactions, each until it is durable */
};
extern const struct metric_bounds intake_commit_bounds;

/* From any thread; never waits for the store. */
void intake_figures(struct intake *intake, struct intake_figures *ret_figures);

/* ---- a batch ---- */

/* Why something was rejected. */
enum batch_why {
	BATCH_WHY_WRONG,     /* what it says is wrong, or is not enough to begin a call */
	BATCH_WHY_GAP,	     /* its steps would leave a gap behind those that are held */
	BATCH_WHY_TOO_LARGE, /* its call would be too large */
};

struct batch_reject {
	uint64_t line;		/* of NDJSON, or the call's place in the array, from 1 */
	struct text session_id; /* empty when it could not be read */
	const char *error;
	enum batch_why why;
	uint32_t held; /* BATCH_WHY_GAP: the steps that the call has */
};

/* What became of a single call that a batch was about. */
struct batch_amended {
	bool any;     /* it was taken */
	bool created; /* the session was unknown */
	uint32_t added;
	uint32_t duplicates;
	/* the call behind it */
	int64_t start;
	int64_t end;
	uint32_t steps;
	enum call_state state;
};

/* What became of a batch. An events line counts as a call. */
struct batch_result {
	uint64_t accepted; /* calls that are durable now */
	uint64_t replaced; /* those of them whose session was there before */
	uint64_t rejected;
	/* those accepted whose steps are over their days already, so that they are never seen */
	uint64_t old_detail;
	uint64_t old_calls;   /* those that are over theirs altogether */
	uint64_t unserved;    /* those whose steps are kept, and not served below /api/ any more */
	struct error failure; /* ERROR_NONE; or what ended the batch early: the body is not JSON
				 from some point on (ERROR_INVALID), is cut off or not gzip/zstd
				 (ERROR_INVALID), or it waited for room for too long (ERROR_BUSY),
				 or the store failed. What is in accepted stays. */
	struct batch_amended amended; /* what was taken last of BATCH_HEADER and what follows it */
};

/* What becomes of a call that is over its days. */
enum batch_old {
	BATCH_OLD_HEADER, /* it is taken without its steps */
	BATCH_OLD_LEAVE,  /* it is not taken, and counts nowhere */
};

/* What the bytes of a batch are. */
enum batch_content {
	BATCH_CALLS,  /* whole calls */
	BATCH_EVENTS, /* events lines; see batch_add_events() */
	/* what is said of one call, whose session_id the options have; as STREAM_WHOLE */
	BATCH_HEADER,	  /* an object of members of its header */
	BATCH_STEPS,	  /* a step, or an array of steps */
	BATCH_STEP_LINES, /* a step a line */
};

struct batch_options {
	int64_t account_id;
	/* only calls that started after it have their detail kept; INT64_MIN: all */
	int64_t detail_after;
	int64_t header_after; /* the same for the calls themselves */
	/* the same for what /api/ serves of what is kept: batch_result.unserved */
	int64_t served_after;
	/* Asked of a call that has steps which are not kept, or that is not kept itself (@whole).
	 * It comes from any thread, perhaps several at a time, until the batch is done. It may
	 * wait. NULL: such calls are taken and counted, the next sweep drops what is over its days.
	 */
	enum batch_old (*old)(void *context, const struct call *call, uint64_t line, bool whole);
	enum batch_content content;
	struct text session_id;	 /* 1 to CALL_SESSION_ID_MAX bytes; of what follows BATCH_EVENTS */
	int64_t from;		 /* of steps: where they stand; -1: in the order of time */
	enum stream_shape shape; /* of BATCH_EVENTS: STREAM_NDJSON */
	enum stream_coding coding;
	/* from an exchange's recording: parts of a call are joined (call_join.h), where others
	 * replace each other */
	bool recorded;
	/* Called once for each rejected call, from any thread, one at a time, in no particular
	 * order. Returns how many bytes the owner holds for all that it was told, which count as
	 * the batch's until batch_destroy(). Neither this nor `wake` may call a function of this
	 * header; neither is called after batch_destroy(). */
	size_t (*rejected)(void *context, const struct batch_reject *reject);
	/* Called likewise of a call that was taken, but is to be looked at: it is recorded, and the
	 * one that it replaced seems to be another. NULL: nobody is told. */
	size_t (*noted)(void *context, const struct batch_reject *note);
	/* Called from any thread when batch_feed() may be called again after it took less than it
	 * was given. Also called when the batch is done, which may be within batch_end() itself. It
	 * may come once too often. It must only note or signal; NULL for callers that use
	 * batch_wait(). / */
	void (*wake)(void *context);
	void *context;
};

struct batch;

int batch_create(struct batch **ret_batch, struct intake *intake,
	const struct batch_options *options, struct error *err) CHECK_RESULT;

/* Takes bytes, from one thread at a time. Returns how many were taken; less than @size, perhaps 0,
 * when too much is in held, or while the pool decodes what was taken before: call it again after
 * `wake`. It decodes little itself, so that its thread is soon back. Of each account one batch gets
 * on although there is no room. After a failure it takes and drops everything. A batch holds at
 * most two calls of the largest size, a chunk of 256 KiB, its decoder (zstd: 8 MB) and what its
 * owner holds for rejects. All that is counted in in_flight_max. A body that unfolds to more than
 * 1,100 times its size and 16 MiB fails with ERROR_TOO_LARGE. */
size_t batch_feed(struct batch *batch, const char *data, size_t size);

/* As batch_feed(), but decodes all on its thread, and waits until all of @size is taken. */
void batch_feed_all(struct batch *batch, const char *data, size_t size);

/* Hands in one call that a source made, its JSON whole; waits while too much is in flight. @line
 * goes into a reject. Shape and coding of the batch do not matter then; it takes either these or
 * bytes. */
void batch_add_call(struct batch *batch, struct text json, uint64_t line);

/* Hands in one events line, whole: what is learnt of a call that goes on (docs/api.md,
 * POST /v1/events):
 * {"session_id":…,"call":{dest,src,start,end,type,state},"from":N,"steps":[…]}, each member but the
 * first optional. Otherwise as batch_add_call(); a batch takes both, and their order is kept. */
void batch_add_events(struct batch *batch, struct text line, uint64_t line_number);

/* No more bytes will come. @cut_off: the sender went away, so an unfinished call is dropped. */
void batch_end(struct batch *batch, bool cut_off);

/* Whether everything is committed after batch_end(). */
bool batch_done(struct batch *batch);

/* Blocks until batch_done(). */
void batch_wait(struct batch *batch);

/* So far; final once batch_done(). */
struct batch_result batch_result(struct batch *batch);

/* batch_destroy() for a batch that may have calls under way: @over is called once they are
 * committed or failed, with what became of all. The call comes from any thread, perhaps before this
 * returns. It must not wait. */
void batch_leave(struct batch *batch,
	void (*over)(void *context, const struct batch_result *result), void *context);

/* Frees it; a batch that was not ended is ended as cut off, and what is under way is committed
 * without it. */
void batch_destroy(struct batch *batch);
AUTO_POINTER(struct batch *, batch_destroy);

#endif
