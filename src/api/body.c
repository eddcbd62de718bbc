/* SPDX-License-Identifier: MIT
 * A pulled body: chunks into the connection's buffer. */
#include "api/body.h"

#include "api/gzip_stream.h"
#include "api/job.h"
#include "call/call_json.h"

/* What it holds whatever the calls are: an inflater, and what the HTTP library copies into. */
#define FIXED_BYTES ((size_t)192 << 10)

int body_init(
	struct body *body, struct job *job, body_composer *compose, bool unpacks, struct error *err)
{
	buffer_init(&body->json, BODY_CHUNK_MAX);
	buffer_init(&body->chunk, BODY_CHUNK_MAX);
	body->job = job;
	body->compose = compose;
	body->unpacker = unpacks ? unpacker_create() : NULL;
	body->gzip = job->gzip ? gzip_stream_create() : NULL;
	if ((unpacks && !body->unpacker) || (job->gzip && !body->gzip)) {
		body_deinit(body);
		return error_no_memory(err);
	}
	return 0;
}

void body_deinit(struct body *body)
{
	unpacker_destroy(body->unpacker);
	gzip_stream_destroy(body->gzip);
	buffer_deinit(&body->json);
	buffer_deinit(&body->chunk);
	*body = (struct body){0};
}

size_t body_bytes(
	const struct body *body, const struct store_call *calls, size_t count, size_t *ret_size)
{
	size_t packed = 0, size = 0;

	for (size_t i = 0; i < count; i++) {
		const struct packed *call = &calls[i].packed;

		packed = call->deflate.size > packed ? call->deflate.size : packed;
		size = call->deflate.data && call->size > size ? call->size : size;
	}
	*ret_size = size;
	return FIXED_BYTES + 2 * packed + (body->gzip ? GZIP_STREAM_BYTES : 0);
}

int body_append(
	struct body *body, const struct store_call *call, struct buffer *buffer, struct error *err)
{
	if (!call->packed.deflate.data) {
		call_json_write_header(buffer, &call->call);
		return buffer->failed ? error_no_memory(err) : 0;
	}
	if (unpacker_append(body->unpacker, &call->packed, buffer, err) < 0) {
		return error_prefix(err, "the call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	return 0;
}

/* Makes sure that the chunk has bytes to give. 1, or what compose() said. */
static int have_chunk(struct body *body, struct error *err)
{
	int more = 1;

	while (more > 0 && body->chunk_at == body->chunk.size) {
		buffer_clear(&body->chunk);
		body->chunk_at = 0;
		more = body->compose(body, err);
		if (body->chunk.failed) {
			return error_no_memory(err);
		}
	}
	return more;
}

ssize_t body_read(struct body *body, char *to, size_t max, struct error *err)
{
	size_t got = 0;
	ssize_t more = 1;

	while (got < max && more > 0) {
		size_t size = body->chunk.size - body->chunk_at;

		if (size > 0) {
			size = size < max - got ? size : max - got;
			memcpy(to + got, body->chunk.data + body->chunk_at, size);
			body->chunk_at += size;
			got += size;
			continue;
		}
		more = body->write ? body->write(body, to + got, max - got, err) : 0;
		got += more > 0 ? (size_t)more : 0;
		more = more == 0 ? have_chunk(body, err) : more;
	}
	return more == -1 || got == 0 ? more : (ssize_t)got;
}

static ssize_t broken_off(const struct body *body, const struct error *err)
{
	answer_log("answer-broken-off", body->job->request, err);
	return -1;
}

static ssize_t read_plain(void *context, char *to, size_t max)
{
	struct body *body = context;
	struct error err;
	ssize_t got = body_read(body, to, max, &err);

	return got == -1 ? broken_off(body, &err) : got;
}

static ssize_t read_gzip(void *context, char *to, size_t max)
{
	struct body *body = context;
	struct error err;
	size_t got = 0;

	while (got == 0 && !gzip_stream_done(body->gzip)) {
		int more = have_chunk(body, &err);
		struct text input = TEXT("");

		if (more < 0) {
			return more == -1 ? broken_off(body, &err) : more;
		}
		if (body->chunk.data) {
			input = text_tail(buffer_text(&body->chunk), body->chunk_at);
		}
		got = gzip_stream_run(body->gzip, &input, more == 0, to, max);
		body->chunk_at = body->chunk.size - input.size;
	}
	return (ssize_t)got;
}

void body_answer(struct body *body, int64_t size)
{
	body->job->pulled = (struct http_body){
		.size = size,
		.read = body->gzip ? read_gzip : read_plain,
		.context = body,
	};
}
