/* SPDX-License-Identifier: MIT
 * What Twilio posts, or answers and was saved: Event Streams, status callbacks, lists of calls,
 * executions and steps. SOURCES §6.3 and §7 T3; docs/sources.md. */
#ifndef INTAKE_SOURCES_TWILIO_H
#define INTAKE_SOURCES_TWILIO_H

#include "intake/sources/document/tree.h"
#include "intake/sources/source.h"

/* Which call an execution of a flow is of: steps name their execution alone. It keeps the latest
 * TWILIO_EXECUTIONS_MAX, and may be used from any thread. */
struct twilio_executions;

#define TWILIO_EXECUTIONS_MAX ((size_t)1 << 15)

/* NULL: out of memory. */
struct twilio_executions *twilio_executions_create(void);
void twilio_executions_destroy(struct twilio_executions *executions);

/* Reads @body, JSON or a form, and hands what it says to @sink: first what tells of executions,
 * then steps. A record that cannot be used is a reject, and the others go on. @account_id tells
 * accounts apart in @executions. *@ret_unknown counts steps whose execution is not known, which
 * are neither handed on nor rejected: sent again later, it may be. ERROR_INVALID, ERROR_TOO_LARGE
 * when the body cannot be read. */
int twilio_take(struct text body, int64_t account_id, int64_t now_s,
	struct twilio_executions *executions, struct arena *arena, const struct source_sink *sink,
	uint64_t *ret_unknown, struct error *err) CHECK_RESULT;

#endif
