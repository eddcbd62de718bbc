/* SPDX-License-Identifier: MIT
 * GET /api/all_logs/{start}/{end}: the calls of a window with their steps (API.md §1). Glued (JSON
 * gzip: pointers to what is stored compressed), or pulled call by call (JSON, XML, XML gzip). */
#include "api/body.h"
#include "api/window.h"
#include "call/call_json.h"
#include "call/call_xml.h"
#include "call/glue.h"

#define FRONT_JSON TEXT("{\"calls\":[")
#define FRONT_XML  TEXT("<?xml version=\"1.0\"?><result>")
#define GZIP_FILL  ((size_t)65536) /* the compressor sees little of what it gets in small pieces */
#define XML_FILL   ((size_t)65536) /* of a call, in one go */
#define HEADER_MAX BODY_HEADER_MAX

/* What XML_FILL may grow to: by the text of an element, six times as large as XML, and its
 * doubling. */
#define XML_CHUNK_BYTES ((size_t)256 << 10)

#define PREFETCH_CALLS 16
#define AT_ONCE_MAX    ((int64_t)256 << 10)

struct logs {
	struct job *job;
	struct window window;
	struct body body; /* where it is pulled */
	struct call_xml *xml;
	bool xml_begun; /* a call is not yet written to its end */
	size_t next;	/* the call that comes next; behind the last one the end comes */
	bool front_done;
	bool end_done;
};

bool all_logs_prepare(struct job *job)
{
	struct logs *logs = job_own(job, sizeof(*logs));

	if (!logs) {
		return false;
	}
	logs->job = job;
	return window_prepare(job, &logs->window, true);
}

static bool is_xml(const struct logs *logs)
{
	return logs->job->format > 0;
}

/* ---- glued ---- */

/* A call's header, for one whose detail is not served, with what separates it from the next. */
static struct text compose_header(struct logs *logs, struct buffer *buffer,
	const struct store_call *call, struct text separator)
{
	buffer_clear(buffer);
	call_json_write_header(buffer, &call->call);
	buffer_append(buffer, separator);
	return buffer->failed ? (struct text){0}
			      : arena_copy(&logs->job->arena, buffer_text(buffer));
}

static void glue_call(
	struct glue *glue, struct logs *logs, struct buffer *buffer, size_t i, struct text end)
{
	const struct store_call *call = &logs->window.calls.calls[i];
	struct text separator = i + 1 < logs->window.calls.count ? TEXT(",") : end;
	struct text header;

	if (call->packed.deflate.data) {
		glue_packed(glue, &call->packed, separator);
		return;
	}
	header = compose_header(logs, buffer, call, separator);
	if (!header.data) {
		glue->failed = true;
		return;
	}
	glue_text(glue, header);
}

/* Gluing touches nothing of a call but its end, which for a large page has left the processor's
 * nearer caches. */
static void prefetch_end(const struct logs *logs, size_t i)
{
	if (i < logs->window.calls.count && logs->window.calls.calls[i].packed.deflate.size > 0) {
		struct text deflate = logs->window.calls.calls[i].packed.deflate;

		__builtin_prefetch(deflate.data + deflate.size - 1, 1);
	}
}

static int glue_page(struct glue *glue, struct logs *logs, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct text end = arena_printf(&logs->job->arena, "],\"total_calls\":%lld}",
		(long long)logs->window.calls.total_calls);

	buffer_init(&buffer, HEADER_MAX);
	if (!end.data) {
		return error_no_memory(err);
	}
	glue_init(glue, &logs->job->arena);
	glue_text(glue, FRONT_JSON);
	for (size_t i = 0; i < logs->window.calls.count; i++) {
		prefetch_end(logs, i + PREFETCH_CALLS);
		glue_call(glue, logs, &buffer, i, end);
	}
	if (logs->window.calls.count == 0) {
		glue_text(glue, end);
	}
	return glue_end(glue, err);
}

