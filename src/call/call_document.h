/* SPDX-License-Identifier: MIT
 * A call as /v1 writes it (docs/openapi.yaml): numbers for times, and what can be counted. */
#ifndef CALL_CALL_DOCUMENT_H
#define CALL_CALL_DOCUMENT_H

#include "base/buffer.h"
#include "call/call.h"

/* Writes {"dest":…,"src":…,"start":1,"end":2,"duration":1,"session_id":…,"type":…,"steps":25,
 * "state":"ended",…,"log":true}, with what call_document_write_outcome() writes. @call->has_detail
 * tells whether its detail is served; without, steps is 0. */
void call_document_write(struct buffer *buffer, const struct call *call);

/* The same with "detail" behind session_id: the canonical steps @detail (call_json_detail()), false
 * when @call has none. */
void call_document_write_detail(struct buffer *buffer, const struct call *call, struct text detail);

/* Adds "outcome", "answered", "talk" and "ended_by" to the object that @buffer holds the beginning
 * of; null: it is not known. */
void call_document_write_outcome(struct buffer *buffer, const struct call *call);

/* The same, but only those that a sender told. */
void call_document_write_told(struct buffer *buffer, const struct call *call);

/* Writes the JSON @json of the whole call @call, an object, with what a reader of it would not find
 * in its steps: what a sender told of how it went or, where it has no steps, what is known of it.
 * Read by call_json_read() it gives the same call. */
void call_document_write_whole(struct buffer *buffer, const struct call *call, struct text json);

#endif
