/* SPDX-License-Identifier: MIT
 * POST /v1/traces: spans of OpenTelemetry, by OTLP/HTTP (OTLP specification 1.x), answered when
 * what they say is durable. A body is held whole, within the memory that answers share, and read on
 * a thread of the errands: reading waits for the intake. */
#include <stdlib.h>

#include "api/posting.h"
#include "api/unfold.h"
#include "base/array.h"
#include "http/header.h"
#include "intake/intake.h"
#include "intake/sources/otlp/otlp_answer.h"
#include "intake/sources/otlp/otlp_trace.h"

#define UNFOLDED_MAX ((size_t)8 << 20) /* bytes of a body */
#define ANSWER_MAX   ((size_t)8192)
#define NO_ROOM	     "too much is being taken in: try again"

struct traces {
	struct posting posting;
	struct job *job;
	bool json;
	enum stream_coding coding;
	struct buffer body; /* as it came */
	bool no_room;
	bool read; /* the body was made lines of */
	struct error failure;
	/* of each line its spans; line 1 is the first */
	uint64_t *lines;
	size_t line_count;
	size_t line_room;
	/* The posting's lock is over lines and this, too. */
	struct otlp_request refused;   /* what the intake did not take */
	struct otlp_request set_aside; /* what was not made lines of: no thread but the errand's */
};

/* ---- answers ---- */

static enum http_step answer_body(struct http_response *response, int status,
	const struct traces *traces, struct buffer *body)
{
	response->text = arena_copy(&response->request->arena, buffer_text(body));
	if (body->failed || !response->text.data) {
		return answer_error(response, 503, "out of memory");
	}
	response->status = status;
	http_response_header(response, "Content-Type",
		traces->json ? TEXT("application/json") : TEXT("application/x-protobuf"));
	http_response_header(response, "Cache-Control", TEXT("no-store"));
	return HTTP_DONE;
}

/* A client that speaks protobuf is told in protobuf what is wrong. */
static enum http_step answer_wrong(struct http_response *response, const struct traces *traces,
	int status, const char *sentence)
{
	AUTO(buffer_deinit) struct buffer body;
	char after[16];

	buffer_init(&body, ANSWER_MAX);
	if (traces->json) {
		return status == 503 ? answer_later(response, 503, POSTING_AGAIN_S, sentence)
				     : answer_error(response, status, sentence);
	}
	if (status == 503) {
		snprintf(after, sizeof(after), "%d", POSTING_AGAIN_S);
		http_response_header(response, "Retry-After", text_of(after));
	}
	otlp_write_failure(&body, sentence);
	return answer_body(response, status, traces, &body);
}

/* Clients of OTLP come again after a 503 alone, and a full disk may have room later. */
static enum http_step answer_failed(struct job *job, const struct error *err)
{
	const char *sentence;
	int status = posting_status(job->request, err, &sentence);

	return answer_wrong(job->response, job->own, status == 507 ? 503 : status, sentence);
}

static enum http_step answer_taken(struct job *job)
{
	AUTO(buffer_deinit) struct buffer body;
	struct traces *traces = job->own;
	char reasons[2 * sizeof(traces->refused.reasons) + 2];

	buffer_init(&body, ANSWER_MAX);
	pthread_mutex_lock(&traces->posting.lock);
	snprintf(reasons, sizeof(reasons), "%s%s%s", traces->set_aside.reasons,
		traces->set_aside.reasons[0] && traces->refused.reasons[0] ? "; " : "",
		traces->refused.reasons);
	otlp_write_answer(&body, traces->json,
		traces->set_aside.rejected + traces->refused.rejected, reasons);
	pthread_mutex_unlock(&traces->posting.lock);
	return answer_body(job->response, 200, traces, &body);
}

/* ---- what comes in ---- */

static const struct {
	const char *name;
	bool json;
} types[] = {
	{"application/x-protobuf", false},
	{"application/protobuf", false},
	{"application/json", true},
};

static bool read_type(struct http_request *request, bool *ret_json)
{
	struct text type = header_media_type(http_header(request, "Content-Type"));

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (text_equal_ascii_case(type, text_of(types[i].name))) {
			*ret_json = types[i].json;
			return true;
		}
	}
	return false;
}

enum http_step v1_traces_begin(struct job *job)
{
	enum stream_coding coding;
	struct traces *traces;
	bool json;

	if (!read_type(job->request, &json)) {
		http_response_header(job->response, "Accept-Post",
			TEXT("application/x-protobuf, application/json"));
		return answer_error(job->response, 415,
			"Content-Type must be application/x-protobuf or application/json");
	}
	if (!posting_coding(job, &coding)) {
		return HTTP_DONE;
	}
	traces = job_own(job, sizeof(*traces));
	if (!traces) {
		return HTTP_DONE;
	}
	posting_init(&traces->posting, job, 0);
	traces->job = job;
	traces->json = json;
	traces->coding = coding;
	buffer_init(&traces->body, API_TRACES_BODY_MAX);
	return HTTP_WAIT;
}

/* Takes all: a body that there is no room for is dropped, and answered so. A buffer that grows has
 * room for twice of what is in it. */
size_t v1_traces_data(struct job *job, const char *data, size_t size)
{
	struct traces *traces = job->own;

	if (traces->no_room || !memory_try(&job->api->memory, &job->claim, job->request,
				       2 * (traces->body.size + size))) {
		traces->no_room = true;
		buffer_deinit(&traces->body);
		memory_release(&job->api->memory, &job->claim);
		return size;
	}
	buffer_append(&traces->body, (struct text){.data = data, .size = size});
	return size;
}

