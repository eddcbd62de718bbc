/* SPDX-License-Identifier: MIT
 * Private to http/: the parts of a request's target and their percent-encoding (RFC 3986 §2.1, RFC
 * 9112 §3.2). */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/arena.h"

/* Splits the target of a request line into path and query, both raw. Of an absolute form
 * (`http://host/path`) the scheme and the authority are dropped. @ret_query has no data when there
 * is no `?`. */
void uri_split(struct text target, struct text *ret_path, struct text *ret_query);

/* Decodes %xx. 1 done; 0 when an encoding is broken or stands for NUL; negative when the arena is
 * used up. */
int uri_decode(struct text raw, struct arena *arena, struct text *ret) CHECK_RESULT;

/* The last value of @name in @query, decoded, `+` as a space; what is not a valid encoding stays as
 * it is written. No data when it is absent or the arena is used up. */
struct text uri_query_value(struct text query, struct text name, struct arena *arena);

/* Walks the parameters of @query, both parts decoded as above. Start with @at = 0. Returns 1 with
 * one, 0 behind the last, negative when the arena is used up. */
int uri_query_next(struct text query, size_t *at, struct arena *arena, struct text *ret_name,
	struct text *ret_value) CHECK_RESULT;

#endif
