/* SPDX-License-Identifier: MIT
 * GET /v1/keys: the account's keys. DELETE /v1/keys/{id}: revokes one. */
#include "api/job.h"
#include "api/key.h"
#include "api/parameters.h"
#include "json/json_writer.h"

#define KEYS_MAX 1000 /* in one answer */

/* What a key is taken to need before it was read: itself, and in the answer. */
#define KEY_BYTES_GUESS ((size_t)512)
#define BYTES_MIN	((size_t)16384)

bool v1_keys_prepare(struct job *job)
{
	struct keys_wanted *wanted = job_own(job, sizeof(*wanted));

	if (!wanted) {
		return false;
	}
	wanted->limit = KEYS_MAX;
	if (!parameters_integer(job, "limit", 1, KEYS_MAX, &wanted->limit) ||
		!parameters_integer(job, "cursor", 0, INT64_MAX, &wanted->after_id)) {
		return false;
	}
	job->wanted_bytes = BYTES_MIN + (size_t)wanted->limit * KEY_BYTES_GUESS;
	return true;
}

static void write_key(struct buffer *body, const struct store_key *key, int64_t own_id)
{
	buffer_printf(body, "{\"id\":%lld,\"label\":", (long long)key->id);
	json_write_string(body, key->label);
	buffer_append(body, TEXT(",\"scopes\":"));
	key_write_scopes(body, key->scopes);
	key_write_time(body, "created", key->created);
	key_write_time(body, "last_used", key->last_used);
	key_write_time(body, "revoked", key->revoked);
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

int v1_keys_ask(struct job *job, struct error *err)
{
	const struct keys_wanted *wanted = job->own;
	struct store_key *keys;
	size_t count;

	/* One more tells whether there is a next page. */
	if (store_key_page(job->api->options.store, job->access.account_id, wanted->after_id,
		    wanted->limit + 1, &job->arena, &keys, &count, err) < 0) {
		return -1;
	}
	write_keys(&job->body, keys, count, (size_t)wanted->limit, job->access.key_id);
	return 0;
}

enum http_step v1_keys_delete_begin(struct job *job)
{
	struct store *store = job->api->options.store;
	char subject[64];
	struct error err;
	int64_t id = 0;
	int done = 0;

	/* Its own key may be the one, and the answer is to come all the same. */
	permits_remove(job->api->permits, &job->permit);
	if (text_to_int64(job->request->parameters[0], &id)) {
		done = store_key_revoke(
			store, job->access.account_id, id, job->api->options.now(), &err);
	}
	if (done < 0) {
		return answer_failure(job->response, &err);
	}
	if (done == 0) {
		return answer_error(job->response, 404, "the account has no such key");
	}
	snprintf(subject, sizeof(subject), "key %lld", (long long)id);
	if (audit_write(job, "revoke-key", subject, &err) < 0) {
		return answer_failure(job->response, &err);
	}
	job->response->status = 204;
	return HTTP_DONE;
}
