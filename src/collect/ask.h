/* SPDX-License-Identifier: MIT
 * Asking another server with patience: a pace that is kept, waits as long as the server asks for,
 * and an end where it makes no sense to go on. */
#ifndef COLLECT_ASK_H
#define COLLECT_ASK_H

#include "collect/fetch.h"

enum asked {
	ASKED_FAILED = -1, /* it makes no sense to go on */
	ASKED_STOPPED,	   /* it is to end */
	ASKED_ANSWERED,
	ASKED_NOTHING, /* 404: there is nothing of what was asked for */
	ASKED_AGAIN,   /* it was waited for; what came so far counts for nothing */
};

struct asker_options {
	const char *name; /* of the server, for messages */
	/* The least time between two requests. Waits after failures are so many times as long, up
	 * to 60 times. */
	int64_t pace_ms;
	bool for_ever;		   /* it does not give up after ten failures in a row */
	const char *nothing_words; /* in a 404 that means ASKED_NOTHING; NULL: each does */
	const char *denied_hint;   /* what to look at after 401 and 403 */
	int stop_fd;		   /* readable: it is to end */
	/* Waits in place of asker_wait() itself. False: it is to end. May be NULL. */
	bool (*wait)(void *context, int64_t us);
	/* Says what is worth knowing, a sentence. */
	void (*tell)(void *context, const char *sentence);
	void *context;
};

struct asker {
	struct asker_options options;
	struct fetch *fetch;
	int64_t now;	       /* by the server's clock, at its last answer */
	int64_t next_us;       /* no request before it */
	unsigned int failures; /* in a row */
};

/* Signs in as @user with @secret: fetch.h. The asker must stay where it is. */
int asker_init(struct asker *asker, const struct asker_options *options, const char *user,
	const char *secret, struct error *err) CHECK_RESULT;
void asker_deinit(struct asker *asker);

/* Asks once, not before the pace allows it. What a failure asks to wait is waited. @ret_answer's
 * status tells which failure it was. */
enum asked asker_ask(struct asker *asker, const struct fetch_request *request,
	struct fetch_answer *ret_answer, struct error *err) CHECK_RESULT;

/* Asks until there is an answer; for requests whose body goes to nobody else. */
enum asked asker_ask_text(struct asker *asker, const char *url, struct fetch_answer *ret_answer,
	struct error *err) CHECK_RESULT;

/* Waits for @us microseconds. False: it is to end. */
bool asker_wait(const struct asker *asker, int64_t us) CHECK_RESULT;

void asker_tell(const struct asker *asker, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
