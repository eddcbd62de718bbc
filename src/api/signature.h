/* SPDX-License-Identifier: MIT
 * Signatures of requests: that their sender knows a secret. */
#ifndef API_SIGNATURE_H
#define API_SIGNATURE_H

#include "base/text.h"

enum signature_hash {
	SIGNATURE_SHA1,
	SIGNATURE_SHA256,
};

/* Whether @given, hexadecimal digits or base64, is the HMAC (RFC 2104) of the @count @pieces, one
 * behind the other, by @secret. It takes as long for a wrong one as for the right one. */
bool signature_matches(enum signature_hash hash, struct text secret, const struct text *pieces,
	size_t count, struct text given);

/* Whether @given is @secret itself, compared in the same way. */
bool signature_is_secret(struct text secret, struct text given);

/* Whether @given is the SHA-256 of @body in hexadecimal digits. */
bool signature_matches_body(struct text body, struct text given);

#endif
