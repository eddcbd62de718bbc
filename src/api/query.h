/* SPDX-License-Identifier: MIT
 * The query of a /v1 question: its filter and the parameters beside it. A wrong one is answered by
 * 400 with its name in the member `parameter`. */
#ifndef API_QUERY_H
#define API_QUERY_H

#include "call/filter.h"
#include "http/http.h"

/* Whether the route knows every parameter that the request has. Otherwise answers 400 that names
 * the first one and the nearest that there is. */
bool query_known(struct http_request *request, struct http_response *response) CHECK_RESULT;

/* All of these fill in @response and return false when the parameter is wrong. A parameter that is
 * absent leaves the output as it is. */

/* The whole filter; its texts live in @arena. Relative times count from @now; @prefixes last as
 * long as the filter. */
bool query_filter(struct http_request *request, struct http_response *response, int64_t now,
	const struct call_prefixes *prefixes, struct arena *arena,
	struct filter *ret_filter) CHECK_RESULT;

bool query_integer(struct http_request *request, struct http_response *response, const char *name,
	int64_t min, int64_t max, int64_t *ret) CHECK_RESULT;

/* true or false. */
bool query_flag(struct http_request *request, struct http_response *response, const char *name,
	bool *ret) CHECK_RESULT;

/* One of @choices, NULL-ended: its index. */
bool query_choice(struct http_request *request, struct http_response *response, const char *name,
	const char *const *choices, size_t *ret) CHECK_RESULT;

/* Answers 400 for the parameter @name, whose failing @sentence explains. Returns false. */
bool query_refuse(struct http_response *response, const char *name, const char *sentence);

/* The same for an @err that begins with the parameter's name and a colon. Returns false. */
bool query_refuse_error(struct http_response *response, const struct error *err);

#endif
