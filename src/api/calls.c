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
			body, call, call->has_detail && call->start > page->retention.detail_after);
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

static int compose(struct page *page, struct http_response *response, struct error *err)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, BODY_MAX);
	if (answer_format(response->request) == ANSWER_XML) {
		write_xml(&body, page);
	} else {
		write_json(&body, page);
	}
	/* What is sent lies beside the headers that it was made of. */
	if (!page_afford(page, body.size)) {
		return page_too_large(err);
	}
	page->beside_bytes = 0;
	answer_body(response, &body, &page->arena);
	return 0;
}

enum http_step calls_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return page_answer(context, request, response, false, compose);
}
