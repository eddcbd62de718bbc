/* SPDX-License-Identifier: MIT
 * One ceiling over the memory of all answers under way. An answer that finds no room waits in line,
 * a line for each account.
 *
 * Large and small answers stand in lines of their own, and a part of the memory is kept for small
 * ones: whoever needs little never waits for whoever needs much. Accounts take turns, and no
 * account holds more than three quarters.
 *
 * While some wait, what slow clients have not taken is moved into unlinked files (page_spill.c), so
 * that nothing which is held at a client's pace keeps others waiting. Where nothing moves for
 * PAGE_STUCK_US, those that wait are refused. */
#ifndef API_PAGE_MEMORY_H
#define API_PAGE_MEMORY_H

#include <pthread.h>

#include "http/http.h"

#define PAGE_STUCK_US INT64_C(10000000)

/* From so many bytes on that answers gave back, malloc() is asked to do so too. */
#define PAGE_TRIM_MIN ((size_t)16 << 20)

enum page_class {
	PAGE_SMALL,
	PAGE_LARGE,
	PAGE_CLASSES,
};

enum page_state {
	PAGE_NONE,
	PAGE_WAITING,
	PAGE_REFUSED,
	PAGE_HELD,
};

struct page_spilled; /* private to page_spill.c */

/* A request's share. All zero: none. */
struct page_claim {
	struct http_request *request; /* woken when its turn comes */
	size_t bytes;		      /* held, or waited for */
	enum page_state state;
	enum page_class class;
	int64_t since_us;	 /* it waits, or is sent */
	struct page_claim *next; /* in its line */
	/* of an answer that is being sent */
	struct arena *arena; /* NULL: none */
	struct page_spilled *spilled;
	struct page_claim *sent_before;
	struct page_claim *sent_next;
};

/* An account's line. Accounts whose ids differ by a multiple of PAGE_LANES share one, and so each
 * other's turns. */
#define PAGE_LANES 1024

struct page_lane {
	size_t used_bytes;
	struct page_claim *first; /* in order of coming */
	struct page_claim *last;
	struct page_lane *next;
};

/* The lines of one class. */
struct page_lines {
	size_t used_bytes;
	/* lines in which a claim waits; what was served last stands last */
	struct page_lane *first;
	int64_t moved_us; /* when a claim was last let in, or gave something back */
	struct page_lane lanes[PAGE_LANES];
};

/* The thread that moves answers into files, and what it has moved. */
struct page_spill {
	pthread_cond_t work;
	pthread_t thread;
	bool started;
	bool stopping;
	bool failing; /* told already */
	char *folder; /* NULL: nothing is moved */
	size_t max_bytes;
	size_t used_bytes;
	struct page_spilled *dropped; /* nothing reads them any more */
	/* by answers that are not small, since malloc() was last asked to give back too */
	size_t freed_bytes;
	size_t freed_seen_bytes;
	int64_t trimmed_us;
};

struct page_memory {
	pthread_mutex_t lock;
	size_t max_bytes;
	size_t lane_bytes;    /* one account holds no more, unless it is by a single answer */
	size_t small_bytes;   /* what a small answer needs at most */
	size_t reserve_bytes; /* kept for small answers */
	struct page_lines lines[PAGE_CLASSES];
	struct page_claim *sent; /* answers that are being sent */
	struct page_spill spill;
};

void page_memory_init(struct page_memory *memory, size_t max_bytes);
void page_memory_deinit(struct page_memory *memory);

/* Starts the thread that moves what slow clients have not taken into unlinked files in @folder, at
 * most @max_bytes in all; where @folder is NULL it moves nothing, and only refuses what waits in
 * vain. Without it claims wait for as long as it takes. */
int page_spill_start(struct page_memory *memory, const char *folder, size_t max_bytes,
	struct error *err) CHECK_RESULT;
void page_spill_stop(struct page_memory *memory);

/* What is claimed at first for an answer that is guessed to need @bytes: not all that there is,
 * which only comes free when nothing else is held. */
size_t page_memory_guess(const struct page_memory *memory, size_t bytes);

/* Claims @bytes, at most max_bytes, for the account of @request. Returns true when they are held;
 * false when the claim stands in line: its request is woken once they are held, or refused. */
bool page_memory_claim(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes) CHECK_RESULT;

/* Makes @bytes of what is held for the account of @request, claimed before or not, where there is
 * room at once. Returns false, and changes nothing, where not. */
bool page_memory_try(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes) CHECK_RESULT;

enum page_state page_memory_state(struct page_memory *memory, const struct page_claim *claim);

/* Makes @bytes of what is held, where it is less already, or there is room at once. Returns false,
 * and changes nothing, where not: release it and claim @bytes instead. */
bool page_memory_grow(
	struct page_memory *memory, struct page_claim *claim, size_t bytes) CHECK_RESULT;

/* Makes @bytes of what is held, for an answer that is composed and being sent. From now on @arena,
 * where it is not NULL, is only read: it may be moved into a file, until page_memory_take() or
 * page_memory_release(). More than was claimed goes past the ceiling at need: the memory is in use
 * already, and claims that come next wait the longer. */
void page_memory_settle(
	struct page_memory *memory, struct page_claim *claim, size_t bytes, struct arena *arena);

/* Gives everything back, or leaves the line. The arena of page_memory_settle() is the caller's
 * again: it may be empty now. */
void page_memory_release(struct page_memory *memory, struct page_claim *claim);

/* ---- for page_spill.c, under the lock ---- */

/* Whether some wait. */
bool page_memory_is_short(const struct page_memory *memory);

/* @claim holds @bytes less. */
void page_memory_lessen(struct page_memory *memory, struct page_claim *claim, size_t bytes);

/* Refuses what waits where nothing moves. */
void page_memory_refuse_stuck(struct page_memory *memory, int64_t now_us);

/* The arena of @claim, which was moved or is being moved, is not read any more. */
void page_spill_drop(struct page_memory *memory, struct page_claim *claim);

#endif
