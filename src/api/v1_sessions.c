/* SPDX-License-Identifier: MIT
 * POST /v1/sessions: a browser stays signed in. GET /v1/sessions: who does.
 * DELETE /v1/sessions/{id}: a session ends; `own` is that of the request's cookie. */
#include <sodium.h>

#include "api/job.h"
#include "api/key.h"
#include "api/parameters.h"
#include "api/session_cookie.h"
#include "json/json_find.h"
#include "json/json_writer.h"

#define ANSWER_MAX ((size_t)16384)

/* The key whose sessions the request may see and end: with the scope admin any of the account. */
static bool is_in_reach(const struct job *job, const struct store_key *session)
{
	const struct access *access = &job->access;

	return (access->scopes & STORE_SCOPE_ADMIN) != 0 ||
	       session->of_key == (access->of_key > 0 ? access->of_key : access->key_id);
}

/* ---- the list ---- */

static void write_session(struct buffer *body, const struct store_key *session, int64_t own_id)
{
	buffer_printf(body, "{\"id\":%lld,\"key\":%lld,\"label\":", (long long)session->id,
		(long long)session->of_key);
	json_write_string(body, session->label);
	key_write_time(body, "created", session->created);
	key_write_time(body, "last_used", session->last_used);
	key_write_time(body, "expires", session->expires);
	buffer_printf(body, ",\"own\":%s}", session->id == own_id ? "true" : "false");
}

int v1_sessions_ask(struct job *job, struct error *err)
{
	const struct keys_wanted *wanted = job->own;
	const struct api_options *options = &job->api->options;
	struct store_key *sessions;
	const char *separator = "";
	size_t count, shown;

	/* One more tells whether there is a next page. */
	if (store_session_page(options->store, job->access.account_id, options->now(),
		    wanted->after_id, wanted->limit + 1, &job->arena, &sessions, &count, err) < 0) {
		return -1;
	}
	shown = count < (size_t)wanted->limit ? count : (size_t)wanted->limit;
	buffer_append(&job->body, TEXT("{\"sessions\":["));
	for (size_t i = 0; i < shown; i++) {
		if (is_in_reach(job, &sessions[i])) {
			buffer_append(&job->body, text_of(separator));
			write_session(&job->body, &sessions[i], job->access.key_id);
			separator = ",";
		}
	}
	if (count > shown) {
		buffer_printf(
			&job->body, "],\"next\":\"%lld\"}", (long long)sessions[shown - 1].id);
	} else {
		buffer_append(&job->body, TEXT("],\"next\":null}"));
	}
	return 0;
}

/* ---- beginning ---- */

static int read_label(struct job *job, struct text *ret_label, struct error *err)
{
	struct text json = buffer_text(&job->body);

	*ret_label = TEXT("");
	if (json_find(json, "label").data) {
		*ret_label = json_find_string(json, "label", &job->memory);
		if (!ret_label->data) {
			return error_set(err, ERROR_INVALID, "label: a string is expected");
		}
	}
	return key_label_check(*ret_label, err) < 0 ? error_prefix(err, "label") : 0;
}

/* A session whose record cannot be written is told to nobody, so nobody has it. */
static int add_session(struct job *job, struct store_key *session, struct error *err)
{
	char subject[64];

	if (store_key_add(job->api->options.store, session, &session->id, err) < 0) {
		return -1;
	}
	snprintf(subject, sizeof(subject), "session %lld of key %lld", (long long)session->id,
		(long long)session->of_key);
	return audit_write(job, "make-session", subject, err);
}

static enum http_step answer_made(
	struct job *job, const struct store_key *session, const char *secret)
{
	AUTO(buffer_deinit) struct buffer body;
	const struct api_options *options = &job->api->options;

	buffer_init(&body, ANSWER_MAX);
	write_session(&body, session, session->id);
	session_cookie_set(job->response, secret, options->session_age_s, options->tls);
	return answer_json(job->response, 201, &body);
}

static bool may_begin(struct job *job)
{
	if (!session_cookie_same_origin(job->request)) {
		answer_error(job->response, 403,
			"a session is for the web page of this server: its requests have the "
			"header " SESSION_HEADER);
		return false;
	}
	if (job->api->options.session_age_s == 0) {
		answer_error(job->response, 403, "nobody stays signed in here (--session-age 0)");
		return false;
	}
	return true;
}

enum http_step v1_sessions_post_finish(struct job *job)
{
	const struct api_options *options = &job->api->options;
	struct store_key session;
	char secret[KEY_TEXT_SIZE];
	struct error err;

	if (job->body.failed) {
		return answer_error(job->response, 413, "the request's body is too large");
	}
	/* A key that ended while the body came makes none. */
	if (!credentials_check(job, job->endpoint->scope) || !may_begin(job)) {
		return HTTP_DONE;
	}
	session = (struct store_key){
		.account_id = job->access.account_id,
		.scopes = job->access.scopes,
		.created = options->now(),
		.of_key = job->access.key_id,
		.expires = options->now() + options->session_age_s,
	};
	if (read_label(job, &session.label, &err) < 0) {
		parameters_refuse_error(job, &err);
		return HTTP_DONE;
	}
	if (key_make(secret, session.hash, &err) < 0 || add_session(job, &session, &err) < 0) {
		return answer_failure(job->response, &err);
	}
	answer_made(job, &session, secret);
	sodium_memzero(secret, sizeof(secret));
	return HTTP_DONE;
}

/* ---- the end ---- */

/* The id that the path names, of a session that is not over and in reach. 1 found, 0 absent. */
static int find_session(struct job *job, int64_t *ret_id, struct error *err)
{
	const struct api_options *options = &job->api->options;
	const struct access *access = &job->access;
	bool own = text_equal(job->request->parameters[0], TEXT("own"));
	struct store_key *sessions;
	size_t count;
	int64_t id = own ? access->key_id : 0;

	if ((own && access->of_key == 0) ||
		(!own && (!text_to_int64(job->request->parameters[0], &id) || id <= 0))) {
		return 0;
	}
	if (store_session_page(options->store, access->account_id, options->now(), id - 1, 1,
		    &job->memory, &sessions, &count, err) < 0) {
		return -1;
	}
	*ret_id = id;
	return count > 0 && sessions[0].id == id && is_in_reach(job, &sessions[0]);
}

enum http_step v1_sessions_delete_begin(struct job *job)
{
	const struct api_options *options = &job->api->options;
	char subject[64];
	struct error err;
	int64_t id = 0;
	int done;

	/* Its own session may be the one, and the answer is to come all the same. */
	permits_remove(job->api->permits, &job->permit);
	done = find_session(job, &id, &err);
	if (done > 0) {
		done = store_key_revoke(
			options->store, job->access.account_id, id, options->now(), &err);
	}
	if (done == 0) {
		return answer_error(job->response, 404, "there is no such session");
	}
	snprintf(subject, sizeof(subject), "session %lld", (long long)id);
	if (done < 0 || audit_write(job, "end-session", subject, &err) < 0) {
		return answer_failure(job->response, &err);
	}
	if (id == job->access.key_id) {
		session_cookie_set(job->response, "", 0, options->tls);
	}
	job->response->status = 204;
	return HTTP_DONE;
}
