/* SPDX-License-Identifier: MIT
 * Writing `call` and `step`. Where a change is both, only the last one has its id: a client that
 * loses the stream between them gets both again. */
#include "api/tail_events.h"

#include "call/call_document.h"

static void write_call(
	struct buffer *events, const struct tail *tail, const struct call *call, struct text detail)
{
	if (tail->detail) {
		call_document_write_detail(events, call, detail);
	} else {
		call_document_write(events, call);
	}
}

int tail_events_write(struct follow *follow, const struct tail *tail,
	const struct retention *retention, const struct store_change *change, struct buffer *events,
	struct error *err)
{
	struct store_call call = change->call;
	struct follow_news news;
	int meant;

	if (tail->session_id.size > 0 && !text_equal(tail->session_id, call.call.session_id)) {
		return 0;
	}
	if (!retention_show(retention, &call)) {
		return 0;
	}
	meant = follow_look(follow, &tail->filter, change, &call, tail->detail, &news, err);
	if (meant <= 0) {
		return meant;
	}
	if (news.header) {
		buffer_append(events, TEXT("event: call\n"));
		if (!news.steps) {
			buffer_printf(events, "id: %lld\n", (long long)change->id);
		}
		buffer_append(events, TEXT("data: "));
		write_call(events, tail, &call.call, news.detail);
		buffer_append(events, TEXT("\n\n"));
	}
	if (news.steps) {
		buffer_printf(events, "event: step\nid: %lld\ndata: ", (long long)change->id);
		follow_write_steps(events, &call.call, news.first, news.changed);
		buffer_append(events, TEXT("\n\n"));
	}
	return events->failed ? error_no_memory(err) : 0;
}
