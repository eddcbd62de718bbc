/* SPDX-License-Identifier: MIT
 * Windows: from the parameters to the calls in memory. */
#include "api/window.h"

#include "api/parameters.h"

/* What a call is taken to need before it was read: packed, with what is composed round it. */
#define CALL_BYTES_GUESS ((size_t)8192)
#define PAGE_BYTES_MIN	 ((size_t)65536)
/* Of that, what is composed for it: its entry in a list, what stands between it and the next. */
#define COMPOSED_BYTES ((size_t)256)
/* Of a page that is not large: it takes a millisecond or two. */
#define CALLS_AT_ONCE 1000

bool window_prepare(struct job *job, struct window *window, bool with_detail)
{
	struct store_query *query = &window->query;

	job->retention = retention_served(
		&job->retention, job->api->options.api_detail_days, job->api->options.now());
	if (!parameters_window(job, query)) {
		return false;
	}
	query->detail_after = with_detail ? job->retention.detail_after : INT64_MAX;
	job->is_page = true;
	job->quick = query->limit <= CALLS_AT_ONCE;
	/* Let in by the memory that it holds. */
	job->claims_first = true;
	job->work.follows = true;
	job->wanted_bytes = memory_guess(
		&job->api->memory, PAGE_BYTES_MIN + (size_t)query->limit * CALL_BYTES_GUESS);
	job->composed_bytes = (size_t)query->limit * COMPOSED_BYTES;
	return true;
}

int window_read(struct job *job, struct window *window, struct error *err)
{
	struct store_view *view = job_view(job, err);

	if (!view || store_view_page(view, &window->query, &job->arena, &window->calls, err) < 0) {
		return -1;
	}
	job->calls = (int64_t)window->calls.count;
	job->arena.ceiling_bytes = SIZE_MAX;
	return 0;
}
