/* SPDX-License-Identifier: MIT
 * Signatures of what is sent, as Standard Webhooks has them (standard-webhooks.com, "Signature
 * scheme"): HMAC-SHA256 by the secret of "ID.TIMESTAMP.BODY". */
#ifndef HOOK_HOOK_SIGN_H
#define HOOK_HOOK_SIGN_H

#include <stdint.h>

#include "base/text.h"

#define HOOK_SIGNATURE_SIZE 64

/* Writes "v1," and the signature in base64. @secret is the key's bytes. Returns @buffer. */
const char *hook_sign(struct text secret, struct text id, int64_t timestamp_s, struct text body,
	char buffer[HOOK_SIGNATURE_SIZE]);

#endif
