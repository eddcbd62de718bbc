/* SPDX-License-Identifier: MIT
 * Signing. */
#include "hook/hook_sign.h"

#include <sodium.h>
#include <stdio.h>

static void add(crypto_auth_hmacsha256_state *state, struct text text)
{
	crypto_auth_hmacsha256_update(state, (const unsigned char *)text.data, text.size);
}

const char *hook_sign(struct text secret, struct text id, int64_t timestamp_s, struct text body,
	char buffer[HOOK_SIGNATURE_SIZE])
{
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	char time[32];

	snprintf(time, sizeof(time), ".%lld.", (long long)timestamp_s);
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.data, secret.size);
	add(&state, id);
	add(&state, text_of(time));
	add(&state, body);
	crypto_auth_hmacsha256_final(&state, digest);
	memcpy(buffer, "v1,", 3);
	sodium_bin2base64(buffer + 3, HOOK_SIGNATURE_SIZE - 3, digest, sizeof(digest),
		sodium_base64_VARIANT_ORIGINAL);
	return buffer;
}
