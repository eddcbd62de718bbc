/* SPDX-License-Identifier: MIT
 * POST /v1/calls and POST /v1/events: calls, and what is learnt of calls that go on, answered when
 * they are durable (API.md §2 "Taking calls in", §3 "Live calls"). */
#include "api/posting.h"

static const struct posting_type calls_types[] = {
	{"application/json", true, BATCH_CALLS, STREAM_DOCUMENT},
	{"application/x-ndjson", true, BATCH_CALLS, STREAM_NDJSON},
	{"application/ndjson", false, BATCH_CALLS, STREAM_NDJSON},
	{"application/jsonl", false, BATCH_CALLS, STREAM_NDJSON},
	{.name = NULL},
};

static const struct posting_type events_types[] = {
	{"application/x-ndjson", true, BATCH_EVENTS, STREAM_NDJSON},
	{"application/ndjson", false, BATCH_EVENTS, STREAM_NDJSON},
	{"application/jsonl", false, BATCH_EVENTS, STREAM_NDJSON},
	{.name = NULL},
};

enum http_step v1_calls_post_begin(struct job *job)
{
	return posting_begin(job, calls_types, NULL);
}

enum http_step v1_events_post_begin(struct job *job)
{
	return posting_begin(job, events_types, NULL);
}

static enum http_step answer_counts(
	struct http_response *response, int status, const char *sentence, struct buffer *counts)
{
	AUTO(buffer_deinit) struct buffer members;

	buffer_init(&members, POSTING_COUNTS_MAX + 16);
	if (status != 200) {
		buffer_append_byte(&members, ',');
		buffer_append(&members, buffer_text(counts));
		return answer_problem(response, status, sentence, buffer_text(&members));
	}
	buffer_append_byte(&members, '{');
	buffer_append(&members, buffer_text(counts));
	buffer_append_byte(&members, '}');
	response->text = arena_copy(&response->request->arena, buffer_text(&members));
	if (members.failed || counts->failed || !response->text.data) {
		return answer_error(response, 503, "out of memory");
	}
	response->status = 200;
	http_response_header(response, "Content-Type", TEXT("application/json"));
	return HTTP_DONE;
}

/* The status where nothing was taken. */
static int refused(const struct posting *posting, const char **ret_sentence)
{
	bool events = posting->type->content == BATCH_EVENTS;

	*ret_sentence = posting->gaps > 0 ? "nothing of it was taken: some steps would leave a gap"
			: events	  ? "nothing in it was an events line that could be taken"
					  : "nothing in it was a call";
	return posting->gaps > 0 ? 409 : 422;
}

enum http_step v1_calls_post_finish(struct job *job)
{
	AUTO(buffer_deinit) struct buffer counts;
	struct posting *posting = job->own;
	struct batch_result result;
	const char *sentence = NULL;
	int status;

	buffer_init(&counts, POSTING_COUNTS_MAX);
	if (!posting_over(job, &result)) {
		return HTTP_AGAIN;
	}
	status = posting_failed(job, &result, &sentence);
	if (status == 0 && result.accepted == 0 &&
		(result.rejected > 0 || posting->type->shape == STREAM_NDJSON)) {
		status = refused(posting, &sentence);
	}
	posting_write_counts(&counts, posting, &result);
	return answer_counts(job->response, status == 0 ? 200 : status, sentence, &counts);
}
