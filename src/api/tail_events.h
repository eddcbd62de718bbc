/* SPDX-License-Identifier: MIT
 * What a stream that follows calls is told of a change (docs/api.md "Following"). */
#ifndef API_TAIL_EVENTS_H
#define API_TAIL_EVENTS_H

#include "api/tails.h"

/* What writing takes, kept from change to change. */
struct tail_events {
	struct unpacker *unpacker;
	struct buffer json;    /* one call */
	struct buffer earlier; /* its steps before the change */
	struct arena scratch;
};

int tail_events_init(
	struct tail_events *writing, size_t memory_max, struct error *err) CHECK_RESULT;
void tail_events_deinit(struct tail_events *writing);

/* Gives its memory back; it stays usable. */
void tail_events_forget(struct tail_events *writing);

/* Appends to @events what @change is for @tail: nothing where its filter does not mean the call;
 * `call` where the call was stored, began, ended or has another header; `step` with its steps from
 * the first one on that changed. Where a filter asks for steps and means the call only since this
 * change, both, with all its steps. */
int tail_events_write(struct tail_events *writing, const struct tail *tail,
	const struct retention *retention, const struct store_change *change, struct buffer *events,
	struct error *err) CHECK_RESULT;

#endif
