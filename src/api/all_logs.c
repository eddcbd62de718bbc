/* SPDX-License-Identifier: MIT
 * GET /api/all_logs/{start}/{end}: the calls of a window with their steps (API.md §1). */
#include "api/page.h"
#include "api/page_body.h"

enum http_step all_logs_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct page *page;
	int begun = page_begin(context, request, response, true, &page);

	if (begun <= 0) {
		return begun < 0 ? HTTP_DONE : HTTP_WAIT;
	}
	if (page->calls.total_calls == 0) {
		return answer_error(response, 404, "call log not found");
	}
	page_body_answer(page, response, answer_format(request), answer_gzip(request));
	page_settle(page);
	return HTTP_DONE;
}
