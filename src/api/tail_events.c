/* SPDX-License-Identifier: MIT
 * Writing `call` and `step`. Where a change is both, only the last one has its id: a client that
 * loses the stream between them gets both again. */
#include "api/tail_events.h"

#include "call/call_document.h"
#include "call/call_json.h"
#include "call/call_steps.h"
#include "call/pack.h"
#include "json/json_writer.h"

int tail_events_init(struct tail_events *writing, size_t memory_max, struct error *err)
{
	writing->unpacker = unpacker_create();
	buffer_init(&writing->json, memory_max);
	buffer_init(&writing->earlier, memory_max);
	arena_init(&writing->scratch, memory_max);
	return writing->unpacker ? 0 : error_no_memory(err);
}

void tail_events_deinit(struct tail_events *writing)
{
	unpacker_destroy(writing->unpacker);
	tail_events_forget(writing);
}

void tail_events_forget(struct tail_events *writing)
{
	buffer_deinit(&writing->json);
	buffer_deinit(&writing->earlier);
	arena_deinit(&writing->scratch);
}

static int matches(struct tail_events *writing, const struct filter *filter,
	const struct call *call, struct text detail, struct error *err)
{
	int match = filter_matches(filter, call, detail, &writing->scratch, err);

	arena_deinit(&writing->scratch);
	return match;
}

/* Whether @tail is to be told of @call. Its steps, where they are needed, are in *@ret_detail. */
static int is_meant(struct tail_events *writing, const struct tail *tail,
	const struct store_call *call, bool steps, struct text *ret_detail, struct error *err)
{
	*ret_detail = (struct text){0};
	if (!filter_matches_header(&tail->filter, &call->call)) {
		return 0;
	}
	if (call->packed.deflate.data &&
		(steps || tail->detail || filter_needs_detail(&tail->filter))) {
		buffer_clear(&writing->json);
		if (unpacker_append(writing->unpacker, &call->packed, &writing->json, err) < 0) {
			return -1;
		}
		*ret_detail = call_json_detail(buffer_text(&writing->json));
	}
	return matches(writing, &tail->filter, &call->call, *ret_detail, err);
}

/* Where the steps of @detail from the one at @first on begin, behind the comma before it. @first is
 * at most their number. */
static int find_step(struct text detail, int64_t first, size_t *ret_at, struct error *err)
{
	struct call_step_look look;
	struct call_steps steps;
	size_t at = 1;
	int more = 1;

	call_steps_init(&steps, detail);
	for (int64_t i = 0; i <= first; i++) {
		more = call_steps_next(&steps, &look, err);
		if (more <= 0) {
			break;
		}
		at = (size_t)(look.json.data - detail.data);
	}
	if (more < 0) {
		return -1;
	}
	*ret_at = more > 0 ? at : detail.size - 1;
	return 0;
}

/* Whether @tail was to be told of the call before its step at @first changed; @at is where that
 * begins. */
static int was_meant(struct tail_events *writing, const struct tail *tail, const struct call *call,
	struct text detail, size_t at, int64_t first, struct error *err)
{
	struct call earlier = *call;

	earlier.steps = (uint32_t)first;
	buffer_clear(&writing->earlier);
	buffer_append(&writing->earlier, text_head(detail, first > 0 ? at - 1 : 1));
	buffer_append_byte(&writing->earlier, ']');
	return writing->earlier.failed ? error_no_memory(err)
				       : matches(writing, &tail->filter, &earlier,
						 buffer_text(&writing->earlier), err);
}

static void write_call(
	struct buffer *events, const struct tail *tail, const struct call *call, struct text detail)
{
	if (tail->detail) {
		call_document_write_detail(events, call, detail);
	} else {
		call_document_write(events, call);
	}
}

/* `{"session_id":…,"first":3,"steps":[…],"end":…}`, the steps of @detail from @at on. */
static void write_steps(struct buffer *events, const struct call *call, struct text detail,
	size_t at, int64_t first)
{
	buffer_append(events, TEXT("{\"session_id\":"));
	json_write_string(events, call->session_id);
	buffer_printf(events, ",\"first\":%lld,\"steps\":[", (long long)first);
	buffer_append(events, text_tail(detail, at));
	buffer_printf(events, ",\"end\":%lld}", (long long)call->end);
}

/* From which step on @tail is told, and whether of the call too. */
static int place_steps(struct tail_events *writing, const struct tail *tail,
	const struct store_change *change, struct text detail, int64_t *ret_first, size_t *ret_at,
	bool *ret_header, struct error *err)
{
	int64_t steps = change->call.call.steps;
	int64_t first = change->first_step < steps ? change->first_step : steps;
	int meant = 1;

	if (find_step(detail, first, ret_at, err) < 0) {
		return -1;
	}
	if (first > 0 && filter_needs_detail(&tail->filter)) {
		meant = was_meant(writing, tail, &change->call.call, detail, *ret_at, first, err);
	}
	if (meant == 0) {
		*ret_header = true;
		*ret_at = 1;
		first = 0;
	}
	*ret_first = first;
	return meant < 0 ? -1 : 0;
}

int tail_events_write(struct tail_events *writing, const struct tail *tail,
	const struct retention *retention, const struct store_change *change, struct buffer *events,
	struct error *err)
{
	struct store_call call = change->call;
	bool header = change->header;
	struct text detail;
	int64_t first;
	size_t at;
	int meant;

	if (!retention_show(retention, &call)) {
		return 0;
	}
	meant = is_meant(writing, tail, &call, change->first_step >= 0, &detail, err);
	if (meant <= 0) {
		return meant;
	}
	bool steps = change->first_step >= 0 && detail.data;

	if (steps && place_steps(writing, tail, change, detail, &first, &at, &header, err) < 0) {
		return -1;
	}
	if (header) {
		buffer_append(events, TEXT("event: call\n"));
		if (!steps) {
			buffer_printf(events, "id: %lld\n", (long long)change->id);
		}
		buffer_append(events, TEXT("data: "));
		write_call(events, tail, &call.call, detail);
		buffer_append(events, TEXT("\n\n"));
	}
	if (steps) {
		buffer_printf(events, "event: step\nid: %lld\ndata: ", (long long)change->id);
		write_steps(events, &call.call, detail, at, first);
		buffer_append(events, TEXT("\n\n"));
	}
	return events->failed ? error_no_memory(err) : 0;
}
