/* SPDX-License-Identifier: MIT
 * HMACs by GnuTLS, which serves TLS already. */
#include "api/signature.h"

#include <gnutls/crypto.h>
#include <sodium.h>

#define DIGEST_MAX 32
#define TEXT_MAX   (2 * DIGEST_MAX + 1)

static bool matches(const unsigned char *digest, size_t size, struct text given)
{
	unsigned char bytes[DIGEST_MAX];
	size_t got = 0;

	if (given.size > TEXT_MAX) {
		return false;
	}
	if (given.size == 2 * size) {
		if (sodium_hex2bin(
			    bytes, sizeof(bytes), given.data, given.size, NULL, &got, NULL) != 0) {
			return false;
		}
	} else if (sodium_base642bin(bytes, sizeof(bytes), given.data, given.size, NULL, &got, NULL,
			   sodium_base64_VARIANT_ORIGINAL) != 0) {
		return false;
	}
	return got == size && sodium_memcmp(digest, bytes, size) == 0;
}

bool signature_matches(enum signature_hash hash, struct text secret, const struct text *pieces,
	size_t count, struct text given)
{
	gnutls_mac_algorithm_t algorithm =
		hash == SIGNATURE_SHA1 ? GNUTLS_MAC_SHA1 : GNUTLS_MAC_SHA256;
	unsigned char digest[DIGEST_MAX];
	gnutls_hmac_hd_t hmac;

	if (gnutls_hmac_init(&hmac, algorithm, secret.data, secret.size) < 0) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].size > 0 && gnutls_hmac(hmac, pieces[i].data, pieces[i].size) < 0) {
			gnutls_hmac_deinit(hmac, NULL);
			return false;
		}
	}
	gnutls_hmac_deinit(hmac, digest);
	return matches(digest, gnutls_hmac_get_len(algorithm), given);
}

bool signature_is_secret(struct text secret, struct text given)
{
	return secret.size == given.size && secret.size > 0 &&
	       sodium_memcmp(secret.data, given.data, secret.size) == 0;
}

bool signature_matches_body(struct text body, struct text given)
{
	unsigned char digest[DIGEST_MAX];

	if (given.size != sizeof(digest) * 2 ||
		gnutls_hash_fast(GNUTLS_DIG_SHA256, body.data, body.size, digest) < 0) {
		return false;
	}
	return matches(digest, sizeof(digest), given);
}
