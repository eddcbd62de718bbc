/* SPDX-License-Identifier: MIT
 * GET /v1/flow: how calls go from place to place, counted. */
#include "find/flow.h"

#include "api/job.h"
#include "api/parameters.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

struct asking {
	int64_t limit;
	bool compares;
	struct flow_span compared;
};

static bool read_compared(struct job *job, struct asking *asking)
{
	struct flow_span *compared = &asking->compared;
	bool start = http_query(job->request, "compare_start").data != NULL;
	bool end = http_query(job->request, "compare_end").data != NULL;

	if (start != end) {
		return parameters_refuse(job, start ? "compare_end" : "compare_start",
			"compare_start and compare_end go together");
	}
	if (!parameters_time(job, "compare_start", &compared->start) ||
		!parameters_time(job, "compare_end", &compared->end)) {
		return false;
	}
	if (compared->end < compared->start) {
		return parameters_refuse(job, "compare_end", "compare_end is before compare_start");
	}
	compared->start = retention_start(&job->retention, compared->start);
	asking->compares = start;
	return true;
}

bool v1_flow_prepare(struct job *job)
{
	struct asking *asking = job_own(job, sizeof(*asking));

	if (!asking) {
		return false;
	}
	asking->limit = FLOW_LIMIT_DEFAULT;
	job->wanted_bytes = RESULT_BYTES;
	return parameters_search(job) && read_compared(job, asking) &&
	       parameters_integer(job, "limit", 1, FLOW_LIMIT_MAX, &asking->limit);
}

int v1_flow_ask(struct job *job, struct error *err)
{
	const struct asking *asking = job->own;
	struct flow_result result;

	/* Reading has its own. */
	store_view_close(&job->view);
	if (flow_find(job->api->options.store, &job->search,
		    asking->compares ? &asking->compared : NULL, (size_t)asking->limit, &job->arena,
		    &result, err) < 0) {
		return -1;
	}
	flow_write(&job->body, &result);
	return 0;
}
