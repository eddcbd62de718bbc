/* SPDX-License-Identifier: MIT
 * GET /api/call/{session_id}: the steps of one call (API.md §1, sibling). */
#include "api/access.h"
#include "api/answer.h"
#include "api/audit.h"
#include "api/page.h"
#include "call/call_json.h"
#include "call/call_xml.h"

#define BODY_MAX    ((size_t)64 << 20) /* of one call as XML */
#define BYTES_GUESS ((size_t)65536)    /* of most calls, packed and as an answer */

static int unpack(const struct packed *packed, struct buffer *json, struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();

	return unpacker ? unpacker_append(unpacker, packed, json, err) : error_no_memory(err);
}

static bool is_served(const struct page *page)
{
	const struct store_call *call = page->calls.calls;

	return page->calls.count > 0 && call->packed.deflate.data;
}

static int compose(struct page *page, struct http_response *response, struct error *err)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(buffer_deinit) struct buffer body;
	struct text detail;

	buffer_init(&json, BODY_MAX);
	buffer_init(&body, BODY_MAX);
	if (!is_served(page)) {
		answer_error(response, 404, "call log not found");
		return 0;
	}
	if (unpack(&page->calls.calls[0].packed, &json, err) < 0) {
		return -1;
	}
	detail = call_json_detail(buffer_text(&json));
	if (answer_format(response->request) == ANSWER_XML) {
		buffer_append(&body, TEXT("<?xml version=\"1.0\"?><result>"));
		call_xml_write(&body, detail);
		buffer_append(&body, TEXT("</result>"));
	} else {
		buffer_append(&body, detail);
	}
	if (!page_afford(page, body.size)) {
		return page_too_large(err);
	}
	page->beside_bytes = 0; /* it lies in the page's arena */
	answer_body(response, &body, &page->arena);
	return 0;
}

/* A page of the one call, or of none. */
static int read_call(
	struct page *page, struct store_view *view, struct http_request *request, struct error *err)
{
	struct store_call *call = arena_calloc(&page->arena, 1, sizeof(*call));
	int found;

	if (!call) {
		return error_no_memory(err);
	}
	found = store_view_find(
		view, request->account_id, request->parameters[0], &page->arena, call, err);
	if (found > 0) {
		found = retention_show(&page->retention, call);
	}
	if (found >= 0) {
		page->calls = (struct store_page){
			.calls = call, .count = (size_t)found, .total_calls = found};
	}
	return found < 0 ? -1 : 0;
}

/* Lets the request in and reads its call; returns as page_read() does. */
static int begin(struct api *api, struct http_request *request, struct http_response *response)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct page *page = request->user;
	struct retention retention;

	if (!page) {
		if (!access_check_in(api, &view, request, response, STORE_SCOPE_READ, &retention)) {
			return -1;
		}
		page = page_create(api, request, response, &retention, BYTES_GUESS, compose);
	}
	return page ? page_read(page, &view, request, response, read_call) : -1;
}

enum http_step call_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	int done = begin(context, request, response);

	if (done > 0) {
		audit_calls(request, is_served(request->user));
	}
	return done == 0 ? HTTP_WAIT : HTTP_DONE;
}
