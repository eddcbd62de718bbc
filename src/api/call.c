/* SPDX-License-Identifier: MIT
 * GET /api/call/{session_id}: the steps of one call (API.md §1, sibling). */
#include "api/v1_call.h"
#include "call/call_xml.h"

bool call_prepare(struct job *job)
{
	job->retention = retention_served(
		&job->retention, job->api->options.api_detail_days, job->api->options.now());
	job->is_page = true;
	return v1_call_prepare(job);
}

int call_ask(struct job *job, struct error *err)
{
	const struct text *session_id = job->own;
	struct text detail;
	struct call call;
	int found = v1_call_find(job, *session_id, &call, &detail, err);

	if (found < 0) {
		return -1;
	}
	job->calls = found > 0 && detail.data;
	if (job->calls == 0) {
		return job_missing(job, err, "call log not found");
	}
	if (job->format == 0) {
		buffer_append(&job->body, detail);
		return 0;
	}
	buffer_append(&job->body, TEXT("<?xml version=\"1.0\"?><result>"));
	call_xml_write(&job->body, detail);
	buffer_append(&job->body, TEXT("</result>"));
	return 0;
}
