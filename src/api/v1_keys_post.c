/* SPDX-License-Identifier: MIT
 * POST /v1/keys: a new key of the account. */
#include <sodium.h>

#include "api/job.h"
#include "api/key.h"
#include "api/parameters.h"
#include "http/header.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define ANSWER_MAX ((size_t)16384)
#define BODY_MAX   ((size_t)16384)

enum http_step v1_keys_post_begin(struct job *job)
{
	struct text type = header_media_type(http_header(job->request, "Content-Type"));

	if (!text_equal_ascii_case(type, TEXT("application/json"))) {
		return answer_error(job->response, 415, "Content-Type must be application/json");
	}
	buffer_init(&job->body, BODY_MAX);
	return HTTP_WAIT;
}

size_t v1_keys_post_data(struct job *job, const char *data, size_t size)
{
	buffer_append(&job->body, (struct text){.data = data, .size = size});
	return size;
}

static int read_label(const struct json_token *token, struct arena *arena, struct text *ret_label,
	struct error *err)
{
	struct text label;

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
		if (memchr(word.data, ',', word.size) || key_scopes_parse(word, &scope, err) < 0 ||
			scope == STORE_SCOPE_METRICS) {
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
		return read_label(token, arena, &key->label, err);
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

static enum http_step refuse(struct job *job, const struct error *err)
{
	struct text said = text_of(err->message);

	if (text_starts_with(said, TEXT("label:")) || text_starts_with(said, TEXT("scopes:"))) {
		parameters_refuse_error(job, err);
		return HTTP_DONE;
	}
	return answer_error(job->response, err->code == ERROR_NO_MEMORY ? 503 : 400, err->message);
}

static enum http_step answer_made(
	struct http_response *response, const struct store_key *key, const char *secret)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, ANSWER_MAX);
	buffer_printf(&body, "{\"id\":%lld,\"key\":\"%s\",\"label\":", (long long)key->id, secret);
	json_write_string(&body, key->label);
	buffer_append(&body, TEXT(",\"scopes\":"));
	key_write_scopes(&body, key->scopes);
	key_write_time(&body, "created", key->created);
	buffer_append_byte(&body, '}');
	return answer_json(response, 201, &body);
}

/* A key whose record cannot be written is told to nobody, so nobody has it. */
static int add_key(struct job *job, struct store_key *key, struct error *err)
{
	char scopes[64], subject[128];

	if (store_key_add(job->api->options.store, key, &key->id, err) < 0) {
		return -1;
	}
	snprintf(subject, sizeof(subject), "key %lld, scopes %s", (long long)key->id,
		key_scopes_format(key->scopes, scopes, sizeof(scopes)));
	return audit_write(job, "make-key", subject, err);
}

enum http_step v1_keys_post_finish(struct job *job)
{
	struct store_key key = {
		.account_id = job->access.account_id,
		.label = TEXT(""),
		.created = job->api->options.now(),
	};
	char secret[KEY_TEXT_SIZE];
	struct error err;

	if (job->body.failed) {
		return answer_error(job->response, 413, "the request's body is too large");
	}
	/* A key that ended while the body came makes none that would outlive it. */
	if (!credentials_check(job, job->endpoint->scope)) {
		return HTTP_DONE;
	}
	if (read_wanted(buffer_text(&job->body), &job->memory, &key, &err) < 0) {
		return refuse(job, &err);
	}
	if (key_make(secret, key.hash, &err) < 0 || add_key(job, &key, &err) < 0) {
		return answer_failure(job->response, &err);
	}
	answer_made(job->response, &key, secret);
	sodium_memzero(secret, sizeof(secret));
	return HTTP_DONE;
}
