/* SPDX-License-Identifier: MIT
 * Inside the source freeswitch: one record as it is read. */
#ifndef INTAKE_SOURCES_FREESWITCH_PRIVATE_H
#define INTAKE_SOURCES_FREESWITCH_PRIVATE_H

#include "intake/sources/freeswitch/freeswitch_cdr.h"

/* Of the extensions that one call went through. */
#define FREESWITCH_FLOWS_MAX 64

struct freeswitch_record {
	const struct tree *root;
	const struct tree *variables;
	struct report *report;
	struct text uuid;
	struct text channel;
	bool is_b_leg;
	const struct tree *flows[FREESWITCH_FLOWS_MAX]; /* the oldest first */
	size_t flow_count;
	size_t flows_left_out;
};

/* Microseconds of the variable NAME_uepoch, or else NAME_epoch; REPORT_TIME_NONE: it has none. */
int64_t freeswitch_time_us(const struct freeswitch_record *record, const char *name);

/* The number of microseconds in @text; REPORT_TIME_NONE: none, or 0. */
int64_t freeswitch_us(struct text text);

/* Adds the steps of the record, whose header is in the report. */
void freeswitch_steps(struct freeswitch_record *record);

#endif
