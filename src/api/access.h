/* SPDX-License-Identifier: MIT
 * Who may ask: HTTP Basic with an account's e-mail and key, or Bearer with a key (API.md §1
 * "Authentication", §2). */
#ifndef API_ACCESS_H
#define API_ACCESS_H

#include "api/api_private.h"
#include "upkeep/retention.h"

/* Of all these: @ret_retention is what may be seen of the account now; it may be NULL. */

/* Lets the request in when its key is valid and has @scope: returns true and sets
 * request->account_id. Otherwise fills in the answer, 401, 403, 429 or 500, and returns false. The
 * store is asked each time, so that a revoked key and a disabled account stop working at once. */
bool access_check(struct api *api, struct http_request *request, struct http_response *response,
	enum store_scope scope, struct retention *ret_retention) CHECK_RESULT;

/* The same, for a request that asks the store right after it: opens @view, in which the key is
 * looked up. It may be left open when the request is not let in. */
bool access_check_in(struct api *api, struct store_view *view, struct http_request *request,
	struct http_response *response, enum store_scope scope,
	struct retention *ret_retention) CHECK_RESULT;

/* Whose key a request has, so that its work gets in that account's line. Lets nobody in and says
 * nothing. */
bool access_account(
	struct api *api, struct http_request *request, int64_t *ret_account_id) CHECK_RESULT;

/* Whose key a request has. */
struct access {
	int64_t key_id;
	unsigned int scopes;	/* enum store_scope, or-ed */
	struct text email;	/* in the request's arena */
	struct store_days days; /* how long its account's calls are kept */
	unsigned char key_hash[STORE_KEY_HASH_SIZE];
};

/* Lets any valid key in, whatever its scopes; otherwise as above. */
bool access_any(struct api *api, struct http_request *request, struct http_response *response,
	struct access *ret_access) CHECK_RESULT;

/* Whether it has @scope; otherwise fills in 403. */
bool access_has(const struct access *access, struct http_response *response,
	enum store_scope scope) CHECK_RESULT;

#endif
