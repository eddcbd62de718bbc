/* SPDX-License-Identifier: MIT
 * Bodies that become a batch, and what became of them. */
#include "api/posting.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/header.h"
#include "json/json_writer.h"

#define TYPES_MAX ((size_t)1024)

/* A reject's place in the text of all of them: they come in any order and are listed by line. */
struct listed {
	uint64_t line;
	size_t at;
	size_t size;
};

/* ---- what comes in ---- */

static const struct {
	const char *name;
	enum stream_coding coding;
} codings[] = {
	{"", STREAM_IDENTITY},
	{"identity", STREAM_IDENTITY},
	{"gzip", STREAM_GZIP},
	{"x-gzip", STREAM_GZIP},
	{"zstd", STREAM_ZSTD},
};

bool posting_coding(struct job *job, enum stream_coding *ret_coding)
{
	struct text name = text_trim(http_header(job->request, "Content-Encoding"));

	for (size_t i = 0; i < COUNT_OF(codings); i++) {
		if (text_equal_ascii_case(name, text_of(codings[i].name))) {
			*ret_coding = codings[i].coding;
			return true;
		}
	}
	http_response_header(job->response, "Accept-Encoding", TEXT("gzip, zstd"));
	answer_error(job->response, 415, "Content-Encoding must be gzip, zstd or identity");
	return false;
}

/* Under the lock. */
static void note_first(struct posting *posting, const struct batch_reject *reject)
{
	if (!posting->first.error) {
		snprintf(posting->message, sizeof(posting->message), "%s", reject->error);
		posting->first = (struct batch_reject){
			.error = posting->message, .why = reject->why, .held = reject->held};
	}
}

/* Under the lock. */
static void list(struct posting *posting, const struct batch_reject *reject)
{
	struct buffer *rejects = &posting->rejects;
	struct listed listed = {.line = reject->line, .at = rejects->size};

	if (posting->listed == posting->listed_max || rejects->size >= POSTING_REJECTS_MAX / 2) {
		return;
	}
	buffer_printf(rejects, "{\"line\":%llu,\"session_id\":", (unsigned long long)reject->line);
	json_write_string(rejects, reject->session_id);
	buffer_append(rejects, TEXT(",\"error\":"));
	json_write_string(rejects, text_of(reject->error));
	if (reject->why == BATCH_WHY_GAP) {
		buffer_printf(rejects, ",\"steps\":%u", reject->held);
	}
	buffer_append_byte(rejects, '}');
	listed.size = rejects->size - listed.at;
	buffer_append(&posting->order,
		(struct text){.data = (const char *)&listed, .size = sizeof(listed)});
	posting->listed++;
}

static size_t note_reject(void *context, const struct batch_reject *reject)
{
	struct posting *posting = context;
	size_t held;

	pthread_mutex_lock(&posting->lock);
	posting->gaps += reject->why == BATCH_WHY_GAP;
	note_first(posting, reject);
	list(posting, reject);
	held = posting->rejects.capacity + posting->order.capacity;
	pthread_mutex_unlock(&posting->lock);
	return held;
}

void posting_reject(struct posting *posting, uint64_t line, struct text session_id,
	const char *error, uint64_t count)
{
	pthread_mutex_lock(&posting->lock);
	posting->set_aside += count;
	list(posting,
		&(struct batch_reject){.line = line, .session_id = session_id, .error = error});
	pthread_mutex_unlock(&posting->lock);
}

static void wake(void *context)
{
	struct posting *posting = context;

	http_request_wake(posting->request);
}

/* The type of @types, NULL-ended, that the body has; NULL: it is none of them. */
static const struct posting_type *find_type(
	struct http_request *request, const struct posting_type *types)
{
	struct text name = header_media_type(http_header(request, "Content-Type"));

	while (types->name && !text_equal_ascii_case(name, text_of(types->name))) {
		types++;
	}
	return types->name ? types : NULL;
}

static enum http_step refuse_type(struct job *job, const struct posting_type *types)
{
	AUTO(buffer_deinit) struct buffer sentence;
	AUTO(buffer_deinit) struct buffer accepted;

	buffer_init(&sentence, TYPES_MAX);
	buffer_init(&accepted, TYPES_MAX);
	buffer_append(&sentence, TEXT("Content-Type must be "));
	for (size_t i = 0; types[i].name; i++) {
		if (!types[i].told) {
			continue;
		}
		if (accepted.size > 0) {
			buffer_append(&accepted, TEXT(", "));
			buffer_append(&sentence, TEXT(" or "));
		}
		buffer_append(&accepted, text_of(types[i].name));
		buffer_append(&sentence, text_of(types[i].name));
	}
	buffer_append_byte(&sentence, '\0');
	http_response_header(job->response,
		job->request->method == HTTP_PATCH ? "Accept-Patch" : "Accept-Post",
		buffer_text(&accepted));
	return answer_error(job->response, 415, sentence.data);
}

