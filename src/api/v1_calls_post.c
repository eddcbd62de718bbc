/* SPDX-License-Identifier: MIT
 * POST /v1/calls: calls in, answered when they are durable (API.md §2 "Taking calls in"). */
#include <pthread.h>
#include <stdlib.h>

#include "api/job.h"
#include "http/header.h"
#include "json/json_writer.h"

#define REJECTS_LISTED 1000 /* the others are counted in "rejected_more" */
#define REJECTS_MAX    ((size_t)2 << 20)
#define MEMBERS_MAX    (REJECTS_MAX + 4096)

/* A reject's place in the text of all of them: they come in any order and are listed by line. */
struct listed {
	uint64_t line;
	size_t at;
	size_t size;
};

struct posting {
	struct http_request *request;
	struct batch *batch;
	enum stream_shape shape;
	bool ended;
	pthread_mutex_t lock;  /* over what rejected() changes */
	struct buffer rejects; /* `{…}{…}…` */
	struct buffer order;   /* struct listed */
	uint64_t listed;
};

/* ---- what comes in ---- */

struct named {
	const char *name;
	int value;
};

static const struct named shapes[] = {
	{"application/json", STREAM_DOCUMENT},
	{"application/x-ndjson", STREAM_NDJSON},
	{"application/ndjson", STREAM_NDJSON},
	{"application/jsonl", STREAM_NDJSON},
	{NULL, 0},
};

static const struct named codings[] = {
	{"", STREAM_IDENTITY},
	{"identity", STREAM_IDENTITY},
	{"gzip", STREAM_GZIP},
	{"x-gzip", STREAM_GZIP},
	{"zstd", STREAM_ZSTD},
	{NULL, 0},
};

/* The row of @known that @name means; NULL: there is none. */
static const struct named *find_named(const struct named *known, struct text name)
{
	while (known->name && !text_equal_ascii_case(name, text_of(known->name))) {
		known++;
	}
	return known->name ? known : NULL;
}

static size_t note_reject(void *context, const struct batch_reject *reject)
{
	struct posting *posting = context;
	struct buffer *rejects = &posting->rejects;
	size_t held;

	pthread_mutex_lock(&posting->lock);
	if (posting->listed < REJECTS_LISTED && rejects->size < REJECTS_MAX / 2) {
		struct listed listed = {.line = reject->line, .at = rejects->size};

		buffer_printf(rejects,
			"{\"line\":%llu,\"session_id\":", (unsigned long long)reject->line);
		json_write_string(rejects, reject->session_id);
		buffer_append(rejects, TEXT(",\"error\":"));
		json_write_string(rejects, text_of(reject->error));
		buffer_append_byte(rejects, '}');
		listed.size = rejects->size - listed.at;
		buffer_append(&posting->order,
			(struct text){.data = (const char *)&listed, .size = sizeof(listed)});
		posting->listed++;
	}
	held = rejects->capacity + posting->order.capacity;
	pthread_mutex_unlock(&posting->lock);
	return held;
}

static void wake(void *context)
{
	struct posting *posting = context;

	http_request_wake(posting->request);
}

static int open_posting(
	struct job *job, enum stream_shape shape, enum stream_coding coding, struct error *err)
{
	struct posting *posting = arena_calloc(&job->memory, 1, sizeof(*posting));
	struct batch_options options = {
		.account_id = job->access.account_id,
		.detail_after = job->retention.detail_after,
		.header_after = job->retention.header_after,
		.shape = shape,
		.coding = coding,
		.rejected = note_reject,
		.wake = wake,
		.context = posting,
	};

	if (!posting) {
		return error_no_memory(err);
	}
	if (batch_create(&posting->batch, job->api->options.intake, &options, err) < 0) {
		return -1;
	}
	posting->request = job->request;
	posting->shape = shape;
	pthread_mutex_init(&posting->lock, NULL);
	buffer_init(&posting->rejects, REJECTS_MAX);
	buffer_init(&posting->order, REJECTS_LISTED * sizeof(struct listed));
	job->own = posting;
	/* The client may go, and what it sent so far is stored all the same. */
	job->note.waits = true;
	return 0;
}

enum http_step v1_calls_post_begin(struct job *job)
{
	struct text type = header_media_type(http_header(job->request, "Content-Type"));
	struct text name = text_trim(http_header(job->request, "Content-Encoding"));
	const struct named *shape = find_named(shapes, type);
	const struct named *coding = find_named(codings, name);
	struct error err;

