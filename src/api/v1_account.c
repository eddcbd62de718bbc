/* SPDX-License-Identifier: MIT
 * GET /v1/account: whom a key belongs to. GET and POST /v1/keys, DELETE /v1/keys/{id}: the
 * account's keys. */
#include <sodium.h>

#include "api/access.h"
#include "api/answer.h"
#include "api/audit.h"
#include "api/key.h"
#include "api/query.h"
#include "http/header.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define KEYS_MAX   1000 /* in one answer */
#define BODY_MAX   ((size_t)16384)

/* ["read","write"] */
static void write_scopes(struct buffer *body, unsigned int scopes)
{
	char words[64];
	struct text rest = text_of(key_scopes_format(scopes, words, sizeof(words)));
	const char *separator = "";
	struct text word;

	buffer_append_byte(body, '[');
	while (text_split(&rest, ',', &word)) {
		buffer_printf(body, "%s\"%.*s\"", separator, TEXT_ARG(word));
		separator = ",";
	}
	buffer_append_byte(body, ']');
}

enum http_step v1_account_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	AUTO(buffer_deinit) struct buffer body;
	struct api *api = context;
	struct access access;

	buffer_init(&body, ANSWER_MAX);
	if (!access_any(api, request, response, &access)) {
		return HTTP_DONE;
	}
	buffer_append(&body, TEXT("{\"email\":"));
	json_write_string(&body, access.email);
	buffer_append(&body, TEXT(",\"scopes\":"));
	write_scopes(&body, access.scopes);
	buffer_printf(&body,
		",\"detail_days\":%lld,\"header_days\":%lld,\"api_detail_days\":%lld,\"time\":"
		"%lld,\"version\":\"%s\"}",
		(long long)access.days.detail, (long long)access.days.header,
		(long long)api->options.api_detail_days, (long long)api->options.now(),
		api->options.version);
	return answer_json(response, 200, &body);
}

/* ---- keys ---- */

/* UNIX seconds; null for 0, which is never. */
static void write_time(struct buffer *body, const char *name, int64_t time_s)
{
	buffer_printf(body, ",\"%s\":", name);
	if (time_s == 0) {
		buffer_append(body, TEXT("null"));
	} else {
		buffer_append_int64(body, time_s);
	}
}

static void write_key(struct buffer *body, const struct store_key *key, int64_t own_id)
{
	buffer_printf(body, "{\"id\":%lld,\"label\":", (long long)key->id);
	json_write_string(body, key->label);
	buffer_append(body, TEXT(",\"scopes\":"));
	write_scopes(body, key->scopes);
	write_time(body, "created", key->created);
	write_time(body, "last_used", key->last_used);
	write_time(body, "revoked", key->revoked);
	buffer_printf(body, ",\"own\":%s}", key->id == own_id ? "true" : "false");
}

static void write_keys(struct buffer *body, const struct store_key *keys, size_t count,
	size_t limit, int64_t own_id)
{
	size_t shown = count < limit ? count : limit;

	buffer_append(body, TEXT("{\"keys\":["));
	for (size_t i = 0; i < shown; i++) {
		buffer_append(body, i > 0 ? TEXT(",") : TEXT(""));
		write_key(body, &keys[i], own_id);
	}
	if (count > shown) {
		buffer_printf(body, "],\"next\":\"%lld\"}", (long long)keys[shown - 1].id);
	} else {
		buffer_append(body, TEXT("],\"next\":null}"));
	}
}

enum http_step v1_keys_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer body;
	struct api *api = context;
	struct access access;
	struct store_key *keys;
	int64_t limit = KEYS_MAX, after_id = 0;
	struct error err;
	size_t count;

	arena_init(&arena, ANSWER_MAX);
	buffer_init(&body, ANSWER_MAX);
	if (!access_any(api, request, response, &access) ||
		!access_has(&access, response, STORE_SCOPE_ADMIN) ||
		!query_integer(request, response, "limit", 1, KEYS_MAX, &limit) ||
		!query_integer(request, response, "cursor", 0, INT64_MAX, &after_id)) {
		return HTTP_DONE;
	}
	/* One more tells whether there is a next page. */
	if (store_key_page(api->options.store, request->account_id, after_id, limit + 1, &arena,
		    &keys, &count, &err) < 0) {
		return answer_failure(response, &err);
	}
	write_keys(&body, keys, count, (size_t)limit, access.key_id);
	return answer_json(response, 200, &body);
}

