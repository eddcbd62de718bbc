/* SPDX-License-Identifier: MIT
 * What a call detail record of FreeSWITCH says: SOURCES §7 T2, docs/sources.md. */
#ifndef INTAKE_SOURCES_FREESWITCH_CDR_H
#define INTAKE_SOURCES_FREESWITCH_CDR_H

#include "intake/sources/document/report.h"
#include "intake/sources/document/tree.h"
#include "intake/sources/source.h"

struct freeswitch_options {
	bool header_only; /* another sender tells the steps */
	bool is_past;	  /* it is of a call of long ago: a b leg alone makes an ended call, too */
};

/* Reads @root into @report, initialised. ERROR_INVALID where it is not such a record; the report's
 * session_id is set all the same when it is known. */
int freeswitch_cdr_report(const struct tree *root, const struct freeswitch_options *options,
	struct report *report, struct error *err) CHECK_RESULT;

/* Reads one record in @body, in whichever coding (freeswitch_body.h), and hands its events line to
 * @sink. @arena has room for TREE_ARENA_BYTES_MAX. ERROR_INVALID, ERROR_TOO_LARGE. */
int freeswitch_take(struct text body, const struct freeswitch_options *options, struct arena *arena,
	const struct source_sink *sink, struct error *err) CHECK_RESULT;

#endif
