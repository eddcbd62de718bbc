/* SPDX-License-Identifier: MIT
 * Bodies of a page: a list of pieces when glued; otherwise one call after the other into a small
 * buffer that is copied out as the connection takes it. */
#include "api/page_body.h"

#include <stdlib.h>

#include "api/gzip_stream.h"
#include "base/log.h"
#include "call/call_json.h"
#include "call/call_xml.h"
#include "call/glue.h"

#define FRONT_JSON TEXT("{\"calls\":[")
#define FRONT_XML  TEXT("<?xml version=\"1.0\"?><result>")
#define GZIP_FILL  ((size_t)65536) /* the compressor sees little of what it gets in small pieces */
#define XML_FILL   ((size_t)65536) /* of a call, in one go */
#define CHUNK_MAX  ((size_t)64 << 20)
#define HEADER_MAX ((size_t)16384) /* of a call without detail, and of the front and the end */

/* What a pulled body holds whatever the calls are: an inflater, and what the HTTP library copies
 * into. */
#define BODY_BYTES ((size_t)192 << 10)
/* What XML_FILL may grow to: by the text of an element, six times as large as XML, and its
 * doubling. */
#define XML_CHUNK_BYTES ((size_t)256 << 10)

#define PREFETCH_CALLS 16
#define AT_ONCE_MAX    ((int64_t)256 << 10)

struct page_body {
	struct page *page;
	struct http_request *request; /* its id, for the log */
	struct unpacker *unpacker;
	struct buffer json;  /* one call */
	struct buffer chunk; /* what is next to go out */
	size_t chunk_at;
	struct call_xml *xml;
	bool xml_begun; /* a call is not yet written to its end */
	size_t next;	/* the call that comes next; behind the last one the end comes */
	bool front_done;
	bool end_done;
	enum answer_format format;
	struct gzip_stream *gzip; /* NULL: identity */
};

/* ---- glued ---- */

/* A call's header, for one whose detail is not served, with what separates it from the next. */
static struct text compose_header(struct page *page, struct buffer *buffer,
	const struct store_call *call, struct text separator)
{
	buffer_clear(buffer);
	call_json_write_header(buffer, &call->call);
	buffer_append(buffer, separator);
	return buffer->failed ? (struct text){0} : arena_copy(&page->arena, buffer_text(buffer));
}

static void glue_call(
	struct glue *glue, struct page *page, struct buffer *buffer, size_t i, struct text end)
{
	const struct store_call *call = &page->calls.calls[i];
	struct text separator = i + 1 < page->calls.count ? TEXT(",") : end;
	struct text header;

	if (call->packed.deflate.data) {
		glue_packed(glue, &call->packed, separator);
		return;
	}
	header = compose_header(page, buffer, call, separator);
	if (!header.data) {
		glue->failed = true;
		return;
	}
	glue_text(glue, header);
}

/* Gluing touches nothing of a call but its end, which for a large page has left the processor's
 * nearer caches. */
static void prefetch_end(const struct page *page, size_t i)
{
	if (i < page->calls.count && page->calls.calls[i].packed.deflate.size > 0) {
		struct text deflate = page->calls.calls[i].packed.deflate;

		__builtin_prefetch(deflate.data + deflate.size - 1, 1);
	}
}

static int glue_page(struct glue *glue, struct page *page, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;
	struct text end = arena_printf(
		&page->arena, "],\"total_calls\":%lld}", (long long)page->calls.total_calls);

	buffer_init(&buffer, CHUNK_MAX);
	if (!end.data) {
		return error_no_memory(err);
	}
	glue_init(glue, &page->arena);
	glue_text(glue, FRONT_JSON);
	for (size_t i = 0; i < page->calls.count; i++) {
		prefetch_end(page, i + PREFETCH_CALLS);
		glue_call(glue, page, &buffer, i, end);
	}
	if (page->calls.count == 0) {
		glue_text(glue, end);
	}
	return glue_end(glue, err);
}

