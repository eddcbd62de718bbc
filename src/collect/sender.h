/* SPDX-License-Identifier: MIT
 * The sender: posts a spool's lines to a server's POST /v1/events, one request in flight. It never
 * blocks: sender_wait() is the one wait of a collector, for its source's descriptors too.
 *
 * What an answer means:
 *   200, 409, 422   the lines are acknowledged; those that are named as rejected are handed to
 *                   conflict() where the answer tells how many steps are held, otherwise given up
 *   400, 413        the request is cut in half; a line alone that is refused is given up
 *   401, 403, 404   nothing is given up: tried again each minute, and told
 *   all else        no answer, 429, 5xx: tried again after 1 s to 60 s, or Retry-After */
#ifndef COLLECT_SENDER_H
#define COLLECT_SENDER_H

#include <poll.h>

#include "collect/spool/spool.h"

#define SENDER_BATCH_BYTES ((size_t)1 << 20)
#define SENDER_BATCH_LINES 1000 /* as many rejects an answer lists */
#define SENDER_BATCH_MS	   500	/* how long lines wait for others */

struct sender;

struct sender_options {
	const char *url;      /* https://calls.example: /v1/… is put behind it */
	const char *key_file; /* holds the API key, for its owner alone */
	const char *key;      /* the key itself, where there is no file */
	const char *ca_file;  /* PEM; NULL: the system's */
	struct spool *spool;  /* outlives the sender */
	/* The server holds only @held steps of the call, fewer than a line's `from`: nothing of
	 * that line is stored. False: nothing can be sent again, so the line is given up. */
	bool (*conflict)(void *context, struct text session_id, int64_t held);
	/* A line was refused for good; it stands in rejected.ndjson. May be NULL. */
	void (*given_up)(void *context, struct text session_id, struct text reason);
	/* The answer to sender_ask(): how many steps are held; negative: the call is not known. */
	void (*held)(void *context, struct text session_id, int64_t steps);
	void *context;
};

struct sender_counts {
	uint64_t requests;
	uint64_t failures; /* tries that have to be repeated */
	uint64_t conflicts;
	uint64_t given_up; /* lines */
	bool failing;	   /* the last try failed */
	bool is_idle;	   /* nothing is in flight, asked for or spooled */
};

int sender_open(struct sender **ret_sender, const struct sender_options *options,
	struct error *err) CHECK_RESULT;
void sender_close(struct sender *sender);

/* Asks GET /v1/calls/{session_id} for the steps that are held, once all is acknowledged that is in
 * the spool now. At most 10,000 questions wait. */
int sender_ask(struct sender *sender, struct text session_id, struct error *err) CHECK_RESULT;

/* Waits until one of @fds is ready, the sender has something to do or @timeout_ms are over, and
 * does what is to be done. Returns how many of @fds have revents; negative when the spool or the
 * library failed. */
int sender_wait(struct sender *sender, struct pollfd *fds, size_t count, int timeout_ms,
	struct error *err) CHECK_RESULT;

/* Lets what is spooled go at once, and not after SENDER_BATCH_MS. */
void sender_hurry(struct sender *sender);

struct sender_counts sender_counts(const struct sender *sender);

#endif