static int answer_glued(struct logs *logs, struct error *err)
{
	struct glue glue;

	if (glue_page(&glue, logs, err) < 0) {
		return -1;
	}
	logs->job->pieces = glue.pieces;
	logs->job->piece_count = glue.count;
	return 0;
}

/* ---- pulled ---- */

static void write_front(struct logs *logs)
{
	buffer_append(&logs->body.chunk, is_xml(logs) ? FRONT_XML : FRONT_JSON);
	if (is_xml(logs)) {
		buffer_append(&logs->body.chunk,
			logs->window.calls.count > 0 ? TEXT("<calls>") : TEXT("<calls/>"));
	}
	logs->front_done = true;
}

static void write_end(struct logs *logs)
{
	long long total = (long long)logs->window.calls.total_calls;

	if (is_xml(logs)) {
		buffer_append(&logs->body.chunk,
			logs->window.calls.count > 0 ? TEXT("</calls>") : TEXT(""));
		buffer_printf(&logs->body.chunk, "<total_calls>%lld</total_calls></result>", total);
	} else {
		buffer_printf(&logs->body.chunk, "],\"total_calls\":%lld}", total);
	}
	logs->end_done = true;
}

/* Writes the next call, or more of it: logs->next moves on at its end. */
static int write_xml_call(struct logs *logs, const struct store_call *call, struct error *err)
{
	if (!logs->xml_begun) {
		buffer_clear(&logs->body.json);
		if (body_append(&logs->body, call, &logs->body.json, err) < 0) {
			return -1;
		}
		buffer_append(&logs->body.chunk, TEXT("<item>"));
		call_xml_begin(logs->xml, buffer_text(&logs->body.json));
	}
	logs->xml_begun = call_xml_go_on(logs->xml, &logs->body.chunk, XML_FILL);
	if (!logs->xml_begun) {
		buffer_append(&logs->body.chunk, TEXT("</item>"));
		logs->next++;
	}
	return 0;
}

static int write_json_call(struct logs *logs, const struct store_call *call, struct error *err)
{
	buffer_append(&logs->body.chunk, logs->next > 0 ? TEXT(",") : TEXT(""));
	logs->next++;
	return body_append(&logs->body, call, &logs->body.chunk, err);
}

/* Whether another call is to be put into the chunk. */
static bool takes_call(const struct logs *logs)
{
	return logs->next < logs->window.calls.count &&
	       logs->body.chunk.size < (logs->body.gzip ? GZIP_FILL : 1);
}

static int compose(struct body *body, struct error *err)
{
	struct logs *logs = body->job->own;

	if (logs->end_done) {
		return 0;
	}
	if (!logs->front_done) {
		write_front(logs);
	}
	while (takes_call(logs)) {
		const struct store_call *call = &logs->window.calls.calls[logs->next];
		int done = is_xml(logs) ? write_xml_call(logs, call, err)
					: write_json_call(logs, call, err);

		if (done < 0) {
			return -1;
		}
	}
	if (logs->next == logs->window.calls.count) {
		write_end(logs);
	}
	return 1;
}

