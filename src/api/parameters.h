/* SPDX-License-Identifier: MIT
 * The parameters of a window of calls: start, end, number, offset, limit (API.md §1). */
#ifndef API_PARAMETERS_H
#define API_PARAMETERS_H

#include "http/http.h"
#include "store/store.h"

#define PARAMETERS_LIMIT_DEFAULT 1000
#define PARAMETERS_LIMIT_MAX	 10000

/* A number is any of those that @prefixes, which are dialled for a +, make of it. Reads the path's
 * {start} and {end} and the query into @ret_query; account_id and detail_after are left to the
 * caller. ERROR_INVALID names the parameter that is wrong. */
int parameters_read(struct http_request *request, const struct call_prefixes *prefixes,
	struct store_query *ret_query, struct error *err) CHECK_RESULT;

#endif
