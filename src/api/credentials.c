/* SPDX-License-Identifier: MIT
 * Reading credentials. */
#include "api/credentials.h"

#include <sodium.h>

static bool decode_basic(struct text base64, struct credentials *credentials)
{
	struct text pair = {.data = credentials->decoded};
	const char *colon;

	if (sodium_base642bin((unsigned char *)credentials->decoded, sizeof(credentials->decoded),
		    base64.data, base64.size, NULL, &pair.size, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0) {
		return false;
	}
	colon = pair.size ? memchr(pair.data, ':', pair.size) : NULL;
	if (!colon) {
		return false;
	}
	credentials->email = text_head(pair, (size_t)(colon - pair.data));
	credentials->key = text_tail(pair, credentials->email.size + 1);
	return true;
}

bool credentials_read(struct text header, struct credentials *credentials)
{
	struct text rest = header;
	struct text scheme;

	if (!text_split(&rest, ' ', &scheme) || !rest.data) {
		return false;
	}
	rest = text_trim(rest);
	if (text_equal_ascii_case(scheme, TEXT("Bearer"))) {
		credentials->key = rest;
		return rest.size > 0;
	}
	return text_equal_ascii_case(scheme, TEXT("Basic")) && decode_basic(rest, credentials);
}