enum http_step v1_key_delete_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct api *api = context;
	char subject[64];
	struct error err;
	int64_t id = 0;
	int done = 0;

	if (!access_check(api, request, response, STORE_SCOPE_ADMIN, NULL)) {
		return HTTP_DONE;
	}
	/* Its own key may be the one, and the answer is to come all the same. */
	permits_remove(api->permits, &audit_note(request)->permit);
	if (text_to_int64(request->parameters[0], &id)) {
		done = store_key_revoke(
			api->options.store, request->account_id, id, api->options.now(), &err);
	}
	if (done < 0) {
		return answer_failure(response, &err);
	}
	if (done == 0) {
		return answer_error(response, 404, "the account has no such key");
	}
	snprintf(subject, sizeof(subject), "key %lld", (long long)id);
	if (audit_write(api, request, "revoke-key", subject, &err) < 0) {
		return answer_failure(response, &err);
	}
	response->status = 204;
	return HTTP_DONE;
}

/* ---- a new key ---- */

struct making {
	struct buffer body;
};

enum http_step v1_key_add_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct text type = header_media_type(http_header(request, "Content-Type"));
	struct making *making;

	if (!access_check(context, request, response, STORE_SCOPE_ADMIN, NULL)) {
		return HTTP_DONE;
	}
	if (!text_equal_ascii_case(type, TEXT("application/json"))) {
		return answer_error(response, 415, "Content-Type must be application/json");
	}
	making = arena_calloc(&request->arena, 1, sizeof(*making));
	if (!making) {
		return answer_error(response, 503, "out of memory");
	}
	buffer_init(&making->body, BODY_MAX);
	request->user = making;
	return HTTP_WAIT;
}

size_t v1_key_add_data(void *context, struct http_request *request, const char *data, size_t size)
{
	struct making *making = request->user;

	(void)context;
	buffer_append(&making->body, (struct text){.data = data, .size = size});
	return size;
}

static int read_label(struct json_reader *reader, const struct json_token *token,
	struct arena *arena, struct text *ret_label, struct error *err)
{
	struct text label;

	(void)reader;
	if (token->kind != JSON_STRING) {
		return error_set(err, ERROR_INVALID, "label: a string is expected");
	}
	label = json_token_string(token, arena);
	if (!label.data) {
		return error_no_memory(err);
	}
	*ret_label = label;
	return key_label_check(label, err) < 0 ? error_prefix(err, "label") : 0;
}

static int read_scopes(struct json_reader *reader, struct json_token *token, struct arena *arena,
	unsigned int *ret_scopes, struct error *err)
{
	if (token->kind != JSON_ARRAY) {
		return error_set(err, ERROR_INVALID, "scopes: an array is expected");
	}
	while (json_reader_next(reader, token, err) > 0 && token->kind == JSON_STRING) {
		struct text word = json_token_string(token, arena);
		unsigned int scope;

		if (!word.data) {
			return error_no_memory(err);
		}
		if (memchr(word.data, ',', word.size) || key_scopes_parse(word, &scope, err) < 0) {
			return error_set(
				err, ERROR_INVALID, "scopes: each is read, write or admin");
		}
		*ret_scopes |= scope;
	}
	if (token->kind != JSON_ARRAY_END) {
		return error_set(err, ERROR_INVALID, "scopes: each is read, write or admin");
	}
	return 0;
}

static int read_member(struct json_reader *reader, struct json_token *token, struct arena *arena,
	struct store_key *key, struct error *err)
{
	bool label = json_token_is(token, "label");
	bool scopes = json_token_is(token, "scopes");

