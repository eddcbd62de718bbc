/* SPDX-License-Identifier: MIT
 * A recorded call as the JSON that POST /v1/calls takes. */
#ifndef INTAKE_SOURCES_CEL_WRITE_H
#define INTAKE_SOURCES_CEL_WRITE_H

#include "base/buffer.h"
#include "base/error.h"
#include "intake/sources/cel_call.h"

/* Appends @call's JSON to @json. @inbound_contexts: comma-separated, `*` at a context's end stands for any rest.
 * @cut: as in cel_walk(). docs/sources.md says how each member comes about. */
int cel_write(struct buffer *json, const struct cel_call *call, const char *inbound_contexts,
	const char *cut, struct error *err) CHECK_RESULT;

#endif
