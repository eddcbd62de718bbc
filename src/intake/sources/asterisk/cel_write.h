/* SPDX-License-Identifier: MIT
 * A recorded call as the JSON that POST /v1/calls takes. */
#ifndef INTAKE_SOURCES_CEL_WRITE_H
#define INTAKE_SOURCES_CEL_WRITE_H

#include "base/buffer.h"
#include "base/error.h"
#include "intake/sources/asterisk/cel_call.h"

struct cel_write_options {
	/* comma-separated, `*` at a context's end stands for any rest */
	const char *inbound_contexts;
	const char *system; /* before the linkedid, with a hyphen; NULL: nothing */
};

/* Appends @call's JSON to @json. @cut: as in cel_walk(). docs/sources.md says how each member comes
 * about. */
int cel_write(struct buffer *json, const struct cel_call *call,
	const struct cel_write_options *options, const char *cut, struct error *err) CHECK_RESULT;

#endif
