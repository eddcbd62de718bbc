/* SPDX-License-Identifier: MIT
 * How a call went, out of its steps, by the rules of docs/outcome.md. They ask for the words that
 * all sources have in common: `Connected to …`, `… did not answer`, `Hung up by the caller`. */
#ifndef CALL_CALL_OUTCOME_H
#define CALL_CALL_OUTCOME_H

#include "base/error.h"
#include "call/call.h"

/* Sets what @call->told does not name of outcome, answered, talk and ended_by, as the canonical
 * steps @detail say it; {NULL, 0}: there are none, and nothing is known. Of a live call only
 * answered and talk are set. ERROR_CORRUPT when @detail is not canonical; @call is then as it was.
 */
int call_outcome_find(struct call *call, struct text detail, struct error *err) CHECK_RESULT;

/* The same for a call that comes in whole: what was told and is what the steps say is told no more.
 * So a call that is written by one callstep and read by another is the same there. */
int call_outcome_settle(struct call *call, struct text detail, struct error *err) CHECK_RESULT;

/* Takes over how the header @from says that its call went. */
void call_outcome_take(struct call *call, const struct call *from);

/* The same, but only what a sender told. */
void call_outcome_take_told(struct call *call, const struct call *told);

#endif
