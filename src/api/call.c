/* SPDX-License-Identifier: MIT
 * GET /api/call/{session_id}: the steps of one call (API.md §1, sibling). */
#include "api/access.h"
#include "api/answer.h"
#include "api/page.h"
#include "call/call_json.h"
#include "call/call_xml.h"

#define BODY_MAX ((size_t)64 << 20) /* of one call as XML */

static int unpack(const struct packed *packed, struct buffer *json, struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	char *to = buffer_reserve(json, packed->size);

	if (!unpacker || !to) {
		return error_no_memory(err);
	}
	if (unpacker_unpack(unpacker, packed, to, err) < 0) {
		return -1;
	}
	buffer_advance(json, packed->size);
	return 0;
}

static enum http_step answer_detail(
	struct http_response *response, const struct store_call *call, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(buffer_deinit) struct buffer body;
	struct text detail;
	struct error err;

	buffer_init(&json, BODY_MAX);
	buffer_init(&body, BODY_MAX);
	if (unpack(&call->packed, &json, &err) < 0) {
		return answer_failure(response, &err);
	}
	detail = call_json_detail(buffer_text(&json));
	if (answer_format(response->request) == ANSWER_XML) {
		buffer_append(&body, TEXT("<?xml version=\"1.0\"?><result>"));
		call_xml_write(&body, detail);
		buffer_append(&body, TEXT("</result>"));
	} else {
		buffer_append(&body, detail);
	}
	return answer_body(response, &body, arena);
}

/* The call's memory: freed by call_release(), after the answer has gone. */
enum http_step call_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct api *api = context;
	struct store_call call;
	struct arena *arena;
	struct error err;
	int found;

	if (!access_check(api, request, response, STORE_SCOPE_READ)) {
		return HTTP_DONE;
	}
	arena = arena_alloc(&request->arena, sizeof(*arena));
	if (!arena) {
		return answer_error(response, 503, "out of memory");
	}
	arena_init(arena, 2 * BODY_MAX);
	request->user = arena;
	found = store_find(api->options.store, request->account_id, request->parameters[0], arena,
		&call, &err);
	if (found < 0) {
		return answer_failure(response, &err);
	}
	if (found == 0 || !call.packed.deflate.data || call.call.start <= page_detail_after(api)) {
		return answer_error(response, 404, "call log not found");
	}
	return answer_detail(response, &call, arena);
}

void call_release(void *context, struct http_request *request)
{
	struct arena *arena = request->user;

	(void)context;
	if (arena) {
		arena_deinit(arena);
	}
}
