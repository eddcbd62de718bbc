/* SPDX-License-Identifier: MIT
 * How an answer looks: its representation by Accept and Accept-Encoding, and errors in it (API.md
 * §1 "Representation"). */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "base/buffer.h"
#include "http/http.h"

#define ANSWER_TYPES 3

/* What an endpoint's answers may be. */
struct representation {
	/* media types for Accept, NULL-ended; the first where it asks for none of them */
	const char *offers[ANSWER_TYPES + 1];
	/* Content-Type of each */
	const char *types[ANSWER_TYPES];
	/* the first type alone, never compressed, whatever is asked for */
	bool plain;
};

/* Below /api (API.md §1 "Representation"): JSON, or XML under two names. */
extern const struct representation answer_legacy;
/* JSON, compressed where that is asked for; JSON as it is. */
extern const struct representation answer_v1;
extern const struct representation answer_plain;
/* JSON, or its rows as CSV. */
extern const struct representation answer_table;
/* JSON as a page, NDJSON or CSV as a whole. */
extern const struct representation answer_list;

/* Which of @as's types the request asks for, and whether compressed. */
size_t answer_choose(
	struct http_request *request, const struct representation *as, bool *ret_gzip) CHECK_RESULT;

/* Sets the headers of an answer of that type: Content-Type, Cache-Control (no-store), and where
 * there was a choice Vary and Content-Encoding. */
void answer_as(
	struct http_response *response, const struct representation *as, size_t type, bool gzip);

/* Whether the request's Accept-Encoding asks for gzip. */
bool answer_gzip(struct http_request *request);

/* Answers @status with a body that says @sentence: a problem (RFC 9457) below /v1, otherwise
 * {"error":…} or its XML. Always HTTP_DONE. */
enum http_step answer_error(struct http_response *response, int status, const char *sentence);

/* The same, with how many seconds to wait (Retry-After) before asking again. */
enum http_step answer_later(
	struct http_response *response, int status, unsigned int after_s, const char *sentence);

/* Counts an answer that the store is to blame for. */
void answer_store_failed(const struct http_request *request);
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

/* Answers @status with @body as JSON that nothing may store. */
enum http_step answer_json(struct http_response *response, int status, struct buffer *body);

#endif
