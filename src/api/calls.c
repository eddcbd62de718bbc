/* SPDX-License-Identifier: MIT
 * GET /api/calls/{start}/{end}: the calls of a window without their steps (API.md §1, sibling). */
#include "api/answer.h"
#include "api/page.h"
#include "call/call_json.h"
#include "call/call_xml.h"

#define BODY_MAX ((size_t)64 << 20) /* 10,000 headers of the longest members need less */

static void write_json(struct buffer *body, const struct page *page)
{
	buffer_append(body, TEXT("{\"calls\":["));
	for (size_t i = 0; i < page->calls.count; i++) {
		const struct call *call = &page->calls.calls[i].call;

		buffer_append(body, i > 0 ? TEXT(",") : TEXT(""));
		call_json_write_summary(
			body, call, call->has_detail && call->start > page->detail_after);
	}
	buffer_printf(body, "],\"total_calls\":%lld}", (long long)page->calls.total_calls);
}

static void write_xml(struct buffer *body, const struct page *page)
{
	AUTO(buffer_deinit) struct buffer json;

	buffer_init(&json, BODY_MAX);
	write_json(&json, page);
	buffer_append(body, TEXT("<?xml version=\"1.0\"?><result>"));
	call_xml_write(body, buffer_text(&json));
	buffer_append(body, TEXT("</result>"));
	body->failed |= json.failed;
}

enum http_step calls_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	AUTO(buffer_deinit) struct buffer body;
	struct page *page;
	int begun = page_begin(context, request, response, false, &page);

	buffer_init(&body, BODY_MAX);
	if (begun <= 0) {
		return begun < 0 ? HTTP_DONE : HTTP_WAIT;
	}
	if (answer_format(request) == ANSWER_XML) {
		write_xml(&body, page);
	} else {
		write_json(&body, page);
	}
	answer_body(response, &body, &page->arena);
	page_settle(page);
	return HTTP_DONE;
}
