/* SPDX-License-Identifier: MIT
 * GET /v1/diff/{a}/{b}: what differs between the steps of two calls (API.md §2). */
#include "api/v1_call.h"
#include "find/diff.h"

#define DIFF_BYTES ((size_t)1 << 20) /* what is claimed at first */

bool v1_diff_prepare(struct job *job)
{
	job->wanted_bytes = DIFF_BYTES;
	return v1_call_copy_ids(job, 2);
}

/* As v1_call_find(): 0, and the answer says so, where it has no steps. */
static int find_steps(struct job *job, size_t parameter, struct call *ret_call,
	struct text *ret_detail, struct error *err)
{
	const struct text *ids = job->own;
	struct text session_id = ids[parameter];
	int found = v1_call_find(job, session_id, ret_call, ret_detail, err);

	if (found < 0) {
		return -1;
	}
	if (found > 0 && ret_call->steps > 0) {
		return 1;
	}
	job->calls = 0;
	return job_missing(job, err,
		found > 0 ? "the call '%.*s' has no steps that could be compared"
			  : "there is no call '%.*s'",
		TEXT_ARG(session_id));
}

int v1_diff_ask(struct job *job, struct error *err)
{
	struct text detail_a, detail_b;
	struct call a, b;
	struct diff diff;
	int found = find_steps(job, 0, &a, &detail_a, err);

	if (found > 0) {
		found = find_steps(job, 1, &b, &detail_b, err);
	}
	if (found <= 0) {
		return found;
	}
	if (diff_make(&a, detail_a, &b, detail_b, &job->arena, &diff, err) < 0) {
		return err->code == ERROR_NO_MEMORY
			       ? error_set(err, ERROR_TOO_LARGE, "the calls do not fit into memory")
			       : -1;
	}
	job->calls = 2;
	diff_write(&job->body, &diff);
	return 0;
}
