/* SPDX-License-Identifier: MIT
 * GET /v1/places: how long calls stayed where, counted. */
#include "find/places.h"

#include "api/job.h"
#include "api/parameters.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

bool v1_places_prepare(struct job *job)
{
	int64_t *limit = job_own(job, sizeof(*limit));

	if (!limit) {
		return false;
	}
	*limit = PLACES_LIMIT_DEFAULT;
	job->wanted_bytes = RESULT_BYTES;
	return parameters_search(job) &&
	       parameters_integer(job, "limit", 1, PLACES_LIMIT_MAX, limit);
}

int v1_places_ask(struct job *job, struct error *err)
{
	const int64_t *limit = job->own;
	struct places_result result;

	/* Reading has its own. */
	store_view_close(&job->view);
	if (places_find(job->api->options.store, &job->search, (size_t)*limit, &job->arena, &result,
		    err) < 0) {
		return -1;
	}
	places_write(&job->body, &result);
	return 0;
}
