/* SPDX-License-Identifier: MIT
 * Following calls: one thread looks for changes of the store, while someone follows, and writes
 * them into the streams of those that follow. */
#ifndef API_TAILS_H
#define API_TAILS_H

#include "api/memory.h"
#include "base/buffer.h"
#include "call/filter.h"
#include "http/http.h"
#include "store/store.h"
#include "upkeep/retention.h"

struct tails;

struct tails_options {
	struct store *store;
	struct memory *memory; /* counts what streams hold */
	int64_t (*now)(void);
};

/* One stream of server-sent events (HTML Living Standard §9.2). */
struct tail {
	/* what its filter points to: the thread may read it when the request is over */
	struct arena arena;
	struct http_request *request; /* woken when there is something to read */
	int64_t account_id;
	unsigned char key_hash[STORE_KEY_HASH_SIZE]; /* nothing is told once it is revoked */
	/* how long its account's calls are kept; kept up to date by tails.c */
	struct store_days days;
	struct filter filter;
	struct text session_id; /* the one call that is followed; empty: all of the filter */
	bool detail;		/* calls come with their steps */
	bool resume;		/* `after` was given; otherwise it begins now */
	int64_t after;
	/* private to tails.c, guarded by its lock */
	struct tails *tails;
	struct buffer out; /* what was not read yet begins at out_at */
	size_t out_at;
	struct claim claim; /* of what `out` holds beyond OUT_FREE; zero: nothing */
	int64_t written_us; /* when something was written last */
	uint64_t round;	    /* in which it was looked at last */
	bool busy;	    /* the thread works for it without the lock */
	bool gone;	    /* removed: the thread frees it */
	bool ended;
	bool failed;
	struct list_link link;
};

int tails_create(struct tails **ret_tails, const struct tails_options *options,
	struct error *err) CHECK_RESULT;

/* Ends all streams, and those that come. */
void tails_finish(struct tails *tails);

/* How many streams there are, and how often one was told of a gap. */
void tails_figures(struct tails *tails, size_t *ret_followers, uint64_t *ret_gaps);

/* None may be left. NULL is accepted. */
void tails_destroy(struct tails *tails);

/* For @request, which is let in; NULL: memory is short. */
struct tail *tail_create(struct http_request *request) CHECK_RESULT;

/* Of a tail that was not added. NULL is accepted. */
void tail_destroy(struct tail *tail);

/* Begins to follow. ERROR_BUSY when too many do: of this account, or of all. */
int tails_add(struct tails *tails, struct tail *tail, struct error *err) CHECK_RESULT;

/* For the body of a tail that was added, @context: its http_body.read and http_body.close. The
 * second destroys it, and never waits for the thread. */
ssize_t tail_read(void *context, char *to, size_t max);
void tail_close(void *context);

/* Tells the struct tails @context that calls were stored, so that no one waits for the next look.
 * From any thread. */
void tails_look(void *context);

#endif
