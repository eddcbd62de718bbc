/* SPDX-License-Identifier: MIT
 * How a call went, out of its steps, by the rules of docs/outcome.md. They ask for the words that
 * all sources have in common: `Connected to …`, `… did not answer`, `Hung up by the caller`. */
#ifndef CALL_CALL_OUTCOME_H
#define CALL_CALL_OUTCOME_H

#include "base/error.h"
#include "call/call.h"
#include "call/call_steps.h"

/* Sets what @call->told does not name of outcome, answered, talk and ended_by, as the canonical
 * steps @detail say it; {NULL, 0}: there are none, and nothing is known. Of a live call only
 * answered and talk are set. ERROR_CORRUPT when @detail is not canonical; @call is then as it was.
 */
int call_outcome_find(struct call *call, struct text detail, struct error *err) CHECK_RESULT;

/* What came of the last attempt to reach somebody. */
enum call_tried {
	CALL_TRIED_NOBODY,
	CALL_TRIED_IN_VAIN,
	CALL_TRIED_BUSY,
	CALL_TRIED_FAILED,
};

/* What the steps so far say. Its members are call_outcome.c's own. */
struct call_course {
	const struct call *call;
	int64_t time; /* of the step */
	const struct call_step_look *step;
	struct text line;
	bool dialled; /* by the caller; not by the system */
	/* Where the call is: */
	bool queued;
	bool asks;    /* a menu or the like waits for input */
	bool entered; /* there was input before */
	bool voicemail;
	bool transferred; /* away, and nobody is known to have answered there */
	enum call_tried tried;
	/* Talks. A called leg that answered is a person where nothing tells of connections. */
	bool connects; /* something does */
	bool person;
	int64_t talk_from; /* 0: nobody talks */
	int64_t talk;
	int64_t answered;
	int64_t leg_answered;
	int64_t recorded_until; /* by call records */
	struct text peer;	/* JSON */
	/* The end: */
	bool over;     /* a step says so */
	bool over_why; /* and gives a cause */
	bool failed;
	int64_t peer_left; /* when a called party hung up last */
	enum call_ended_by ended_by;
};

/* Begins the course of @call, which stays in use, as do the steps that follow. */
void call_course_begin(struct call_course *course, const struct call *call);

/* Each step in its order: for one that walks over them anyway. */
void call_course_step(struct call_course *course, const struct call_step_look *step);

/* The same as call_outcome_find() behind the last step of a call that comes in whole. What was told
 * and is what the steps say is told no more. So a call that is written by one callstep and read by
 * another is the same there. */
void call_outcome_settle(struct call_course *course, struct call *call);

/* Takes over how the header @from says that its call went. */
void call_outcome_take(struct call *call, const struct call *from);

/* The same, but only what a sender told. */
void call_outcome_take_told(struct call *call, const struct call *told);

#endif
