/* SPDX-License-Identifier: MIT
 * GET /api/call/{session_id}: the steps of one call (API.md §1, sibling). */
#include "api/job.h"
#include "call/call_json.h"
#include "call/call_xml.h"

#define JSON_MAX    ((size_t)64 << 20)
#define BYTES_GUESS ((size_t)65536) /* of most calls, packed and as an answer */

bool call_prepare(struct job *job)
{
	job->retention = retention_served(
		&job->retention, job->api->options.api_detail_days, job->api->options.now());
	job->is_page = true;
	job->quick = true;
	job->wanted_bytes = memory_guess(&job->api->memory, BYTES_GUESS);
	return true;
}

static int write_detail(struct job *job, const struct packed *packed, struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	AUTO(buffer_deinit) struct buffer json;
	struct text detail;

	buffer_init(&json, JSON_MAX);
	if (!unpacker) {
		return error_no_memory(err);
	}
	if (unpacker_append(unpacker, packed, &json, err) < 0) {
		return -1;
	}
	detail = call_json_detail(buffer_text(&json));
	if (job->format == 0) {
		buffer_append(&job->body, detail);
		return 0;
	}
	buffer_append(&job->body, TEXT("<?xml version=\"1.0\"?><result>"));
	call_xml_write(&job->body, detail);
	buffer_append(&job->body, TEXT("</result>"));
	return 0;
}

int call_ask(struct job *job, struct error *err)
{
	struct store_view *view = job_view(job, err);
	struct store_call call;
	int found = view ? store_view_find(view, job->access.account_id,
				   job->request->parameters[0], &job->arena, &call, err)
			 : -1;

	if (found < 0) {
		return -1;
	}
	found = found > 0 && retention_show(&job->retention, &call) && call.packed.deflate.data;
	job->calls = found;
	return found ? write_detail(job, &call.packed, err)
		     : job_missing(job, err, "call log not found");
}
