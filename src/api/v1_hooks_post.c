/* SPDX-License-Identifier: MIT
 * POST /v1/hooks: a new hook. PATCH /v1/hooks/{id}: changes one. POST /v1/hooks/{id}/test and
 * /v1/hooks/{id}/failures/{failure}/resend: asks the server that sends for something; what became
 * of it stands in the hook and in its failures. */
#include <sodium.h>

#include "api/job.h"
#include "api/parameters.h"
#include "hook/hook_read.h"
#include "http/header.h"

#define ANSWER_MAX   ((size_t)65536)
#define BODY_MAX     ((size_t)16384)
#define HOOK_BYTES   ((size_t)65536)
#define MISSING_HOOK "the account has no such hook"

enum http_step v1_hooks_post_begin(struct job *job)
{
	struct text type = header_media_type(http_header(job->request, "Content-Type"));

	if (!text_equal_ascii_case(type, TEXT("application/json"))) {
		return answer_error(job->response, 415, "Content-Type must be application/json");
	}
	buffer_init(&job->body, BODY_MAX);
	return HTTP_WAIT;
}

enum http_step v1_hook_wish_begin(struct job *job)
{
	buffer_init(&job->body, BODY_MAX);
	return HTTP_WAIT;
}

size_t v1_hooks_post_data(struct job *job, const char *data, size_t size)
{
	buffer_append(&job->body, (struct text){.data = data, .size = size});
	return size;
}

/* False: the response is filled in. A key that ended while the body came does nothing any more. */
static bool may_go_on(struct job *job)
{
	if (job->body.failed) {
		answer_error(job->response, 413, "the request's body is too large");
		return false;
	}
	return credentials_check(job, job->endpoint->scope);
}

static enum http_step refuse(struct job *job, const struct error *err)
{
	static const char *const names[] = {
		"name:", "url:", "event:", "filter:", "state:", "more_than:", "window:", "times:"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_starts_with(text_of(err->message), text_of(names[i]))) {
			parameters_refuse_error(job, err);
			return HTTP_DONE;
		}
	}
	return answer_error(job->response, err->code == ERROR_NO_MEMORY ? 503 : 400, err->message);
}

/* Reads the body into @hook and checks all of it. False: the response is filled in. */
static bool read_hook(struct job *job, struct store_hook *hook)
{
	const struct api_options *options = &job->api->options;
	struct error err;

	if (hook_read(buffer_text(&job->body), &job->memory, hook, &err) == 0 &&
		hook_check(hook, &options->prefixes, options->hook_private, options->now(), &err) ==
			0) {
		return true;
	}
	refuse(job, &err);
	return false;
}

static int record(
	struct job *job, const char *action, int64_t hook_id, const char *what, struct error *err)
{
	char subject[128];

	snprintf(subject, sizeof(subject), "hook %lld%s%s", (long long)hook_id, what[0] ? ", " : "",
		what);
	return audit_write(job, action, subject, err);
}

static enum http_step answer_hook(
	struct http_response *response, int status, const struct store_hook *hook, bool secret)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, ANSWER_MAX);
	hook_write(&body, hook, secret);
	return answer_json(response, status, &body);
}

enum http_step v1_hooks_post_finish(struct job *job)
{
	const struct api_options *options = &job->api->options;
	struct store_hook hook;
	struct error err;
	int64_t place;
	int done;

	if (!may_go_on(job)) {
		return HTTP_DONE;
	}
	if (store_change_newest(options->store, &place, &err) < 0 ||
		hook_make(&hook, job->access.account_id, place, options->now(), &err) < 0) {
		return answer_failure(job->response, &err);
	}
	if (!read_hook(job, &hook)) {
		return HTTP_DONE;
	}
	done = store_hook_add(options->store, &hook, &hook.id, &err);
	if (done == 0) {
		return answer_error(
			job->response, 409, "the account has 100 hooks already: remove one first");
	}
	if (done < 0 || record(job, "make-hook", hook.id, hook_event_names[hook.event], &err) < 0) {
		return answer_failure(job->response, &err);
	}
	answer_hook(job->response, 201, &hook, true);
	sodium_memzero(hook.secret, sizeof(hook.secret));
	return HTTP_DONE;
}

/* The hook of the address. False: the response is filled in. */
static bool find(struct job *job, struct arena *arena, struct store_hook **ret_hook)
{
	struct error err;
	size_t count = 0;
	int64_t id = 0;

	if (text_to_int64(job->request->parameters[0], &id) && id > 0 &&
		store_hook_list(job->api->options.store, job->access.account_id, id, arena,
			ret_hook, &count, &err) < 0) {
		answer_failure(job->response, &err);
		return false;
	}
	if (count == 0) {
		answer_error(job->response, 404, MISSING_HOOK);
	}
	return count > 0;
}

enum http_step v1_hook_patch_finish(struct job *job)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_hook *hook;
	struct error err;
	int done;

	arena_init(&arena, HOOK_BYTES);
	if (!may_go_on(job) || !find(job, &arena, &hook) || !read_hook(job, hook)) {
		return HTTP_DONE;
	}
	done = store_hook_change(job->api->options.store, hook, &err);
	if (done == 0) {
		return answer_error(job->response, 404, MISSING_HOOK);
	}
	if (done < 0 ||
		record(job, "change-hook", hook->id, hook_state_names[hook->state & 3], &err) < 0) {
		return answer_failure(job->response, &err);
	}
	hook->course.tries = 0;
	hook->course.failing = 0;
	hook->course.next = 0;
	return answer_hook(job->response, 200, hook, false);
}

enum http_step v1_hook_test_finish(struct job *job)
{
	const struct api_options *options = &job->api->options;
	struct error err;
	int64_t id = 0;
	int done;

	if (!may_go_on(job)) {
		return HTTP_DONE;
	}
	(void)text_to_int64(job->request->parameters[0], &id);
	done = store_hook_test(options->store, job->access.account_id, id, options->now(), &err);
	if (done == 0) {
		return answer_error(job->response, 404, MISSING_HOOK);
	}
	if (done < 0 || record(job, "test-hook", id, "", &err) < 0) {
		return answer_failure(job->response, &err);
	}
	job->response->status = 204;
	return HTTP_DONE;
}

/* The failure of the address, or `all`: 0. False: it is neither. */
static bool read_failure_id(struct job *job, int64_t *ret_id)
{
	struct text given = job->request->parameters[1];

	if (text_equal(given, TEXT("all"))) {
		*ret_id = 0;
		return true;
	}
	return text_to_int64(given, ret_id) && *ret_id > 0;
}

enum http_step v1_hook_resend_finish(struct job *job)
{
	const struct api_options *options = &job->api->options;
	int64_t id = 0, failure_id = 0;
	struct error err;
	char what[64];
	int done = 0;

	if (!may_go_on(job)) {
		return HTTP_DONE;
	}
	(void)text_to_int64(job->request->parameters[0], &id);
	if (read_failure_id(job, &failure_id)) {
		done = store_hook_resend(options->store, job->access.account_id, id, failure_id,
			options->now(), &err);
	}
	if (done == 0) {
		return answer_error(job->response, 404, "the hook has no such failure");
	}
	snprintf(what, sizeof(what), "failure %lld", (long long)failure_id);
	if (done < 0 ||
		record(job, "resend-hook", id, failure_id ? what : "all failures", &err) < 0) {
		return answer_failure(job->response, &err);
	}
	job->response->status = 204;
	return HTTP_DONE;
}
