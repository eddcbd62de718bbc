/* SPDX-License-Identifier: MIT
 * Credentials: asking the store. */
#include "api/access.h"

#include <sodium.h>

#include "api/answer.h"
#include "api/audit.h"
#include "api/credentials.h"
#include "api/key.h"
#include "api/query.h"
#include "base/clock.h"
#include "base/log.h"

#define LOOKUP_MAX ((size_t)16384)

/* One sentence for every wrong pair, so that it does not tell which half is wrong. */
#define REFUSED "authentication headers invalid or the account is inactive"
#define LIMITED                                                                                    \
	"too many wrong keys came from this address or for this e-mail: a right one is let in, "   \
	"the next wrong one is heard later"

static bool is_valid(const struct credentials *credentials,
	const unsigned char hash[STORE_KEY_HASH_SIZE], const struct store_key *key,
	const struct store_account *account)
{
	bool same_key = sodium_memcmp(hash, key->hash, STORE_KEY_HASH_SIZE) == 0;
	bool same_email = !credentials->email.data ||
			  text_equal_ascii_case(credentials->email, account->email);
	bool active = key->revoked == 0 && account->disabled == 0;

	/* All three are looked at, whichever fails. */
	return (int)same_key & (int)same_email & (int)active;
}

/* By the key's hash alone: no account is looked up by the e-mail, so that the work does not depend
 * on whether there is one. Returns 1 with the key when the credentials are valid, 0 when not,
 * negative on failure. */
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
	*ret_access = (struct access){
		.key_id = key.id,
		.scopes = key.scopes,
		.email = account.email,
		.days = account.kept,
	};
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

/* The e-mail as it may stand in the log: a key that was put in its place has no `@` and does not
 * get there. */
static struct text email_to_log(const struct credentials *credentials)
{
	struct text email = credentials->email;

	return email.size > 0 && memchr(email.data, '@', email.size) ? email : TEXT("-");
}

static void log_wrong_key(const struct http_request *request, const struct credentials *credentials,
	struct text network, bool limited)
{
	char email[STORE_EMAIL_MAX + 32], from[64], id[HTTP_ID_SIZE];

	log_event(LOG_WARNING, "wrong-key", "request=%s network=%s email=%s%s",
		http_request_id(request, id), log_value(network, from, sizeof(from)),
		log_value(email_to_log(credentials), email, sizeof(email)),
		limited ? " limited=yes" : "");
}

/* 401 for a wrong key, 429 where there were too many. Of those the first alone is logged, the
 * others are counted. */
static void refuse_key(struct api *api, struct http_request *request,
	struct http_response *response, const struct credentials *credentials)
{
	struct text network = http_request_network(request);
	bool first;
	unsigned int after_s = guesses_note(
		api->guesses, network, credentials->email, clock_monotonic_us(), &first);

	if (after_s == 0 || first) {
		log_wrong_key(request, credentials, network, first);
	} else {
		request->quiet = true;
	}
	if (after_s > 0) {
		answer_later(response, 429, after_s, LIMITED);
	} else {
		answer_error(response, 401, REFUSED);
	}
}

/* From now on the request is followed: what its key may no longer do ends. A handler that is called
 * again is followed already. */
static bool follow(struct api *api, struct http_request *request, const struct access *access)
{
	struct audit_note *note = audit_note(request);

	if (note && !note->permit.request) {
		note->permit = (struct permit){.request = request, .key_id = access->key_id};
		memcpy(note->permit.key_hash, access->key_hash, sizeof(access->key_hash));
		permits_add(api->permits, &note->permit);
	}
	return note != NULL;
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
	if (!credentials_read(header, &credentials)) {
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
		audit_refused(request, credentials.email);
		refuse_key(api, request, response, &credentials);
		return false;
	}
	if (!follow(api, request, ret_access)) {
		answer_error(response, 503, "out of memory");
		return false;
	}
	audit_let_in(request, ret_access->key_id);
	if (key_uses_note(api->options.key_uses, ret_access->key_id, api->options.now())) {
		intake_do_chore(api->options.intake);
	}
	return query_known(request, response);
}

bool access_account(struct api *api, struct http_request *request, int64_t *ret_account_id)
{
	AUTO(store_view_close) struct store_view view = {0};
	AUTO(arena_deinit) struct arena arena;
	struct text header = http_header(request, "Authorization");
	struct credentials credentials = {0};
	struct access access;
	struct error ignored;

	arena_init(&arena, LOOKUP_MAX);
	return header.data && credentials_read(header, &credentials) &&
	       store_view_open(&view, api->options.store, &ignored) == 0 &&
	       find_key(&view, &credentials, &arena, &access, ret_account_id, &ignored) > 0;
}

bool access_has(const struct access *access, struct http_response *response, enum store_scope scope)
{
	if (!(access->scopes & scope)) {
		refuse_scope(response, scope);
		return false;
	}
	/* There is one where there is an access. */
	audit_note(response->request)->permit.scopes |= (unsigned int)scope;
	return true;
}

bool access_check_in(struct api *api, struct store_view *view, struct http_request *request,
	struct http_response *response, enum store_scope scope, struct retention *ret_retention)
{
	AUTO(arena_deinit) struct arena arena;
	struct access access;

	arena_init(&arena, LOOKUP_MAX);
	if (!let_in(api, view, request, response, &arena, &access) ||
		!access_has(&access, response, scope)) {
		return false;
	}
	if (ret_retention) {
		*ret_retention = retention_at(&access.days, api->options.now());
	}
	return true;
}

bool access_check(struct api *api, struct http_request *request, struct http_response *response,
	enum store_scope scope, struct retention *ret_retention)
{
	AUTO(store_view_close) struct store_view view = {0};

	return access_check_in(api, &view, request, response, scope, ret_retention);
}

bool access_any(struct api *api, struct http_request *request, struct http_response *response,
	struct access *ret_access)
{
	AUTO(store_view_close) struct store_view view = {0};

	return let_in(api, &view, request, response, &request->arena, ret_access);
}
