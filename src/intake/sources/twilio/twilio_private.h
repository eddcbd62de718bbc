/* SPDX-License-Identifier: MIT
 * Inside the source twilio: which call an execution is of. */
#ifndef INTAKE_SOURCES_TWILIO_PRIVATE_H
#define INTAKE_SOURCES_TWILIO_PRIVATE_H

#include "intake/sources/twilio/twilio.h"

#define TWILIO_SID_MAX 36 /* 34 characters and a NUL */

/* Remembers that @execution was started by @call, which is not a call's id where another thing did.
 */
void twilio_executions_put(struct twilio_executions *executions, int64_t account_id,
	struct text execution, struct text call);

/* False: it is not known. */
bool twilio_executions_find(struct twilio_executions *executions, int64_t account_id,
	struct text execution, char ret_call[TWILIO_SID_MAX]);

#endif
