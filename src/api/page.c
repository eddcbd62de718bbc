/* SPDX-License-Identifier: MIT
 * A page under way: from the request to the calls in memory. */
#include "api/page.h"

#include "api/access.h"
#include "api/answer.h"
#include "api/audit.h"
#include "api/page_body.h"
#include "api/parameters.h"

/* What a call is taken to need before it was read: packed, with what is composed round it. */
#define CALL_BYTES_GUESS ((size_t)8192)
#define PAGE_BYTES_MIN	 ((size_t)65536)
#define CALLS_AT_ONCE	 1000 /* of a page that is no large one: it takes a millisecond or two */

struct page *page_create(struct api *api, struct http_request *request,
	struct http_response *response, const struct retention *retention, size_t guess_bytes)
{
	struct page *page = arena_calloc(&request->arena, 1, sizeof(*page));

	if (!page) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	page->api = api;
	page->wanted_bytes = guess_bytes;
	page->retention =
		retention_served(retention, api->options.api_detail_days, api->options.now());
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

/* Reads into the memory that is claimed, and leaves nothing in it on failure. */
static int read_once(struct page *page, struct store_view *view, struct http_request *request,
	page_reader *read, struct error *err)
{
	arena_init_pooled(&page->arena, page->claim.bytes, &page->api->page_blocks);
	if (open_view(page, view, err) < 0 || read(page, view, request, err) < 0) {
		arena_deinit(&page->arena);
		return -1;
	}
	/* What is composed for the calls comes on top; page_settle() counts it. */
	page->arena.ceiling_bytes = SIZE_MAX;
	return 0;
}

int page_read(struct page *page, struct store_view *view, struct http_request *request,
	struct http_response *response, page_reader *read)
{
	struct error err;

	while (claim(page, request)) {
		if (read_once(page, view, request, read, &err) == 0) {
			return 1;
		}
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
	struct retention retention;
	struct page *page;
	struct error err;

	if (!access_check_in(api, view, request, response, STORE_SCOPE_READ, &retention)) {
		return NULL;
	}
	if (parameters_read(request, &api->options.prefixes, &query, &err) < 0) {
		answer_error(response, 400, err.message);
		return NULL;
	}
	page = page_create(api, request, response, &retention,
		PAGE_BYTES_MIN + (size_t)query.limit * CALL_BYTES_GUESS);
	if (page) {
		page->query = query;
		page->query.account_id = request->account_id;
		page->query.packed_only = true;
		page->query.start = retention_start(&page->retention, query.start);
		page->query.detail_after = with_detail ? page->retention.detail_after : INT64_MAX;
	}
	return page;
}

/* ---- large pages ---- */

static void run(struct worker_job *job)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = (struct page *)(void *)job;

	if (job->cancelled) {
		page->result = error_set(&page->err, ERROR_BUSY, "nobody waits for the page");
		return;
	}
	page->result = read_once(page, &view, page->request, read_calls, &page->err);
	store_view_close(&view);
	if (page->result == 0) {
		page->compose(page, page->response);
	}
}

static void done(struct worker_job *job)
{
	const struct page *page = (struct page *)(void *)job;

	http_request_wake(page->request);
}

static enum http_step answer_large(struct page *page)
{
	struct workers *workers = page->api->workers;
	struct error err;

	while (claim(page, page->request)) {
		if (!page->asked && workers_submit(workers, &page->job, &err) < 0) {
			return answer_error(page->response, 503, err.message);
		}
		page->asked = true;
		if (!workers_done(workers, &page->job)) {
			return HTTP_WAIT;
		}
		if (page->result == 0) {
			audit_calls(page->request, (int64_t)page->calls.count);
			return HTTP_DONE;
		}
		if (!want_more(page, page->response, &page->err)) {
			return HTTP_DONE;
		}
		page->asked = false;
	}
	return HTTP_WAIT;
}

static void prepare_job(struct page *page, struct http_request *request,
	struct http_response *response, page_composer *compose)
{
	page->job.account_id = request->account_id;
	page->job.follows = true; /* let in by the memory that it holds */
	page->job.run = run;
	page->job.done = done;
	page->request = request;
	page->response = response;
	page->compose = compose;
}

enum http_step page_answer(struct api *api, struct http_request *request,
	struct http_response *response, bool with_detail, page_composer *compose)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = request->user;
	int read;

	if (!page) {
		page = create_for_window(api, &view, request, response, with_detail);
		if (!page) {
			return HTTP_DONE;
		}
		prepare_job(page, request, response, compose);
	}
	if (page->query.limit > CALLS_AT_ONCE) {
		store_view_close(&view);
		return answer_large(page);
	}
	read = page_read(page, &view, request, response, read_calls);
	if (read > 0) {
		audit_calls(request, (int64_t)page->calls.count);
		compose(page, response);
	}
	return read == 0 ? HTTP_WAIT : HTTP_DONE;
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
		workers_cancel(api->workers, &page->job);
		page_body_destroy(page->body);
		arena_deinit(&page->arena);
		page_memory_release(&api->page_memory, &page->claim);
	}
}
