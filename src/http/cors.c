/* SPDX-License-Identifier: MIT
 * Reading the list of origins. */
#include "http/cors.h"

static bool next_origin(struct text *list, struct text *ret_origin)
{
	struct text item;

	while (text_split(list, ',', &item)) {
		item = text_trim(item);
		if (item.size > 0) {
			*ret_origin = item;
			return true;
		}
	}
	return false;
}

/* As a browser writes it: a scheme and an authority, and nothing behind it. */
static bool is_origin(struct text origin)
{
	struct text rest = origin;

	if (text_starts_with(rest, TEXT("https://"))) {
		rest = text_tail(rest, 8);
	} else if (text_starts_with(rest, TEXT("http://"))) {
		rest = text_tail(rest, 7);
	} else {
		return false;
	}
	for (size_t i = 0; i < rest.size; i++) {
		if (rest.data[i] <= ' ' || strchr("/?#@*\"", rest.data[i]) ||
			(rest.data[i] >= 'A' && rest.data[i] <= 'Z')) {
			return false;
		}
	}
	return rest.size > 0;
}

int cors_check(const char *list, struct error *err)
{
	struct text rest = list ? text_of(list) : (struct text){0}, origin;

	while (next_origin(&rest, &origin)) {
		if (!text_equal_string(origin, "*") && !is_origin(origin)) {
			return error_set(err, ERROR_INVALID,
				"--cors-origins: '%.*s' is not an origin, such as "
				"https://wall.example:8443, in small letters and without a path",
				TEXT_ARG(origin));
		}
	}
	return 0;
}

struct text cors_origin(const char *list, struct http_request *request)
{
	struct text asking = list ? http_header(request, "Origin") : (struct text){0};
	struct text rest = list ? text_of(list) : (struct text){0}, origin;

	while (asking.data && next_origin(&rest, &origin)) {
		if (text_equal_string(origin, "*") || text_equal(origin, asking)) {
			return asking;
		}
	}
	return (struct text){0};
}
