/* SPDX-License-Identifier: MIT
 * Going over all that a step says: every string, number and member name of its canonical JSON,
 * wherever it stands. */
#ifndef CALL_CALL_VALUES_H
#define CALL_CALL_VALUES_H

#include "base/error.h"
#include "json/json_reader.h"

struct call_value {
	struct json_token token; /* JSON_STRING, JSON_NUMBER or JSON_NAME */
	struct text written;	 /* all of it, quotes included, in the step's JSON */
	unsigned int depth;	 /* objects and arrays round it; 1: the step's own */
	/* the last one before it, as written: mostly of the member that it is the value of */
	struct text name;
	bool is_line;
	/* class, timestamp, module_type, result_variable, event_id, event_time: what a step is, not
	 * what it says */
	bool is_fixed;
};

#define CALL_VALUES_NAMES 3 /* of the step, the event, the data */

struct call_values {
	struct json_reader reader;
	struct text names[CALL_VALUES_NAMES]; /* the member that is open at each depth */
	struct text name;
};

/* Begins with the whole JSON of one step, as call_steps_next() passes over it. */
void call_values_init(struct call_values *values, struct text step);

/* 1 a value or a name, 0 the end, negative when it is not JSON. */
int call_values_next(
	struct call_values *values, struct call_value *ret_value, struct error *err) CHECK_RESULT;

#endif
