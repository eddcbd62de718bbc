/* SPDX-License-Identifier: MIT
 * What a receiver is sent (docs/hooks.md): made out of a call as it is now. */
#ifndef HOOK_HOOK_MESSAGE_H
#define HOOK_HOOK_MESSAGE_H

#include "find/follow.h"
#include "hook/hook.h"
#include "upkeep/retention.h"

#define HOOK_MESSAGE_MAX     ((size_t)8 << 20)
#define HOOK_SESSION_MAX     128
#define HOOK_MESSAGE_ID_SIZE 80

struct hook_message {
	enum hook_kind kind;
	int64_t change_id;
	int64_t first_step; /* the first one that it is about; -1: it is about none */
	char session_id[HOOK_SESSION_MAX + 1]; /* empty: it is not about a call */
	bool live;			       /* the call goes on */
	int64_t steps;			       /* that it has */
	int64_t failure_id;	       /* it is sent again: the failure's id; 0: it is new */
	int64_t tries;		       /* that failed */
	char id[HOOK_MESSAGE_ID_SIZE]; /* webhook-id, the same each time */
	struct buffer body;
};

/* What looking for messages takes. */
struct hook_look {
	struct store *store;
	struct follow *follow;
	const struct store_hook *hook;
	const struct filter *filter; /* of the hook */
	struct retention retention;  /* of its account */
	int64_t now;
};

/* Whether @change is something that the hook's receiver is to be told: 1, and @message is it;
 * otherwise 0. *@ret_over: of the call nothing needs to be remembered any more. */
int hook_message_of_change(const struct hook_look *look, const struct store_change *change,
	struct hook_message *message, bool *ret_over, struct error *err) CHECK_RESULT;

/* The same of a failure that is sent again; 0: its call is not kept any more. */
int hook_message_of_failure(const struct hook_look *look, const struct store_hook_failure *failure,
	struct arena *arena, struct hook_message *message, struct error *err) CHECK_RESULT;

/* That changes behind @after may have been missed; a test. */
int hook_message_gap(const struct hook_look *look, int64_t after, struct hook_message *message,
	struct error *err) CHECK_RESULT;
int hook_message_test(
	const struct hook_look *look, struct hook_message *message, struct error *err) CHECK_RESULT;

/* What every message begins and ends with; its members of `data` stand between. @change_id makes
 * its id. The second returns 1. */
void hook_message_begin(const struct hook_look *look, enum hook_kind kind, int64_t change_id,
	struct hook_message *message);
int hook_message_end(struct hook_message *message, struct error *err) CHECK_RESULT;

#endif
