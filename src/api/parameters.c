/* SPDX-License-Identifier: MIT
 * Reading the parameters of a window of calls. */
#include "api/parameters.h"

static int read_time(struct text value, const char *name, int64_t *ret, struct error *err)
{
	if (!text_to_int64(value, ret)) {
		return error_set(err, ERROR_INVALID,
			"parameter '%s' is not a UNIX timestamp: write 1 to 18 digits", name);
	}
	return 0;
}

static int read_count(struct http_request *request, const char *name, int64_t min, int64_t max,
	int64_t *ret, struct error *err)
{
	struct text value = http_query(request, name);
	int64_t count;

	if (!value.data) {
		return 0;
	}
	if (!text_to_int64(value, &count) || count < min || count > max) {
		return error_set(err, ERROR_INVALID,
			"parameter '%s' is out of range: write an integer from %lld to %lld", name,
			(long long)min, (long long)max);
	}
	*ret = count;
	return 0;
}

static int read_number(struct http_request *request, const struct call_prefixes *prefixes,
	struct call_keys *keys, struct error *err)
{
	struct text number = http_query(request, "number");

	if (number.data && number.size == 0) {
		return error_set(err, ERROR_INVALID,
			"parameter 'number' is empty: write a number or leave it out");
	}
	return number.data ? call_keys_add(keys, number, prefixes, &request->arena, err) : 0;
}

int parameters_read(struct http_request *request, const struct call_prefixes *prefixes,
	struct store_query *ret_query, struct error *err)
{
	const int64_t offset_max = INT64_C(999999999999999999);
	struct store_query query = {.limit = PARAMETERS_LIMIT_DEFAULT};

	if (read_time(request->parameters[0], "start", &query.start, err) < 0 ||
		read_time(request->parameters[1], "end", &query.end, err) < 0) {
		return -1;
	}
	if (query.end < query.start) {
		return error_set(err, ERROR_INVALID, "parameter 'end' is before 'start'");
	}
	if (read_number(request, prefixes, &query.keys, err) < 0 ||
		read_count(request, "offset", 0, offset_max, &query.offset, err) < 0 ||
		read_count(request, "limit", 1, PARAMETERS_LIMIT_MAX, &query.limit, err) < 0) {
		return -1;
	}
	*ret_query = query;
	return 0;
}
