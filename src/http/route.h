/* SPDX-License-Identifier: MIT
 * Private to http/: which route a request takes. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/http.h"

struct route_match {
	const struct http_route *route; /* NULL: the path is known, but not with this method */
	enum http_method method;	/* GET for HEAD */
	unsigned int allow;		/* methods of all routes that the path has */
	struct text parameters[HTTP_PATH_PARAMETERS_MAX];
};

/* Finds the first of @routes, ended by a row without pattern, whose pattern fits the raw @path and
 * that has @method, as it was sent. 1 the path is known; 0 it is not, also when it is badly encoded
 * or holds a NUL; negative when the arena is used up. */
int route_find(const struct http_route *routes, struct text path, const char *method,
	struct arena *arena, struct route_match *ret) CHECK_RESULT;

/* The value of the header Allow: "GET, HEAD, POST". */
struct text route_allow(unsigned int allowed, struct arena *arena);

#endif
