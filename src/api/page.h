/* SPDX-License-Identifier: MIT
 * A page under way: the calls of one request, in memory of their own that is claimed from the ceiling over all pages. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/api_private.h"
#include "base/buffer.h"
#include "call/pack.h"

struct page {
	struct api *api;
	struct page_claim claim;
	struct store_query query;
	int64_t detail_after; /* detail is served where call.start > detail_after (API.md §1 "5 days") */
	struct arena arena; /* the calls, and what is composed for them */
	struct store_page calls;
	struct page_body *body; /* what is pulled, when the answer is */
};

/* The beginning of all_logs and calls: credentials, parameters, room in memory, and then the calls from the store, with their
 * packed detail when @with_detail. Returns 1 with the page, which lives until page_release(); 0 when the request
 * waits for memory (HTTP_WAIT; the route's begin is called again); negative when @response is filled in. */
int page_begin(struct api *api, struct http_request *request, struct http_response *response,
	bool with_detail, struct page **ret_page) CHECK_RESULT;

/* The release of every route that uses page_begin(). */
void page_release(void *context, struct http_request *request);

/* The beginning of detail's service at this moment, for store_query.detail_after. */
int64_t page_detail_after(const struct api *api);

#endif
