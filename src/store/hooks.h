/* SPDX-License-Identifier: MIT
 * Hooks, as stores keep them: which receivers are told of which calls, how far each was told, and
 * what it did not take. What is sent is made out of the calls when it is sent, so no copy of a call
 * is kept here. A call that is erased or dropped takes its failures with it. */
#ifndef STORE_HOOKS_H
#define STORE_HOOKS_H

#include "store/store.h"

#define STORE_HOOKS_MAX		100  /* of an account */
#define STORE_HOOK_FAILURES_MAX 1000 /* of a hook; the oldest give way */
#define STORE_HOOK_NAME_MAX	128
#define STORE_HOOK_URL_MAX	2048
#define STORE_HOOK_FILTER_MAX	4096
#define STORE_HOOK_SECRET_SIZE	32
#define STORE_HOOK_ERROR_MAX	300

enum store_hook_event {
	STORE_HOOK_BEGINS,
	STORE_HOOK_ENDS,
	STORE_HOOK_STEP,
	STORE_HOOK_THRESHOLD,
};

enum store_hook_state {
	STORE_HOOK_ON,
	STORE_HOOK_OFF,
	STORE_HOOK_PAUSED, /* its receiver failed for days */
	STORE_HOOK_GONE,   /* its receiver said that it is not wanted any more */
};

/* How far a hook is, and how it goes. Only the server that sends writes it. */
struct store_hook_course {
	int64_t place;		/* the change up to which everything was told */
	int64_t told;		/* events that the receiver took */
	int64_t tries;		/* in a row that failed */
	int64_t failing;	/* UNIX seconds since then; 0: it is not failing */
	int64_t next;		/* UNIX seconds: nothing is sent before */
	int64_t last_time;	/* UNIX seconds of the last try; 0: there was none */
	int64_t last_status;	/* of HTTP; 0: there was no answer */
	struct text last_error; /* empty: the last try did well */
	int64_t reached;	/* UNIX seconds since which a threshold is passed; 0: it is not */
};

struct store_hook {
	int64_t id;
	int64_t account_id;
	struct text name;
	struct text url;
	struct text filter; /* as the query of an address has it */
	int64_t event;	    /* enum store_hook_event */
	int64_t more_than;  /* of a threshold: calls within window_s */
	int64_t window_s;
	int64_t times; /* and so many times those of a week before; 0: that is not asked */
	unsigned char secret[STORE_HOOK_SECRET_SIZE];
	int64_t state;	 /* enum store_hook_state */
	int64_t created; /* UNIX seconds */
	int64_t version; /* grows with each change that is not of its course */
	int64_t test;	 /* UNIX seconds when a test was asked for; 0: none waits */
	struct store_hook_course course;
	int64_t failures;	/* on its list */
	int64_t due;		/* the first of them that is to be sent again; 0: none is */
	struct store_days kept; /* those in force for its account */
};

/* Adds a hook: all of it but id, version, test and what stands behind course.place is taken. 1
 * done, 0 the account has STORE_HOOKS_MAX already. ERROR_NOT_FOUND: there is no such account. */
int store_hook_add(struct store *store, const struct store_hook *hook, int64_t *ret_id,
	struct error *err) CHECK_RESULT;

/* The hooks of @account_id by their ids; @hook_id 0: all of them. @account_id 0: those of all
 * accounts that are not disabled. */
int store_hook_list(struct store *store, int64_t account_id, int64_t hook_id, struct arena *arena,
	struct store_hook **ret_hooks, size_t *ret_count, struct error *err) CHECK_RESULT;

/* Sets name, URL, filter, event, threshold and state. It is tried again at once. 1 done, 0 there is
 * no such hook of the account. */
int store_hook_change(
	struct store *store, const struct store_hook *hook, struct error *err) CHECK_RESULT;

/* Removes it with its failures. 1 done, 0 there is no such hook. */
int store_hook_remove(
	struct store *store, int64_t account_id, int64_t hook_id, struct error *err) CHECK_RESULT;

/* Asks for a test at @now, UNIX seconds. 1 done, 0 there is no such hook. */
int store_hook_test(struct store *store, int64_t account_id, int64_t hook_id, int64_t now,
	struct error *err) CHECK_RESULT;

/* Something that a receiver did not take. */
struct store_hook_failure {
	int64_t id;
	struct text session_id;
	int64_t kind; /* as src/hook/ counts what may be sent */
	int64_t change_id;
	int64_t first_step; /* -1: it is not about steps */
	int64_t time;	    /* UNIX seconds of the last try */
	int64_t tries;
	int64_t status; /* of HTTP; 0: there was no answer */
	struct text error;
	int64_t due; /* UNIX seconds when it was asked for again; 0: it is not */
};

/* The failures of a hook behind @after, at most @limit; @due_only: those that are to be sent again.
 * A hook that is not there has none. */
int store_hook_failures(struct store *store, int64_t account_id, int64_t hook_id, int64_t after,
	int64_t limit, bool due_only, struct arena *arena, struct store_hook_failure **ret_failures,
	size_t *ret_count, struct error *err) CHECK_RESULT;

/* Asks at @now for the failure @failure_id to be sent again; 0: for all. 1 done, 0 there is nothing
 * like that. */
int store_hook_resend(struct store *store, int64_t account_id, int64_t hook_id, int64_t failure_id,
	int64_t now, struct error *err) CHECK_RESULT;

/* What became of something that was sent. */
struct store_hook_note {
	int64_t account_id;
	int64_t hook_id;
	const struct store_hook_course *course; /* as it is now */
	int64_t state;				/* of a hook that is on; it changes nothing else */
	int64_t test;				/* the test that was sent; 0: it was not one */
	/* goes onto the list, or replaces the one with its id; NULL: nothing does */
	const struct store_hook_failure *failure;
	int64_t resent; /* the failure that was taken, and leaves the list; 0: none */
	/* the session of a live call of which was told when it had so many steps; data NULL: none
	 */
	struct text begun;
	int64_t begun_steps;
	struct text over; /* that of a call of which nothing more is remembered; the same */
};

/* In one durable transaction. A hook, failure or call that is not there any more is passed over. */
int store_hook_note(
	struct store *store, const struct store_hook_note *note, struct error *err) CHECK_RESULT;

/* Whether the hook's receiver was told of the live call @session_id: 1, and *@ret_steps is how many
 * steps it had then; otherwise 0. */
int store_hook_knows(struct store *store, int64_t account_id, int64_t hook_id,
	struct text session_id, int64_t *ret_steps, struct error *err) CHECK_RESULT;

#endif
