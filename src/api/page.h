/* SPDX-License-Identifier: MIT
 * A page under way: the calls of one request, in memory of their own that is claimed from the
 * ceiling over all pages. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/api_private.h"
#include "base/buffer.h"
#include "call/pack.h"
#include "upkeep/retention.h"

struct page;

/* Fills in @response from the page's calls, on whichever thread they were read. Negative:
 * ERROR_TOO_LARGE where page_afford() said no, and the page is read again with more memory;
 * anything else becomes an answer. */
typedef int page_composer(struct page *page, struct http_response *response, struct error *err);

struct page {
	struct work job; /* first: what the workers hand back */
	struct api *api;
	struct http_request *request;
	struct http_response *response;
	page_composer *compose;
	struct claim claim;
	size_t wanted_bytes; /* what the next claim asks for */
	size_t needed_bytes; /* what it turned out to need; 0: not known */
	size_t beside_bytes; /* what the answer holds beside the arena while it is sent */
	struct store_query query;
	struct retention retention; /* what may be seen (API.md §1 "5 days") */
	struct arena arena;	    /* the calls, and what is composed for them */
	struct store_page calls;
	struct page_body *body; /* what is pulled, when the answer is */
	/* of a page that a worker reads */
	bool asked;
	int result;
	struct error err;
};

/* Makes the page of @request, which is let in already and whose account's calls are kept as
 * @retention says, with @guess_bytes for what it is going to read, of which @compose makes the
 * answer. NULL: @response is filled in. It lives until page_release(). */
struct page *page_create(struct api *api, struct http_request *request,
	struct http_response *response, const struct retention *retention, size_t guess_bytes,
	page_composer *compose) CHECK_RESULT;

/* Reads page->calls from the store into page->arena; ERROR_TOO_LARGE where the arena is too small.
 */
typedef int page_reader(struct page *page, struct store_view *view, struct http_request *request,
	struct error *err);

/* Claims memory, reads in @view, which is opened where it is not, and composes; with more memory
 * where the guess was too small. Returns 1 when the answer is there; 0 when the request waits for
 * memory (HTTP_WAIT; the route's begin is called again); negative when @response is filled in. */
int page_read(struct page *page, struct store_view *view, struct http_request *request,
	struct http_response *response, page_reader *read) CHECK_RESULT;

/* The begin of all_logs and calls: credentials, parameters, the calls, with their packed detail
 * when @with_detail, and what @compose makes of them. Of a large page the last two are a worker's,
 * so that the connections of one thread need not wait for each other's pages. */
enum http_step page_answer(struct api *api, struct http_request *request,
	struct http_response *response, bool with_detail, page_composer *compose);

/* Whether the answer may hold @beside_bytes beside the page's arena while it is sent. False: its
 * composer returns page_too_large(). */
bool page_afford(struct page *page, size_t beside_bytes) CHECK_RESULT;
int page_too_large(struct error *err);

/* The release of every route that has pages. */
void page_release(void *context, struct http_request *request);

#endif