/* Inflates the next call to where it goes out from. */
static ssize_t write_unpacked(struct body *body, char *to, size_t max, struct error *err)
{
	struct logs *logs = body->job->own;
	const struct store_call *call;
	size_t comma = 1;

	if (is_xml(logs) || logs->next == 0 || logs->next == logs->window.calls.count) {
		return 0;
	}
	call = &logs->window.calls.calls[logs->next];
	if (!call->packed.deflate.data || max < comma + call->packed.size) {
		return 0;
	}
	*to = ',';
	if (unpacker_unpack(body->unpacker, &call->packed, to + comma, err) < 0) {
		return error_prefix(err, "the call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	logs->next++;
	return (ssize_t)(comma + call->packed.size);
}

/* The size of the whole body as JSON: known before any call is inflated. -1: no memory to find out.
 */
static int64_t json_size(struct logs *logs)
{
	int64_t size = (int64_t)FRONT_JSON.size;
	bool failed;

	write_end(logs);
	size += (int64_t)logs->body.chunk.size;
	failed = logs->body.chunk.failed;
	logs->end_done = false;
	for (size_t i = 0; i < logs->window.calls.count; i++) {
		const struct store_call *call = &logs->window.calls.calls[i];

		size += i > 0 ? 1 : 0;
		buffer_clear(&logs->body.json);
		if (!call->packed.deflate.data) {
			call_json_write_header(&logs->body.json, &call->call);
			failed |= logs->body.json.failed;
		}
		size += call->packed.deflate.data ? (int64_t)call->packed.size
						  : (int64_t)logs->body.json.size;
	}
	buffer_clear(&logs->body.chunk);
	return failed ? -1 : size;
}

/* Few bytes are made at once: they go out with the header, and what is wrong with a call shows
 * before it does. */
static int answer_at_once(struct logs *logs, size_t size, struct error *err)
{
	struct job *job = logs->job;
	char *text = arena_alloc(&job->arena, size);

	if (!text) {
		return error_no_memory(err);
	}
	if (body_read(&logs->body, text, size, err) < 0) {
		return -1;
	}
	body_deinit(&logs->body);
	job->text = (struct text){.data = text, .size = size};
	return 0;
}

/* What the body comes to hold while it is sent. */
static size_t bytes_of(struct logs *logs)
{
	struct body *body = &logs->body;
	size_t size;
	size_t bytes = body_bytes(body, logs->window.calls.calls, logs->window.calls.count, &size);

	/* A buffer doubles up to its ceiling. */
	if (is_xml(logs)) {
		body->json.ceiling_bytes = size + HEADER_MAX;
		return bytes + body->json.ceiling_bytes + XML_CHUNK_BYTES;
	}
	body->chunk.ceiling_bytes = size + GZIP_FILL + HEADER_MAX;
	return bytes + body->chunk.ceiling_bytes + HEADER_MAX;
}

static int answer_pulled(struct logs *logs, struct error *err)
{
	struct job *job = logs->job;
	int64_t size = -1;

	if (body_init(&logs->body, job, compose, true, err) < 0) {
		return -1;
	}
	logs->body.write = write_unpacked;
	logs->xml = is_xml(logs) ? call_xml_create() : NULL;
	if (is_xml(logs) && !logs->xml) {
		return error_no_memory(err);
	}
	if (!job->gzip && !is_xml(logs)) {
		size = json_size(logs);
	}
	if (size >= 0 && size <= AT_ONCE_MAX) {
		return answer_at_once(logs, (size_t)size, err);
	}
	body_answer(&logs->body, size);
	return job_afford(job, bytes_of(logs), err);
}

/* A page that only has headers is better compressed anew than glued from stored blocks. */
static bool is_worth_gluing(const struct window *window)
{
	for (size_t i = 0; i < window->calls.count; i++) {
		if (window->calls.calls[i].packed.deflate.data) {
			return true;
		}
	}
	return window->calls.count == 0;
}

/* Leaves nothing of what was asked before, with less memory. */
static void begin_afresh(struct logs *logs)
{
	all_logs_release(logs->job);
	logs->next = 0;
	logs->xml_begun = logs->front_done = logs->end_done = false;
}

int all_logs_ask(struct job *job, struct error *err)
{
	struct logs *logs = job->own;

	begin_afresh(logs);
	if (window_read(job, &logs->window, err) < 0) {
		return -1;
	}
	if (logs->window.calls.total_calls == 0) {
		return job_missing(job, err, "call log not found");
	}
	return !is_xml(logs) && job->gzip && is_worth_gluing(&logs->window)
		       ? answer_glued(logs, err)
		       : answer_pulled(logs, err);
}

void all_logs_release(struct job *job)
{
	struct logs *logs = job->own;

	if (logs) {
		body_deinit(&logs->body);
		call_xml_destroy(logs->xml);
		logs->xml = NULL;
	}
}
