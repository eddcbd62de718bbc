/* SPDX-License-Identifier: MIT
 * The thread of a server that tells receivers of calls: in the order of the change log, one request
 * at a time to each, again until it was taken. */
#ifndef HOOK_HOOK_SENDER_H
#define HOOK_HOOK_SENDER_H

#include "hook/hook.h"

struct hook_sender;

/* What the server's log is told, on the sender's thread. */
struct hook_news {
	int64_t hook_id; /* 0: it is about the store */
	enum hook_news_kind {
		HOOK_NEWS_FAILING, /* its receiver did not take something */
		HOOK_NEWS_WELL,	   /* it does again */
		HOOK_NEWS_PAUSED,  /* it failed for too long: nothing more is sent */
		HOOK_NEWS_GONE,	   /* it wants nothing more */
		HOOK_NEWS_REFUSED, /* it refused one event, which is on the list of failures */
		HOOK_NEWS_STORE,   /* the store failed; it is tried again */
	} kind;
	const char *cause; /* a sentence; empty: none */
};

struct hook_sender_options {
	struct store *store;
	const struct call_prefixes *prefixes; /* as in struct filter */
	bool anywhere;			      /* private addresses and http:// too */
	int64_t timeout_s;		      /* for a request */
	struct text user;		      /* in whose name, for the audit trail */
	int64_t (*now)(void);
	void (*told)(void *context, const struct hook_news *news);
	void *context;
};

/* Starts it. Of several servers on one store one sends, the others are ready to. */
int hook_sender_start(struct hook_sender **ret_sender, const struct hook_sender_options *options,
	struct error *err) CHECK_RESULT;

/* Breaks off what is under way: it is sent again. NULL is accepted. */
void hook_sender_stop(struct hook_sender *sender);
AUTO_POINTER(struct hook_sender *, hook_sender_stop);

#endif
