/* SPDX-License-Identifier: MIT
 * A recorded call as the JSON that POST /v1/calls takes. */
#ifndef INTAKE_SOURCES_CEL_WRITE_H
#define INTAKE_SOURCES_CEL_WRITE_H

#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "intake/sources/asterisk/cel_call.h"

#define CEL_DETAIL_BYTES_MAX ((size_t)2 << 20)
#define CEL_WALK_BYTES_MAX   ((size_t)64 << 20) /* of the arena of a walk */

/* What the importer reads as inbound where nothing is said: FreePBX's names for what comes from
 * outside, and common ones. */
#define CEL_INBOUND_CONTEXTS                                                                       \
	"from-trunk,from-trunk-*,from-pstn,from-pstn-*,from-did-direct,from-external,from-"        \
	"outside,"                                                                                 \
	"from-sip-external,from-dahdi,from-digital,from-analog,from-isdn,ext-did,incoming,inbound"

struct cel_write_options {
	/* comma-separated, `*` at a context's end stands for any rest */
	const char *inbound_contexts;
	const char *system; /* before the linkedid, with a hyphen; NULL: nothing */
};

/* Whether @context is one of @inbound_contexts, written as in struct cel_write_options. */
bool cel_is_inbound(struct text context, const char *inbound_contexts);

/* Appends @call's JSON to @json. @cut: as in cel_walk(). docs/sources.md says how each member comes
 * about. */
int cel_write(struct buffer *json, const struct cel_call *call,
	const struct cel_write_options *options, const char *cut, struct error *err) CHECK_RESULT;

/* The parts of cel_write(): appends the steps, `[…]`, to @detail; the header's texts are in @arena.
 * Walks the rows as they stand: cel_call_order() comes first. */
int cel_write_parts(struct buffer *detail, struct call *ret_header, struct arena *arena,
	const struct cel_call *call, const struct cel_write_options *options, const char *cut,
	struct error *err) CHECK_RESULT;

#endif
