/* SPDX-License-Identifier: MIT
 * GET /api/all_logs/{start}/{end}: the calls of a window with their steps (API.md §1). */
#include "api/page.h"
#include "api/page_body.h"

static int compose(struct page *page, struct http_response *response, struct error *err)
{
	struct http_request *request = response->request;

	if (page->calls.total_calls == 0) {
		answer_error(response, 404, "call log not found");
		return 0;
	}
	return page_body_answer(page, response, answer_format(request), answer_gzip(request), err);
}

enum http_step all_logs_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return page_answer(context, request, response, true, compose);
}
