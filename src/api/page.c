/* SPDX-License-Identifier: MIT
 * A page under way: from the request to the calls in memory. */
#include "api/page.h"

#include "api/access.h"
#include "api/answer.h"
#include "api/page_body.h"
#include "api/parameters.h"

/* What a call is taken to need before it was read: packed, with what is composed round it. A page that needs more asks again for
 * all there is. */
#define CALL_BYTES_GUESS ((size_t)8192)
#define PAGE_BYTES_MIN	 ((size_t)65536)

int64_t page_detail_after(const struct api *api)
{
	int64_t seconds = api->options.detail_seconds;

	return seconds == 0 ? INT64_MIN : api->options.now() - seconds;
}

static size_t guess_bytes(const struct page *page)
{
	size_t bytes = PAGE_BYTES_MIN + (size_t)page->query.limit * CALL_BYTES_GUESS;
	size_t max = page->api->page_memory.max_bytes;

	return bytes < max ? bytes : max;
}

/* Credentials and parameters. NULL: @response is filled in. */
static struct page *page_create(struct api *api, struct http_request *request,
	struct http_response *response, bool with_detail)
{
	struct store_query query;
	struct page *page;
	struct error err;

	if (!access_check(api, request, response, STORE_SCOPE_READ)) {
		return NULL;
	}
	if (parameters_read(request, &query, &err) < 0) {
		answer_error(response, 400, err.message);
		return NULL;
	}
	page = arena_calloc(&request->arena, 1, sizeof(*page));
	if (!page) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	page->api = api;
	page->query = query;
	page->query.account_id = request->account_id;
	page->detail_after = page_detail_after(api);
	page->query.detail_after = with_detail ? page->detail_after : INT64_MAX;
	request->user = page;
	return page;
}

/* Reads the calls into memory of the size that is claimed. */
static int read_calls(struct page *page, struct error *err)
{
	arena_init(&page->arena, page->claim.bytes);
	return store_page(page->api->options.store, &page->query, &page->arena, &page->calls, err);
}

/* Gives back what was claimed and not used. */
static void shrink(struct page *page)
{
	if (page->arena.used_bytes < page->claim.bytes) {
		page_memory_shrink(&page->api->page_memory, &page->claim, page->arena.used_bytes);
	}
}

/* Returns 1 when the calls are there, 0 when more memory must be waited for, negative when @response is filled in. */
static int fill(struct page *page, struct http_request *request, struct http_response *response)
{
	size_t max = page->api->page_memory.max_bytes;
	struct error err;

	while (read_calls(page, &err) < 0) {
		bool small = err.code == ERROR_TOO_LARGE && page->claim.bytes < max;

		arena_deinit(&page->arena);
		if (err.code == ERROR_TOO_LARGE && !small) {
			answer_error(response, 503,
				"the page needs more memory than the server gives to pages: ask "
				"with a smaller limit");
			return -1;
		}
		if (!small) {
			answer_failure(response, &err);
			return -1;
		}
		page_memory_release(&page->api->page_memory, &page->claim);
		if (!page_memory_claim(&page->api->page_memory, &page->claim, request, max)) {
			return 0;
		}
	}
	shrink(page);
	return 1;
}

int page_begin(struct api *api, struct http_request *request, struct http_response *response,
	bool with_detail, struct page **ret_page)
{
	struct page *page = request->user;
	int filled;

	if (!page) {
		page = page_create(api, request, response, with_detail);
		if (!page) {
			return -1;
		}
		if (!page_memory_claim(
			    &api->page_memory, &page->claim, request, guess_bytes(page))) {
			return 0;
		}
	} else if (!page_memory_held(&api->page_memory, &page->claim)) {
		return 0;
	}
	filled = fill(page, request, response);
	if (filled > 0) {
		*ret_page = page;
	}
	return filled;
}

void page_release(void *context, struct http_request *request)
{
	struct api *api = context;
	struct page *page = request->user;

	if (page) {
		page_body_destroy(page->body);
		arena_deinit(&page->arena);
		page_memory_release(&api->page_memory, &page->claim);
	}
}
