/* SPDX-License-Identifier: MIT
 * Two parts of one call. A recording that begins or ends in the middle of a call holds a part of
 * it; another file holds the rest.
 *
 * A part says what it lacks by its steps. One whose data has `"begins_before":true` says that the
 * call began before it. One with `"goes_on":true` says that the call goes on behind it. These steps
 * belong to the part, not to the call. */
#ifndef CALL_CALL_JOIN_H
#define CALL_CALL_JOIN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"

#define CALL_BEGINS_BEFORE "begins_before"
#define CALL_GOES_ON	   "goes_on"

/* What the steps said before their data did; calls that are stored still say it so. */
#define CALL_BEGINS_BEFORE_LINE "The recording begins during the call"
#define CALL_GOES_ON_LINE	"Call still up at the end of the recording"

struct call_joined {
	struct call call; /* texts point into what was joined or the arena */
	/* nothing tells that they are the same call: both numbers and the channel differ */
	bool others;
};

/* Joins @added to @held, both whole canonical JSON of a call of the same session. Returns 1 when
 * @out is the canonical JSON of both together. That has each step of the two once, and of the
 * headers the beginning of the one and the end of the other. Returns 0 when @added is to take the
 * place of @held, because it is not a part, or covers all that @held does. It does not matter which
 * of two parts came first, and joining a part again changes nothing. ret_joined->others is set in
 * both cases. ERROR_CORRUPT when one of them is not canonical. */
int call_join(struct text held, struct text added, struct arena *arena, struct buffer *out,
	struct call_joined *ret_joined, struct error *err) CHECK_RESULT;

#endif