	if (json_reader_next(reader, token, err) <= 0) {
		return -1;
	}
	if (label) {
		return read_label(reader, token, arena, &key->label, err);
	}
	return scopes ? read_scopes(reader, token, arena, &key->scopes, err)
		      : json_reader_skip(reader, token, err);
}

/* Reads {"label":…,"scopes":[…]}; members that are not known are passed over. */
static int read_wanted(
	struct text json, struct arena *arena, struct store_key *key, struct error *err)
{
	struct json_reader reader;
	struct json_token token;
	struct json_names names;
	int more;

	json_reader_init(&reader, json, (struct json_position){1, 1});
	json_reader_check_names(&reader, &names, arena);
	more = json_reader_next(&reader, &token, err);
	if (more < 0) {
		return -1;
	}
	if (more == 0 || token.kind != JSON_OBJECT) {
		return error_set(err, ERROR_INVALID, "an object is expected");
	}
	while ((more = json_reader_next(&reader, &token, err)) > 0 && token.kind == JSON_NAME) {
		if (read_member(&reader, &token, arena, key, err) < 0) {
			return -1;
		}
	}
	if (more < 0 || json_reader_next(&reader, &token, err) < 0) {
		return -1;
	}
	return key->scopes ? 0
			   : error_set(err, ERROR_INVALID,
				     "scopes: at least one of read, write and admin is expected");
}

static enum http_step refuse(struct http_response *response, const struct error *err)
{
	struct text said = text_of(err->message);

	if (text_starts_with(said, TEXT("label:")) || text_starts_with(said, TEXT("scopes:"))) {
		query_refuse_error(response, err);
		return HTTP_DONE;
	}
	return answer_error(response, err->code == ERROR_NO_MEMORY ? 503 : 400, err->message);
}

static enum http_step answer_made(
	struct http_response *response, const struct store_key *key, const char *secret)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, ANSWER_MAX);
	buffer_printf(&body, "{\"id\":%lld,\"key\":\"%s\",\"label\":", (long long)key->id, secret);
	json_write_string(&body, key->label);
	buffer_append(&body, TEXT(",\"scopes\":"));
	write_scopes(&body, key->scopes);
	write_time(&body, "created", key->created);
	buffer_append_byte(&body, '}');
	return answer_json(response, 201, &body);
}

/* A key whose record cannot be written is told to nobody, so nobody has it. */
static int add_key(
	struct api *api, struct http_request *request, struct store_key *key, struct error *err)
{
	char scopes[64], subject[128];

	if (store_key_add(api->options.store, key, &key->id, err) < 0) {
		return -1;
	}
	snprintf(subject, sizeof(subject), "key %lld, scopes %s", (long long)key->id,
		key_scopes_format(key->scopes, scopes, sizeof(scopes)));
	return audit_write(api, request, "make-key", subject, err);
}

enum http_step v1_key_add_finish(
	void *context, struct http_request *request, struct http_response *response)
{
	struct api *api = context;
	struct making *making = request->user;
	struct store_key key = {
		.account_id = request->account_id,
		.label = TEXT(""),
		.created = api->options.now(),
	};
	char secret[KEY_TEXT_SIZE];
	struct error err;

	if (making->body.failed) {
		return answer_error(response, 413, "the request's body is too large");
	}
	/* A key that ended while the body came makes none that would outlive it. */
	if (!access_check(api, request, response, STORE_SCOPE_ADMIN, NULL)) {
		return HTTP_DONE;
	}
	if (read_wanted(buffer_text(&making->body), &request->arena, &key, &err) < 0) {
		return refuse(response, &err);
	}
	if (key_make(secret, key.hash, &err) < 0 || add_key(api, request, &key, &err) < 0) {
		return answer_failure(response, &err);
	}
	answer_made(response, &key, secret);
	sodium_memzero(secret, sizeof(secret));
	return HTTP_DONE;
}

void v1_key_add_release(void *context, struct http_request *request)
{
	struct making *making = request->user;

	(void)context;
	if (making) {
		buffer_deinit(&making->body);
	}
}
