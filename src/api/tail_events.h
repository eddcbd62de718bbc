/* SPDX-License-Identifier: MIT
 * What a stream that follows calls is told of a change (docs/api.md "Following"). */
#ifndef API_TAIL_EVENTS_H
#define API_TAIL_EVENTS_H

#include "api/tails.h"
#include "find/follow.h"

/* Appends to @events what @change is for @tail: nothing where its filter does not mean the call;
 * `call` where the call was stored, began, ended or has another header; `step` with its steps from
 * the first one on that changed. Where a filter asks for steps and means the call only since this
 * change, both, with all its steps. */
int tail_events_write(struct follow *follow, const struct tail *tail,
	const struct retention *retention, const struct store_change *change, struct buffer *events,
	struct error *err) CHECK_RESULT;

#endif
