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
/* Of that, what is composed for it: its entry in a list, what stands between it and the next. */
#define COMPOSED_BYTES ((size_t)256)
#define CALLS_AT_ONCE  1000 /* of a page that is no large one: it takes a millisecond or two */

struct page *page_create(struct api *api, struct http_request *request,
	struct http_response *response, const struct retention *retention, size_t guess_bytes,
	page_composer *compose)
{
	struct page *page = arena_calloc(&request->arena, 1, sizeof(*page));

	if (!page) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	page->api = api;
	page->request = request;
	page->response = response;
	page->compose = compose;
	page->wanted_bytes = memory_guess(&api->memory, guess_bytes);
	page->retention =
		retention_served(retention, api->options.api_detail_days, api->options.now());
	request->user = page;
	return page;
}

/* Returns 1 when what the page wants is claimed; 0 when it has to wait; negative when it waited in
 * vain, and @response is filled in. */
static int claim(struct page *page)
{
	struct memory *memory = &page->api->memory;

	switch (memory_state(memory, &page->claim)) {
	case CLAIM_HELD:
		return 1;
	case CLAIM_WAITING:
		return 0;
	case CLAIM_REFUSED:
		answer_crowded(page->response);
		return -1;
	default:
		break;
	}
	if (page->wanted_bytes > memory->max_bytes) {
		page->wanted_bytes = memory->max_bytes;
	}
	return memory_claim(memory, &page->claim, page->request, page->wanted_bytes);
}

/* Answers for a page that could not be read or composed, unless a larger claim may help: then
 * returns true. */
static bool want_more(struct page *page, const struct error *err)
{
	struct memory *memory = &page->api->memory;

	if (err->code == ERROR_NO_MEMORY) {
		answer_error(page->response, 503, "out of memory");
		return false;
	}
	if (err->code != ERROR_TOO_LARGE) {
		answer_failure(page->response, err);
		return false;
	}
	if (page->wanted_bytes >= memory->max_bytes) {
		answer_error(page->response, 503,
			"the page needs more memory than the server gives to pages: ask with a "
			"smaller limit");
		return false;
	}
	memory_release(memory, &page->claim);
	page->wanted_bytes *= 2;
	if (page->wanted_bytes < page->needed_bytes) {
		page->wanted_bytes = page->needed_bytes;
	}
	page->needed_bytes = 0;
	return true;
}

static int open_view(struct page *page, struct store_view *view, struct error *err)
{
	return view->store ? 0 : store_view_open(view, page->api->options.store, err);
}

/* Reads into the memory that is claimed, and leaves nothing in it on failure. */
static int read_once(
	struct page *page, struct store_view *view, page_reader *read, struct error *err)
{
	size_t composed = page->query.limit > 0 ? (size_t)page->query.limit * COMPOSED_BYTES : 0;

	/* Where little is claimed for many calls, what is composed for them comes on top. */
	composed = composed < page->claim.bytes / 2 ? composed : 0;
	arena_init_pooled(&page->arena, page->claim.bytes - composed, &page->api->page_blocks);
	if (open_view(page, view, err) < 0 || read(page, view, page->request, err) < 0) {
		arena_deinit(&page->arena);
		return -1;
	}
	page->arena.ceiling_bytes = SIZE_MAX;
	return 0;
}

static void drop(struct page *page)
{
	page_body_destroy(page->body);
	page->body = NULL;
	arena_deinit(&page->arena);
}

/* Composes what was read, and counts what the answer holds, in place of what was claimed for it. */
static int compose_once(struct page *page, struct error *err)
{
	page->beside_bytes = 0;
	if (page->compose(page, page->response, err) < 0) {
		drop(page);
		return -1;
	}
	memory_settle(&page->api->memory, &page->claim, page->arena.used_bytes + page->beside_bytes,
		&page->arena);
	return 0;
}

bool page_afford(struct page *page, size_t beside_bytes)
{
	page->beside_bytes = beside_bytes;
	page->needed_bytes = page->arena.used_bytes + beside_bytes;
	return memory_grow(&page->api->memory, &page->claim, page->needed_bytes);
}