static int answer_glued(struct page *page, struct http_response *response, struct error *err)
{
	struct glue glue;

	if (glue_page(&glue, page, err) < 0) {
		return -1;
	}
	response->pieces = glue.pieces;
	response->piece_count = glue.count;
	response->status = 200;
	answer_headers(response, true);
	return 0;
}

/* ---- pulled ---- */

/* The JSON of a call, appended to @buffer. Negative: it cannot be had. */
static int append_call(struct page_body *body, const struct store_call *call, struct buffer *buffer,
	struct error *err)
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

static void write_front(struct page_body *body)
{
	buffer_append(&body->chunk, body->format == ANSWER_XML ? FRONT_XML : FRONT_JSON);
	if (body->format == ANSWER_XML) {
		buffer_append(&body->chunk,
			body->page->calls.count > 0 ? TEXT("<calls>") : TEXT("<calls/>"));
	}
	body->front_done = true;
}

static void write_end(struct page_body *body)
{
	long long total = (long long)body->page->calls.total_calls;

	if (body->format == ANSWER_XML) {
		buffer_append(
			&body->chunk, body->page->calls.count > 0 ? TEXT("</calls>") : TEXT(""));
		buffer_printf(&body->chunk, "<total_calls>%lld</total_calls></result>", total);
	} else {
		buffer_printf(&body->chunk, "],\"total_calls\":%lld}", total);
	}
	body->end_done = true;
}

/* Writes the next call, or more of it: body->next moves on at its end. */
static int write_xml_call(struct page_body *body, const struct store_call *call, struct error *err)
{
	if (!body->xml_begun) {
		buffer_clear(&body->json);
		if (append_call(body, call, &body->json, err) < 0) {
			return -1;
		}
		buffer_append(&body->chunk, TEXT("<item>"));
		call_xml_begin(body->xml, buffer_text(&body->json));
	}
	body->xml_begun = call_xml_go_on(body->xml, &body->chunk, XML_FILL);
	if (!body->xml_begun) {
		buffer_append(&body->chunk, TEXT("</item>"));
		body->next++;
	}
	return 0;
}

static int write_json_call(struct page_body *body, const struct store_call *call, struct error *err)
{
	buffer_append(&body->chunk, body->next > 0 ? TEXT(",") : TEXT(""));
	body->next++;
	return append_call(body, call, &body->chunk, err);
}

static int write_call(struct page_body *body, struct error *err)
{
	const struct store_call *call = &body->page->calls.calls[body->next];

	return body->format == ANSWER_XML ? write_xml_call(body, call, err)
					  : write_json_call(body, call, err);
}

/* Whether another call is to be put into the chunk. */
static bool takes_call(const struct page_body *body)
{
	return body->next < body->page->calls.count &&
	       body->chunk.size < (body->gzip ? GZIP_FILL : 1);
}

/* Puts what comes next into the empty chunk. Returns 1, 0 at the end, negative on failure. */
static int next_chunk(struct page_body *body, struct error *err)
{
	buffer_clear(&body->chunk);
	body->chunk_at = 0;
	if (body->end_done) {
		return 0;
	}
	if (!body->front_done) {
		write_front(body);
	}
	while (takes_call(body)) {
		if (write_call(body, err) < 0) {
			return -1;
		}
	}
	if (body->next == body->page->calls.count) {
		write_end(body);
	}
	return body->chunk.failed ? error_no_memory(err) : 1;
}

static ssize_t broken_off(const struct page_body *body, const struct error *err)
{
	answer_log("answer-broken-off", body->request, err);
	return -1;
}

/* Makes sure that the chunk has bytes to give. Returns 1, 0 at the end, negative on failure. */
static int have_chunk(struct page_body *body, struct error *err)
{
	int more = 1;

	while (more > 0 && body->chunk_at == body->chunk.size) {
		more = next_chunk(body, err);
	}
	return more;
}

