/* SPDX-License-Identifier: MIT
 * POST /v1/in/{source}: documents of other systems, answered when what they say is durable. A
 * body is held whole, and read on a thread of the errands: reading may wait for the intake. */
#include <pthread.h>

#include "api/inbound.h"
#include "api/job.h"
#include "intake/sources/freeswitch/freeswitch_cdr.h"
#include "json/json_writer.h"

#define REJECTS_LISTED 100
#define REJECTS_MAX    ((size_t)256 << 10)
#define ANSWER_MAX     (REJECTS_MAX + 4096)
/* What one body unfolds to, and so what is held for its request. */
#define BODY_MAX (3 * TREE_BYTES_MAX)

struct posting {
	struct http_request *request;
	struct batch *batch;
	struct buffer body;
	size_t held_bytes; /* counted in api->inbound_bytes */
	bool no_room;
	bool header_only;
	bool translated;
	pthread_mutex_t lock; /* over the rest: rejects come from any thread */
	struct buffer rejects;
	uint64_t rejected;
	uint64_t set_aside; /* by the translator: the batch does not count them */
	struct inbound_answer answer;
};

/* ---- the body ---- */

static enum http_step begin(struct job *job, bool header_only)
{
	struct text coding = text_trim(http_header(job->request, "Content-Encoding"));
	struct posting *posting;

	if (coding.size > 0 && !text_equal_ascii_case(coding, TEXT("identity"))) {
		return answer_error(job->response, 415, "Content-Encoding must be identity");
	}
	if (!header_only && !inbound_knows(job->api, job->request->parameters[0])) {
		return answer_error(job->response, 404,
			"there is no such source: freeswitch, twilio, and what --webhook names");
	}
	posting = job_own(job, sizeof(*posting));
	if (!posting) {
		return HTTP_DONE;
	}
	posting->request = job->request;
	posting->header_only = header_only;
	pthread_mutex_init(&posting->lock, NULL);
	buffer_init(&posting->body, BODY_MAX);
	buffer_init(&posting->rejects, REJECTS_MAX);
	return HTTP_WAIT;
}

enum http_step v1_in_begin(struct job *job)
{
	return begin(job, false);
}

enum http_step v1_in_header_begin(struct job *job)
{
	return begin(job, true);
}

/* Takes all: a body that there is no room for is dropped, and answered so. */
size_t v1_in_data(struct job *job, const char *data, size_t size)
{
	struct posting *posting = job->own;
	/* a buffer that grows has room for twice of what is in it */
	size_t wanted = 2 * size;

	if (posting->no_room || !inbound_claim(job->api, wanted)) {
		posting->no_room = true;
		return size;
	}
	posting->held_bytes += wanted;
	buffer_append(&posting->body, (struct text){.data = data, .size = size});
	return size;
}

/* ---- what it says ---- */

static void list_reject(
	struct posting *posting, uint64_t line, struct text session_id, const char *error)
{
	pthread_mutex_lock(&posting->lock);
	if (posting->rejected++ < REJECTS_LISTED) {
		struct buffer *rejects = &posting->rejects;

		buffer_append(rejects, rejects->size > 0 ? TEXT(",") : TEXT(""));
		buffer_printf(rejects, "{\"line\":%llu,\"session_id\":", (unsigned long long)line);
		json_write_string(rejects, session_id);
		buffer_append(rejects, TEXT(",\"error\":"));
		json_write_string(rejects, text_of(error));
		buffer_append_byte(rejects, '}');
	}
	pthread_mutex_unlock(&posting->lock);
}

/* Senders of webhooks do not read answers: what they sent and is not stored stands in the log. */
static void log_reject(struct posting *posting, uint64_t line, const char *error)
{
	struct error err;

	error_set(&err, ERROR_INVALID, "record %llu: %s", (unsigned long long)line, error);
	answer_log("inbound-rejected", posting->request, &err);
}

static size_t note_reject(void *context, const struct batch_reject *reject)
{
	struct posting *posting = context;

	list_reject(posting, reject->line, reject->session_id, reject->error);
	return REJECTS_MAX / REJECTS_LISTED;
}

static void take_events(void *context, struct text events, uint64_t line)
{
	struct posting *posting = context;

	batch_add_events(posting->batch, events, line);
}

static void take_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	struct posting *posting = context;

	posting->set_aside += count;
	log_reject(posting, line, error);
	list_reject(posting, line, session_id, error);
}

static void take_warning(void *context, const char *warning)
{
	(void)context;
	(void)warning;
}

