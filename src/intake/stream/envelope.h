/* SPDX-License-Identifier: MIT
 * A document cut into its calls: {"calls":[…]} with any other members before and after, or one bare
 * call.
 *
 * What is not within a call is checked here, by the same strict rules. A document is an envelope as
 * soon as a member `calls` turns up at its top level, whatever stands beside it; an object without
 * one is a bare call. */
#ifndef INTAKE_STREAM_ENVELOPE_H
#define INTAKE_STREAM_ENVELOPE_H

#include "intake/stream/call_sink.h"
#include "intake/stream/extent.h"
#include "intake/stream/span.h"

struct envelope {
	struct call_sink sink;
	struct place place;
	int state; /* what may come next; private to envelope.c */

	struct span bare; /* the document so far, open until a member `calls` turns up */
	struct json_position bare_position;

	struct extent extent; /* of the value that is read */
	struct span span;     /* its text */
	struct json_position position;
	bool in_value;

	struct buffer name; /* of the member that is read, where the sink is told of members */
	bool is_calls;	    /* the name that was read last is `calls` */
	bool seen_calls;    /* the document is an envelope */
	uint64_t ordinal;   /* of the call that is read, from 1 */
};

void envelope_init(struct envelope *envelope, const struct call_sink *sink);
void envelope_deinit(struct envelope *envelope);

/* Hands the calls that end in @data to the sink. Negative when the document is not JSON from some
 * point on: calls that came before it were handed over. */
int envelope_feed(struct envelope *envelope, struct text data, struct error *err) CHECK_RESULT;

/* Negative when the document is not complete. */
int envelope_end(struct envelope *envelope, bool cut_off, struct error *err) CHECK_RESULT;

#endif
