/* SPDX-License-Identifier: MIT
 * The parameters of a request. Below /api that is the window of a page (API.md §1), below /v1 the
 * filter of a search and what stands beside it. A wrong one is answered by 400; below /v1 its name
 * stands in the member `parameter`. */
#ifndef API_PARAMETERS_H
#define API_PARAMETERS_H

#include "call/filter.h"
#include "store/store.h"

#define PARAMETERS_LIMIT_DEFAULT 1000
#define PARAMETERS_LIMIT_MAX	 10000

struct job;

/* All of these fill in the job's response and return false when a parameter is wrong. One that is
 * absent leaves the output as it is. */

/* The path's {start} and {end}, and number, offset and limit; begins where calls are still kept. */
bool parameters_window(struct job *job, struct store_query *ret_query) CHECK_RESULT;

/* Whether the endpoint knows every parameter that the request has. The answer names the first that
 * it does not and the nearest that there is. */
bool parameters_known(struct job *job) CHECK_RESULT;

/* The whole filter; its texts live in @arena. */
bool parameters_filter(
	struct job *job, struct arena *arena, struct filter *ret_filter) CHECK_RESULT;

/* The filter into the job, with a search of it, narrowed to what may be seen. */
bool parameters_search(struct job *job) CHECK_RESULT;

bool parameters_integer(
	struct job *job, const char *name, int64_t min, int64_t max, int64_t *ret) CHECK_RESULT;

/* UNIX seconds, or what else time_text_parse() reads. */
bool parameters_time(struct job *job, const char *name, int64_t *ret) CHECK_RESULT;

/* true or false. */
bool parameters_flag(struct job *job, const char *name, bool *ret) CHECK_RESULT;

/* One of @choices, NULL-ended: its index. */
bool parameters_choice(
	struct job *job, const char *name, const char *const *choices, size_t *ret) CHECK_RESULT;

/* Answers 400 for the parameter @name, whose failing @sentence explains. Returns false. */
bool parameters_refuse(struct job *job, const char *name, const char *sentence);

/* The same for an @err that begins with the parameter's name and a colon. Returns false. */
bool parameters_refuse_error(struct job *job, const struct error *err);

#endif
