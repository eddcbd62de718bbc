/* SPDX-License-Identifier: MIT
 * What pulling must know of one call of an answer, whose JSON otherwise goes on as it came. */
#ifndef COLLECT_PULL_CALL_H
#define COLLECT_PULL_CALL_H

#include "call/call.h"
#include "json/json_reader.h"

struct pull_call {
	struct text session_id; /* in the arena; empty where it has none */
	int64_t start;		/* UNIX seconds; negative: it has none */
	bool has_detail;	/* an array of steps */
	bool has_log;		/* `log` is true: there are steps, be they here or not */
	bool live;		/* `state` of /v1 is "live" */
};

/* Looks at the members of @json, one call. Negative: it is not an object of JSON. */
int pull_call_look(struct text json, struct arena *arena, struct pull_call *ret_call,
	struct error *err) CHECK_RESULT;

/* Writes the call @json with the steps @detail, an array as `GET /api/call/{session_id}` answers
 * it. Negative: @json is not a good call. */
int pull_call_complete(struct text json, struct text detail, struct arena *arena,
	struct buffer *out, struct error *err) CHECK_RESULT;

/* Writes the whole call @json as an events line that makes the call what it is there: ended, with
 * the same steps. Without steps, those that are held stay. Negative: it is not a good call. */
int pull_call_whole(
	struct text json, struct arena *arena, struct buffer *out, struct error *err) CHECK_RESULT;

/* Writes the live call @json of another callstep as an events line that makes the call what it is
 * there. Negative: it is not a good call. */
int pull_call_live(
	struct text json, struct arena *arena, struct buffer *out, struct error *err) CHECK_RESULT;

/* Writes the data of a `step` event of another callstep's tail as an events line. Negative: it is
 * not one. */
int pull_call_step(
	struct text data, struct arena *arena, struct buffer *out, struct error *err) CHECK_RESULT;

#endif
