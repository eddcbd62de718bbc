/* SPDX-License-Identifier: MIT
 * Representation and error bodies. */
#include "api/answer.h"

#include <stdio.h>

#include "api/gzip_stream.h"
#include "api/job.h"
#include "api/session_cookie.h"
#include "base/log.h"
#include "call/call_xml.h"
#include "http/negotiate.h"
#include "json/json_writer.h"

#define ERROR_BODY_MAX ((size_t)8192)
#define RETRY_AFTER_S  1U

#define CROWDED_AFTER_S 10U

const struct representation answer_legacy = {
	.offers = {"application/json", "application/xml", "text/xml"},
	.types = {"application/json", "application/xml; charset=UTF-8", "text/xml; charset=UTF-8"},
};
const struct representation answer_v1 = {
	.offers = {"application/json"},
	.types = {"application/json"},
};
const struct representation answer_plain = {
	.offers = {"application/json"},
	.types = {"application/json"},
	.plain = true,
};
const struct representation answer_table = {
	.offers = {"application/json", "text/csv"},
	.types = {"application/json", "text/csv; charset=utf-8; header=present"},
};
const struct representation answer_list = {
	.offers = {"application/json", "application/x-ndjson", "text/csv"},
	.types = {"application/json", "application/x-ndjson",
		"text/csv; charset=utf-8; header=present"},
};

/* RFC 9110 §15 and RFC 4918 §11.5. */
static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{411, "Length Required"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
	{507, "Insufficient Storage"},
};

static const char *phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status) {
			return phrases[i].phrase;
		}
	}
	return "Error";
}

bool answer_gzip(struct http_request *request)
{
	return negotiate_coding(http_header(request, "Accept-Encoding"), "gzip");
}

static size_t choose_type(struct http_request *request, const struct representation *as)
{
	int offer = as->offers[1] ? negotiate_type(http_header(request, "Accept"), as->offers) : 0;

	return offer < 0 ? 0 : (size_t)offer;
}

size_t answer_choose(struct http_request *request, const struct representation *as, bool *ret_gzip)
{
	*ret_gzip = !as->plain && answer_gzip(request);
	return choose_type(request, as);
}

void answer_as(
	struct http_response *response, const struct representation *as, size_t type, bool gzip)
{
	http_response_header(response, "Content-Type", text_of(as->types[type]));
	if (strcmp(as->offers[type], "text/csv") == 0) { /* a file for a spreadsheet: RFC 6266 */
		http_response_header(response, "Content-Disposition",
			TEXT("attachment; filename=\"callstep.csv\""));
	}
	if (!as->plain) {
		http_response_header(response, "Vary", TEXT("Accept, Accept-Encoding"));
	}
	http_response_header(response, "Cache-Control", TEXT("no-store"));
	if (gzip) {
		http_response_header(response, "Content-Encoding", TEXT("gzip"));
	}
}

/* The headers that a status brings with it, whatever the body. */
static void status_headers(struct http_response *response, int status, unsigned int after_s)
{
	char seconds[16];

	response->status = status;
	/* A browser would ask for a password by itself, over the page that asked. */
	if (status == 401 && !http_header(response->request, SESSION_HEADER).data) {
		http_response_header(response, "WWW-Authenticate",
			TEXT("Basic realm=\"callstep\", charset=\"UTF-8\""));
	}
	if (status == 503 || status == 429) {
		snprintf(seconds, sizeof(seconds), "%u", after_s);
		http_response_header(response, "Retry-After", text_of(seconds));
	}
}

/* Moves @body into the request's arena. Without memory the answer keeps its status and has no body.
 */
static enum http_step send_body(struct http_response *response, struct buffer *body)
{
	struct text copy = {0};

	if (!body->failed) {
		copy = arena_copy(&response->request->arena, buffer_text(body));
	}
	response->text = copy.data ? copy : (struct text){0};
	return HTTP_DONE;
}

/* A sentence may quote what a client sent, and may be cut off anywhere: what is not UTF-8 in it
 * becomes `?`. */
static void write_sentence(struct buffer *body, const char *sentence)
{
	AUTO(buffer_deinit) struct buffer clean;
	struct text rest = text_of(sentence);

	buffer_init(&clean, ERROR_BODY_MAX);
	while (rest.size > 0) {
		size_t size = text_utf8_length(rest);

		if (size > 0) {
			buffer_append(&clean, text_head(rest, size));
		} else {
			buffer_append_byte(&clean, '?');
		}
		rest = text_tail(rest, size > 0 ? size : 1);
	}
	json_write_string(body, buffer_text(&clean));
}

static enum http_step problem(struct http_response *response, int status, unsigned int after_s,
	const char *detail, struct text members)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, ERROR_BODY_MAX + members.size);
	status_headers(response, status, after_s);
	http_response_header(response, "Content-Type", TEXT("application/problem+json"));
	buffer_printf(&body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":",
		phrase_of(status), status);
	write_sentence(&body, detail);
	buffer_append(&body, members);
	buffer_append_byte(&body, '}');
	return send_body(response, &body);
}

enum http_step answer_problem(
	struct http_response *response, int status, const char *detail, struct text members)
{
	return problem(response, status, RETRY_AFTER_S, detail, members);
}

static void write_error(struct buffer *body, bool xml, const char *sentence)
{
	if (xml) {
		buffer_append(body, TEXT("<?xml version=\"1.0\"?><result><error>"));
		call_xml_write_text(body, text_of(sentence));
		buffer_append(body, TEXT("</error></result>"));
	} else {
		buffer_append(body, TEXT("{\"error\":"));
		json_write_string(body, text_of(sentence));
		buffer_append_byte(body, '}');
	}
}

enum http_step answer_later(
	struct http_response *response, int status, unsigned int after_s, const char *sentence)
{
	AUTO(buffer_deinit) struct buffer body;
	size_t type;

	buffer_init(&body, ERROR_BODY_MAX);
	if (text_starts_with(response->request->path, TEXT("/v1/"))) {
		return problem(response, status, after_s, sentence, (struct text){0});
	}
	type = choose_type(response->request, &answer_legacy);
	status_headers(response, status, after_s);
	answer_as(response, &answer_legacy, type, false);
	write_error(&body, type > 0, sentence);
	return send_body(response, &body);
}

enum http_step answer_error(struct http_response *response, int status, const char *sentence)
{
	return answer_later(response, status, RETRY_AFTER_S, sentence);
}

void answer_store_failed(const struct http_request *request)
{
	const struct job *job = request->user;

	atomic_fetch_add(&job->api->counts.store_errors, 1);
}

void answer_log(const char *event, const struct http_request *request, const struct error *err)
{
	char cause[sizeof(err->message) + 32], id[HTTP_ID_SIZE];

	log_event(LOG_ERROR, event, "request=%s cause=%s", http_request_id(request, id),
		log_value(text_of(err->message), cause, sizeof(cause)));
}

enum http_step answer_crowded(struct http_response *response)
{
	return answer_later(response, 503, CROWDED_AFTER_S,
		"other answers hold the memory that this one needs, and their clients take them "
		"slowly: ask again later, or for less");
}

enum http_step answer_failure(struct http_response *response, const struct error *err)
{
	answer_store_failed(response->request);
	answer_log("request-failed", response->request, err);
	return answer_error(response, 500, "database error");
}

enum http_step answer_json(struct http_response *response, int status, struct buffer *body)
{
	send_body(response, body);
	if (!response->text.data) {
		return answer_error(response, 503, "out of memory");
	}
	response->status = status;
	answer_as(response, &answer_plain, 0, false);
	return HTTP_DONE;
}
