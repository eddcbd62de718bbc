/* SPDX-License-Identifier: MIT
 * One ceiling over the memory of all answers under way. An answer that finds no room waits in line,
 * a line for each account.
 *
 * Large and small answers stand in separate lines, and a part of the memory is kept for small ones.
 * So what needs little never waits for what needs much. Accounts take turns, and no account holds
 * more than three quarters.
 *
 * While some wait, what slow clients have not taken is moved into unlinked files (spill.c). So
 * nothing that is held at a client's pace keeps others waiting. Where nothing moves for
 * MEMORY_STUCK_US, those that wait are refused. */
#ifndef API_MEMORY_H
#define API_MEMORY_H

#include "base/lanes.h"
#include "base/thread.h"
#include "http/http.h"

#define MEMORY_STUCK_US INT64_C(10000000)

/* From so many bytes on that answers gave back, malloc() is asked to do so too. */
#define MEMORY_TRIM_MIN ((size_t)16 << 20)

enum claim_class {
	CLAIM_SMALL,
	CLAIM_LARGE,
	CLAIM_CLASSES,
};

enum claim_state {
	CLAIM_NONE,
	CLAIM_WAITING,
	CLAIM_REFUSED,
	CLAIM_HELD,
};

struct spilled; /* private to spill.c */

/* A request's share. All zero: none. */
struct claim {
	struct list_link link;	      /* in its lane */
	struct http_request *request; /* woken when its turn comes */
	size_t lane;		      /* of its account */
	size_t bytes;		      /* held, or waited for */
	enum claim_state state;
	enum claim_class class;
	int64_t since_us; /* it waits, or is sent */
	/* of an answer that is being sent */
	struct arena *arena; /* NULL: none */
	struct spilled *spilled;
	struct list_link sent;
};

/* What answers of one class hold, and those that wait. */
struct memory_class {
	struct lanes lanes;
	size_t used_bytes;
	/* when a claim was last let in, or gave something back */
	int64_t moved_us;
};

/* What the thread that moves answers into files has moved. */
struct spill {
	bool failing; /* told already */
	char *folder; /* NULL: nothing is moved */
	size_t max_bytes;
	size_t used_bytes;
	struct spilled *dropped; /* nothing reads them any more */
	/* by answers that are not small, since malloc() was last asked to give back too */
	size_t freed_bytes;
	size_t freed_seen_bytes;
	int64_t trimmed_us;
};

struct memory {
	struct thread thread; /* of spill.c; its lock guards all */
	size_t max_bytes;
	size_t lane_bytes;    /* one account holds no more, unless it is by a single answer */
	size_t small_bytes;   /* what a small answer needs at most */
	size_t reserve_bytes; /* kept for small answers */
	struct memory_class classes[CLAIM_CLASSES];
	struct list sent; /* claims of answers that are being sent */
	struct spill spill;
};

void memory_init(struct memory *memory, size_t max_bytes);
void memory_deinit(struct memory *memory);

/* Starts the thread that moves what slow clients have not taken into unlinked files in @folder, at
 * most @max_bytes in all. Where @folder is NULL it moves nothing, and only refuses what waits in
 * vain. Without the thread claims wait for as long as it takes. */
int spill_start(struct memory *memory, const char *folder, size_t max_bytes,
	struct error *err) CHECK_RESULT;
void spill_stop(struct memory *memory);

/* What is claimed at first for an answer that is guessed to need @bytes. It is not all that there
 * is: that only comes free when nothing else is held. */
size_t memory_guess(const struct memory *memory, size_t bytes);

/* Claims @bytes, at most max_bytes, for the account of @request. Returns true when they are held;
 * false when the claim stands in line: its request is woken once they are held, or refused. */
bool memory_claim(struct memory *memory, struct claim *claim, struct http_request *request,
	size_t bytes) CHECK_RESULT;

enum claim_state memory_state(struct memory *memory, const struct claim *claim);

/* Makes @bytes of what is held, or more where it is more already, where there is room at once.
 * Returns false, and changes nothing, where not: release it and claim @bytes instead. */
bool memory_grow(struct memory *memory, struct claim *claim, size_t bytes) CHECK_RESULT;

/* Makes @bytes of what is held for the account of @request, claimed before or not. It does so where
 * that is less already, or there is room at once. Otherwise it changes nothing and returns false.
 */
bool memory_try(struct memory *memory, struct claim *claim, struct http_request *request,
	size_t bytes) CHECK_RESULT;

/* Makes @bytes of what is held, for an answer that is composed and being sent. From now on @arena,
 * where it is not NULL, is only read: it may be moved into a file, until memory_release(). More
 * than was claimed goes past the ceiling at need: the memory is in use already, and claims that
 * come next wait the longer. */
void memory_settle(struct memory *memory, struct claim *claim, size_t bytes, struct arena *arena);

/* Gives everything back, or leaves the line. The arena of memory_settle() is the caller's
 * again: it may be empty now. */
void memory_release(struct memory *memory, struct claim *claim);

/* What answers under way hold, and how many claims wait. */
void memory_figures(struct memory *memory, size_t *ret_used_bytes, size_t *ret_waiting);

/* ---- for spill.c, under the lock ---- */

/* Whether some wait. */
bool memory_is_short(const struct memory *memory);

/* @claim holds @bytes less. */
void memory_lessen(struct memory *memory, struct claim *claim, size_t bytes);

/* Refuses what waits where nothing moves. */
void memory_refuse_stuck(struct memory *memory, int64_t now_us);

/* The arena of @claim, which was moved or is being moved, is not read any more. */
void spill_drop(struct memory *memory, struct claim *claim);

#endif
