/* SPDX-License-Identifier: MIT
 * GET /api/calls/{start}/{end}: the calls of a window without their steps (API.md §1, sibling). */
#include "api/window.h"
#include "call/call_json.h"
#include "call/call_xml.h"

#define JSON_MAX ((size_t)64 << 20) /* 10,000 headers of the longest members need less */

bool calls_prepare(struct job *job)
{
	struct window *window = job_own(job, sizeof(*window));

	return window && window_prepare(job, window, false);
}

static void write_json(struct buffer *body, const struct job *job)
{
	const struct window *window = job->own;

	buffer_append(body, TEXT("{\"calls\":["));
	for (size_t i = 0; i < window->calls.count; i++) {
		const struct call *call = &window->calls.calls[i].call;

		buffer_append(body, i > 0 ? TEXT(",") : TEXT(""));
		call_json_write_summary(
			body, call, call->has_detail && call->start > job->retention.detail_after);
	}
	buffer_printf(body, "],\"total_calls\":%lld}", (long long)window->calls.total_calls);
}

static void write_xml(struct buffer *body, const struct job *job)
{
	AUTO(buffer_deinit) struct buffer json;

	buffer_init(&json, JSON_MAX);
	write_json(&json, job);
	buffer_append(body, TEXT("<?xml version=\"1.0\"?><result>"));
	call_xml_write(body, buffer_text(&json));
	buffer_append(body, TEXT("</result>"));
	body->failed |= json.failed;
}

int calls_ask(struct job *job, struct error *err)
{
	if (window_read(job, job->own, err) < 0) {
		return -1;
	}
	if (job->format > 0) {
		write_xml(&job->body, job);
	} else {
		write_json(&job->body, job);
	}
	return 0;
}
