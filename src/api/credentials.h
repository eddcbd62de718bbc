/* SPDX-License-Identifier: MIT
 * What lets a request in (API.md §1 "Authentication", §2): HTTP Basic (RFC 7617) with an account's
 * e-mail and key. Or Bearer (RFC 6750) with a key. */
#ifndef API_CREDENTIALS_H
#define API_CREDENTIALS_H

#include "http/http.h"
#include "store/store.h"

struct api;
struct job;

#define CREDENTIALS_MAX (STORE_EMAIL_MAX + 1 + 256) /* bytes of "e-mail:key" */

struct credentials {
	struct text email; /* data NULL: Bearer, the key says it all */
	struct text key;
	bool cookie; /* the key is a session's */
	char decoded[CREDENTIALS_MAX];
};

/* Reads "Basic …" or "Bearer …" into @credentials, all zero before. Their texts point into @header,
 * or into the credentials, which are not to be moved. False: it is neither. */
bool credentials_read(struct text header, struct credentials *credentials) CHECK_RESULT;

/* The key that let a request in. */
struct access {
	int64_t account_id;
	int64_t key_id;		/* the session's, where it was one */
	int64_t of_key;		/* the key of which it is a session; 0: it was a key */
	int64_t expires;	/* when the session ends by itself */
	unsigned int scopes;	/* enum store_scope, or-ed */
	struct text email;	/* in the job's memory */
	struct store_days days; /* how long its account's calls are kept */
	unsigned char key_hash[STORE_KEY_HASH_SIZE];
};

/* Lets the request in when its key is valid and has @scope, as of a struct endpoint. Then it
 * returns true and sets job->access and the request's account. Otherwise fills in the answer, 400,
 * 401, 403, 429 or 500, and returns false. The store is asked each time, so that a revoked key and
 * a disabled account stop working at once. Its view stays open. */
bool credentials_check(struct job *job, unsigned int scope) CHECK_RESULT;

/* Whose key a request has, so that its work gets in that account's lane. Lets nothing in and says
 * nothing. */
bool credentials_account(
	struct api *api, struct http_request *request, int64_t *ret_account_id) CHECK_RESULT;

#endif
