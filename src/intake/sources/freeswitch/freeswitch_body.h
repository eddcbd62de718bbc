/* SPDX-License-Identifier: MIT
 * FreeSWITCH's call detail records, in every coding in which its modules post them or leave them in
 * a folder. */
#ifndef INTAKE_SOURCES_FREESWITCH_BODY_H
#define INTAKE_SOURCES_FREESWITCH_BODY_H

#include "intake/sources/document/tree.h"

/* Reads @body: JSON or XML, as it is, URL-encoded or base64, behind `cdr=` or not. What it is tells
 * its beginning, not what the sender calls it. Values are decoded where all variables look encoded
 * (mod_json_cdr's and mod_xml_cdr's `encode-values`). ERROR_INVALID, ERROR_TOO_LARGE. */
int freeswitch_body_read(struct tree **ret_tree, struct text body, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Whether @beginning, of a file, looks like one that freeswitch_body_read() reads. */
bool freeswitch_body_looks_like(struct text beginning);

#endif
