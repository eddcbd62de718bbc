/* SPDX-License-Identifier: MIT
 * An events line: what POST /v1/events takes (docs/api.md), a JSON object a line. Whatever learns
 * of a call while it goes on makes such lines. */
#ifndef INTAKE_EVENT_LINE_H
#define INTAKE_EVENT_LINE_H

#include "base/buffer.h"
#include "call/call.h"

#define EVENT_LINE_NONE (-1) /* a number that is not given */

enum event_line_state {
	EVENT_LINE_STATE_NONE, /* not given: a new call is live, another stays as it is */
	EVENT_LINE_LIVE,
	EVENT_LINE_ENDED,
};

/* All zero but for the numbers: only a name, which says that the call is still up. */
struct event_line {
	struct text session_id; /* 1 to CALL_SESSION_ID_MAX bytes of UTF-8 */
	/* the members of the call that are given; of texts data is NULL where they are not */
	struct text dest;
	struct text src;
	int64_t start; /* UNIX seconds, or EVENT_LINE_NONE */
	int64_t end;
	bool has_type;
	enum call_type type;
	enum event_line_state state;
	/* how the call went, what call->told names of it; NULL: nothing of it is given */
	const struct call *outcome;
	/* The position, from 0, where the first step stands: what stood there and behind it is
	 * replaced. EVENT_LINE_NONE: the steps are added in the order of their times. */
	int64_t from;
	const struct text *steps; /* canonical JSON, as call_json_write_step() writes it */
	size_t step_count;
};

/* A line about @session_id that gives nothing else yet. */
struct event_line event_line_of(struct text session_id);

/* Appends @line and a line feed to @buffer:
 * {"session_id":…,"call":{dest,src,start,end,type,state,…},"from":N,"steps":[…]}, each member but
 * the first only where it is given. With `from` the steps are written even when there are none,
 * because that cuts the call's log at that place. */
void event_line_write(struct buffer *buffer, const struct event_line *line);

#endif
