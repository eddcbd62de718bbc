/* SPDX-License-Identifier: MIT
 * Credentials: reading the Authorization header and asking the store. */
#include "api/access.h"

#include <sodium.h>

#include "api/answer.h"
#include "api/key.h"

#define CREDENTIALS_MAX (STORE_EMAIL_MAX + 1 + 256) /* bytes of "e-mail:key" */
#define LOOKUP_MAX	((size_t)16384)

/* One sentence for every wrong pair, so that it does not tell which half is wrong. */
#define REFUSED "authentication headers invalid or the account is inactive"

struct credentials {
	struct text email; /* data NULL: Bearer, the key says it all */
	struct text key;
	char decoded[CREDENTIALS_MAX];
};

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

/* Reads "Basic …" or "Bearer …". */
static bool read_credentials(struct text header, struct credentials *credentials)
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

static bool is_valid(const struct credentials *credentials,
	const unsigned char hash[STORE_KEY_HASH_SIZE], const struct store_key *key,
	const struct store_account *account)
{
	if (sodium_memcmp(hash, key->hash, STORE_KEY_HASH_SIZE) != 0) {
		return false;
	}
	if (credentials->email.data && !text_equal_ascii_case(credentials->email, account->email)) {
		return false;
	}
	return key->revoked == 0 && account->disabled == 0;
}

/* Returns 1 with the key when the credentials are valid, 0 when not, negative on failure. */
static int find_key(struct store_view *view, const struct credentials *credentials,
	struct arena *arena, struct access *ret_access, int64_t *ret_account_id, struct error *err)
{
	unsigned char hash[STORE_KEY_HASH_SIZE];
	struct store_account account;
	struct store_key key;
	int found;

	key_hash(credentials->key, hash);
	found = store_view_key_find(view, hash, arena, &key, &account, err);
	if (found <= 0) {
		return found;
	}
	if (!is_valid(credentials, hash, &key, &account)) {
		return 0;
	}
	*ret_access =
		(struct access){.key_id = key.id, .scopes = key.scopes, .email = account.email};
	memcpy(ret_access->key_hash, hash, sizeof(hash));
	*ret_account_id = key.account_id;
	return 1;
}

static void refuse_scope(struct http_response *response, enum store_scope scope)
{
	char scopes[32];
	char sentence[128];

	snprintf(sentence, sizeof(sentence), "this key may not do that: it lacks the scope '%s'",
		key_scopes_format(scope, scopes, sizeof(scopes)));
	answer_error(response, 403, sentence);
}

/* Checks the credentials alone. What is found lies in @arena. */
static bool let_in(struct api *api, struct store_view *view, struct http_request *request,
	struct http_response *response, struct arena *arena, struct access *ret_access)
{
	struct text header = http_header(request, "Authorization");
	struct credentials credentials = {0};
	struct error err;
	int found;

	if (!header.data) {
		answer_error(response, 401,
			"authentication headers missing: send the account's e-mail and a developer "
			"key by HTTP Basic");
		return false;
	}
	if (!read_credentials(header, &credentials)) {
		answer_error(response, 401, REFUSED);
		return false;
	}
	if (store_view_open(view, api->options.store, &err) < 0) {
		answer_failure(response, &err);
		return false;
	}
	found = find_key(view, &credentials, arena, ret_access, &request->account_id, &err);
	if (found < 0) {
		answer_failure(response, &err);
		return false;
	}
	if (found == 0) {
		answer_error(response, 401, REFUSED);
		return false;
	}
	intake_key_used(api->options.intake, ret_access->key_id, api->options.now());
	return true;
}

bool access_has(const struct access *access, struct http_response *response, enum store_scope scope)
{
	if (!(access->scopes & scope)) {
		refuse_scope(response, scope);
		return false;
	}
	return true;
}

bool access_check_in(struct api *api, struct store_view *view, struct http_request *request,
	struct http_response *response, enum store_scope scope)
{
	AUTO(arena_deinit) struct arena arena;
	struct access access;

	arena_init(&arena, LOOKUP_MAX);
	return let_in(api, view, request, response, &arena, &access) &&
	       access_has(&access, response, scope);
}

bool access_check(struct api *api, struct http_request *request, struct http_response *response,
	enum store_scope scope)
{
	AUTO(store_view_close) struct store_view view = {0};

	return access_check_in(api, &view, request, response, scope);
}

bool access_any(struct api *api, struct http_request *request, struct http_response *response,
	struct access *ret_access)
{
	AUTO(store_view_close) struct store_view view = {0};

	return let_in(api, &view, request, response, &request->arena, ret_access);
}