int page_too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the answer needs more memory than was claimed");
}

int page_read(struct page *page, struct store_view *view, struct http_request *request,
	struct http_response *response, page_reader *read)
{
	struct error err;
	int claimed;

	(void)request;
	(void)response;
	while ((claimed = claim(page)) > 0) {
		if (read_once(page, view, read, &err) == 0 && compose_once(page, &err) == 0) {
			return 1;
		}
		if (!want_more(page, &err)) {
			return -1;
		}
	}
	return claimed;
}

static int read_calls(
	struct page *page, struct store_view *view, struct http_request *request, struct error *err)
{
	(void)request;
	return store_view_page(view, &page->query, &page->arena, &page->calls, err);
}

/* Credentials and parameters. NULL: @response is filled in. */
static struct page *create_for_window(struct api *api, struct store_view *view,
	struct http_request *request, struct http_response *response, bool with_detail,
	page_composer *compose)
{
	struct store_query query;
	struct retention retention;
	struct page *page;
	struct error err;

	if (!access_check_in(api, view, request, response, STORE_SCOPE_READ, &retention)) {
		return NULL;
	}
	if (parameters_read(request, &api->options.prefixes, &query, &err) < 0) {
		answer_error(response, err.code == ERROR_NO_MEMORY ? 503 : 400, err.message);
		return NULL;
	}
	page = page_create(api, request, response, &retention,
		PAGE_BYTES_MIN + (size_t)query.limit * CALL_BYTES_GUESS, compose);
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

static void run(struct work *job)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = (struct page *)(void *)job;

	if (job->cancelled) {
		page->result = error_set(&page->err, ERROR_BUSY, "nobody waits for the page");
		return;
	}
	page->result = read_once(page, &view, read_calls, &page->err);
	store_view_close(&view);
	if (page->result == 0) {
		page->result = compose_once(page, &page->err);
	}
}

static void done(struct work *job)
{
	const struct page *page = (struct page *)(void *)job;

	http_request_wake(page->request);
}

static enum http_step answer_large(struct page *page)
{
	struct workers *workers = page->api->workers;
	struct error err;
	int claimed;

	while ((claimed = claim(page)) > 0) {
		if (!page->asked && workers_submit(workers, &page->job, &err) < 0) {
			return answer_error(page->response, 503, err.message);
		}
		page->asked = true;
		if (workers_state(workers, &page->job) != WORK_DONE) {
			return HTTP_WAIT;
		}
		if (page->result == 0) {
			audit_calls(page->request, (int64_t)page->calls.count);
			return HTTP_DONE;
		}
		if (!want_more(page, &page->err)) {
			return HTTP_DONE;
		}
		page->asked = false;
	}
	return claimed == 0 ? HTTP_WAIT : HTTP_DONE;
}

static void prepare_job(struct page *page)
{
	page->job.account_id = page->request->account_id;
	page->job.follows = true; /* let in by the memory that it holds */
	page->job.run = run;
	page->job.done = done;
}

enum http_step page_answer(struct api *api, struct http_request *request,
	struct http_response *response, bool with_detail, page_composer *compose)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = request->user;
	int read;

	if (!page) {
		page = create_for_window(api, &view, request, response, with_detail, compose);
		if (!page) {
			return HTTP_DONE;
		}
		prepare_job(page);
	}
	if (page->query.limit > CALLS_AT_ONCE) {
		store_view_close(&view);
		return answer_large(page);
	}
	read = page_read(page, &view, request, response, read_calls);
	if (read > 0) {
		audit_calls(request, (int64_t)page->calls.count);
	}
	return read == 0 ? HTTP_WAIT : HTTP_DONE;
}

void page_release(void *context, struct http_request *request)
{
	struct api *api = context;
	struct page *page = request->user;

	if (page) {
		workers_cancel(api->workers, &page->job);
		memory_release(&api->memory, &page->claim);
		drop(page);
	}
}
