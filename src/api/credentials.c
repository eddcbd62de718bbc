/* SPDX-License-Identifier: MIT
 * Credentials: reading the header, asking the store, saying no. */
#include "api/credentials.h"

#include <sodium.h>

#include "api/job.h"
#include "api/key.h"
#include "api/parameters.h"
#include "api/session_cookie.h"
#include "base/clock.h"
#include "base/log.h"

#define LOOKUP_MAX ((size_t)16384)

/* One sentence for every wrong pair, so that it does not tell which half is wrong. */
#define REFUSED "authentication headers invalid or the account is inactive"
#define LIMITED                                                                                    \
	"too many wrong keys came from this address or for this e-mail: a right one is let in, "   \
	"the next wrong one is heard later"

/* ---- the header ---- */

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

/* Those of the header Authorization, or without one those of a session's cookie. 1 there are some,
 * 0 there are none, negative: they cannot be read. */
static int find_credentials(
	struct api *api, struct http_request *request, struct credentials *credentials)
{
	struct text header = http_header(request, "Authorization");

	if (header.data) {
		return credentials_read(header, credentials) ? 1 : -1;
	}
	credentials->key = session_cookie_read(request, api->options.tls);
	credentials->cookie = credentials->key.data != NULL;
	return credentials->cookie;
}

/* ---- the store ---- */

static bool is_valid(const struct credentials *credentials,
	const unsigned char hash[STORE_KEY_HASH_SIZE], const struct store_key *key,
	const struct store_account *account, int64_t now)
{
	bool same_key = sodium_memcmp(hash, key->hash, STORE_KEY_HASH_SIZE) == 0;
	bool same_email = !credentials->email.data ||
			  text_equal_ascii_case(credentials->email, account->email);
	bool same_kind = credentials->cookie == (key->of_key > 0);
	bool good = store_key_is_good(key, account, now);

	/* All are looked at, whichever fails. */
	return (int)same_key & (int)same_email & (int)same_kind & (int)good;
}

/* By the key's hash alone: no account is looked up by the e-mail, so that the work does not depend
 * on whether there is one. Returns 1 with the key when the credentials are valid, 0 when not,
 * negative on failure. */
static int find_key(struct store_view *view, const struct credentials *credentials, int64_t now,
	struct arena *arena, struct access *ret_access, struct error *err)
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
	if (!is_valid(credentials, hash, &key, &account, now)) {
		return 0;
	}
	*ret_access = (struct access){
		.account_id = key.account_id,
		.key_id = key.id,
		.of_key = key.of_key,
		.expires = key.expires,
		.scopes = key.scopes,
		.email = account.email,
		.days = account.kept,
	};
	memcpy(ret_access->key_hash, hash, sizeof(hash));
	return 1;
}

static void refuse_scope(struct http_response *response, unsigned int scope)
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
static void refuse_key(struct job *job, const struct credentials *credentials)
{
	struct text network = http_request_network(job->request);
	bool first;
	unsigned int after_s = guesses_note(
		job->api->guesses, network, credentials->email, clock_monotonic_us(), &first);

	audit_refused(job, credentials->email);
	if (after_s == 0 || first) {
		log_wrong_key(job->request, credentials, network, first);
	} else {
		job->request->quiet = true;
	}
	atomic_fetch_add(
		after_s > 0 ? &job->api->counts.keys_limited : &job->api->counts.keys_refused, 1);
	if (after_s > 0) {
		answer_later(job->response, 429, after_s, LIMITED);
	} else {
		answer_error(job->response, 401, REFUSED);
	}
}

/* From now on the request is followed: what its key may no longer do ends. A handler that is called
 * again is followed already. */
static void follow(struct job *job)
{
	const struct access *access = &job->access;

	job->request->account_id = access->account_id;
	job->note.key_id = access->key_id;
	if (!job->permit.request) {
		job->permit = (struct permit){.request = job->request, .key_id = access->key_id};
		memcpy(job->permit.key_hash, access->key_hash, sizeof(access->key_hash));
		permits_add(job->api->permits, &job->permit);
	}
	if (key_uses_note(job->api->options.key_uses, access->key_id, job->api->options.now())) {
		intake_do_chore(job->api->options.intake);
	}
}

/* Whether the key is good for anything. */
static bool is_let_in(struct job *job)
{
	struct credentials credentials = {0};
	struct store_view *view;
	struct error err;
	int found = find_credentials(job->api, job->request, &credentials);

	if (found == 0) {
		answer_error(job->response, 401,
			"authentication headers missing: send the account's e-mail and a developer "
			"key by HTTP Basic");
		return false;
	}
	if (found < 0) {
		answer_error(job->response, 401, REFUSED);
		return false;
	}
	view = job_view(job, &err);
	found = view ? find_key(view, &credentials, job->api->options.now(), &job->memory,
			       &job->access, &err)
		     : -1;
	if (found < 0) {
		answer_failure(job->response, &err);
	} else if (found == 0) {
		refuse_key(job, &credentials);
	}
	return found > 0;
}

/* A stolen cookie makes nothing that outlives its session. */
static bool is_key_enough(struct job *job)
{
	if (job->endpoint->needs_key && job->access.of_key > 0) {
		answer_error(job->response, 403,
			"this needs the key itself, and not that a browser stays signed in: sign "
			"out, and sign in with the key");
		return false;
	}
	return true;
}

bool credentials_check(struct job *job, unsigned int scope)
{
	if (!is_let_in(job)) {
		return false;
	}
	follow(job);
	if (!parameters_known(job)) {
		return false;
	}
	if (scope == ENDPOINT_ANY_KEY) {
		return is_key_enough(job);
	}
	if (!(job->access.scopes & scope)) {
		refuse_scope(job->response, scope);
		return false;
	}
	if (!is_key_enough(job)) {
		return false;
	}
	job->permit.scopes |= scope;
	return true;
}

bool credentials_account(struct api *api, struct http_request *request, int64_t *ret_account_id)
{
	AUTO(store_view_close) struct store_view view = {0};
	AUTO(arena_deinit) struct arena arena;
	struct credentials credentials = {0};
	struct access access;
	struct error ignored;

	arena_init(&arena, LOOKUP_MAX);
	if (find_credentials(api, request, &credentials) <= 0 ||
		store_view_open(&view, api->options.store, &ignored) < 0 ||
		find_key(&view, &credentials, api->options.now(), &arena, &access, &ignored) <= 0) {
		return false;
	}
	*ret_account_id = access.account_id;
	return true;
}
