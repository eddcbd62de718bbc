/* SPDX-License-Identifier: MIT
 * GET /v1/dropoff: where calls ended, counted (API.md §2 "Finding calls"). */
#include "find/dropoff.h"

#include "api/job.h"
#include "api/parameters.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

bool v1_dropoff_prepare(struct job *job)
{
	int64_t *limit = job_own(job, sizeof(*limit));

	if (!limit) {
		return false;
	}
	*limit = DROPOFF_LIMIT_DEFAULT;
	job->wanted_bytes = RESULT_BYTES;
	return parameters_search(job) &&
	       parameters_integer(job, "limit", 1, DROPOFF_LIMIT_MAX, limit);
}

int v1_dropoff_ask(struct job *job, struct error *err)
{
	const int64_t *limit = job->own;
	struct dropoff_result result;

	if (dropoff_find(job->api->options.store, &job->search, (size_t)*limit, &job->arena,
		    &result, err) < 0) {
		return -1;
	}
	dropoff_write(&job->body, &result);
	return 0;
}
