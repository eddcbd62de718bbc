/* SPDX-License-Identifier: MIT
 * A page under way: from the request to the calls in memory. */
#include "api/page.h"

#include "api/access.h"
#include "api/answer.h"
#include "api/page_body.h"
#include "api/parameters.h"

/* What a call is taken to need before it was read: packed, with what is composed round it. */
#define CALL_BYTES_GUESS ((size_t)8192)
#define PAGE_BYTES_MIN	 ((size_t)65536)

struct page *page_create(struct api *api, struct http_request *request,
	struct http_response *response, size_t guess_bytes)
{
	struct page *page = arena_calloc(&request->arena, 1, sizeof(*page));

	if (!page) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	page->api = api;
	page->wanted_bytes = guess_bytes;
	page->detail_after = api_detail_after(api);
	request->user = page;
	return page;
}

/* Returns true when what the page wants is claimed; false when it has to wait. */
static bool claim(struct page *page, struct http_request *request)
{
	struct page_memory *memory = &page->api->page_memory;

	if (page->claim.bytes > 0) {
		return page_memory_held(memory, &page->claim);
	}
	if (page->wanted_bytes > memory->max_bytes) {
		page->wanted_bytes = memory->max_bytes;
	}
	return page_memory_claim(memory, &page->claim, request, page->wanted_bytes);
}

/* Answers for a page that could not be read, unless a larger claim may help: then returns true. */
static bool want_more(struct page *page, struct http_response *response, const struct error *err)
{
	struct page_memory *memory = &page->api->page_memory;

	if (err->code != ERROR_TOO_LARGE) {
		answer_failure(response, err);
		return false;
	}
	if (page->wanted_bytes >= memory->max_bytes) {
		answer_error(response, 503,
			"the page needs more memory than the server gives to pages: ask with a "
			"smaller limit");
		return false;
	}
	page_memory_release(memory, &page->claim);
	page->wanted_bytes *= 2;
	return true;
}

static int open_view(struct page *page, struct store_view *view, struct error *err)
{
	return view->store ? 0 : store_view_open(view, page->api->options.store, err);
}

int page_read(struct page *page, struct store_view *view, struct http_request *request,
	struct http_response *response, page_reader *read)
{
	struct error err;

	while (claim(page, request)) {
		arena_init_pooled(&page->arena, page->claim.bytes, &page->api->page_blocks);
		if (open_view(page, view, &err) == 0 && read(page, view, request, &err) == 0) {
			/* What is composed for the calls comes on top; page_settle() counts it. */
			page->arena.ceiling_bytes = SIZE_MAX;
			return 1;
		}
		arena_deinit(&page->arena);
		if (!want_more(page, response, &err)) {
			return -1;
		}
	}
	return 0;
}

static int read_calls(
	struct page *page, struct store_view *view, struct http_request *request, struct error *err)
{
	(void)request;
	return store_view_page(view, &page->query, &page->arena, &page->calls, err);
}

/* Credentials and parameters. NULL: @response is filled in. */
static struct page *create_for_window(struct api *api, struct store_view *view,
	struct http_request *request, struct http_response *response, bool with_detail)
{
	struct store_query query;
	struct page *page;
	struct error err;

	if (!access_check_in(api, view, request, response, STORE_SCOPE_READ)) {
		return NULL;
	}
	if (parameters_read(request, &query, &err) < 0) {
		answer_error(response, 400, err.message);
		return NULL;
	}
	page = page_create(
		api, request, response, PAGE_BYTES_MIN + (size_t)query.limit * CALL_BYTES_GUESS);
	if (page) {
		page->query = query;
		page->query.account_id = request->account_id;
		page->query.packed_only = true;
		page->query.detail_after = with_detail ? page->detail_after : INT64_MAX;
	}
	return page;
}

int page_begin(struct api *api, struct http_request *request, struct http_response *response,
	bool with_detail, struct page **ret_page)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = request->user;
	int done;

	if (!page) {
		page = create_for_window(api, &view, request, response, with_detail);
	}
	done = page ? page_read(page, &view, request, response, read_calls) : -1;
	if (done > 0) {
		*ret_page = page;
	}
	return done;
}

void page_settle(struct page *page)
{
	size_t bytes = page->arena.used_bytes + (page->body ? PAGE_BODY_BYTES : 1);

	page_memory_settle(&page->api->page_memory, &page->claim, bytes);
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