	if (!shape) {
		http_response_header(job->response, "Accept-Post",
			TEXT("application/json, application/x-ndjson"));
		return answer_error(job->response, 415,
			"Content-Type must be application/json or application/x-ndjson");
	}
	if (!coding) {
		http_response_header(job->response, "Accept-Encoding", TEXT("gzip, zstd"));
		return answer_error(
			job->response, 415, "Content-Encoding must be gzip, zstd or identity");
	}
	if (open_posting(job, (enum stream_shape)shape->value, (enum stream_coding)coding->value,
		    &err) < 0) {
		return answer_error(job->response, 503, err.message);
	}
	return HTTP_WAIT;
}

size_t v1_calls_post_data(struct job *job, const char *data, size_t size)
{
	struct posting *posting = job->own;

	return batch_feed(posting->batch, data, size);
}

/* ---- what goes out ---- */

static int by_line(const void *a, const void *b)
{
	const struct listed *left = a;
	const struct listed *right = b;

	return (left->line > right->line) - (left->line < right->line);
}

static void write_rejects(struct buffer *out, struct posting *posting)
{
	struct listed *listed = (struct listed *)(void *)posting->order.data;
	size_t count = posting->order.size / sizeof(*listed);

	if (count > 0) {
		qsort(listed, count, sizeof(*listed), by_line);
	}
	for (size_t i = 0; i < count; i++) {
		buffer_append(out, i > 0 ? TEXT(",") : TEXT(""));
		buffer_append(
			out, text_head(text_tail(buffer_text(&posting->rejects), listed[i].at),
				     listed[i].size));
	}
}

/* `"accepted":…,"replaced":…,"rejected":[…],"old_detail":…,"old_calls":…` */
static void write_counts(
	struct buffer *out, struct posting *posting, const struct batch_result *result)
{
	buffer_printf(out, "\"accepted\":%llu,\"replaced\":%llu,\"rejected\":[",
		(unsigned long long)result->accepted, (unsigned long long)result->replaced);
	pthread_mutex_lock(&posting->lock);
	write_rejects(out, posting);
	buffer_append_byte(out, ']');
	if (result->rejected > posting->listed) {
		buffer_printf(out, ",\"rejected_more\":%llu",
			(unsigned long long)(result->rejected - posting->listed));
	}
	pthread_mutex_unlock(&posting->lock);
	buffer_printf(out, ",\"old_detail\":%llu,\"old_calls\":%llu",
		(unsigned long long)result->old_detail, (unsigned long long)result->old_calls);
}

static int status_of(enum error_code code)
{
	switch (code) {
	case ERROR_INVALID:
		return 400;
	case ERROR_TOO_LARGE:
		return 413;
	case ERROR_UNSUPPORTED:
		return 415;
	case ERROR_NO_SPACE:
		return 507;
	case ERROR_BUSY:
	case ERROR_NO_MEMORY:
		return 503;
	default:
		return 500;
	}
}

/* The sentence for the client: what failed below the API is for the log alone. */
static const char *sentence_of(
	const struct http_request *request, const struct error *failure, int status)
{
	if (status < 500) {
		return failure->message;
	}
	answer_log("intake-failed", request, failure);
	return status == 507   ? "no space left on the disk of the store"
	       : status == 503 ? "the store is busy: try again"
			       : "database error";
}

static enum http_step answer_counts(
	struct http_response *response, int status, const char *sentence, struct buffer *counts)
{
	AUTO(buffer_deinit) struct buffer members;

	buffer_init(&members, MEMBERS_MAX + 16);
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

enum http_step v1_calls_post_finish(struct job *job)
{
	AUTO(buffer_deinit) struct buffer counts;
	struct posting *posting = job->own;
	struct batch_result result;
	const char *sentence = NULL;
	int status = 200;

	buffer_init(&counts, MEMBERS_MAX);
	if (!posting->ended) {
		posting->ended = true;
		batch_end(posting->batch, false);
	}
	if (!batch_done(posting->batch)) {
		return HTTP_AGAIN;
	}
	result = batch_result(posting->batch);
	job->note.waits = false;
	audit_calls(job, (int64_t)result.accepted);
	if (result.failure.code != ERROR_NONE) {
		status = status_of(result.failure.code);
		sentence = sentence_of(job->request, &result.failure, status);
	} else if (result.accepted == 0 &&
		   (result.rejected > 0 || posting->shape == STREAM_NDJSON)) {
		status = 422;
		sentence = "nothing in it was a call";
	}
	write_counts(&counts, posting, &result);
	return answer_counts(job->response, status, sentence, &counts);
}

static void note_left(void *context, const struct batch_result *result)
{
	audit_note_later(context, (int64_t)result->accepted);
}

void v1_calls_post_release(struct job *job)
{
	struct posting *posting = job->own;

	if (!posting) {
		return;
	}
	if (job->note.later) {
		batch_leave(posting->batch, note_left, job->note.later);
	} else {
		batch_destroy(posting->batch);
	}
	buffer_deinit(&posting->rejects);
	buffer_deinit(&posting->order);
	pthread_mutex_destroy(&posting->lock);
}