void posting_init(struct posting *posting, struct job *job, uint64_t listed_max)
{
	posting->request = job->request;
	posting->listed_max = listed_max;
	pthread_mutex_init(&posting->lock, NULL);
	buffer_init(&posting->rejects, POSTING_REJECTS_MAX);
	buffer_init(&posting->order, listed_max * sizeof(struct listed));
}

int posting_open(struct job *job, struct posting *posting, const struct batch_options *options,
	struct error *err)
{
	struct batch_options all = *options;

	all.account_id = job->access.account_id;
	all.detail_after = job->retention.detail_after;
	all.header_after = job->retention.header_after;
	all.rejected = options->rejected ? options->rejected : note_reject;
	all.wake = wake;
	all.context = posting;
	if (batch_create(&posting->batch, job->api->options.intake, &all, err) < 0) {
		return -1;
	}
	job->note.waits = true;
	return 0;
}

static int open_posting(struct job *job, const struct posting_type *type, enum stream_coding coding,
	const struct posting_call *about, struct error *err)
{
	struct posting *posting = arena_calloc(&job->memory, 1, sizeof(*posting));
	const struct batch_options options = {
		.content = type->content,
		.shape = type->shape,
		.session_id = about ? about->session_id : (struct text){0},
		.from = about ? about->from : -1,
		.coding = coding,
	};

	if (!posting) {
		return error_no_memory(err);
	}
	posting_init(posting, job, POSTING_LISTED_MAX);
	posting->type = type;
	job->own = posting;
	return posting_open(job, posting, &options, err);
}

enum http_step posting_begin(
	struct job *job, const struct posting_type *types, const struct posting_call *about)
{
	const struct posting_type *type = find_type(job->request, types);
	enum stream_coding coding;
	struct error err;

	if (!type) {
		return refuse_type(job, types);
	}
	if (!posting_coding(job, &coding)) {
		return HTTP_DONE;
	}
	if (open_posting(job, type, coding, about, &err) < 0) {
		return answer_error(job->response, 503, err.message);
	}
	return HTTP_WAIT;
}

size_t posting_data(struct job *job, const char *data, size_t size)
{
	struct posting *posting = job->own;

	return batch_feed(posting->batch, data, size);
}

bool posting_over(struct job *job, struct batch_result *ret_result)
{
	struct posting *posting = job->own;

	if (!posting->ended) {
		posting->ended = true;
		batch_end(posting->batch, false);
	}
	if (!batch_done(posting->batch)) {
		return false;
	}
	*ret_result = batch_result(posting->batch);
	job->note.waits = false;
	audit_calls(job, (int64_t)ret_result->accepted);
	return true;
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

void posting_write_rejects(struct buffer *out, struct posting *posting, uint64_t rejected)
{
	buffer_append(out, TEXT("\"rejected\":["));
	pthread_mutex_lock(&posting->lock);
	write_rejects(out, posting);
	buffer_append_byte(out, ']');
	if (rejected > posting->listed) {
		buffer_printf(out, ",\"rejected_more\":%llu",
			(unsigned long long)(rejected - posting->listed));
	}
	pthread_mutex_unlock(&posting->lock);
}

void posting_write_counts(
	struct buffer *out, struct posting *posting, const struct batch_result *result)
{
	buffer_printf(out, "\"accepted\":%llu,\"replaced\":%llu,",
		(unsigned long long)result->accepted, (unsigned long long)result->replaced);
	posting_write_rejects(out, posting, result->rejected);
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
	answer_store_failed(request);
	answer_log("intake-failed", request, failure);
	return status == 507   ? "no space left on the disk of the store"
	       : status == 503 ? "the store is busy: try again"
			       : "database error";
}

int posting_status(
	const struct http_request *request, const struct error *err, const char **ret_sentence)
{
	int status = status_of(err->code);

	*ret_sentence = sentence_of(request, err, status);
	return status;
}

int posting_failed(struct job *job, const struct batch_result *result, const char **ret_sentence)
{
	return result->failure.code == ERROR_NONE
		       ? 0
		       : posting_status(job->request, &result->failure, ret_sentence);
}

/* ---- the end ---- */

static void note_left(void *context, const struct batch_result *result)
{
	audit_note_later(context, (int64_t)result->accepted);
}

void posting_release(struct job *job)
{
	struct posting *posting = job->own;

	if (!posting) {
		return;
	}
	if (posting->batch && job->note.later) {
		batch_leave(posting->batch, note_left, job->note.later);
	} else {
		batch_destroy(posting->batch);
	}
	buffer_deinit(&posting->rejects);
	buffer_deinit(&posting->order);
	pthread_mutex_destroy(&posting->lock);
}
