/* SPDX-License-Identifier: MIT
 * What a hook is: words for its events and states, what may be asked of it, its secret
 * (docs/hooks.md). */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "base/buffer.h"
#include "call/filter.h"
#include "store/hooks.h"

/* By enum store_hook_event and enum store_hook_state: "ends", "on". */
extern const char *const hook_event_names[4], *const hook_state_names[4];

/* What is sent. The numbers lie in stores. */
enum hook_kind {
	HOOK_BEGAN,
	HOOK_ENDED,
	HOOK_STEP,
	HOOK_REACHED,
	HOOK_OVER,
	HOOK_GAP,
	HOOK_TEST,
	HOOK_KINDS,
};

/* "call.ended": the member `type` of what is sent. */
const char *hook_kind_name(int64_t kind);

/* The number of the event or state that @name names; negative when there is none. */
int hook_event_find(struct text name);
int hook_state_find(struct text name);

/* A new hook with a random secret, for @account_id from change @place on; its texts are empty.
 * ERROR_SYSTEM: there is no source of randomness. */
int hook_make(struct store_hook *ret_hook, int64_t account_id, int64_t place, int64_t now,
	struct error *err) CHECK_RESULT;

#define HOOK_SECRET_TEXT_SIZE 64

/* "whsec_" and the secret in base64 (Standard Webhooks, "Signature scheme"). Returns @buffer. */
const char *hook_secret_format(const struct store_hook *hook, char buffer[HOOK_SECRET_TEXT_SIZE]);

/* Reads hook->filter, for calls as they are at @now. @prefixes is as in struct filter.
 * ERROR_INVALID begins with "filter: ". */
int hook_filter(const struct store_hook *hook, const struct call_prefixes *prefixes, int64_t now,
	struct arena *arena, struct filter *ret_filter, struct error *err) CHECK_RESULT;

/* Whether everything of @hook that a user gives fits together. ERROR_INVALID begins with the
 * member's name and a colon. @clear: a URL may begin with http://. */
int hook_check(const struct store_hook *hook, const struct call_prefixes *prefixes, bool clear,
	int64_t now, struct error *err) CHECK_RESULT;

/* Writes the hook as /v1/hooks shows it, without its secret; @secret: with it. */
void hook_write(struct buffer *body, const struct store_hook *hook, bool secret);

/* Writes what a receiver did not take as /v1/hooks/{id}/failures shows it. */
void hook_write_failure(struct buffer *body, const struct store_hook_failure *failure);

#endif
