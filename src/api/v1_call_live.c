/* SPDX-License-Identifier: MIT
 * PATCH /v1/calls/{session_id} and POST /v1/calls/{session_id}/events: a call while it goes on
 * (API.md §2, §3 "Live calls"). */
#include "api/parameters.h"
#include "api/posting.h"
#include "json/json_writer.h"

#define ANSWER_MAX ((size_t)4096)
#define FROM_MAX   INT64_C(999999999)

static const struct posting_type patch_types[] = {
	{"application/json", true, BATCH_HEADER, STREAM_WHOLE},
	{"application/merge-patch+json", true, BATCH_HEADER, STREAM_WHOLE},
	{.name = NULL},
};

static const struct posting_type steps_types[] = {
	{"application/json", true, BATCH_STEPS, STREAM_WHOLE},
	{"application/x-ndjson", true, BATCH_STEP_LINES, STREAM_WHOLE},
	{"application/ndjson", false, BATCH_STEP_LINES, STREAM_WHOLE},
	{"application/jsonl", false, BATCH_STEP_LINES, STREAM_WHOLE},
	{.name = NULL},
};

/* The session_id of the address, which a call may have (API.md §2). */
static bool read_session_id(struct job *job, struct text *ret_session_id)
{
	struct text session_id = job->request->parameters[0];

	if (session_id.size == 0 || session_id.size > CALL_SESSION_ID_MAX ||
		text_has_control(session_id) || !text_utf8_valid(session_id, NULL)) {
		return parameters_refuse(job, "session_id",
			"session_id: 1 to 128 bytes of UTF-8 without control characters are "
			"expected");
	}
	*ret_session_id = session_id;
	return true;
}

enum http_step v1_call_patch_begin(struct job *job)
{
	struct posting_call about = {.from = -1};

	return read_session_id(job, &about.session_id) ? posting_begin(job, patch_types, &about)
						       : HTTP_DONE;
}

enum http_step v1_call_events_begin(struct job *job)
{
	struct posting_call about = {.from = -1};

	if (!read_session_id(job, &about.session_id) ||
		!parameters_integer(job, "from", 0, FROM_MAX, &about.from)) {
		return HTTP_DONE;
	}
	return posting_begin(job, steps_types, &about);
}

static enum http_step answer_reject(struct job *job, const struct batch_reject *reject)
{
	char held[32] = "";

	switch (reject->why) {
	case BATCH_WHY_GAP:
		snprintf(held, sizeof(held), ",\"steps\":%u", reject->held);
		return answer_problem(job->response, 409, reject->error, text_of(held));
	case BATCH_WHY_TOO_LARGE:
		return answer_error(job->response, 413, reject->error);
	default:
		return answer_error(job->response, 422, reject->error);
	}
}

static void write_call(
	struct buffer *out, struct text session_id, const struct batch_amended *amended)
{
	buffer_append(out, TEXT("{\"session_id\":"));
	json_write_string(out, session_id);
	buffer_printf(out, ",\"state\":\"%s\",\"start\":%lld,\"end\":%lld,\"steps\":%u}",
		call_state_name(amended->state), (long long)amended->start, (long long)amended->end,
		amended->steps);
}

enum http_step v1_call_live_finish(struct job *job)
{
	AUTO(buffer_deinit) struct buffer body;
	struct posting *posting = job->own;
	struct batch_result result;
	const char *sentence = NULL;
	bool header = posting->type->content == BATCH_HEADER;
	int status;

	buffer_init(&body, ANSWER_MAX);
	if (!posting_over(job, &result)) {
		return HTTP_AGAIN;
	}
	status = posting_failed(job, &result, &sentence);
	if (status > 0) {
		return answer_error(job->response, status, sentence);
	}
	if (!result.amended.any) {
		return answer_reject(job, &posting->first);
	}
	if (header) {
		write_call(&body, job->request->parameters[0], &result.amended);
	} else {
		buffer_printf(&body, "{\"steps\":%u,\"added\":%u,\"duplicates\":%u}",
			result.amended.steps, result.amended.added, result.amended.duplicates);
	}
	return answer_json(job->response, header && result.amended.created ? 201 : 200, &body);
}