static void wake(void *context)
{
	const struct posting *posting = context;

	http_request_wake(posting->request);
}

static int open_batch(struct job *job, struct posting *posting, struct error *err)
{
	const struct batch_options options = {
		.account_id = job->access.account_id,
		.detail_after = job->retention.detail_after,
		.header_after = job->retention.header_after,
		.content = BATCH_EVENTS,
		.shape = STREAM_NDJSON,
		.rejected = note_reject,
		.wake = wake,
		.context = posting,
	};

	return batch_create(&posting->batch, job->api->options.intake, &options, err);
}

static int translate(struct job *job, struct posting *posting, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct source_sink sink = {
		.events = take_events,
		.reject = take_reject,
		.warn = take_warning,
		.context = posting,
	};
	const struct inbound inbound = {
		.api = job->api,
		.request = job->request,
		.account_id = job->access.account_id,
		.name = posting->header_only ? TEXT("freeswitch") : job->request->parameters[0],
		.header_only = posting->header_only,
		.body = buffer_text(&posting->body),
		.arena = &arena,
		.sink = &sink,
	};

	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	if (open_batch(job, posting, err) < 0) {
		return -1;
	}
	if (inbound_take(&inbound, &posting->answer, err) < 0) {
		return -1;
	}
	batch_end(posting->batch, false);
	return 0;
}

/* ---- the answer ---- */

static int status_of(const struct error *err)
{
	return err->code == ERROR_DENIED				 ? 403
	       : err->code == ERROR_TOO_LARGE				 ? 413
	       : err->code == ERROR_INVALID				 ? 400
	       : err->code == ERROR_NO_SPACE				 ? 507
	       : err->code == ERROR_NO_MEMORY || err->code == ERROR_BUSY ? 503
									 : 500;
}

static enum http_step answer_failed(struct job *job, const struct error *err)
{
	int status = status_of(err);

	answer_log("inbound-failed", job->request, err);
	if (status == 503) {
		return answer_later(job->response, 503, 5, "the store is busy: try again");
	}
	return answer_error(job->response, status,
		status == 507	? "no space left on the disk of the store"
		: status == 500 ? "database error"
				: err->message);
}

static enum http_step answer_counts(
	struct job *job, struct posting *posting, const struct batch_result *result)
{
	AUTO(buffer_deinit) struct buffer body;
	uint64_t rejected = result->rejected + posting->set_aside;

	buffer_init(&body, ANSWER_MAX);
	buffer_printf(
		&body, "{\"accepted\":%llu,\"rejected\":[", (unsigned long long)result->accepted);
	pthread_mutex_lock(&posting->lock);
	buffer_append(&body, buffer_text(&posting->rejects));
	pthread_mutex_unlock(&posting->lock);
	buffer_append_byte(&body, ']');
	if (rejected > REJECTS_LISTED) {
		buffer_printf(&body, ",\"rejected_more\":%llu",
			(unsigned long long)(rejected - REJECTS_LISTED));
	}
	buffer_append_byte(&body, '}');
	return answer_json(job->response, result->accepted == 0 && rejected > 0 ? 422 : 200, &body);
}

enum http_step v1_in_finish(struct job *job)
{
	struct posting *posting = job->own;
	struct batch_result result;
	struct error err;

	if (posting->no_room) {
		return answer_later(
			job->response, 503, 5, "too many documents are being read: try again");
	}
	if (posting->body.failed) {
		return answer_error(job->response, 413, "the body is larger than 6 MiB");
	}
	if (!posting->translated) {
		posting->translated = true;
		if (translate(job, posting, &err) < 0) {
			return answer_failed(job, &err);
		}
		buffer_deinit(&posting->body);
	}
	if (!batch_done(posting->batch)) {
		return HTTP_AGAIN;
	}
	result = batch_result(posting->batch);
	audit_calls(job, (int64_t)result.accepted);
	if (result.failure.code != ERROR_NONE) {
		return answer_failed(job, &result.failure);
	}
	if (posting->answer.again) {
		return answer_later(job->response, 503, 30, posting->answer.again);
	}
	return answer_counts(job, posting, &result);
}

void v1_in_release(struct job *job)
{
	struct posting *posting = job->own;

	if (!posting) {
		return;
	}
	batch_destroy(posting->batch);
	inbound_release(job->api, posting->held_bytes);
	buffer_deinit(&posting->body);
	buffer_deinit(&posting->rejects);
	pthread_mutex_destroy(&posting->lock);
}