/* Inflates the next call to where it goes out from, which spares a copy. Returns the bytes written;
 * 0 when that call does not come next, is not packed or does not fit; negative on failure. */
static ssize_t unpack_direct(struct page_body *body, char *to, size_t max, struct error *err)
{
	const struct store_call *call;
	size_t comma = 1;

	if (body->format != ANSWER_JSON || body->chunk_at < body->chunk.size || body->next == 0 ||
		body->next == body->page->calls.count) {
		return 0;
	}
	call = &body->page->calls.calls[body->next];
	if (!call->packed.deflate.data || max < comma + call->packed.size) {
		return 0;
	}
	*to = ',';
	if (unpacker_unpack(body->unpacker, &call->packed, to + comma, err) < 0) {
		return error_prefix(err, "the call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	body->next++;
	return (ssize_t)(comma + call->packed.size);
}

/* Takes bytes out of the chunk. Returns how many; 0 at the end, negative on failure. */
static ssize_t take_chunk(struct page_body *body, char *to, size_t max, struct error *err)
{
	int more = have_chunk(body, err);
	size_t size = body->chunk.size - body->chunk_at;

	if (more <= 0) {
		return more;
	}
	size = size < max ? size : max;
	memcpy(to, body->chunk.data + body->chunk_at, size);
	body->chunk_at += size;
	return (ssize_t)size;
}

/* Fills @to as far as the body goes. Returns the bytes written, negative on failure. */
static ssize_t fill_identity(struct page_body *body, char *to, size_t max, struct error *err)
{
	size_t got = 0;
	ssize_t more = 1;

	while (got < max && more > 0) {
		more = unpack_direct(body, to + got, max - got, err);
		if (more == 0) {
			more = take_chunk(body, to + got, max - got, err);
		}
		got += more > 0 ? (size_t)more : 0;
	}
	return more < 0 ? -1 : (ssize_t)got;
}

static ssize_t read_identity(void *context, char *to, size_t max)
{
	struct page_body *body = context;
	struct error err;
	ssize_t got = fill_identity(body, to, max, &err);

	return got < 0 ? broken_off(body, &err) : got;
}

static ssize_t read_gzip(void *context, char *to, size_t max)
{
	struct page_body *body = context;
	struct error err;
	size_t got = 0;

	while (got == 0 && !gzip_stream_done(body->gzip)) {
		int more = have_chunk(body, &err);
		struct text input;

		if (more < 0) {
			return broken_off(body, &err);
		}
		input = text_tail(buffer_text(&body->chunk), body->chunk_at);
		got = gzip_stream_run(body->gzip, &input, more == 0, to, max);
		body->chunk_at = body->chunk.size - input.size;
	}
	return (ssize_t)got;
}

/* The size of the whole body as JSON: known before any call is inflated. -1: no memory to find out.
 */
static int64_t json_size(struct page_body *body)
{
	int64_t size = (int64_t)FRONT_JSON.size;
	bool failed;

	write_end(body);
	size += (int64_t)body->chunk.size;
	failed = body->chunk.failed;
	body->end_done = false;
	for (size_t i = 0; i < body->page->calls.count; i++) {
		const struct store_call *call = &body->page->calls.calls[i];

		size += i > 0 ? 1 : 0;
		buffer_clear(&body->json);
		if (!call->packed.deflate.data) {
			call_json_write_header(&body->json, &call->call);
			failed |= body->json.failed;
		}
		size += call->packed.deflate.data ? (int64_t)call->packed.size
						  : (int64_t)body->json.size;
	}
	buffer_clear(&body->chunk);
	return failed ? -1 : size;
}

static struct page_body *body_create(
	struct page *page, struct http_request *request, enum answer_format format, bool gzip)
{
	struct page_body *body = calloc(1, sizeof(*body));

	if (!body) {
		return NULL;
	}
	buffer_init(&body->json, CHUNK_MAX);
	buffer_init(&body->chunk, CHUNK_MAX);
	body->page = page;
	body->request = request;
	body->format = format;
	body->unpacker = unpacker_create();
	body->xml = format == ANSWER_XML ? call_xml_create() : NULL;
	body->gzip = gzip ? gzip_stream_create() : NULL;
	if (!body->unpacker || (format == ANSWER_XML && !body->xml) || (gzip && !body->gzip)) {
		page_body_destroy(body);
		return NULL;
	}
	return body;
}

void page_body_destroy(struct page_body *body)
{
	if (!body) {
		return;
	}
	unpacker_destroy(body->unpacker);
	call_xml_destroy(body->xml);
	gzip_stream_destroy(body->gzip);
	buffer_deinit(&body->json);
	buffer_deinit(&body->chunk);
	free(body);
}

/* Few bytes are made at once: they go out with the header, and what is wrong with a call shows
 * before it does. */
static int answer_at_once(
	struct page *page, struct http_response *response, size_t size, struct error *err)
{
	char *text = arena_alloc(&page->arena, size);

	if (!text) {
		return error_no_memory(err);
	}
	if (fill_identity(page->body, text, size, err) < 0) {
		return -1;
	}
	page_body_destroy(page->body);
	page->body = NULL;
	response->text = (struct text){.data = text, .size = size};
	response->status = 200;
	answer_headers(response, false);
	return 0;
}

/* What @body comes to hold while it is sent: its buffers hold one call. */
static size_t bytes_of(struct page_body *body)
{
	size_t packed = 0, size = 0;

	for (size_t i = 0; i < body->page->calls.count; i++) {
		const struct packed *call = &body->page->calls.calls[i].packed;

		packed = call->deflate.size > packed ? call->deflate.size : packed;
		size = call->deflate.data && call->size > size ? call->size : size;
	}
	/* A buffer doubles up to its ceiling. */
	if (body->format == ANSWER_XML) {
		body->json.ceiling_bytes = size + HEADER_MAX;
		return BODY_BYTES + 2 * packed + body->json.ceiling_bytes + XML_CHUNK_BYTES +
		       (body->gzip ? GZIP_STREAM_BYTES : 0);
	}
	body->chunk.ceiling_bytes = size + GZIP_FILL + HEADER_MAX;
	return BODY_BYTES + 2 * packed + body->chunk.ceiling_bytes + HEADER_MAX +
	       (body->gzip ? GZIP_STREAM_BYTES : 0);
}

static int answer_pulled(struct page *page, struct http_response *response,
	enum answer_format format, bool gzip, struct error *err)
{
	struct page_body *body = body_create(page, response->request, format, gzip);
	int64_t size = -1;

	page->body = body;
	if (!body) {
		return error_no_memory(err);
	}
	if (!gzip && format == ANSWER_JSON) {
		size = json_size(body);
	}
	if (size >= 0 && size <= AT_ONCE_MAX) {
		return answer_at_once(page, response, (size_t)size, err);
	}
	if (!page_afford(page, bytes_of(body))) {
		return page_too_large(err);
	}
	response->body.context = body;
	response->body.read = gzip ? read_gzip : read_identity;
	response->body.size = size;
	response->status = 200;
	answer_headers(response, gzip);
	return 0;
}

/* A page that only has headers is better compressed anew than glued from stored blocks. */
static bool is_worth_gluing(const struct page *page)
{
	for (size_t i = 0; i < page->calls.count; i++) {
		if (page->calls.calls[i].packed.deflate.data) {
			return true;
		}
	}
	return page->calls.count == 0;
}

int page_body_answer(struct page *page, struct http_response *response, enum answer_format format,
	bool gzip, struct error *err)
{
	return format == ANSWER_JSON && gzip && is_worth_gluing(page)
		       ? answer_glued(page, response, err)
		       : answer_pulled(page, response, format, gzip, err);
}
