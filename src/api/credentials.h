/* SPDX-License-Identifier: MIT
 * The header Authorization: Basic (RFC 7617) and Bearer (RFC 6750). */
#ifndef API_CREDENTIALS_H
#define API_CREDENTIALS_H

#include "store/store.h"

#define CREDENTIALS_MAX (STORE_EMAIL_MAX + 1 + 256) /* bytes of "e-mail:key" */

struct credentials {
	struct text email; /* data NULL: Bearer, the key says it all */
	struct text key;
	char decoded[CREDENTIALS_MAX];
};

/* Reads "Basic …" or "Bearer …" into @credentials, all zero before. Their texts point into @header,
 * or into the credentials, which are not to be moved. False: it is neither. */
bool credentials_read(struct text header, struct credentials *credentials) CHECK_RESULT;

#endif
