/* SPDX-License-Identifier: MIT
 * POST /v1/in/{source}: documents of other systems, answered when what they say is durable. A
 * body is held whole, and read on a thread of the errands: reading may wait for the intake. */
#include "api/inbound.h"
#include "api/posting.h"
#include "api/unfold.h"
#include "intake/sources/document/tree.h"

#define REJECTS_LISTED 100
#define ANSWER_MAX     (POSTING_REJECTS_MAX + 4096)
/* What one body unfolds to, and so what is held for its request. */
#define BODY_MAX (3 * TREE_BYTES_MAX)
#define NO_ROOM	 "too many documents are being read: try again"

struct document {
	struct posting posting;
	struct api *api;
	enum stream_coding coding;
	struct buffer body; /* as it came */
	size_t held_bytes;  /* counted in api->inbound_bytes */
	bool no_room;
	bool header_only;
	bool translated;
	struct error failure; /* of the translation */
	struct inbound_answer answer;
};

/* ---- the body ---- */

static enum http_step begin(struct job *job, bool header_only)
{
	enum stream_coding coding;
	struct document *document;

	if (!header_only && !inbound_knows(job->api, job->request->parameters[0])) {
		return answer_error(job->response, 404,
			"there is no such source: freeswitch, twilio, and what --webhook names");
	}
	if (!posting_coding(job, &coding)) {
		return HTTP_DONE;
	}
	document = job_own(job, sizeof(*document));
	if (!document) {
		return HTTP_DONE;
	}
	posting_init(&document->posting, job, REJECTS_LISTED);
	document->api = job->api;
	document->coding = coding;
	document->header_only = header_only;
	buffer_init(&document->body, BODY_MAX);
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

/* Holds @bytes in all. */
static bool hold(struct document *document, size_t bytes)
{
	if (bytes <= document->held_bytes) {
		return true;
	}
	if (!inbound_claim(document->api, bytes - document->held_bytes)) {
		return false;
	}
	document->held_bytes = bytes;
	return true;
}

static void let_go(struct document *document)
{
	buffer_deinit(&document->body);
	inbound_release(document->api, document->held_bytes);
	document->held_bytes = 0;
}

/* Takes all: a body that there is no room for is dropped, and answered so. A buffer that grows has
 * room for twice of what is in it. */
size_t v1_in_data(struct job *job, const char *data, size_t size)
{
	struct document *document = job->own;

	if (document->no_room || !hold(document, 2 * (document->body.size + size))) {
		document->no_room = true;
		let_go(document);
		return size;
	}
	buffer_append(&document->body, (struct text){.data = data, .size = size});
	return size;
}

/* ---- what it says: on an errand's thread ---- */

static bool has_room(void *context, size_t bytes)
{
	struct document *document = context;

	return hold(document, 2 * document->body.size + bytes);
}

static void take_events(void *context, struct text events, uint64_t line)
{
	struct posting *posting = context;

	batch_add_events(posting->batch, events, line);
}

/* Senders of webhooks do not read answers: what they sent and is not stored stands in the log. */
static void take_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	struct posting *posting = context;
	struct error err;

	error_set(&err, ERROR_INVALID, "record %llu: %s", (unsigned long long)line, error);
	answer_log("inbound-rejected", posting->request, &err);
	posting_reject(posting, line, session_id, error, count);
}

static void take_warning(void *context, const char *warning)
{
	(void)context;
	(void)warning;
}

static int translate(struct job *job, struct text body, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct document *document = job->own;
	const struct batch_options options = {.content = BATCH_EVENTS, .shape = STREAM_NDJSON};
	const struct source_sink sink = {
		.events = take_events,
		.reject = take_reject,
		.warn = take_warning,
		.context = &document->posting,
	};
	const struct inbound inbound = {
		.api = job->api,
		.request = job->request,
		.account_id = job->access.account_id,
		.name = document->header_only ? TEXT("freeswitch") : job->request->parameters[0],
		.header_only = document->header_only,
		.body = body,
		.arena = &arena,
		.sink = &sink,
	};

	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	if (posting_open(job, &document->posting, &options, err) < 0) {
		return -1;
	}
	return inbound_take(&inbound, &document->answer, err);
}

static int take_body(struct job *job, struct error *err)
{
	AUTO(buffer_deinit) struct buffer plain;
	struct document *document = job->own;
	struct text body = buffer_text(&document->body);

	buffer_init(&plain, BODY_MAX);
	if (document->coding == STREAM_IDENTITY) {
		return translate(job, body, err);
	}
	if (unfold(document->coding, body, &plain, has_room, document, err) < 0) {
		return -1;
	}
	return translate(job, buffer_text(&plain), err);
}

/* ---- the answer ---- */

static enum http_step answer_failed(struct job *job, const struct error *err)
{
	const char *sentence;
	int status = posting_status(job->request, err, &sentence);

	return answer_later(job->response, status, POSTING_AGAIN_S, sentence);
}

/* What the translator found. Senders do not read answers, so that the log has it too. */
static enum http_step answer_refused(struct job *job, const struct error *err)
{
	if (err->code == ERROR_BUSY) {
		return answer_later(job->response, 503, POSTING_AGAIN_S, NO_ROOM);
	}
	if (err->code == ERROR_DENIED) {
		answer_log("inbound-failed", job->request, err);
		return answer_error(job->response, 403, err->message);
	}
	if (err->code == ERROR_INVALID || err->code == ERROR_TOO_LARGE ||
		err->code == ERROR_UNSUPPORTED) {
		answer_log("inbound-failed", job->request, err);
	}
	return answer_failed(job, err);
}

static enum http_step answer_counts(struct job *job, const struct batch_result *result)
{
	AUTO(buffer_deinit) struct buffer body;
	struct document *document = job->own;
	uint64_t rejected = result->rejected + document->posting.set_aside;

	buffer_init(&body, ANSWER_MAX);
	buffer_printf(&body, "{\"accepted\":%llu,", (unsigned long long)result->accepted);
	posting_write_rejects(&body, &document->posting, rejected);
	buffer_append_byte(&body, '}');
	return answer_json(job->response, result->accepted == 0 && rejected > 0 ? 422 : 200, &body);
}

/* Whether all that was handed in is durable. */
static bool is_over(struct job *job, struct batch_result *ret_result)
{
	struct document *document = job->own;

	if (!document->translated) {
		struct error err;

		document->translated = true;
		if (take_body(job, &err) < 0) {
			document->failure = err;
		}
		let_go(document);
	}
	return !document->posting.batch || posting_over(job, ret_result);
}

enum http_step v1_in_finish(struct job *job)
{
	struct document *document = job->own;
	struct batch_result result = {0};

	if (document->no_room) {
		return answer_later(job->response, 503, POSTING_AGAIN_S, NO_ROOM);
	}
	if (document->body.failed) {
		return answer_error(job->response, 413, "the body is larger than 6 MiB");
	}
	if (!is_over(job, &result)) {
		return HTTP_AGAIN;
	}
	if (document->failure.code != ERROR_NONE) {
		return answer_refused(job, &document->failure);
	}
	if (result.failure.code != ERROR_NONE) {
		return answer_failed(job, &result.failure);
	}
	if (document->answer.again) {
		return answer_later(job->response, 503, 30, document->answer.again);
	}
	return answer_counts(job, &result);
}

void v1_in_release(struct job *job)
{
	struct document *document = job->own;

	if (!document) {
		return;
	}
	posting_release(job);
	let_go(document);
}
