/* SPDX-License-Identifier: MIT
 * Values of headers. */
#include "http/header.h"

struct text header_media_type(struct text content_type)
{
	struct text type = {0};

	text_split(&content_type, ';', &type);
	return text_trim(type);
}

bool header_names_etag(struct text if_none_match, struct text etag)
{
	struct text item;

	while (text_split(&if_none_match, ',', &item)) {
		item = text_trim(item);
		if (text_starts_with(item, TEXT("W/"))) {
			item = text_tail(item, 2);
		}
		if (text_equal(item, etag) || text_equal(item, TEXT("*"))) {
			return true;
		}
	}
	return false;
}