/* ---- on an errand's thread: to lines ---- */

static size_t note_reject(void *context, const struct batch_reject *reject)
{
	struct traces *traces = context;
	char reason[160];
	uint64_t spans = 1;

	pthread_mutex_lock(&traces->posting.lock);
	if (reject->line > 0 && reject->line <= traces->line_count) {
		spans = traces->lines[reject->line - 1];
	}
	snprintf(reason, sizeof(reason), "%s", reject->error);
	otlp_reject(&traces->refused, spans, reason);
	pthread_mutex_unlock(&traces->posting.lock);
	return 0; /* it is counted with the request */
}

static int note_line(struct traces *traces, uint64_t spans, struct error *err)
{
	int result = 0;

	pthread_mutex_lock(&traces->posting.lock);
	if (ARRAY_RESERVE(traces->lines, traces->line_room, traces->line_count + 1)) {
		traces->lines[traces->line_count++] = spans;
	} else {
		result = error_no_memory(err);
	}
	pthread_mutex_unlock(&traces->posting.lock);
	return result;
}

static int take_line(void *context, struct text line, uint64_t spans, struct error *err)
{
	struct traces *traces = context;

	if (note_line(traces, spans, err) < 0) {
		return -1;
	}
	batch_add_events(traces->posting.batch, line, traces->line_count);
	return 0;
}

static int is_call(void *context, struct text trace_id, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct traces *traces = context;
	struct store_call call;

	arena_init(&arena, SIZE_MAX);
	return store_find(traces->job->api->options.store, traces->job->access.account_id, trace_id,
		&arena, &call, err);
}

static bool has_room(void *context, size_t bytes)
{
	const struct traces *traces = context;
	struct job *job = traces->job;

	return memory_try(
		&job->api->memory, &job->claim, job->request, 2 * traces->body.size + bytes);
}

static int open_batch(struct job *job, struct traces *traces, struct error *err)
{
	const struct batch_options options = {
		.content = BATCH_EVENTS, .shape = STREAM_NDJSON, .rejected = note_reject};

	return posting_open(job, &traces->posting, &options, err);
}

static int make_lines(struct job *job, struct text body, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct traces *traces = job->own;
	const struct otlp_sink sink = {
		.line = take_line,
		.is_call = is_call,
		.context = traces,
		.all_spans = job->api->options.all_spans,
	};
	size_t most = job->api->memory.max_bytes / 4;
	size_t wanted = OTLP_MEMORY_MIN + OTLP_MEMORY_TIMES * body.size;
	int result;

	wanted = wanted < most ? wanted : most;
	if (!memory_try(&job->api->memory, &job->claim, job->request,
		    wanted + 2 * (traces->body.size + body.size))) {
		return error_set(err, ERROR_BUSY, NO_ROOM);
	}
	arena_init(&arena, wanted);
	otlp_request_init(&traces->set_aside, &arena);
	result = traces->json ? otlp_read_json(&traces->set_aside, body, 1, err)
			      : otlp_read_protobuf(&traces->set_aside, body, err);
	if (result == 0 && (result = open_batch(job, traces, err)) == 0) {
		result = otlp_write_lines(&traces->set_aside, &sink, err);
	}
	if (result < 0 && err->code == ERROR_NO_MEMORY) {
		error_set(err, ERROR_TOO_LARGE,
			"the spans need more memory than %zu bytes: send fewer at once", wanted);
	}
	return result;
}

static int take_body(struct job *job, struct error *err)
{
	AUTO(buffer_deinit) struct buffer plain;
	struct traces *traces = job->own;

	buffer_init(&plain, UNFOLDED_MAX);
	if (traces->coding == STREAM_IDENTITY) {
		return make_lines(job, buffer_text(&traces->body), err);
	}
	if (unfold(traces->coding, buffer_text(&traces->body), &plain, has_room, traces, err) < 0) {
		return -1;
	}
	return make_lines(job, buffer_text(&plain), err);
}

/* ---- the end ---- */

/* Whether all that was handed in is durable. */
static bool is_over(struct job *job, struct batch_result *ret_result)
{
	struct traces *traces = job->own;

	if (!traces->read) {
		struct error err;

		traces->read = true;
		if (take_body(job, &err) < 0) {
			traces->failure = err;
		}
		buffer_deinit(&traces->body);
		memory_release(&job->api->memory, &job->claim);
	}
	return !traces->posting.batch || posting_over(job, ret_result);
}

enum http_step v1_traces_finish(struct job *job)
{
	struct traces *traces = job->own;
	struct batch_result result = {0};

	if (traces->no_room) {
		return answer_wrong(job->response, traces, 503, NO_ROOM);
	}
	if (traces->body.failed) {
		return answer_wrong(job->response, traces, 413, "the body is larger than 4 MiB");
	}
	if (!is_over(job, &result)) {
		return HTTP_AGAIN;
	}
	if (traces->failure.code != ERROR_NONE) {
		return answer_failed(job, &traces->failure);
	}
	return result.failure.code != ERROR_NONE ? answer_failed(job, &result.failure)
						 : answer_taken(job);
}

void v1_traces_release(struct job *job)
{
	struct traces *traces = job->own;

	if (!traces) {
		return;
	}
	posting_release(job);
	buffer_deinit(&traces->body);
	free(traces->lines);
}
