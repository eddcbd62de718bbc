/* SPDX-License-Identifier: MIT
 * Values of headers: what kind of body is sent, and which representations a client has already. */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include "base/text.h"

/* The `type/subtype` of a Content-Type, without its parameters (RFC 9110 §8.3.1); empty when
 * absent. Points into @content_type. */
struct text header_media_type(struct text content_type);

/* Whether @if_none_match, a list of entity tags or `*`, names the strong @etag: compared weakly
 * (RFC 9110 §13.1.2). False when absent. */
bool header_names_etag(struct text if_none_match, struct text etag);

#endif
