/* SPDX-License-Identifier: MIT
 * Twilio's documents as steps of calls: steps of Studio's executions, and the requests and answers
 * of TwiML applications. Twilio's REST reference names the fields. */
#ifndef INTAKE_SOURCES_TWILIO_TWILIO_STEPS_H
#define INTAKE_SOURCES_TWILIO_TWILIO_STEPS_H

#include "base/buffer.h"
#include "base/error.h"
#include "intake/sources/twilio/twilio_words.h"

/* Steps of one call as canonical JSON, in the order in which they were added. */
struct twilio_steps {
	struct arena *arena; /* of the steps, and of what is read for them */
	struct text *list;
	size_t count;
	bool failed; /* memory was short: kept, so that many additions are checked once */
};

void twilio_steps_add(struct twilio_steps *steps, const struct twilio_step *step);

/* Adds the beginning of an execution: its flow's name and its JSON. */
void twilio_steps_add_start(struct twilio_steps *steps, struct text flow_name,
	struct text execution, int64_t timestamp);

/* Adds its end. */
void twilio_steps_add_end(struct twilio_steps *steps, struct text execution, int64_t timestamp);

/* Adds the status of the call @call_sid, where it is one of Twilio's. @channel as above. */
void twilio_steps_add_status(struct twilio_steps *steps, struct text call_sid, struct text status,
	int64_t timestamp, struct text channel);

/* Adds what the step resource @step of an execution says. @context is the execution's, or the
 * step's, with what widgets hold; empty: not known. @channel as above. */
void twilio_steps_add_step(struct twilio_steps *steps, struct text step, struct text context,
	int64_t timestamp, struct text channel);

/* Whether the step is of a widget that a caller may answer: its context holds what was said. */
bool twilio_step_gathers(struct text step);

/* Adds what entry @number of the Events of the call @call_sid says: its request, and the TwiML that
 * answered it. */
void twilio_steps_add_event(struct twilio_steps *steps, struct text event, size_t number,
	struct text call_sid, int64_t timestamp, struct text channel);

#endif
