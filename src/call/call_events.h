/* SPDX-License-Identifier: MIT
 * What is learnt of a call while it goes on (docs/api.md "Live calls"): members of its header, and
 * steps. */
#ifndef CALL_CALL_EVENTS_H
#define CALL_CALL_EVENTS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "call/call.h"
#include "json/json_reader.h"

/* Which members of the header are given. */
enum call_given {
	CALL_GIVEN_DEST = 1,
	CALL_GIVEN_SRC = 2,
	CALL_GIVEN_START = 4,
	CALL_GIVEN_END = 8,
	CALL_GIVEN_TYPE = 16,
	CALL_GIVEN_STATE = 32,
	CALL_GIVEN_OUTCOME = 64,
	CALL_GIVEN_ANSWERED = 128,
	CALL_GIVEN_TALK = 256,
	CALL_GIVEN_ENDED_BY = 512,
};

struct call_events {
	unsigned int given; /* enum call_given, or-ed */
	/* session_id, the members that are given, and how many steps there are */
	struct call call;
	bool has_steps; /* some are given, be it none */
	int64_t from;	/* where the steps stand; -1: it is not given */
};

/* Each reads the whole text @json, whose first byte stands at @position, and checks it as
 * call_json_read() does. Texts point into @json or @arena. Steps are appended to @canonical, which
 * the caller has cleared, as `[…]`. Negative with ERROR_INVALID or ERROR_TOO_LARGE, and line and
 * column. A member that is not known is an error: what it should have said would be lost. */

/* An events line: {"session_id":…,"call":{…},"from":N,"steps":[…]},
 * each member but the first optional. In a failure the session_id is set all the same when a good
 * one can be found. */
int call_events_read(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err) CHECK_RESULT;

/* An object of some of dest, src, start, end, type, state, outcome, answered, talk and ended_by. */
int call_events_read_header(struct text json, struct json_position position, struct arena *arena,
	struct call_events *ret_events, struct error *err) CHECK_RESULT;

/* A step, or an array of steps. */
int call_events_read_steps(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err) CHECK_RESULT;

/* A step a line; lines that are empty but for white space are passed over. */
int call_events_read_lines(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err) CHECK_RESULT;

#endif
