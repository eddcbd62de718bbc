/* SPDX-License-Identifier: MIT
 * GET /v1/calls/{session_id}: one call with its steps (API.md §2). */
#include "api/v1_call.h"

#include "call/call_document.h"
#include "call/call_json.h"

#define CALL_BYTES ((size_t)128 << 10) /* what is claimed at first */

bool v1_call_prepare(struct job *job)
{
	job->quick = true;
	job->wanted_bytes = memory_guess(&job->api->memory, CALL_BYTES);
	return v1_call_copy_ids(job, 1);
}

bool v1_call_copy_ids(struct job *job, size_t count)
{
	struct text *ids = job_own(job, count * sizeof(*ids));

	for (size_t i = 0; ids && i < count; i++) {
		ids[i] = arena_copy(&job->memory, job->request->parameters[i]);
		if (!ids[i].data) {
			answer_error(job->response, 503, "out of memory");
			return false;
		}
	}
	return ids != NULL;
}

static int unpack(
	struct job *job, const struct packed *packed, struct text *ret_detail, struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	char *json = arena_alloc(&job->arena, packed->size);

	if (!unpacker) {
		return error_no_memory(err);
	}
	if (!json) {
		return error_set(err, ERROR_TOO_LARGE, "the call does not fit into memory");
	}
	if (unpacker_unpack(unpacker, packed, json, err) < 0) {
		return -1;
	}
	*ret_detail = call_json_detail((struct text){json, packed->size});
	return 0;
}

int v1_call_find(struct job *job, struct text session_id, struct call *ret_call,
	struct text *ret_detail, struct error *err)
{
	struct store_view *view = job_view(job, err);
	struct store_call call;
	int found = view ? store_view_find(view, job->access.account_id, session_id, &job->arena,
				   &call, err)
			 : -1;

	if (found <= 0) {
		return found;
	}
	*ret_detail = (struct text){0};
	if (!retention_show(&job->retention, &call)) {
		return 0;
	}
	if (call.packed.deflate.data && unpack(job, &call.packed, ret_detail, err) < 0) {
		return -1;
	}
	*ret_call = call.call;
	return 1;
}

int v1_call_ask(struct job *job, struct error *err)
{
	const struct text *session_id = job->own;
	struct call call;
	struct text detail;
	int found = v1_call_find(job, *session_id, &call, &detail, err);

	if (found < 0) {
		return -1;
	}
	job->calls = found;
	if (found == 0) {
		return job_missing(job, err, "there is no call '%.*s'", TEXT_ARG(*session_id));
	}
	call_document_write_detail(&job->body, &call, detail);
	return 0;
}
