/* SPDX-License-Identifier: MIT
 * What is said of the facts that Twilio tells of, and by which ids they are known again. All ways
 * in which a fact comes say it alike: events, status callbacks, saved answers, and what the
 * collector asks for. So a call that is taken in two ways has each step once. */
#ifndef INTAKE_SOURCES_TWILIO_TWILIO_WORDS_H
#define INTAKE_SOURCES_TWILIO_TWILIO_WORDS_H

#include "base/arena.h"

#define TWILIO_DATA_MAX 3

/* One more member of a step's data; it has none where the value is empty. */
struct twilio_datum {
	const char *name;
	struct text value;
};

/* What a step says. */
struct twilio_step {
	const char *class_name;
	struct text line;
	struct text module;
	struct text variable;
	int64_t timestamp;
	struct text event_id; /* unique within the call */
	struct text channel;  /* of another leg: its call's SID; empty for the call itself */
	struct twilio_datum data[TWILIO_DATA_MAX];
};

/* A step of an execution of Studio. What is not known is empty. */
struct twilio_widget {
	struct text sid;
	struct text type;
	struct text name;  /* of the widget */
	struct text event; /* that ended it */
	struct text next;  /* the next widget */
	/* what the context has of the widget */
	struct text said;
	struct text digits;
	struct text speech;
	struct text status_code;
};

/* An execution of Studio. What is not known is empty. */
struct twilio_execution {
	struct text sid;
	struct text flow_sid;
	struct text flow_name; /* which only the list of flows tells */
	struct text revision;
	struct text reason; /* why it ended, which only events tell */
};

/* Each sets all of @ret_step but timestamp and channel; texts lie in @arena or are the fact's. */

/* False: it says nothing that the beginning of its execution does not say. */
bool twilio_say_widget(const struct twilio_widget *widget, struct arena *arena,
	struct twilio_step *ret_step) CHECK_RESULT;
void twilio_say_start(const struct twilio_execution *execution, struct arena *arena,
	struct twilio_step *ret_step);
void twilio_say_end(const struct twilio_execution *execution, struct arena *arena,
	struct twilio_step *ret_step);
/* Of a status of the call @sid; *@ret_ends: the call is over by it. False: it is none of Twilio's.
 */
bool twilio_say_status(struct text sid, struct text status, struct arena *arena,
	struct twilio_step *ret_step, bool *ret_ends) CHECK_RESULT;

#endif
