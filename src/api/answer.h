/* SPDX-License-Identifier: MIT
 * How an answer looks: its representation by Accept and Accept-Encoding, and errors in it (API.md
 * §1 "Representation"). */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "base/buffer.h"
#include "http/http.h"

enum answer_format {
	ANSWER_JSON,
	ANSWER_XML,
};

/* What the request's Accept asks for: JSON where it asks for nothing that we have. */
enum answer_format answer_format(struct http_request *request);

/* Whether the request's Accept-Encoding asks for gzip. */
bool answer_gzip(struct http_request *request);

/* Sets Content-Type, Vary, Cache-Control (no-store), and Content-Encoding when @gzip, for an answer
 * in the representation asked for. */
void answer_headers(struct http_response *response, bool gzip);

/* The same for an answer of the media @type, whatever was asked for. */
void answer_typed(struct http_response *response, const char *type, bool gzip);

/* Answers @status with a body that says @sentence: a problem (RFC 9457) below /v1, otherwise
 * {"error":…} or its XML. Always HTTP_DONE. */
enum http_step answer_error(struct http_response *response, int status, const char *sentence);

/* The same, with how many seconds to wait (Retry-After) before asking again. */
enum http_step answer_later(
	struct http_response *response, int status, unsigned int after_s, const char *sentence);

/* Writes @err into the log under the request's id. */
void answer_log(const char *event, const struct http_request *request, const struct error *err);

/* Answers 503 for a request that waited in vain for memory that others' answers hold. */
enum http_step answer_crowded(struct http_response *response);

/* Answers a failure below the API: "database error" to the client, @err to the log. */
enum http_step answer_failure(struct http_response *response, const struct error *err);

/* Answers @status with a problem that has @members, as `,"name":value…`, after the usual ones; may
 * be empty. */
enum http_step answer_problem(
	struct http_response *response, int status, const char *detail, struct text members);

/* Answers @status with @body as JSON that is not to be stored by anyone. */
enum http_step answer_json(struct http_response *response, int status, struct buffer *body);

/* Answers 200 with @body, compressed when the request asks for it, in the representation asked for.
 * What is sent lies in
 * @arena, which must last as long as the request. */
enum http_step answer_body(
	struct http_response *response, struct buffer *body, struct arena *arena);

#endif
