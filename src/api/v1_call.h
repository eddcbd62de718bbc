/* SPDX-License-Identifier: MIT
 * Finding single calls below /v1. */
#ifndef API_V1_CALL_H
#define API_V1_CALL_H

#include "api/job.h"

/* Copies the path's first @count parameters, session ids, into job->own: struct text[]. False: the
 * response is filled in. */
bool v1_call_copy_ids(struct job *job, size_t count) CHECK_RESULT;

/* For ask(): the call @session_id as it is served, with its steps where they are, in job->arena.
 * 1 found, 0 absent. */
int v1_call_find(struct job *job, struct text session_id, struct call *ret_call,
	struct text *ret_detail, struct error *err) CHECK_RESULT;

#endif
